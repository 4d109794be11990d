"""`run.py audit`: what is known is told by name and version, and not knowing is not taken for being safe."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tools.audit import FOUND, UNKNOWN, Done, audit_node, audit_python

LOCK = Path("/somewhere/requirements.lock")
NODE = Done("/bin/node\n/bin/npm-cli.js\n", "")


def saying(*answers: Done) -> Any:
    """A tool that gives these answers in turn."""
    left = list(answers)

    def run(_command: Sequence[str], _folder: Path) -> Done:
        return left.pop(0)

    return run


def pins(*vulnerable: dict[str, Any]) -> Done:
    safe = {"name": "jinja2", "version": "3", "vulns": []}
    return Done(json.dumps({"dependencies": [safe, *vulnerable]}), "")


def test_nothing_known() -> None:
    result = audit_python("python", LOCK, run=saying(pins()))
    assert (result.code, result.words) == (0, "requirements.lock: nothing known in 1 packages")


def test_what_is_known_is_named_with_the_version_that_mends_it() -> None:
    bad = {"name": "h11", "version": "0.14", "vulns": [{"id": "PYSEC-1", "fix_versions": ["0.16"]}]}
    result = audit_python("python", LOCK, run=saying(pins(bad)))
    assert result.code == FOUND
    assert "h11 0.14: PYSEC-1, 0.16" in result.words


@pytest.mark.parametrize("answer", [Done("", "no route to host"), Done("[]", ""), Done("{}", "")])
def test_without_a_network_nobody_is_told_that_all_is_well(answer: Done) -> None:
    assert audit_python("python", LOCK, run=saying(answer)).code == UNKNOWN
    assert audit_node("python", LOCK.parent, run=saying(NODE, answer)).code == UNKNOWN
    assert audit_node("python", LOCK.parent, run=saying(Done("", "no node"))).code == UNKNOWN


def test_the_browsers_packages() -> None:
    told: dict[str, Any] = {"vulnerabilities": {}, "metadata": {"dependencies": {"total": 9}}}
    assert audit_node("python", LOCK.parent, run=saying(NODE, Done(json.dumps(told), ""))).code == 0
    told["vulnerabilities"]["esbuild"] = {"name": "esbuild", "severity": "moderate"}
    result = audit_node("python", LOCK.parent, run=saying(NODE, Done(json.dumps(told), "")))
    assert result.code == FOUND and "esbuild: moderate" in result.words
