"""Ending a case without a finished visit: nobody drives any more, nothing keeps reminding."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.actor import Actor
from core.i18n import N_
from dispatch import assignment, clocks, notices, tasks
from dispatch.cases import Case
from dispatch.landline_calls import is_moot_once_ended
from dispatch.models import Visit
from dispatch.states import OPEN_VISIT_STATES
from notifications import service as outbox
from notifications.catalogue import moot_once_ended

CALLED_OFF = "취소되었습니다. 가지 않으셔도 됩니다."
"""To the technician, in his language whatever the screen's."""
VISIT_TASKS = (
    tasks.CALL_LANDLINE,
    tasks.MAP_PICK,
    tasks.CONTACT_CALL,
    tasks.REVISIT_CALL,
    tasks.PART_CALL,
    tasks.ARRIVAL_CHECK,
    tasks.PLACE_BY_HAND,
    tasks.PLAN_BY_HAND,
    tasks.SAFETY_ALARM,
    tasks.SAFETY_UNMOVED,
)
"""What is moot once nobody drives any more. An escalation stays: its owner decides when it is over."""


def end_case(
    session: Session,
    *,
    case: Case,
    status: str,
    reason: str,
    by: Actor,
    now: datetime,
    called_off: str = CALLED_OFF,
) -> None:
    """Set the ticket's last status, cancel its open visit and free the time, and silence what is pending.

    The caller holds the case, stops the clocks that were met, and publishes the event.

    Args:
        called_off: what the technician is told, in his language.
    """
    ticket = case.ticket
    outbox.withdraw(session, ticket_id=case.ticket_id, events=moot_once_ended(), reason=reason, now=now)
    if case.visit is not None and case.visit.state in OPEN_VISIT_STATES:
        cancel_visit(session, visit=case.visit, why=reason, by=by, now=now, called_off=called_off)
    clocks.void_clocks(session, ticket_id=case.ticket_id, why=reason, by=by, now=now)
    tasks.close_tasks_of(
        session,
        ticket_id=case.ticket_id,
        kinds=VISIT_TASKS,
        outcome=N_("접수가 끝났습니다."),
        only=is_moot_once_ended,
        state="void",
        by=by,
        now=now,
    )
    ticket.status, ticket.end_reason = status, reason
    if status == "CANCELLED":
        ticket.cancelled_at = now
    else:
        ticket.closed_at = now
    session.add(ticket)
    session.flush()


def cancel_visit(
    session: Session, *, visit: Visit, why: str, by: Actor, now: datetime, called_off: str = CALLED_OFF
) -> None:
    """Call off an open visit: its technician is told and his time is free again, the plan stays on record."""
    visit_id = visit.id or 0
    notices.tell_job_gone(session, visit_id=visit_id, change=called_off, now=now)
    visit.state, visit.ended_at = "cancelled", now
    session.add(visit)
    session.flush()
    assignment.release_visit(session, visit_id=visit_id, why=why, by=by, now=now)
