"""A family's word on who is told, honoured at once: what waits is withdrawn, what is missing is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, or_, select

from core import audit
from core.actor import SYSTEM, Actor
from core.dated import read_rules
from core.i18n import N_
from customers.consents import Choice, Door, record_choice
from dispatch import approvals, bill_notices, notices, payer_calls, tasks
from dispatch.family_links import revoke_links
from dispatch.models import Task, Ticket, TicketParty, Visit
from dispatch.notice_facts import TicketFacts, facts_of_ticket, family_of
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.states import ENDED_STATUSES, OPEN_VISIT_STATES
from dispatch.tickets import ticket_key
from notifications import service as outbox
from notifications.catalogue import Event, shelf_life

CALLS = (tasks.CALL_LANDLINE, NOTICE_FAILED)
REFUSED = N_("알림을 원하지 않으셔서 보내지 않았습니다.")
"""Why a text was withdrawn, and why nobody rings any more."""


@dataclass(frozen=True)
class Word:
    """Somebody's word: whether the person agrees to be told, or it is refused, and where it was said."""

    contact_id: int
    decided_by_id: int
    choice: Choice
    door: Door
    reason: str = ""


def take_word(
    session: Session, *, company_id: int, household_id: int, word: Word, by: Actor, now: datetime
) -> bool:
    """Keep a word and act on it in every open case that it is about.

    After a no, what waits for his number is withdrawn, unless somebody else of the case is told there. After
    a yes he hears what holds now, if he has not heard it.

    Returns:
        Whether it was another word than the last one.

    Raises:
        Also as `customers.consents.record_choice`.
    """
    own = word.contact_id == word.decided_by_id
    tickets = _open_tickets(session, company_id, word.contact_id, None if own else household_id, now)
    changed = record_choice(
        session,
        company_id=company_id,
        household_id=household_id,
        contact_id=word.contact_id,
        decided_by_id=word.decided_by_id,
        choice=word.choice,
        door=word.door,
        reason=word.reason,
        by=by,
        now=now,
    )
    if not changed:
        return False
    data = {
        "contact_id": word.contact_id,
        "by_himself": own,
        "door": word.door.value,
        "choice": word.choice.value,
    }
    subjects = [("household", household_id), *(("ticket", ticket_key(ticket)) for ticket in tickets)]
    for subject in subjects:
        audit.record(
            session,
            by=by,
            at=now,
            what="NoticesRefused" if word.choice is Choice.REFUSED else "NoticesAgreed",
            subject=subject,
            company_id=company_id,
            reason=word.reason.strip() or None,
            data=data,
        )
    for ticket in tickets:
        if word.choice is Choice.REFUSED:
            _silence(session, ticket, word, now=now)
        else:
            tell_what_holds(session, ticket, now=now)
    return True


def _open_tickets(
    session: Session, company_id: int, contact_id: int, household_id: int | None, now: datetime
) -> Sequence[Ticket]:
    """The cases in which he is a party, under lock; of one home, or of all.

    Those that go on, and ended ones of which he might still be told or read on his page: for some days, or
    while somebody owes him a call.
    """
    query = (
        select(Ticket)
        .join(TicketParty, col(TicketParty.ticket_id) == col(Ticket.id))
        .where(
            col(TicketParty.contact_id) == contact_id, *still_told(session, company_id=company_id, now=now)
        )
        .order_by(col(Ticket.id))
        .with_for_update(of=Ticket)
    )
    if household_id is not None:
        query = query.where(col(Ticket.household_id) == household_id)
    return list({ticket_key(ticket): ticket for ticket in session.exec(query)}.values())


def still_told(session: Session, *, company_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions on a company's cases: they go on, have ended not long ago, or somebody still owes a call."""
    rules = read_rules(session, company_id=company_id, at=now)
    since = now - max(timedelta(days=rules.link_days), *(shelf_life(event) for event in Event))
    ends = (Ticket.completed_at, Ticket.closed_at, Ticket.cancelled_at, Ticket.solved_by_phone_at)
    owed = select(Task.id).where(
        col(Task.ticket_id) == col(Ticket.id), col(Task.kind).in_(CALLS), col(Task.state) == "open"
    )
    return (
        col(Ticket.company_id) == company_id,
        col(Ticket.destroyed_at).is_(None),
        or_(
            col(Ticket.status).not_in(ENDED_STATUSES),
            func.greatest(*map(col, ends)) >= since,
            owed.exists(),
        ),
    )


def _silence(session: Session, ticket: Ticket, word: Word, *, now: datetime) -> None:
    ticket_id = ticket_key(ticket)
    facts = facts_of_ticket(session, ticket_id=ticket_id)
    his = [role for role, party in facts.parties.items() if party.contact_id == word.contact_id]
    still_told = {party.phone for party in family_of(session, facts) if party.takes_notices}
    for role in his:
        phone = facts.parties[role].phone
        if phone in still_told:
            continue  # the other one on this number is told there
        outbox.withdraw_from(session, ticket_id=ticket_id, to_phone=phone, reason=REFUSED, now=now)
        if word.decided_by_id != word.contact_id:  # what is kept from him stands on his page, too
            revoke_links(session, ticket_id=ticket_id, role=role, now=now)
        tasks.close_tasks_of(
            session,
            ticket_id=ticket_id,
            kinds=CALLS,
            recipient=role,
            only=partial(_is_dropped, session, facts, role),
            outcome=REFUSED,
            state="void",
            by=SYSTEM,
            now=now,
        )
    for event in payer_calls.lost_to_payer(session, facts=facts, why=REFUSED):
        again = approvals if event is Event.APPROVAL_ASKED else bill_notices
        again.ring_payer_again(session, ticket_id=ticket_id, now=now)


def _is_dropped(session: Session, facts: TicketFacts, role: str, data: dict[str, Any]) -> bool:
    """Whether nobody rings him about it any more; what he owes he hears all the same."""
    return not payer_calls.is_owed(session, facts=facts, role=role, data=data)


def tell_what_holds(session: Session, ticket: Ticket, *, now: datetime) -> bool:
    """Tell who has not heard it when somebody comes. Returns whether a visit with a window stands."""
    if ticket.status in ENDED_STATUSES:
        return False
    query = select(Visit.id).where(
        col(Visit.ticket_id) == ticket.id,
        col(Visit.state).in_(OPEN_VISIT_STATES),
        col(Visit.window_start).is_not(None),
    )
    visit_id = session.exec(query.order_by(col(Visit.sequence).desc())).first()
    if visit_id is not None:
        notices.tell_window(session, visit_id=visit_id, before=None, reason=None, now=now)
    return visit_id is not None
