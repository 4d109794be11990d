"""What tests of the point's desk begin with: its browser, and tickets in the states that wait for a desk."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest
from sqlmodel import Session, col, select

from core.clock import rfc3339_kst
from dispatch.models import Placement, Ticket
from tests import world
from tests.web.conftest import ClientAs, WebWorld
from workforce.models import ServicePoint


@pytest.fixture
def desk(web_world: WebWorld, client_as: ClientAs) -> httpx.Client:
    """A browser of the point's own desk."""
    return client_as("point", point=web_world.point)


def make_ticket(web: WebWorld, *, point: ServicePoint | None = None, **fields: object) -> str:
    with web.database.transaction() as session:
        ticket = world.make_ticket(
            session,
            company=web.company,
            point=point or web.point,
            received_at=web.now - timedelta(minutes=5),
            **fields,  # type: ignore[arg-type]
        )
        return ticket.number


def make_planned(web: WebWorld, *, hours: float = 2, state: str = "planned") -> str:
    """A ticket that the technician is to visit in some hours, for all that matters here."""
    number = make_ticket(web, status="ASSIGNED")
    with web.database.transaction() as session:
        ticket = ticket_of(session, number)
        start = web.now + timedelta(hours=hours)
        world.make_visit(
            session, ticket=ticket, point=web.point, technician=web.technician, start=start, state=state
        )
    return number


def make_offer(web: WebWorld, **fields: object) -> str:
    """A ticket that the point is asked to take within five minutes."""
    number = make_ticket(web, **fields)
    with web.database.transaction() as session:
        row = placement_of(session, number)
        row.state, row.answered_at, row.at = "OFFERED", None, web.now
        row.answer_due_at = web.now + timedelta(minutes=5)
        session.add(row)
    return number


def ticket_of(session: Session, number: str) -> Ticket:
    return session.exec(select(Ticket).where(col(Ticket.number) == number)).one()


def placement_of(session: Session, number: str) -> Placement:
    query = select(Placement).join(Ticket, col(Ticket.id) == col(Placement.ticket_id))
    return session.exec(query.where(col(Ticket.number) == number).order_by(col(Placement.id))).first()


def make_other_point(web: WebWorld, *, km: float = 4, code: str = "north") -> ServicePoint:
    with web.database.transaction() as session:
        point = world.make_point(
            session, company=web.company, code=code, at=world.north_of(world.GANGNAM, km)
        )
        world.make_technician(session, point=point, name="최기사", now=web.now)
        session.flush()
        session.expunge_all()
    return point


def kst_text(at: datetime) -> str:
    return rfc3339_kst(at)[:16]


def section(page: str, name: str) -> str:
    """From an element's id to the end of its list."""
    _before, _mark, rest = page.partition(f'id="{name}"')
    return rest.partition("</ul>")[0]
