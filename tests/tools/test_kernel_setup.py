"""The set-up and the planning kernel: compiled once, with whatever compiler there is, or one clear line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import kernel as subject
from tools.environment import COMPILER_LOCK, Environment, SetupError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Environment:
    """A project with our sources and an environment of its own."""
    (tmp_path / "scheduling").symlink_to(ROOT / "scheduling")
    made = Environment(tmp_path)
    made.python.parent.mkdir(parents=True)
    made.python.symlink_to(sys.executable)
    return made


def test_it_is_compiled_once(project: Environment) -> None:
    assert subject.build_kernel(project) is True
    assert subject.build_kernel(project) is False
    assert [path.suffix for path in (project.folder / "ondol-kernel").iterdir()] == [".so"]


def test_without_a_compiler_one_is_brought(project: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CC", raising=False)
    brought: list[str] = []
    monkeypatch.setattr(subject, "is_root_on_debian", lambda: True)
    monkeypatch.setattr(subject, "apt_install", lambda *names: brought.extend(names))
    monkeypatch.setattr(subject, "install", lambda _environment, lock: brought.append(lock))
    build = subject.load_build(project)
    command = subject.bring_compiler(project, build)
    assert command == (str(project.python), "-m", "ziglang", "cc")
    assert brought == ["gcc", "libc6-dev", COMPILER_LOCK]


def test_a_compiler_that_refuses_is_told(project: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "false")
    with pytest.raises(SetupError, match="--engine ortools"):
        subject.build_kernel(project)
