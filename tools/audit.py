"""`run.py audit`: known vulnerabilities of what Ondol is made of, from its lock files. Needs a network."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.environment import LOCKS, Environment

Run = Callable[[Sequence[str], Path], "Done"]

NO_NETWORK = (
    "취약점 목록에 닿지 못해 확인하지 못했습니다. 인터넷이 되는 곳에서 다시 실행해 주세요.\n"
    "The lists of vulnerabilities could not be reached, so nothing was checked: run this with a network."
)
FOUND, UNKNOWN = 1, 2
"""Exit codes: something is known to be vulnerable; it could not be found out."""


@dataclass(frozen=True)
class Done:
    """What a tool printed."""

    out: str
    said: str


def audit(environment: Environment) -> int:
    """Check every lock file. Returns 0: nothing is known, 1: something is, 2: nobody could tell."""
    python = str(environment.python)
    results = [audit_python(python, environment.root / lock, run=_run) for lock in LOCKS]
    results.append(audit_node(python, environment.root, run=_run))
    for result in results:
        print(result.words)
    if any(result.code == UNKNOWN for result in results):
        print(NO_NETWORK, file=sys.stderr)
    codes = {result.code for result in results}
    return FOUND if FOUND in codes else UNKNOWN if UNKNOWN in codes else 0


@dataclass(frozen=True)
class Result:
    """What is known of one lock file, in words."""

    code: int
    words: str


def audit_python(python: str, lock: Path, *, run: Run) -> Result:
    """Every pin of a lock file by pip-audit, without installing any of them."""
    command = [python, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner=off"]
    done = run([*command, "--format=json", "--requirement", str(lock)], lock.parent)
    try:
        pins = json.loads(done.out)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Result(UNKNOWN, f"{lock.name}: ? ({_last(done.said)})")
    found = [
        f"  {pin['name']} {pin['version']}: {each['id']}, "
        f"{', '.join(each['fix_versions']) or 'no version is better'}"
        for pin in pins
        for each in pin.get("vulns", ())
    ]
    return _result(lock.name, len(pins), found)


def audit_node(python: str, root: Path, *, run: Run) -> Result:
    """The browser's packages by npm; Node.js is found as it is for building them."""
    name = "package-lock.json"
    where = "from tools.build_assets import find_node as f; node = f(); print(node.node, node.npm, sep='\\n')"
    found_node = run([python, "-c", where], root)
    programs = found_node.out.splitlines()
    if len(programs) != 2:
        return Result(UNKNOWN, f"{name}: ? ({_last(found_node.said)})")
    done = run([*programs, "audit", "--json"], root)
    try:
        told = json.loads(done.out)
        found = [f"  {each['name']}: {each['severity']}" for each in told["vulnerabilities"].values()]
        return _result(name, int(told["metadata"]["dependencies"]["total"]), found)
    except (ValueError, KeyError, TypeError):
        return Result(UNKNOWN, f"{name}: ? ({_last(done.said)})")


def _result(name: str, count: int, found: Sequence[str]) -> Result:
    if found:
        return Result(FOUND, "\n".join([f"{name}: {len(found)} known in {count} packages", *found]))
    return Result(0, f"{name}: nothing known in {count} packages")


def _last(said: str) -> str:
    return (said.strip().splitlines() or ["no answer"])[-1][:200]


def _run(command: Sequence[str], folder: Path) -> Done:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    return Done(done.stdout, done.stderr)
