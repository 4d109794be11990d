"""A day that planning can better: every technician of the one point drives up and down the same road."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlmodel import select

from core.clock import kst
from core.db import Database
from tests import world
from tests.dispatch.plan_world import book
from tests.journeys.test_whole_journey import company_of
from workforce.models import ServicePoint, Technician


def put_zigzag(
    database: Database, *, day: date, now: datetime, visits: int, first: tuple[int, int] = (9, 10)
) -> list[str]:
    """Booked visits of every technician from `first` (KST) on; the numbers of their tickets."""
    with database.transaction() as session:
        company = company_of(session)
        point = session.exec(select(ServicePoint)).one()
        numbers = []
        for technician in session.exec(select(Technician)).all():
            for k in range(visits):
                place = world.north_of(world.GANGNAM, 1 + 7 * (k % 2) + k / 10)
                home = world.make_household(session, company=company, at=place)
                ticket = world.make_ticket(
                    session,
                    company=company,
                    household=home,
                    point=point,
                    status="ASSIGNED",
                    priority=3,
                    received_at=now,
                )
                visit = world.make_visit(
                    session,
                    ticket=ticket,
                    point=point,
                    technician=technician,
                    start=kst(day, *first) + timedelta(minutes=70 * k),
                    duration_s=1200,
                )
                book(session, visit)
                numbers.append(ticket.number)
        return numbers
