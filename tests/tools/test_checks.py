"""What the test command says about lock files, and how it ends."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import checks
from tools.checks import Outcome, faults_of_locks
from tools.environment import DEVELOPMENT_LOCK, RUNTIME_LOCK, Environment

PIN = "one==1.0 \\\n    --hash=sha256:aa\n"


def test_our_lock_files_are_sound() -> None:
    root = Environment().root
    locks = {path.name: path.read_text(encoding="utf-8") for path in root.glob("requirements*.lock")}
    assert faults_of_locks(locks) == []


@pytest.mark.parametrize(
    ("runtime", "development", "fault"),
    [
        (PIN, PIN, None),
        ("--index-url https://example.com\n" + PIN, PIN, "holds an address"),
        (PIN, PIN.replace("1.0", "1.1"), "is 1.1 in"),
        (PIN, "two==2 \\\n    --hash=sha256:bb\n", "is absent in"),
        ("one==1.0\n", PIN, "has no hash"),
    ],
)
def test_faults_of_locks_are_named(runtime: str, development: str, fault: str | None) -> None:
    found = faults_of_locks({RUNTIME_LOCK: runtime, DEVELOPMENT_LOCK: development})
    assert [fault in line for line in found] == [True] if fault else found == []


def _pytest_stands_for(monkeypatch: pytest.MonkeyPatch, *, prints: str, code: int) -> None:
    script = f"import sys; print({prints!r}); sys.exit({code})"
    monkeypatch.setattr(checks, "_pytest", lambda *_: [sys.executable, "-c", script])
    monkeypatch.setattr(checks, "bring_chromium", lambda _python: "/usr/bin/chromium")


@pytest.mark.parametrize(("static_ok", "code", "exit_code"), [(True, 0, 0), (False, 0, 1), (True, 1, 1)])
def test_summary_comes_before_the_closing_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    static_ok: bool,
    code: int,
    exit_code: int,
) -> None:
    _pytest_stands_for(monkeypatch, prints="working\n=== 3 passed in 1.00s ===", code=code)
    monkeypatch.setattr(checks, "check_statically", lambda _: [Outcome("types", ok=static_ok, seconds=1.0)])
    assert checks.test(Environment(), []) == exit_code
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "working"
    assert said[-1] == "=== 3 passed in 1.00s ==="
    failed = [name for name, ok in (("types", static_ok), ("pytest", code == 0)) if not ok]
    assert said[-2] == (f"실패: {', '.join(failed)}" if failed else "모두 통과했습니다.")


def test_named_tests_run_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[tuple[object, ...]] = []

    def command(*arguments: object) -> list[str]:
        asked.append(arguments)
        return [sys.executable, "-c", "print('no tests ran'); raise SystemExit(5)"]

    monkeypatch.setattr(checks, "_pytest", command)
    environment = Environment(Path.cwd())
    assert checks.test(environment, ["tests/core", "-k", "clock"]) == 5
    assert asked == [(environment, "tests/core", "-k", "clock")]
    assert capsys.readouterr().out == "no tests ran\n"
