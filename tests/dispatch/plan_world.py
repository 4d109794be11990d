"""A company with one point, and what planning does with its tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.actor import Actor, Role
from dispatch import assignment
from dispatch.models import Ticket, Visit, WishedWindow
from dispatch.planning.plan_models import Booking, PointDay
from tests import world

DISPATCHER = Actor(kind="person", name="오배차", source="test", role=Role.DISPATCHER)
OTHER = Actor(kind="person", name="남배차", source="test", role=Role.DISPATCHER)


def plan(session: Session, ticket: Ticket, now: datetime) -> Visit:
    """Run what the handler runs and hand back the open visit."""
    assert ticket.service_point_id is not None and ticket.id is not None
    assignment.plan_now(session, ticket_id=ticket.id, point_id=ticket.service_point_id, now=now)
    return visit_of(session, ticket)


def visit_of(session: Session, ticket: Ticket) -> Visit:
    query = select(Visit).where(col(Visit.ticket_id) == ticket.id).order_by(col(Visit.sequence).desc())
    visit = session.exec(query).first()
    assert visit is not None
    return visit


def agree(
    session: Session, visit: Visit, start: datetime, end: datetime, now: datetime
) -> tuple[datetime, datetime]:
    """The family agrees to this window."""
    return assignment.fit_window(
        session, visit_id=visit.id or 0, start=start, end=end, by=DISPATCHER, now=now
    )


class Shop:
    """A company with one point; tickets at any distance north of it."""

    def __init__(self, session: Session, *, code: str = "onnuri", kind: str = "direct", **point: Any) -> None:
        self.session = session
        self.company = world.make_company(session, code=code, kind=kind)
        self.point = world.make_point(session, company=self.company, **point)

    def technician(self, **fields: Any) -> int:
        technician = world.make_technician(self.session, point=self.point, **fields)
        assert technician.id is not None
        return technician.id

    def ticket(self, km: float = 1.0, **fields: Any) -> Ticket:
        home = world.make_household(self.session, company=self.company, at=world.north_of(world.GANGNAM, km))
        return world.make_ticket(
            self.session, company=self.company, household=home, point=self.point, **fields
        )


def version_of(session: Session) -> int:
    """The newest version of any day that was planned."""
    return max(session.exec(select(PointDay.version)).all(), default=0)


def wish(session: Session, ticket: Ticket, start: datetime, end: datetime) -> None:
    """The family asks for this time."""
    session.add(WishedWindow(ticket_id=ticket.id or 0, start_at=start, end_at=end))
    session.flush()


def book(session: Session, visit: Visit) -> None:
    """Hold the technician's time for a visit that was put in by hand."""
    assert visit.technician_id and visit.planned_start and visit.planned_end and visit.id
    session.add(
        Booking(
            visit_id=visit.id,
            technician_id=visit.technician_id,
            service_point_id=visit.service_point_id,
            start_at=visit.planned_start,
            end_at=visit.planned_end,
        )
    )
    session.flush()
