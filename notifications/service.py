"""The outbox's door: what is told is a row in the teller's transaction, sending is a wake-up behind it.

The key (ticket, event, generation, recipient) makes telling twice impossible, whoever asks again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core.actor import SYSTEM
from core.dated import read_rules
from core.phones import PhoneError
from notifications import adverts, template_store
from notifications.catalogue import Role
from notifications.messages import Context, Event, FamilyNews
from notifications.models import Notice
from notifications.outbox_rows import (
    Claim,
    Telling,
    hand_to_person,
    put,
    record_once,
    rings_technicians,
    speak,
    told_by_push,
    write_row,
)
from notifications.policy import NoticePolicy
from notifications.queries import list_notices
from notifications.recipients import CallTask, Party, Reach, RecipientPlan, plan_recipients
from notifications.schemas import BrandFacts, MakeLink, NewLink
from notifications.settling import take_back
from notifications.texts import TextError
from notifications.ways import voice_may_ring

__all__ = [
    "Claim",
    "RecipientPlan",
    "last_generation",
    "list_notices",
    "plan_for",
    "tell",
    "withdraw",
    "withdraw_adverts",
    "withdraw_from",
]


def tell(
    session: Session,
    *,
    event: Event,
    generation: int,
    ticket_id: int,
    company_id: int,
    sender: BrandFacts,
    facts: Context,
    people: Sequence[Party],
    now: datetime,
    others: Mapping[str, Context] | None = None,
    links: MakeLink | None = None,
    claim: Claim | None = None,
    safety: bool = False,
) -> list[CallTask]:
    """Put a text into the outbox for everybody whom the event concerns; nobody is told twice.

    `facts.case.resident_reached` is filled in here, from who can be reached, and each text's own link. Who is
    left out stands in the ticket's timeline with the reason. A text that cannot be written (a bill beyond
    2,000 bytes) never stops the teller: `NoticeFailed` is announced, and a person tells the recipient.

    Args:
        others: the facts of a recipient who is told them otherwise.
        links: makes a link for a text; it is kept when a text that names it is really stored.
        claim: of which changing truth the texts speak (`newest.tell_newest`).
        safety: the case is a danger: that somebody comes is told at any hour.

    Returns:
        The numbers that a person must ring (`CALL_LANDLINE`): those that take no text, and whom the company
        wants rung at once. Also on a second asking. Not those to which a voice reads it out (VOICE): a person
        rings whom that did not reach.

    Raises:
        ValueError: the sender is another company's.
        adverts.BadAdvertError: an advertisement without all that the law asks of it; nothing is stored.
    """
    if sender.company_id != company_id:
        message = "a text never goes out under another company's number"
        raise ValueError(message)
    free_number = None
    if adverts.are_adverts(event):
        free_number = adverts.require_free_number(session, company_id=company_id, at=now)
    rules = read_rules(session, company_id=company_id, at=now)
    policy = NoticePolicy.of(rules)
    plan = plan_for(session, event=event, company_id=company_id, people=people, now=now)
    by_push = told_by_push(session, event=event, company_id=company_id, plan=plan)
    telling = Telling(
        event,
        generation,
        ticket_id,
        sender,
        now,
        policy.held_until(event, now, safety=safety),
        claim,
        by_push,
        rings_technicians(session, event=event, company_id=company_id, now=now),
    )
    reached = claim.resident_reached if claim is not None else plan.resident_reached
    own_words = template_store.own_wordings(session, company_id=company_id, event=event)
    for delivery in plan.deliveries:
        link = links(delivery) if links is not None else None
        own = _with_case((others or {}).get(delivery.recipient.value, facts), reached, link)
        try:
            row = write_row(session, telling=telling, facts=own, delivery=delivery, own_words=own_words)
        except (TextError, PhoneError) as error:
            hand_to_person(session, telling=telling, recipient=delivery.recipient, problem=error.detail)
        else:
            if free_number is not None:
                maker = own.case.maker if isinstance(own, FamilyNews) else own.maker
                adverts.require_lawful(row.text, maker=maker, free_number=free_number)
            if put(session, row=row) is not None and link is not None and link.url in row.text:
                link.keep()
    spoken = [call for call in plan.calls if call.by_voice and voice_may_ring(rules, now)]
    for call in spoken:
        own = _with_case((others or {}).get(call.recipient.value, facts), reached, None)
        speak(session, telling=telling, facts=own, call=call, own_words=own_words)
    for left_out in plan.withheld:
        data = {**telling.about, "recipient": left_out.recipient.value}
        record_once(session, telling=telling, what="NoticeWithheld", reason=left_out.reason, data=data)
    return [call for call in plan.calls if call not in spoken]


def plan_for(
    session: Session, *, event: Event, company_id: int, people: Sequence[Party], now: datetime
) -> RecipientPlan:
    """Whom a telling would reach and how, as the company wants it; nothing is told."""
    policy = NoticePolicy.of(read_rules(session, company_id=company_id, at=now))
    return plan_recipients(
        event=event, parties=people, roles=policy.roles(event), orders=policy.orders(event)
    )


def withdraw(
    session: Session,
    *,
    ticket_id: int,
    events: Iterable[Event],
    reason: str,
    now: datetime,
    generations: Iterable[int] | None = None,
) -> int:
    """Take back what was not sent yet because it stopped being true. Returns how many texts.

    With `generations` only those tellings, else all of the events. What has gone out already is marked: it is
    not sent again, by itself or by hand, and if it did not arrive, nobody is asked to tell it.

    One whose sending is under way or unclear is only marked: it goes out at most once, never again.
    """
    told_of = [event.value for event in events]
    query = _still_so().where(col(Notice.ticket_id) == ticket_id, col(Notice.event).in_(told_of))
    if generations is not None:
        query = query.where(col(Notice.generation).in_(list(generations)))
    return _take_back(session, query, reason, now)


def withdraw_from(session: Session, *, ticket_id: int, to_phone: str, reason: str, now: datetime) -> int:
    """Take back whatever of a ticket was not sent yet to one number (E.164). Returns how many texts.

    Nothing is tried there again; what has arrived is as true as before.
    """
    query = _still_so().where(
        col(Notice.ticket_id) == ticket_id, col(Notice.to_phone) == to_phone, _UNDER_WAY
    )
    return _take_back(session, query, reason, now)


def withdraw_adverts(session: Session, *, company_id: int, to_phone: str, reason: str, now: datetime) -> int:
    """Take back every advertisement that waits for a number (E.164), of any case. Returns how many."""
    query = _still_so().where(
        _UNDER_WAY,
        col(Notice.company_id) == company_id,
        col(Notice.to_phone) == to_phone,
        col(Notice.event).in_([event.value for event in Event if adverts.are_adverts(event)]),
    )
    return _take_back(session, query, reason, now)


_UNDER_WAY = or_(col(Notice.state).in_(("queued", "accepted")), col(Notice.fall_back_at).is_not(None))


def _still_so() -> SelectOfScalar[Notice]:
    return (
        select(Notice)
        .where(
            col(Notice.withdrawn_reason).is_(None),
            col(Notice.outdated_at).is_(None),
        )
        .order_by(col(Notice.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _take_back(session: Session, query: SelectOfScalar[Notice], reason: str, now: datetime) -> int:
    taken_back = 0
    for notice in session.exec(query).all():
        notice.fall_back_at = None
        if notice.state != "queued":  # no other try, and no text after a push that has arrived
            notice.outdated_at = now
            session.add(notice)
            continue
        notice.withdrawn_reason = reason
        session.add(notice)
        if notice.sending_since is None:
            take_back(session, notice=notice, by=SYSTEM, now=now)
            taken_back += 1
    session.flush()
    return taken_back


def last_generation(
    session: Session, *, ticket_id: int, event: Event, recipients: Iterable[Role] = tuple(Role)
) -> int:
    """The highest generation of an event that any of these recipients was told of a ticket; 0 for none."""
    query = select(func.max(Notice.generation)).where(
        col(Notice.ticket_id) == ticket_id,
        col(Notice.event) == event.value,
        col(Notice.recipient).in_([role.value for role in recipients]),
    )
    return session.exec(query).one() or 0


def _with_case(facts: Context, reached: Reach, link: NewLink | None) -> Context:
    if not isinstance(facts, FamilyNews):
        return facts
    case = replace(facts.case, resident_reached=reached, link=link.url if link is not None else None)
    return replace(facts, case=case)
