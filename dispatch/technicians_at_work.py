"""Which technicians have open work now, the most pressing first: how a desk finds whose day to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, or_, select

from dispatch.models import Ticket, Visit
from dispatch.states import ENDED_STATUSES, OPEN_VISIT_STATES, UNDER_WAY_STATES
from dispatch.technician_day import contact_clocks, is_his_to_know
from dispatch.technician_today import end_of_today
from dispatch.tickets import ticket_key
from workforce.queries import list_technicians
from workforce.schemas import TechnicianInfo


@dataclass(frozen=True)
class TechnicianWork:
    """A technician with open work now: how much, and how pressing the most urgent contact is."""

    technician: TechnicianInfo
    open_jobs: int
    safety: bool
    contact_due_at: datetime | None


def technicians_with_work(
    session: Session, *, company_id: int, now: datetime, service_point_id: int | None = None
) -> list[TechnicianWork]:
    """Technicians with open visits today: safety first, then the contact that is due soonest, then names."""
    wanted = [
        col(Visit.company_id) == company_id,
        col(Visit.state).in_(OPEN_VISIT_STATES),
        col(Visit.technician_id).is_not(None),
        or_(col(Visit.planned_start) < end_of_today(now), col(Visit.state).in_(UNDER_WAY_STATES)),
        col(Ticket.status).not_in(ENDED_STATUSES),
        is_his_to_know(),
    ]
    if service_point_id is not None:
        wanted.append(col(Visit.service_point_id) == service_point_id)
    query = select(Visit, Ticket).join(Ticket, col(Ticket.id) == col(Visit.ticket_id)).where(*wanted)
    theirs: dict[int, list[Ticket]] = {}
    silent: list[Ticket] = []
    for visit, ticket in session.exec(query):
        theirs.setdefault(visit.technician_id or 0, []).append(ticket)
        if visit.state == "planned" and visit.window_start is None:
            silent.append(ticket)
    due = {
        ticket_id: clock.due_at
        for ticket_id, clock in contact_clocks(session, silent, now=now).items()
        if clock.stopped_at is None and clock.state != "void"
    }
    crew = list_technicians(session, company_id=company_id, at=now, point_id=service_point_id)
    found = [
        TechnicianWork(
            technician=technician,
            open_jobs=len(theirs[technician.id]),
            safety=any(ticket.safety for ticket in theirs[technician.id]),
            contact_due_at=min(
                (due[key] for ticket in theirs[technician.id] if (key := ticket_key(ticket)) in due),
                default=None,
            ),
        )
        for technician in {info.id: info for info in crew}.values()
        if technician.id in theirs
    ]
    return sorted(found, key=_urgency)


def _urgency(work: TechnicianWork) -> tuple[bool, bool, float, str]:
    due = work.contact_due_at
    return (not work.safety, due is None, due.timestamp() if due else 0.0, work.technician.name)
