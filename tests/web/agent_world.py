"""The intake desk's form as a caller fills it, and what came of it."""

from __future__ import annotations

import re
from typing import Any

import httpx
from sqlmodel import col, select

import journey
from core.db import Database
from core.events import deliver
from core.models import StoredEvent, TimelineEntry
from dispatch.models import Ticket
from tests import world
from tests.web.conftest import WebWorld

FORM: dict[str, Any] = {
    "resident_phone": "０２)５５５-0101",
    "resident_name": "김영자",
    "resident_address": "서울 강남구 역삼동 735, 101동 1203호",
    "caller": "other",
    "requester_phone": "010.9876.5432 (아들)",
    "requester_name": "김민수",
    "requester_relationship": "child",
    "payer": "requester",
    "symptom": "NO_HEAT",
    "self_fix_card": "THERMOSTAT",
    "self_fix_result": "FAILED",
    "note": "방이 추워요",
    "idempotency_key": "press-1",
}
SCRIPT = "<script>alert(1)</script>"


def file(desk: httpx.Client, **changes: Any) -> httpx.Response:
    return desk.post("/agent/new", data={**FORM, **changes})


def number_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text[:2000]
    found = re.fullmatch(r"/agent/tickets/([^?]+)\?done=filed", answer.headers["location"])
    assert found
    return found.group(1)


def tickets(database: Database) -> list[Ticket]:
    with database.reading() as session:
        return list(session.exec(select(Ticket).order_by(col(Ticket.id))))


def carry_on(web_world: WebWorld) -> None:
    """What the worker does with the events that are stored."""
    with web_world.database.reading() as session:
        ids = list(session.exec(select(StoredEvent.id).where(col(StoredEvent.handled_at).is_(None))))
    for event_id in ids:
        deliver(web_world.database, event_id=event_id or 0, journey=journey.JOURNEY, now=web_world.now)


def make_home(web_world: WebWorld, **fields: Any) -> int:
    with web_world.database.transaction() as session:
        company = session.merge(web_world.company, load=False)
        household = world.make_household(session, company=company, **fields)
        return household.id or 0


def make_case(web_world: WebWorld, **fields: Any) -> str:
    with web_world.database.transaction() as session:
        company = session.merge(web_world.company, load=False)
        return world.make_ticket(session, company=company, **fields).number


def second_call(web_world: WebWorld, desk: httpx.Client, **changes: str) -> tuple[str, str]:
    """Two tickets of one home, both planned."""
    first = number_of(file(desk))
    second = number_of(file(desk, idempotency_key="press-2", note="아직도 추워요", **changes))
    for _ in range(3):
        carry_on(web_world)
    return first, second


def entries(web_world: WebWorld, what: str) -> list[TimelineEntry]:
    with web_world.database.reading() as session:
        return list(session.exec(select(TimelineEntry).where(col(TimelineEntry.what) == what)))
