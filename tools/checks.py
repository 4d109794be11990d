"""`run.py test`, `lint` and `fmt`: every check runs, then a summary says which failed.

The last line is pytest's own, because build servers count the tests by it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.chromium import bring_chromium
from tools.environment import DEVELOPMENT_LOCK, RUNTIME_LOCK, Environment, SetupError, pins_of, say

_MOST_WORKERS = 4
"""Each parallel worker runs a PostgreSQL and perhaps a browser of its own. One more than there are cores: a
tenth of the time is waiting for disks and other processes."""


@dataclass(frozen=True)
class Outcome:
    """One check: `ok`, and how long it took."""

    name: str
    ok: bool
    seconds: float


def test(environment: Environment, arguments: Sequence[str]) -> int:
    """Everything; with arguments, pytest alone with these. The exit code is 0 when all is well."""
    if arguments:
        extra = _browser_environment(environment) if _wants_browser(arguments) else {}
        code, closing = _stream(_pytest(environment, *arguments), environment, extra)
        sys.stdout.write(closing)
        return code
    with ThreadPoolExecutor(1) as aside:  # types are checked on one core: tests begin on the others meanwhile
        static = aside.submit(check_statically, environment)
        outcomes: list[Outcome] = []
        try:
            extra, options = _browser_environment(environment), []
        except SetupError as error:
            say(str(error))
            outcomes.append(Outcome("chromium", ok=False, seconds=0.0))
            extra, options = {}, ["--ignore=tests/browser"]
        began = time.monotonic()
        _compile_once(environment)
        workers = str(min(_cores() + 1, _MOST_WORKERS))
        # Plain tracebacks: to show source, pytest parses it, and CPython 3.11 can fail at that while other
        # threads run; then one red test takes its whole worker along.
        shared = ("-n", workers, "--dist", "loadfile", "--no-loadscope-reorder")  # tests/conftest.py orders
        command = _pytest(environment, *shared, "--tb=native", *options)
        code, closing = _stream(command, environment, extra)
        outcomes.append(Outcome("pytest", code == 0, time.monotonic() - began))
        outcomes = [*static.result(), *outcomes]
    return _report(outcomes, closing=closing)


def lint(environment: Environment) -> int:
    """Every check that runs nothing of the product."""
    return _report(check_statically(environment))


def fmt(environment: Environment) -> int:
    """Put the code in order: ruff's formatting, and what ruff can repair by itself."""
    ruff = [str(environment.python), "-m", "ruff"]
    repaired = _run([*ruff, "check", "--fix", "--quiet", "."], environment)
    formatted = _run([*ruff, "format", "."], environment)
    return 0 if repaired and formatted else 1


def check_statically(environment: Environment) -> list[Outcome]:
    """Lock files, formatting, lint, types, import contracts, templates."""
    python = str(environment.python)
    templates = environment.root / "web" / "templates"
    # lint-imports has no `-m` of its own
    contracts = (
        "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    )
    checks: list[tuple[str, Callable[[], bool]]] = [
        ("lock files", lambda: _locks_are_sound(environment)),
        ("format", lambda: _run([python, "-m", "ruff", "format", "--check", "--quiet", "."], environment)),
        ("lint", lambda: _run([python, "-m", "ruff", "check", "--quiet", "."], environment)),
        ("types", lambda: _run([python, "-m", "mypy"], environment)),
        ("import contracts", lambda: _run([python, "-c", contracts, "--no-logo"], environment)),
        (
            "templates",
            lambda: _run([python, "-m", "djlint", "--lint", "--quiet", str(templates)], environment),
        ),
    ]
    outcomes = []
    for name, check in checks:
        began = time.monotonic()
        ok = check()
        outcomes.append(Outcome(name, ok, time.monotonic() - began))
        say(_line(outcomes[-1]))
    return outcomes


def faults_of_locks(locks: Mapping[str, str]) -> list[str]:
    """What is wrong with lock files given as name -> text: addresses in them, versions that disagree."""
    faults = [f"{name}: holds an address" for name, text in locks.items() if re.search(r"https?://", text)]
    faults += [
        f"{name}: {pin} has no hash"
        for name, text in locks.items()
        for pin in re.findall(r"^(\S+==\S+)(?: *;[^\\\n]*)?$", text, re.MULTILINE)
    ]
    runtime, development = pins_of(locks[RUNTIME_LOCK]), pins_of(locks[DEVELOPMENT_LOCK])
    faults += [
        f"{name}=={version} of {RUNTIME_LOCK} is {development.get(name, 'absent')} in {DEVELOPMENT_LOCK}"
        for name, version in runtime.items()
        if development.get(name) != version
    ]
    return faults


def _locks_are_sound(environment: Environment) -> bool:
    locks = {
        path.name: path.read_text(encoding="utf-8") for path in environment.root.glob("requirements*.lock")
    }
    locks["package-lock.json"] = (environment.root / "package-lock.json").read_text(encoding="utf-8")
    faults = faults_of_locks(locks)
    for fault in faults:
        say(f"  {fault}")
    return not faults


def _compile_once(environment: Environment) -> None:
    """Let one process import all tests where nobody has: three at once would compile everything thrice."""
    kept = Path(environment.variables["PYTHONPYCACHEPREFIX"])
    if not (kept / environment.root.resolve().relative_to("/") / "tests").exists():
        command = _pytest(environment, "--collect-only", "-qq", "-p", "no:randomly")
        subprocess.run(
            command, cwd=environment.root, env=environment.variables, check=False, stdout=subprocess.DEVNULL
        )


def _run(command: Sequence[str], environment: Environment) -> bool:
    done = subprocess.run(command, cwd=environment.root, env=environment.variables, check=False)
    return done.returncode == 0


def _stream(command: Sequence[str], environment: Environment, extra: Mapping[str, str]) -> tuple[int, str]:
    """Run, passing output on line by line, but keep the last line back: the summary goes before it."""
    last = ""
    with subprocess.Popen(
        command,
        cwd=environment.root,
        env={**environment.variables, **extra},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            sys.stdout.write(last)
            sys.stdout.flush()
            last = line
    return running.returncode, last


def _report(outcomes: Sequence[Outcome], *, closing: str = "") -> int:
    failed = [outcome.name for outcome in outcomes if not outcome.ok]
    print("\n검사 결과 (summary)")
    for outcome in outcomes:
        print(_line(outcome))
    print("모두 통과했습니다." if not failed else f"실패: {', '.join(failed)}")
    sys.stdout.write(closing)
    sys.stdout.flush()
    return 1 if failed else 0


def _line(outcome: Outcome) -> str:
    return f"  {'ok  ' if outcome.ok else 'FAIL'} {outcome.name} ({outcome.seconds:.1f} s)"


def _pytest(environment: Environment, *arguments: str) -> list[str]:
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    return [str(environment.python), "-m", "pytest", *colour, *arguments]


def _wants_browser(arguments: Sequence[str]) -> bool:
    return any("browser" in argument for argument in arguments)


def _browser_environment(environment: Environment) -> dict[str, str]:
    return {"ONDOL_CHROMIUM": bring_chromium(environment.python)}


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
