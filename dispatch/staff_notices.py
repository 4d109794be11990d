"""What texts to technicians and desks say, built from a ticket's facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session, col, select

from dispatch import notice_facts, ownership
from dispatch.models import Placement, Visit
from dispatch.notice_facts import TicketFacts
from dispatch.states import OPEN_VISIT_STATES
from notifications.messages import ContactDue, Context, JobAssigned, JobChanged, Window

CHECK_PLEASE = "확인해 주세요."


def job_assigned(
    session: Session, *, facts: TicketFacts, window: Window | None, worker_name: str | None = None
) -> JobAssigned:
    """A job is this technician's, or is offered to this point; nobody rings for a time that is agreed."""
    clock = notice_facts.contact_clock(session, ticket_id=facts.id) if window is None else None
    return JobAssigned(
        maker=facts.case.maker,
        ticket_number=facts.ticket.number,
        place=notice_facts.place_of(session, ticket=facts.ticket),
        symptom=notice_facts.symptom_of(facts.ticket),
        window=window,
        contact_due_at=clock.due_at if clock is not None and clock.stopped_at is None else None,
        worker_name=worker_name,
        urgency=notice_facts.urgency_of(facts.ticket),
    )


def for_one_off_duty(session: Session, *, context: JobAssigned, visit: Visit, now: datetime) -> JobAssigned:
    """The same for a technician whose shift has not begun or is over: the deadline is the desk's, not his."""
    desk = ownership.desk_that_calls(session, visit=visit, at=now)
    if desk is None:
        return context
    earlier = select(Visit.id).where(
        col(Visit.technician_id) == visit.technician_id,
        col(Visit.id) != visit.id,
        col(Visit.state).in_(OPEN_VISIT_STATES),
        col(Visit.planned_start) < visit.planned_start,
    )
    return replace(
        context,
        contact_due_at=None,
        planned_at=visit.planned_start,
        is_first=session.exec(earlier).first() is None,
        caller=notice_facts.sendable(desk.name, "담당자"),
    )


def job_changed(
    session: Session,
    *,
    facts: TicketFacts,
    change: str,
    window: Window | None = None,
    worker_name: str | None = None,
) -> JobChanged:
    """What changed, in one plain sentence."""
    return JobChanged(
        maker=facts.case.maker,
        ticket_number=facts.ticket.number,
        place=notice_facts.place_of(session, ticket=facts.ticket),
        change=notice_facts.sendable(change, CHECK_PLEASE),
        window=window,
        worker_name=worker_name,
        symptom=notice_facts.symptom_of(facts.ticket),
    )


def contact_due(
    session: Session, *, facts: TicketFacts, worker_name: str | None, now: datetime
) -> tuple[ContactDue, int]:
    """The family has not been reached yet; with the generation of the clock it is about."""
    clock = notice_facts.contact_clock(session, ticket_id=facts.id)
    context = ContactDue(
        maker=facts.case.maker,
        ticket_number=facts.ticket.number,
        place=notice_facts.place_of(session, ticket=facts.ticket),
        received_at=facts.ticket.received_at,
        due_at=clock.due_at if clock else now,
        worker_name=worker_name,
    )
    return context, clock.generation if clock else 1


def for_point(
    session: Session, *, facts: TicketFacts, visit: Visit | None, why: str, now: datetime
) -> tuple[Context, int | None]:
    """What a desk is told now: a ticket is offered to it, a family is not reached, or `why` in words.

    Returns:
        The text's facts and its generation; None when each telling counts for itself.
    """
    worker = None
    if visit is not None and visit.technician_id is not None:
        worker = notice_facts.worker_of(session, visit=visit).name
    offered = session.exec(
        select(Placement.id).where(col(Placement.ticket_id) == facts.id, col(Placement.state) == "OFFERED")
    ).first()
    if offered is not None:
        return job_assigned(session, facts=facts, window=None, worker_name=worker), offered
    clock = notice_facts.contact_clock(session, ticket_id=facts.id)
    if clock is not None and clock.stopped_at is None and clock.stage in ("handed_over", "escalated"):
        return contact_due(session, facts=facts, worker_name=worker, now=now)
    return job_changed(session, facts=facts, change=why, worker_name=worker), None
