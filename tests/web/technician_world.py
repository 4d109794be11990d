"""A technician's browser and the jobs that are his."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from sqlmodel import Session, col, select

from dispatch.models import ContactAttempt, Ticket, Visit
from dispatch.planning.plan_models import Booking
from tests import world
from tests.dispatch.case_world import set_prices
from tests.web.conftest import WebWorld


@dataclass
class Phone:
    """The technician's browser and one job of his."""

    web: WebWorld
    client: httpx.Client
    number: str
    ticket_id: int
    visit_id: int

    def get(self, query: str = "") -> str:
        answer = self.client.get(f"/m/{self.number}{query}")
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, step: str, data: Any = None) -> httpx.Response:
        return self.client.post(f"/m/{self.number}/{step}", data=data or {})

    def ticket(self) -> Ticket:
        with self.web.database.reading() as session:
            return session.get_one(Ticket, self.ticket_id)

    def visit(self) -> Visit:
        with self.web.database.reading() as session:
            return session.get_one(Visit, self.visit_id)

    def attempts(self) -> list[ContactAttempt]:
        query = select(ContactAttempt).where(ContactAttempt.ticket_id == self.ticket_id)
        with self.web.database.reading() as session:
            return list(session.exec(query.order_by(col(ContactAttempt.id))))


def add_job(
    web: WebWorld,
    session: Session,
    *,
    minutes: int = 120,
    state: str = "planned",
    status: str = "ASSIGNED",
    technician: Any = None,
    resident: tuple[str, str] = ("김영자", "02-555-0101"),
    safety: bool = False,
    note: str = "",
    **visit: Any,
) -> tuple[Ticket, Visit]:
    who = technician or web.technician
    household = world.make_household(session, company=web.company, resident=resident)
    ticket = world.make_ticket(
        session,
        company=web.company,
        point=web.point,
        household=household,
        status=status,
        received_at=web.now,
        safety=safety,
        note=note,
    )
    row = world.make_visit(
        session,
        ticket=ticket,
        point=web.point,
        technician=who,
        state=state,
        start=web.now + timedelta(minutes=minutes),
        **visit,
    )
    assert row.planned_start is not None and row.planned_end is not None
    session.add(
        Booking(
            visit_id=row.id or 0,
            technician_id=who.id,
            service_point_id=web.point.id or 0,
            start_at=row.planned_start,
            end_at=row.planned_end,
        )
    )
    session.flush()
    return ticket, row


def open_phone(web: WebWorld, **job: Any) -> Phone:
    with web.database.transaction() as session:
        set_prices(session, web.company, web.now)
        ticket, visit = add_job(web, session, **job)
        number, ticket_id, visit_id = ticket.number, ticket.id or 0, visit.id or 0
    client = web.sign_in("technician", technician=web.technician)
    return Phone(web, client, number, ticket_id, visit_id)


def at_the_door(phone: Phone) -> Phone:
    for step in ("departed", "arrived"):
        assert phone.post(step).status_code == 303
    return phone


def in_order(page: str, words: Iterable[str]) -> bool:
    places = [page.index(word) for word in words]
    return places == sorted(places)


def job_numbers(page: str) -> list[str]:
    return re.findall(r'data-testid="job" data-number="([^"]+)"', page)
