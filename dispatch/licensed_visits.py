"""Which planned visits of a technician need a licence: asked before it is let go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from dispatch.models import Ticket, Visit


@dataclass(frozen=True)
class LicensedVisit:
    """A visit that has not begun: its ticket's number and when it is planned."""

    number: str
    at: datetime


def visits_that_need(
    session: Session, *, company_id: int, technician_id: int, skill: str, now: datetime
) -> list[LicensedVisit]:
    """His visits to come that nobody without this qualification may do, soonest first."""
    query = (
        select(Visit, Ticket.number)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(
            col(Visit.company_id) == company_id,
            col(Visit.technician_id) == technician_id,
            col(Visit.state).in_(("planned", "agreed")),
            col(Visit.planned_start) >= now,
        )
        .order_by(col(Visit.planned_start))
    )
    return [
        LicensedVisit(number, visit.planned_start)
        for visit, number in session.exec(query)
        if visit.planned_start is not None and skill in visit.skills
    ]
