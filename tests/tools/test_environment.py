"""When run.py installs, and when it leaves the environment alone."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tools import environment as subject
from tools.environment import (
    DEVELOPMENT_LOCK,
    NODE_LOCK,
    RUNTIME_LOCK,
    Environment,
    SetupError,
    compile_catalogues,
    hash_of,
    install,
    pins_of,
    prepared_alone,
    read_stamp,
)

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {
    RUNTIME_LOCK: "one==1.0 \\\n    --hash=sha256:aa\ntwo[x]==2.0 \\\n    --hash=sha256:bb\n",
    DEVELOPMENT_LOCK: "check==9 \\\n    --hash=sha256:cc\none==1.0 \\\n    --hash=sha256:aa\n"
    "two[x]==2.0 \\\n    --hash=sha256:bb\n",
    NODE_LOCK: "node==24 \\\n    --hash=sha256:dd\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Environment:
    """A project folder with lock files and an empty environment that works."""
    for name, text in LOCKS.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "run.py").touch()
    made = Environment(tmp_path)
    made.python.parent.mkdir(parents=True)
    made.python.symlink_to(sys.executable)
    made.stamp.write_text("{}")
    return made


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the lock files that pip was called for."""
    names: list[str] = []
    monkeypatch.setattr(subject, "run_pip", lambda _environment, lock: names.append(lock.name))
    return names


def test_what_is_imported_stays_compiled(project: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where an image forbids it: the files go into the project's own environment, not beside sources."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    (project.root / "part.py").write_text("WORD = 'warm'\n")
    command = [str(project.python), "-c", "import part; print(part.WORD)"]
    subprocess.run(command, cwd=project.root, env=project.variables, check=True)
    assert list((project.folder / "pycache").rglob("part.*.pyc"))
    assert not (project.root / "__pycache__").exists()


def test_installs_once_until_the_lock_changes(project: Environment, installed: list[str]) -> None:
    assert install(project, RUNTIME_LOCK) is True
    assert install(project, RUNTIME_LOCK) is False
    (project.root / RUNTIME_LOCK).write_text(LOCKS[RUNTIME_LOCK].replace("aa", "ee"))
    assert install(project, RUNTIME_LOCK) is True
    assert installed == [RUNTIME_LOCK, RUNTIME_LOCK]


def test_development_packages_serve_the_product_too(project: Environment, installed: list[str]) -> None:
    install(project, DEVELOPMENT_LOCK)
    assert install(project, RUNTIME_LOCK) is False
    assert installed == [DEVELOPMENT_LOCK]


def test_lists_that_agree_stay_installed_beside_each_other(
    project: Environment, installed: list[str]
) -> None:
    for lock in (RUNTIME_LOCK, NODE_LOCK, DEVELOPMENT_LOCK, RUNTIME_LOCK, NODE_LOCK):
        install(project, lock)
    assert installed == [RUNTIME_LOCK, NODE_LOCK, DEVELOPMENT_LOCK]


def test_list_whose_versions_were_replaced_is_installed_again(
    project: Environment, installed: list[str]
) -> None:
    install(project, DEVELOPMENT_LOCK)
    (project.root / RUNTIME_LOCK).write_text(LOCKS[RUNTIME_LOCK].replace("one==1.0", "one==1.1"))
    install(project, RUNTIME_LOCK)
    assert DEVELOPMENT_LOCK not in read_stamp(project)
    assert install(project, DEVELOPMENT_LOCK) is True


def test_failed_installation_is_not_noted(project: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise SetupError("no network")

    monkeypatch.setattr(subject, "run_pip", fail)
    with pytest.raises(SetupError):
        install(project, RUNTIME_LOCK)
    assert read_stamp(project) == {}


@pytest.mark.parametrize("damage", ["stamp", "python"])
def test_damaged_environment_is_made_again(
    project: Environment, installed: list[str], monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    made: list[Path] = []

    def make(environment: Environment) -> None:
        environment.python.parent.mkdir(parents=True, exist_ok=True)
        environment.python.unlink(missing_ok=True)
        environment.python.symlink_to(sys.executable)
        made.append(environment.folder)

    monkeypatch.setattr(subject, "_make_venv", make)
    install(project, RUNTIME_LOCK)
    if damage == "stamp":
        project.stamp.unlink()
        project.python.unlink()
        project.python.symlink_to("/bin/false")  # stands for a half-made one: no pip in it
    else:
        project.python.unlink()
    install(project, RUNTIME_LOCK)
    assert made == [project.folder]
    assert installed == [RUNTIME_LOCK, RUNTIME_LOCK]


def test_unreadable_stamp_counts_as_nothing_installed(project: Environment, installed: list[str]) -> None:
    project.stamp.write_text("{half")
    assert install(project, RUNTIME_LOCK) is True
    assert read_stamp(project) == {RUNTIME_LOCK: hash_of(project.root / RUNTIME_LOCK)}


def test_second_run_waits_for_the_first(project: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    order: list[str] = []

    def second() -> None:
        with prepared_alone(project):
            order.append("second")

    with prepared_alone(project):
        thread = threading.Thread(target=second)
        thread.start()
        with (project.root / "run.py").open("rb") as guard, pytest.raises(BlockingIOError):
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_pins_are_read_with_extras_and_markers() -> None:
    text = "A-b[x,y]==1.2 \\\n  --hash=sha256:a\nn==1 ; python < '3' \\\nn==2 ; python > '3' \\\n"
    assert pins_of(text) == {"a-b": "1.2", "n": "1 ; python < '3' | 2 ; python > '3'"}


def test_changed_catalogues_are_compiled_once(project: Environment) -> None:
    text = project.root / "web" / "locale" / "en" / "LC_MESSAGES" / "ondol.po"
    text.parent.mkdir(parents=True)
    text.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "방"\nmsgstr "room"\n'
    )
    _use_this_python(project)
    assert compile_catalogues(project) is True
    assert text.with_suffix(".mo").exists()
    assert compile_catalogues(project) is False
    os.utime(text, ns=(text.stat().st_atime_ns, text.with_suffix(".mo").stat().st_mtime_ns + 1))
    assert compile_catalogues(project) is True


def test_a_catalogue_that_compiles_to_nothing_is_an_error(project: Environment) -> None:
    text = project.root / "web" / "locale" / "en" / "LC_MESSAGES" / "ondol.po"
    text.parent.mkdir(parents=True)
    text.write_text('#, fuzzy\nmsgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n')
    _use_this_python(project)
    with pytest.raises(SetupError):
        compile_catalogues(project)


def _use_this_python(environment: Environment) -> None:
    """A script in place of a link: an interpreter finds its packages by where it lies."""
    environment.python.unlink()
    environment.python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    environment.python.chmod(0o755)


def test_without_a_command_the_commands_are_shown() -> None:
    shown = subprocess.run([sys.executable, "run.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert shown.returncode == 2
    for command in ("demo", "test", "serve", "worker", "migrate", "token", "login-link", "bench"):
        assert command in shown.stdout


def test_run_py_stays_readable_for_a_python_that_is_too_old() -> None:
    """No syntax newer than the oldest Python 3 before the version is looked at."""
    text = (ROOT / "run.py").read_text(encoding="utf-8")
    compile(text, "run.py", "exec", flags=0)
    for newer in ('f"', ":=", "->", "from __future__", "match "):
        assert newer not in text.partition("sys.exit(1)")[0]
