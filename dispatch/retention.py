"""Cases that ended years ago: their people and words are destroyed; times, states and money stay.

Earlier versions of plans of past days are deleted; the version that was driven stays.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Integer, String, column, delete, exists, func, table, update
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from billing.retention import destroy_words
from core.clock import today_kst
from core.db import count_changed
from core.retention import Cut, Ids, delete_ids, some_ids
from customers.retention import destroy_orphans
from dispatch.approval_models import CostApproval
from dispatch.models import (
    ContactAttempt,
    CorrectionNotice,
    FamilyAct,
    FamilyLink,
    Placement,
    Task,
    Ticket,
    TicketParty,
    Visit,
)
from dispatch.planning.plan_models import Plan, PointDay
from dispatch.states import ENDED_STATUSES
from notifications.retention import destroy_texts_of
from notifications.retention import due_texts as due_texts_of

_CALLS = table("happy_call", column("ticket_id", Integer), column("state", String))
_ENDED_AT = func.greatest(
    col(Ticket.received_at),
    col(Ticket.reopened_at),
    col(Ticket.solved_by_phone_at),
    col(Ticket.completed_at),
    col(Ticket.closed_at),
    col(Ticket.cancelled_at),
)
"""The last of its ends; PostgreSQL's GREATEST passes over those that never came."""


def due_texts(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Texts of cases that ended before the cut."""
    over = columns(col(Ticket.id)).where(col(Ticket.company_id) == company_id, *_ended(cut))
    return due_texts_of(session, company_id, cut, limit, ended=over)


def due_tickets(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Cases that ended before the cut. One that is open, or whose home has an open one, is never due.

    Nor is one on safety hold, with a task that waits or with a happy call that is owed: somebody still has to
    do something about it.
    """
    return some_ids(session, Ticket, limit, col(Ticket.company_id) == company_id, *_due(cut))


def hold_due(session: Session, ids: Ids, cut: Cut) -> Ids:
    """Those of them that are due still, locked: somebody may have opened one again since it was found."""
    query = select(Ticket.id).where(col(Ticket.id).in_(ids)).order_by(col(Ticket.id))
    held = list(session.exec(query.with_for_update(skip_locked=True)))
    return some_ids(session, Ticket, len(held), col(Ticket.id).in_(held), *_due(cut)) if held else []


def _due(cut: Cut) -> tuple[ColumnElement[bool], ...]:
    other = aliased(Ticket)
    home_waits = exists().where(
        col(other.household_id) == col(Ticket.household_id), col(other.status).not_in(ENDED_STATUSES)
    )
    task_waits = exists().where(col(Task.ticket_id) == col(Ticket.id), col(Task.state) == "open")
    call_owed = exists().where(_CALLS.c.ticket_id == col(Ticket.id), _CALLS.c.state == "scheduled")
    return (
        col(Ticket.destroyed_at).is_(None),
        *_ended(cut),
        ~col(Ticket.safety_hold),
        ~home_waits,
        ~task_waits,
        ~call_owed,
    )


def _ended(cut: Cut) -> tuple[ColumnElement[bool], ...]:
    return col(Ticket.status).in_(ENDED_STATUSES), cut.before > _ENDED_AT


def destroy_tickets(session: Session, ids: Ids, cut: Cut) -> int:
    """Take the people and every free word of these cases away."""
    contacts = list(session.exec(select(TicketParty.contact_id).where(col(TicketParty.ticket_id).in_(ids))))
    session.execute(delete(TicketParty).where(col(TicketParty.ticket_id).in_(ids)))
    destroy_orphans(session, contacts)
    for gone in (FamilyAct, FamilyLink):
        session.execute(delete(gone).where(col(gone.ticket_id).in_(ids)))
    for model, words in (
        (ContactAttempt, {"note": ""}),
        (Visit, {"note": ""}),
        (CorrectionNotice, {"note": ""}),
        (Task, {"detail": "", "outcome": "", "data": {}}),
        (Placement, {"reason_text": ""}),
        (CostApproval, {"answered_by": ""}),
    ):
        session.execute(update(model).where(col(model.ticket_id).in_(ids)).values(**words))
    destroy_words(session, ticket_ids=ids)
    destroy_texts_of(session, ticket_ids=ids, cut=cut)
    return count_changed(
        session,
        update(Ticket)
        .where(col(Ticket.id).in_(ids), col(Ticket.destroyed_at).is_(None))
        .values(note="", late_entry_note=None, end_reason=None, destroyed_at=cut.now),
    )


def due_plans(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Plans of past days that were replaced, refused or outdated."""
    current = exists().where(col(PointDay.plan_id) == col(Plan.id))
    return some_ids(
        session,
        Plan,
        limit,
        col(Plan.company_id) == company_id,
        col(Plan.day) < today_kst(cut.before),
        col(Plan.state) != "proposed",
        ~current,
    )


def destroy_plans(session: Session, ids: Ids, _cut: Cut) -> int:
    """Delete these versions."""
    return delete_ids(session, Plan, ids)
