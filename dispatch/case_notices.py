"""What a family hears of its case beside visits and bills: received, not reached, late, waiting, settled.

A number that takes no text is not rung about these: in each a person rings anyway (`EventRules.rings`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from core.clock import rfc3339_kst
from core.dated import read_rules
from customers.consents import Purpose
from dispatch import notice_facts, visit_news
from dispatch.events import CallTaken
from dispatch.models import ContactAttempt, Ticket, Visit
from dispatch.notice_facts import facts_of_ticket
from dispatch.notices import tell_family
from dispatch.states import ENDED_STATUSES
from dispatch.tickets import ticket_key
from dispatch.visit_schemas import REACHED, HoldReason
from notifications import messages
from notifications.catalogue import Role
from notifications.messages import Context, Event
from notifications.newest import News, Truth, withdraw_line
from notifications.policy import read_policy


def tell_received(*, session: Session, event: CallTaken, now: datetime) -> None:
    """Handler of CallTaken: number, symptom, and until when somebody rings, unless it is over by now."""
    # A refusal, or a cancellation, comes before it or finds the text.
    ticket = session.get(Ticket, event.ticket_id, with_for_update=True, populate_existing=True)
    if ticket is None or ticket.status in ENDED_STATUSES or ticket.destroyed_at is not None:
        return
    facts = facts_of_ticket(session, ticket_id=ticket_key(ticket))
    family = notice_facts.family_of(session, facts)
    context = messages.TicketReceived(
        case=facts.case,
        received_at=ticket.received_at,
        symptom=notice_facts.symptom_of(ticket),
        contact_due_at=_contact_due(session, ticket),
        safety=ticket.safety,
        requester_told=any(p.role is Role.REQUESTER and p.takes_notices for p in family),
        agreed=event.agreed,
    )
    tell_family(session, facts=facts, context=context, generation=1, family=family, now=now)


def tell_contact_failed(session: Session, *, ticket: Ticket, at: datetime, now: datetime) -> None:
    """Nobody picks up while a time is to be agreed: after so many calls in a row a text asks to ring us.

    Once a contact clock, and not of calls that are written down much later.
    """
    ticket_id = ticket_key(ticket)
    rules = read_rules(session, company_id=ticket.company_id, at=now)
    clock = notice_facts.contact_clock(session, ticket_id=ticket_id)
    if not rules.contact_failed_after or clock is None or clock.stopped_at is not None:
        return
    if now - at > timedelta(seconds=rules.stale_step_s):
        return
    if _tries_in_vain(session, ticket_id=ticket_id, since=clock.started_at) < rules.contact_failed_after:
        return
    facts = facts_of_ticket(session, ticket_id=ticket_id)
    context = messages.ContactFailed(facts.case, at)
    tell_family(session, facts=facts, context=context, generation=clock.generation, now=now)


def tell_on_hold(
    session: Session, *, visit: Visit, reason: HoldReason, until: datetime | None, now: datetime
) -> None:
    """The visit waits: what was promised is void, and what happens next. In the line of what comes when."""
    facts = facts_of_ticket(session, ticket_id=visit.ticket_id)
    withdraw_line(session, ticket_id=facts.id, line=visit_news.ARRIVAL, now=now)

    def word(heard: Truth | None) -> Context:
        told = visit_news.read_window(heard)
        return messages.OnHold(facts.case, reason, until, told if told and told.end > now else None)

    news = News(
        line=visit_news.LINE,
        truth={"visit": visit.id, "held": reason, "until": rfc3339_kst(until) if until else None},
        word=word,
        events=visit_news.EVENTS,
        assumed={"visit": visit.id, "window": visit_news.written(notice_facts.window_of(visit))},
    )
    visit_news.tell_family_newest(session, facts=facts, news=news, now=now)


def tell_revisit(session: Session, *, ticket: Ticket, after_hold: bool, now: datetime) -> None:
    """Somebody comes again: the case was re-opened, or its wait is over; the time is agreed by telephone.

    At night it waits for the morning, and then names no hour that has passed.
    """
    facts = facts_of_ticket(session, ticket_id=ticket_key(ticket))
    policy = read_policy(session, company_id=ticket.company_id, at=now)
    read_at = policy.held_until(Event.REVISIT, now, safety=ticket.safety) or now
    due_at = None if after_hold else _contact_due(session, ticket)
    context = messages.Revisit(
        case=facts.case,
        why="part" if after_hold else "again",
        contact_due_at=due_at if due_at is not None and due_at > read_at else None,
        other_worker=not after_hold and ticket.excluded_technician_id is not None,
    )
    tell_family(session, facts=facts, context=context, generation=None, now=now)


def tell_late(session: Session, *, visit_id: int, arrives_at: datetime, now: datetime) -> None:
    """He will be much later than the family was told last: it hears the new time, once a slip of that size.

    What it was told last is the newest text about his arrival, else the end of the agreed window.
    """
    visit = session.get_one(Visit, visit_id)
    window = notice_facts.window_of(visit)
    if window is None:
        return
    rules = read_rules(session, company_id=visit.company_id, at=now)
    limit = timedelta(seconds=rules.late_told_s)
    facts = facts_of_ticket(session, ticket_id=visit.ticket_id)
    promised = visit_news.written(window)

    def word(heard: Truth | None) -> Context | None:
        expected = window.end
        if heard and heard.get("visit") == visit_id and heard.get("window") == promised:
            expected = datetime.fromisoformat(heard["arrives_at"])
        if arrives_at - expected <= limit:
            return None
        return messages.Late(facts.case, notice_facts.worker_of(session, visit=visit), arrives_at, window)

    news = News(
        line=visit_news.ARRIVAL,
        truth={"visit": visit_id, "window": promised, "arrives_at": rfc3339_kst(arrives_at)},
        word=word,
        events=(Event.LATE,),
    )
    visit_news.tell_family_newest(session, facts=facts, news=news, now=now)


def tell_happy_call_missed(
    session: Session, *, ticket_id: int, generation: int, tries: int, now: datetime
) -> None:
    """We wanted to ask how it was and reached nobody; who wants no happy calls hears nothing of it."""
    facts = facts_of_ticket(session, ticket_id=ticket_id)
    family = notice_facts.family_of(session, facts, purposes=(Purpose.VISIT, Purpose.SURVEY))
    context = messages.HappyCallMissed(facts.case, tries)
    tell_family(session, facts=facts, context=context, generation=generation, family=family, now=now)


def tell_complaint_closed(session: Session, *, ticket_id: int, task_id: int, now: datetime) -> None:
    """Whoever answers for a complaint has seen to it."""
    facts = facts_of_ticket(session, ticket_id=ticket_id)
    context = messages.ComplaintClosed(facts.case, now)
    tell_family(session, facts=facts, context=context, generation=task_id, now=now)


def _contact_due(session: Session, ticket: Ticket) -> datetime | None:
    clock = notice_facts.contact_clock(session, ticket_id=ticket_key(ticket))
    return clock.due_at if clock is not None and clock.stopped_at is None else None


def _tries_in_vain(session: Session, *, ticket_id: int, since: datetime) -> int:
    """Calls in a row that nobody answered, since the clock runs."""
    reached = [outcome.value for outcome in REACHED]
    last = select(func.max(ContactAttempt.at)).where(
        col(ContactAttempt.ticket_id) == ticket_id, col(ContactAttempt.outcome).in_(reached)
    )
    after = session.exec(last).one() or since
    query = select(func.count()).where(
        col(ContactAttempt.ticket_id) == ticket_id,
        col(ContactAttempt.outcome).not_in(reached),
        col(ContactAttempt.at) >= max(after, since),
    )
    return session.exec(query).one()
