"""Escalation (ESC): a flag with an owner beside the ticket's status, never a dead end."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.actor import Actor
from core.i18n import N_
from dispatch import case_notices, tasks
from dispatch.cancellation import require_reason
from dispatch.cases import lock_case
from dispatch.models import Task
from dispatch.tickets import note_change
from workforce.duty import duty_at
from workforce.schemas import PersonInfo

COMPLAINT = "complaint"
"""In an escalation's data: somebody of the family complained, and hears when it is settled."""


def escalate_ticket(session: Session, *, ticket_id: int, reason: str, by: Actor, now: datetime) -> PersonInfo:
    """Hand a ticket to the escalation person on duty, who is asked to decide; the work goes on meanwhile.

    Any status may be escalated, an ended one too (a complaint comes afterwards). While the task is open a
    second asking adds its reason to the timeline and keeps the owner. Also where a clock asked first: the
    family hears when it is settled.

    Returns:
        Who owns it now, to tell the caller who rings back.

    Raises:
        UnknownTicketError: no such ticket (404).
        NoReasonError: no reason (422).
    """
    why = require_reason(reason)
    ticket = lock_case(session, ticket_id=ticket_id).ticket
    open_ones = tasks.list_tasks(
        session, company_id=ticket.company_id, ticket_id=ticket_id, kinds=[tasks.ESCALATION]
    )
    asked = _locked(session, open_ones[0].id) if open_ones else None
    if asked is not None and asked.state == "open":
        owner, asked.data = open_ones[0].owner, {**asked.data, COMPLAINT: True}
        session.add(asked)
    else:
        owner = duty_at(
            session, company_id=ticket.company_id, point_id=ticket.service_point_id, at=now
        ).escalation
        tasks.open_task(
            session,
            ticket_id=ticket_id,
            kind=tasks.ESCALATION,
            detail=N_("고객 불편: {reason}").format(reason=why),
            owner_person_id=owner.id,
            data={COMPLAINT: True},
            by=by,
            now=now,
        )
    ticket.escalated_at = ticket.escalated_at or now
    ticket.escalation_owner_id = owner.id
    data = {"owner_person_id": owner.id}
    note_change(session, ticket=ticket, what="TicketEscalated", by=by, now=now, reason=why, data=data)
    return owner


def _locked(session: Session, task_id: int) -> Task:
    return session.get_one(Task, task_id, with_for_update=True, populate_existing=True)


def finish_task(
    session: Session, *, ticket_id: int, task_id: int, outcome: str, by: Actor, now: datetime
) -> None:
    """Write down that a ticket's task is done and how; a family whose complaint it was hears of it.

    Raises as `tasks.close_task`.
    """
    tasks.close_task(session, ticket_id=ticket_id, task_id=task_id, outcome=outcome, by=by, now=now)
    if tasks.task_data(session, task_id=task_id).get(COMPLAINT):
        case_notices.tell_complaint_closed(session, ticket_id=ticket_id, task_id=task_id, now=now)
