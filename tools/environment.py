"""The environment in `.venv`: made from the hash-locked lists, and touched only when one of them changed.

Standard library only. Progress goes to stderr, because some commands print one thing on stdout.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.build_assets import AssetBuildError, find_node

ROOT = Path(__file__).resolve().parent.parent
RUNTIME_LOCK = "requirements.lock"
DEVELOPMENT_LOCK = "requirements-dev.lock"
NODE_LOCK = "requirements-node.lock"
COMPILER_LOCK = "requirements-compiler.lock"
BENCH_LOCK = "requirements-bench.lock"
LOCKS = (RUNTIME_LOCK, DEVELOPMENT_LOCK, NODE_LOCK, COMPILER_LOCK, BENCH_LOCK)
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\\\n]+)", re.MULTILINE)


class SetupError(RuntimeError):
    """The environment could not be made; the text says what to do."""


@dataclass(frozen=True)
class Environment:
    """The project folder and its virtual environment."""

    root: Path = ROOT

    @property
    def folder(self) -> Path:
        """Where the virtual environment is."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """Its interpreter; not resolved, or it would be the one outside."""
        return self.folder / "bin" / "python"

    @property
    def variables(self) -> dict[str, str]:
        """Ours for a Python of it. What is imported is kept compiled, here and not among the sources, even
        where `PYTHONDONTWRITEBYTECODE` is set (images set it): without that each process starts 3 s later."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {"PYTHONPYCACHEPREFIX": str(self.folder / "pycache"), **kept, "PYTHONUTF8": "1"}

    @property
    def stamp(self) -> Path:
        """Which lock files are installed: `{"requirements.lock": "<sha256>"}`."""
        return self.folder / "ondol-installed.json"


def say(text: str) -> None:
    """One line of progress."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def prepared_alone(environment: Environment) -> Iterator[None]:
    """Let one process at a time make the environment; the others wait, and then find it made."""
    with (environment.root / "run.py").open("rb") as guard:
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("온돌: 다른 창에서 준비 중입니다. 끝나기를 기다립니다…")
            fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def install(environment: Environment, lock: str) -> bool:
    """Bring `.venv` in line with a lock file. True when something had to be installed.

    Raises:
        SetupError: with what to do about it.
    """
    if not is_usable(environment):
        make_environment(environment)
    wanted = hash_of(environment.root / lock)
    if read_stamp(environment).get(lock) == wanted:
        return False
    text = (environment.root / lock).read_text(encoding="utf-8")
    say(f"온돌: 필요한 패키지 {len(pins_of(text))}개를 설치합니다({lock}). 1분쯤 걸릴 수 있습니다.")
    run_pip(environment, environment.root / lock)
    write_stamp(environment, lock)
    return True


def is_usable(environment: Environment) -> bool:
    """Whether the environment has been made by us, whole, and its Python is still there."""
    return environment.stamp.is_file() and os.access(environment.python, os.X_OK)


def make_environment(environment: Environment) -> None:
    """Make an empty `.venv`, or take over one that somebody made by hand and that works."""
    if not _has_working_pip(environment):
        say("온돌: 파이썬 환경(.venv)을 만듭니다…")
        shutil.rmtree(environment.folder, ignore_errors=True)
        _make_venv(environment)
    environment.stamp.write_text("{}", encoding="utf-8")


def _has_working_pip(environment: Environment) -> bool:
    if not os.access(environment.python, os.X_OK):
        return False
    tried = subprocess.run(
        [str(environment.python), "-m", "pip", "--version"], capture_output=True, check=False, timeout=60
    )
    return tried.returncode == 0


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pins_of(text: str) -> dict[str, str]:
    """Names and versions of a lock file; where a name has one version a marker, all of them in one text."""
    pins: dict[str, str] = {}
    for name, version in _PIN.findall(text):
        before = pins.get(name.lower())
        pins[name.lower()] = f"{before} | {version.strip()}" if before else version.strip()
    return pins


def read_stamp(environment: Environment) -> dict[str, str]:
    """What is installed; nothing, if the stamp cannot be read."""
    try:
        found = json.loads(environment.stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_stamp(environment: Environment, lock: str) -> None:
    """Note a lock file as installed, with every other one that is wholly contained in it.

    A list installed earlier stays noted while it is unchanged and this one replaced none of its versions.
    """
    pins = pins_of((environment.root / lock).read_text(encoding="utf-8"))
    before = read_stamp(environment)
    kept = {}
    for other in LOCKS:
        path = environment.root / other
        if not path.exists():
            continue
        theirs = pins_of(path.read_text(encoding="utf-8"))
        undisturbed = all(pins.get(name, version) == version for name, version in theirs.items())
        if theirs.items() <= pins.items() or (before.get(other) == hash_of(path) and undisturbed):
            kept[other] = hash_of(path)
    half = environment.stamp.with_suffix(".new")
    half.write_text(json.dumps(kept, indent=1, sort_keys=True), encoding="utf-8")
    half.replace(environment.stamp)


def run_pip(environment: Environment, lock: Path) -> None:
    """`pip install --require-hashes`, with a moving count instead of pip's own pages."""
    command = [*pip_of(environment), "install", "--require-hashes", "--no-input", "--progress-bar=off"]
    command += ["--disable-pip-version-check", "--no-warn-script-location", "--root-user-action=ignore"]
    command += ["--no-compile"]  # Python compiles what is imported; the rest is most of it
    command += ["--no-deps"]  # the list is whole: to work that out anew takes a fifth of the time
    total = len(pins_of(lock.read_text(encoding="utf-8")))
    lines: list[str] = []
    seen = 0
    with subprocess.Popen(
        [*command, "-r", str(lock)],
        cwd=environment.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            lines.append(line.rstrip())
            if line.startswith(("Collecting ", "Processing ", "Requirement already satisfied: ")):
                seen += 1
                _show_count(seen, total)
            elif line.startswith("Installing collected packages"):
                say("  풀어 놓는 중…")
    if pip.returncode != 0:
        raise SetupError(
            "패키지를 설치하지 못했습니다. 인터넷 연결(회사망이라면 PIP_INDEX_URL)을 확인하고 "
            "다시 실행해 주세요.\n" + "\n".join(lines[-15:])
        )


def _show_count(seen: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r  {seen}/{total}", end="\n" if seen >= total else "", file=sys.stderr, flush=True)
    elif seen % 20 == 0 or seen == total:
        say(f"  {seen}/{total}")


def pip_of(environment: Environment) -> list[str]:
    """The environment's own pip; where Debian gave it none, ours working on it from outside."""
    if any((environment.folder / "lib").glob("python*/site-packages/pip")):
        return [str(environment.python), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(environment.python)]


def _make_venv(environment: Environment) -> None:
    command = [sys.executable, "-m", "venv", str(environment.folder)]
    if importlib.util.find_spec("ensurepip") is None:  # Debian packs it apart
        if is_root_on_debian():
            say("온돌: python3-venv를 설치합니다…")
            apt_install(f"python3.{sys.version_info.minor}-venv")
        elif importlib.util.find_spec("pip") is not None:
            command.append("--without-pip")
        else:
            raise SetupError(
                "이 Python에는 가상 환경 도구가 없습니다. "
                "`sudo apt install python3-venv`를 실행한 뒤 다시 해 주세요.\n"
                "This Python has no venv module: run `sudo apt install python3-venv`, then try again."
            )
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        shutil.rmtree(environment.folder, ignore_errors=True)
        raise SetupError(
            f".venv를 만들지 못했습니다. 디스크 공간과 쓰기 권한을 확인해 주세요.\n{made.stdout}{made.stderr}"
        )


def is_root_on_debian() -> bool:
    """Whether missing system packages can be brought by apt without asking anybody."""
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> None:
    """`apt-get install`, quietly. Raises SetupError."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", "-qq", *step], env=quiet, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise SetupError(f"apt-get {step[0]} 단계가 실패했습니다.\n{done.stderr.strip()[-800:]}")


def build_assets(environment: Environment) -> None:
    """Bring the browser files up to date; without node >= 20 on PATH, with the node of a wheel."""
    try:
        find_node()
    except AssetBuildError:
        install(environment, NODE_LOCK)
    command = [str(environment.python), "-I", str(environment.root / "tools" / "build_assets.py")]
    built = subprocess.run(command, cwd=environment.root, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        raise SetupError(f"화면 파일을 만들지 못했습니다.\n{built.stderr.strip()[-1500:]}")
    if "up to date" not in built.stdout:
        say("온돌: 화면 파일을 새로 만들었습니다.")


def compile_catalogues(environment: Environment) -> bool:
    """Compile the translations that changed. True when there were any."""
    locale = environment.root / "web" / "locale"
    stale = [text for text in sorted(locale.glob("*/LC_MESSAGES/*.po")) if _is_stale(text)]
    for text in stale:
        command = [str(environment.python), "-m", "babel.messages.frontend", "compile"]
        command += ["--input-file", str(text), "--output-file", str(text.with_suffix(".mo"))]
        made = subprocess.run(command, cwd=environment.root, capture_output=True, text=True, check=False)
        # A catalogue whose header is still marked fuzzy is skipped with a success.
        if made.returncode != 0 or _is_stale(text):
            raise SetupError(f"번역 파일 {text.name}: 읽지 못했습니다.\n{made.stderr.strip()[-800:]}")
    return bool(stale)


def _is_stale(text: Path) -> bool:
    compiled = text.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime_ns < text.stat().st_mtime_ns


def compile_modules(environment: Environment) -> int:
    """Compile every module of ours, for an installation that nothing is written to. Returns the exit code."""
    packages = sorted(path.parent for path in environment.root.glob("*/__init__.py"))
    modules = [environment.root / name for name in ("main.py", "worker.py", "journey.py")]
    command = [str(environment.python), "-m", "compileall", "-q", *map(str, (*packages, *modules))]
    return subprocess.run(command, env=environment.variables, check=False).returncode
