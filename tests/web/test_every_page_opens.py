"""Every page and piece of a ticket, with steps that are one and that are none: new tab, reload, dialog.

`test_canaries` opens every address as every role.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import httpx
import pytest

from core.actor import Role
from tests.web.conftest import WebWorld
from tests.web.point_world import make_offer, make_planned, make_ticket
from tests.web.rights_table import ALLOWED, GUARDED, concrete

STEPS = (
    "call",
    "agree",
    "depart",
    "arrive",
    "start",
    "complete",
    "hold",
    "absent",
    "solve",
    "bill",
    "boiler",
)
"""Some are steps of a technician's page, some are not: neither may fail."""
WAYS: dict[str, dict[str, str]] = {"page": {}, "piece": {"HX-Request": "true"}}
READS = [route for route in GUARDED if route.startswith("GET ") and "{number}" in route]


def tickets_of_all_kinds(web: WebWorld) -> dict[str, str]:
    early = web.now - timedelta(hours=1)
    return {
        "planned": make_planned(web),
        "offered": make_offer(web),
        "at work": make_planned(web, hours=4, state="in_progress"),
        "completed": make_ticket(web, status="COMPLETED", completed_at=early),
    }


@pytest.mark.parametrize("role", [Role.POINT, Role.TECHNICIAN])
def test_no_page_of_a_ticket_fails(web_world: WebWorld, role: Role) -> None:
    tickets = tickets_of_all_kinds(web_world)
    own = {
        Role.POINT: {"point": web_world.point},
        Role.TECHNICIAN: {"technician": web_world.technician},
    }.get(role, {})
    client = web_world.sign_in(role, **own)
    failed = []
    for kind, number in tickets.items():
        for route in (each for each in READS if role in ALLOWED[each]):
            for step in STEPS if "{step}" in route else ("",):
                path = concrete(route, {"number": number, "step": step}).removeprefix("GET ")
                ways = WAYS if kind == "planned" else ("page",)  # a piece is a part of the page
                failed += [f"{kind}: {it}" for it in _faults(client, path, ways)]
    assert failed == []


def _faults(client: httpx.Client, path: str, ways: Iterable[str]) -> list[str]:
    """The ways of opening an address that end in a fault of ours."""
    return [f"{path} as a {way}" for way in ways if client.get(path, headers=WAYS[way]).status_code >= 500]
