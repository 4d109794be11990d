"""A ticket gets a technician at once, a reason when it cannot, and is never planned against a rule."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core.clock import kst, operating_day
from dispatch import assignment
from dispatch.events import TicketPlaced
from dispatch.models import Ticket, Visit
from dispatch.plan_models import Booking, Plan, PointDay, SolveRequest
from tests import world


def place(session: Session, ticket: Ticket, now: datetime) -> Visit:
    """Run the handler as the journey does and hand back the open visit."""
    assert ticket.service_point_id is not None and ticket.id is not None
    event = TicketPlaced(
        company_id=ticket.company_id, at=now, ticket_id=ticket.id, service_point_id=ticket.service_point_id
    )
    assignment.plan_ticket(session=session, event=event, now=now)
    return session.exec(select(Visit).where(col(Visit.ticket_id) == ticket.id)).one()


def test_a_placed_ticket_is_planned_at_once(session: Session, now: datetime) -> None:
    company = world.make_company(session)
    point = world.make_point(session, company=company)
    technician = world.make_technician(session, point=point)
    ticket = world.make_ticket(session, company=company, point=point)

    visit = place(session, ticket, now)

    assert visit.technician_id == technician.id
    assert visit.planned_start is not None and visit.planned_start >= now
    assert operating_day(visit.planned_start) == operating_day(now)
    assert ticket.status == "ASSIGNED"
    booking = session.exec(select(Booking)).one()
    assert (booking.visit_id, booking.start_at, booking.end_at) == (
        visit.id,
        visit.planned_start,
        visit.planned_end,
    )
    row = session.exec(select(PointDay)).one()
    plan = session.get_one(Plan, row.plan_id)
    assert (row.version, plan.version, plan.state) == (1, 1, "published")
    assert plan.routes[0]["stops"][0]["visit_id"] == visit.id
    wish = session.exec(select(SolveRequest)).one()
    assert wish.not_before == now + timedelta(seconds=30)


def test_the_handler_may_run_twice(session: Session, now: datetime) -> None:
    company = world.make_company(session)
    point = world.make_point(session, company=company)
    world.make_technician(session, point=point)
    ticket = world.make_ticket(session, company=company, point=point)

    first = place(session, ticket, now)
    start = first.planned_start
    again = place(session, ticket, now + timedelta(minutes=5))

    assert again.planned_start == start
    assert session.exec(select(PointDay.version)).one() == 1
