"""What is stored for others to read is stored in Korean, whatever language the screen of its writer has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.i18n import DEFAULT_LANGUAGE, set_language
from dispatch import tasks, visits
from tests.dispatch.case_world import CaseWorld

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("dispatch", "happycall", "callcenter", "simulation", "web")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def translated_details(source: str) -> list[int]:
    """Lines at which a `detail=` of a call is translated: in place, by a name, or by a function beside it.

    Whoever passes `detail=` on to `open_task` is a caller too, so every call counts.
    """
    tree = ast.parse(source)
    beside = {node.name: node for node in ast.walk(tree) if isinstance(node, Function)}
    return sorted(
        keyword.value.lineno
        for function in beside.values()
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "detail"
        and not _is_read(call)
        and _translates(keyword.value, function, beside, frozenset())
    )


def _is_read(call: ast.Call) -> bool:
    """What is shown is translated there."""
    return isinstance(call.func, ast.Name) and call.func.id == "TaskInfo"


def _translates(
    expression: ast.AST, function: Function, beside: dict[str, Function], seen: frozenset[str]
) -> bool:
    for node in ast.walk(expression):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            if name == "_":
                return True
            helper = beside.get(name)
            if helper is not None and name not in seen:
                returned = (n.value for n in ast.walk(helper) if isinstance(n, ast.Return) and n.value)
                if any(_translates(value, helper, beside, seen | {name}) for value in returned):
                    return True
        elif isinstance(node, ast.Name) and f"={node.id}" not in seen:
            values = _assigned(function, node.id)
            if any(_translates(value, function, beside, seen | {f"={node.id}"}) for value in values):
                return True
    return False


def _assigned(function: Function, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
            targets = [node.target]
        else:
            continue
        if node.value is not None and any(isinstance(t, ast.Name) and t.id == name for t in targets):
            yield node.value


def test_no_task_is_stored_translated() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if "detail=" in (source := path.read_text(encoding="utf-8"))
        for line in translated_details(source)
    ]
    assert found == [], "store Korean: N_(...), and .format(...) after it; it is translated where it is shown"


@pytest.mark.parametrize(
    "body",
    [
        'open_task(detail=_("가"))',
        'open_task(detail="가" + _("나").format(n=1))',
        'detail = _("가")\n    open_task(detail=detail.format(n=1))',
        'open_task(detail=N_("{d}").format(d=words()))',
    ],
)
def test_the_check_finds_each_way(body: str) -> None:
    helper = 'def words():\n    return _("나")\n'
    assert translated_details(f"{helper}def f():\n    {body}\n")
    assert not translated_details(f"{helper}def f():\n    {body}\n".replace("_(", "N_(").replace("NN_", "N_"))


def test_a_technician_with_the_english_screen_stores_korean(at_the_door: CaseWorld, now: datetime) -> None:
    case, at = at_the_door, now + timedelta(hours=3)
    set_language("en")
    try:
        visits.hold(
            case.session,
            ticket_id=case.ticket_id,
            reason="parts_wait",
            due=at + timedelta(days=2),
            by=case.him,
            now=at,
        )
    finally:
        set_language(DEFAULT_LANGUAGE)
    (call,) = case.tasks(tasks.PART_CALL)
    assert "부품 도착 예정일(12월 3일)" in call.detail and "지난 방문 약속은" in call.detail
