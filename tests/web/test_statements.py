"""How many statements a request sends to PostgreSQL: a table, held however much there is to show.

Each costs the process of the web more than the few rows that it brings. A request that asks once a row, or
for the same row twice, goes over its line here. To hold another: a line in `HELD`, and its rows in `grow`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import Engine, event
from sqlmodel import col, select

from core.origin import current_request_id
from dispatch.models import ContactAttempt, Task, Ticket, Visit
from dispatch.tasks import CONTACT_CALL
from notifications.models import Notice
from tests import world
from tests.web.conftest import ClientAs, WebWorld
from workforce.models import ServicePoint

NAME, PHONE = "김영자", "02-555-0101"
FEW, MANY = 2, 6
_VALUES = re.compile(r"IN \((?:%\(\w+\)s(?:::\w+)?(?:, )?)+\)")
"""A list of values is the same statement however long it is."""


@dataclass
class Busy:
    """What the requests ask about; `grow` adds to it."""

    web: WebWorld
    homes: list[int] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    """Open tickets, one a home; the first has a visit that failed and a call that is owed for each home."""


Send = Callable[[httpx.Client, Busy], httpx.Response]


@dataclass(frozen=True)
class Held:
    """A request: whose, how it is sent, and the most statements that it may send."""

    role: str
    most: int
    send: Send


def _get(path: Callable[[Busy], str]) -> Send:
    return lambda client, busy: client.get(path(busy))


def _of_home(path: str) -> Send:
    return lambda client, busy: client.post(path, data={"household": busy.homes[0], "symptom": "NO_HEAT"})


def _file(client: httpx.Client, busy: Busy) -> httpx.Response:
    resident = {"name": "이새집", "phone": "02-777-0909", "address": "서울 강남구 역삼동 735, 101동 1203호"}
    body = {"channel": "phone", "resident": resident, "symptom": "NO_HEAT"}
    return client.post("/api/v1/tickets", json=body, headers={"Idempotency-Key": f"key-{next(_keys)}"})


_keys = iter(range(1000))

HELD = {
    "search by number": Held("agent", 14, _get(lambda _busy: f"/agent/search?q={PHONE[-4:]}")),
    "search by name": Held("agent", 14, _get(lambda _busy: f"/agent/search?q={NAME}")),
    "search that finds none": Held("agent", 4, _get(lambda _busy: "/agent/search?q=7312")),
    "search while a number is typed": Held("agent", 5, _get(lambda _busy: "/agent/search?q=0107312")),
    "the desk": Held("agent", 11, _get(lambda _busy: "/agent")),
    "a home": Held("agent", 16, _get(lambda busy: f"/agent/households/{busy.homes[0]}")),
    "a new ticket": Held("agent", 5, _get(lambda busy: f"/agent/new?household={busy.homes[0]}")),
    "open cases of a home": Held("agent", 11, _of_home("/agent/new/open")),
    "cards to read": Held("agent", 3, _of_home("/agent/new/guide")),
    "a ticket": Held("agent", 37, _get(lambda busy: f"/agent/tickets/{busy.numbers[0]}")),
    "a ticket, live": Held("agent", 23, _get(lambda busy: f"/agent/tickets/{busy.numbers[0]}/live")),
    "its windows": Held("agent", 29, _get(lambda busy: f"/agent/tickets/{busy.numbers[0]}/windows")),
    "a ticket by the API": Held("agent", 20, _get(lambda busy: f"/api/v1/tickets/{busy.numbers[0]}")),
    "tickets by the API": Held("agent", 12, _get(lambda _busy: "/api/v1/tickets")),
    "a ticket filed": Held("agent", 29, _file),
    "the console": Held("dispatcher", 32, _get(lambda _busy: "/dispatch")),
    "a point's desk": Held("point", 33, _get(lambda _busy: "/point")),
    "the messages": Held("agent", 9, _get(lambda _busy: "/messages")),
    "messages found by name": Held("agent", 13, _get(lambda _busy: f"/messages?q={NAME}")),
    "what waits": Held("manager", 5, _get(lambda _busy: "/messages/now")),
    "a technician's day": Held("technician", 22, _get(lambda _busy: "/m")),
}


def grow(busy: Busy, homes: int) -> None:
    """So many homes more, all of one name and number: each with an open ticket and one that has ended, and a
    technician of the same point who goes to it; the first ticket of all fails and is owed a call once more.
    """
    web = busy.web
    with web.database.transaction() as session:
        company = session.merge(web.company, load=False)
        point = session.get_one(ServicePoint, web.point.id)
        for _ in range(homes):
            home = world.make_household(session, company=company, resident=(NAME, PHONE))
            crew = world.make_technician(session, point=point, now=web.now)
            busy.homes.append(home.id or 0)
            for status, state in (("COMPLETED", "completed"), ("ASSIGNED", "planned")):
                ticket = world.make_ticket(
                    session, company=company, household=home, point=point, status=status
                )
                start = web.now + timedelta(hours=3 if state == "planned" else -5)
                world.make_visit(
                    session, ticket=ticket, point=point, technician=crew, start=start, state=state
                )
            busy.numbers.append(ticket.number)
            session.add(_notice(ticket, web))
        first = session.exec(select(Ticket).where(col(Ticket.number) == busy.numbers[0])).one()
        _fail_again(session, busy, first, times=homes)


def _notice(ticket: Ticket, web: WebWorld) -> Notice:
    return Notice(
        company_id=ticket.company_id,
        ticket_id=ticket.id or 0,
        event="VISIT_SCHEDULED",
        generation=1,
        recipient="resident",
        channel="LMS",
        to_phone=f"+8210{ticket.id:08d}",
        from_phone="+8215880000",
        text="방문 안내",
        bytes=9,
        template_version="1",
        state="queued",
        problem="retry:3041",
        created_at=web.now,
        next_try_at=web.now + timedelta(minutes=5),
    )


def _fail_again(session: Any, busy: Busy, ticket: Ticket, *, times: int) -> None:
    planned = session.exec(
        select(Visit).where(col(Visit.ticket_id) == ticket.id, col(Visit.state) == "planned")
    ).one()
    last = planned.sequence
    planned.sequence += times
    session.flush()
    owner = world.make_colleague(
        session, company_id=ticket.company_id, point_id=ticket.service_point_id, name="박창구"
    )
    for n in range(times):
        failed = Visit(**{**planned.model_dump(exclude={"id"}), "state": "absent", "sequence": last + n})
        failed.planned_start = failed.planned_end = None
        session.add(failed)
        session.flush()
        session.add(
            ContactAttempt(
                ticket_id=ticket.id or 0,
                visit_id=failed.id,
                outcome="NO_ANSWER",
                evidence="SELF_REPORT",
                at=busy.web.now,
                recorded_at=busy.web.now,
            )
        )
        session.add(
            Task(
                ticket_id=ticket.id or 0,
                company_id=ticket.company_id,
                service_point_id=ticket.service_point_id,
                kind=CONTACT_CALL,
                generation=last + n,
                owner_person_id=owner.id or 0,
                state="done",
                created_at=busy.web.now,
            )
        )


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that requests send meanwhile, whichever thread sends them."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if current_request_id() is not None:
            sent.append(_VALUES.sub("IN (…)", " ".join(statement.split())))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def count_all(busy: Busy, clients: dict[str, httpx.Client]) -> dict[str, list[str]]:
    """What each held request sends."""
    found = {}
    for name, held in HELD.items():
        with counted(busy.web.database.engine) as sent:
            answer = held.send(clients[held.role], busy)
        assert answer.is_success, (name, answer.status_code, answer.text[:1000])
        found[name] = sent
    return found


def test_no_request_sends_more_statements_than_it_may(web_world: WebWorld, client_as: ClientAs) -> None:
    busy = Busy(web_world)
    clients = {role: client_as(role) for role in sorted({held.role for held in HELD.values()})}
    grow(busy, FEW)
    for held in HELD.values():
        held.send(clients[held.role], busy)  # what is filed among them is there from the first count on
    few = count_all(busy, clients)
    grow(busy, MANY)
    many = count_all(busy, clients)
    by_rows = {name: Counter(many[name]) - Counter(few[name]) for name in HELD}
    assert not any(by_rows.values()), {name: more for name, more in by_rows.items() if more}
    sent = {name: len(statements) for name, statements in many.items()}
    assert sent == {name: held.most for name, held in HELD.items()}, "fewer is well: say so in the table"
