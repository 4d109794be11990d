"""What tests of the console share: tickets filed by hand, the dialog, a dispatcher who is logged in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from httpx import Client
from sqlmodel import Session, col, select

from dispatch.models import Ticket, Visit
from tests import world
from tests.dispatch.plan_world import plan
from tests.web.conftest import ClientAs, WebWorld
from workforce.models import ServicePoint

PART = {"HX-Request": "true"}
"""What scripts send: the answer is a part of the page."""


def file_ticket(
    web: WebWorld,
    *,
    minutes_ago: float = 10,
    planned: bool = False,
    point: ServicePoint | None = None,
    placed: bool = True,
    resident: str = "김영자",
    **fields: Any,
) -> str:
    """A ticket of the company's point as intake and placement left it, planned if wished. Its number."""
    at = web.now - timedelta(minutes=minutes_ago)
    with web.database.transaction() as session:
        home = world.make_household(session, company=web.company, resident=(resident, "02-555-0101"))
        own = session.get_one(ServicePoint, (point or web.point).id) if placed else None
        ticket = world.make_ticket(
            session, company=web.company, household=home, point=own, received_at=at, **fields
        )
        if planned:
            plan(session, ticket, web.now)
        return ticket.number


def ticket_of(session: Session, number: str) -> Ticket:
    return session.exec(select(Ticket).where(col(Ticket.number) == number)).one()


def visit_of(web: WebWorld, number: str) -> Visit:
    with web.database.reading() as session:
        query = select(Visit).where(col(Visit.ticket_id) == ticket_of(session, number).id)
        return session.exec(query.order_by(col(Visit.sequence).desc())).first() or pytest.fail("no visit")


def numbers_in(html: str) -> list[str]:
    """The queue's tickets in their order."""
    return re.findall(r'data-testid="queue-ticket" data-number="([^"]+)"', html)


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    return found.group(1) if found else ""


def dialog(client: Client, number: str) -> str:
    answer = client.get(f"/dispatch/tickets/{number}", headers=PART)
    assert answer.status_code == 200
    return answer.text


def assign(client: Client, number: str, **fields: Any) -> Any:
    """Post the dialog's form; answers are parts of the page."""
    return client.post(f"/dispatch/tickets/{number}/assignment", data=fields, headers=PART)


@pytest.fixture
def dispatcher(client_as: ClientAs) -> Client:
    return client_as("dispatcher")
