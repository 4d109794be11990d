"""The outbox's door: what is told is a row in the teller's transaction, sending is a wake-up behind it.

The key (ticket, event, generation, recipient) makes telling twice impossible, whoever asks again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core import audit, events
from core.actor import SYSTEM, Actor
from core.clock import KST
from core.dated import read_rules
from core.jobs import QUEUE_SMS, defer
from core.phones import PhoneError
from notifications import template_store, wording
from notifications.catalogue import PUSHED_EVENTS, Role
from notifications.contexts.staff import PushedNews
from notifications.devices import people_with_devices
from notifications.events import NoticeFailed
from notifications.messages import Context, Event, FamilyNews
from notifications.models import Notice
from notifications.policy import read_policy
from notifications.queries import list_notices
from notifications.recipients import CallTask, Delivery, Party, Reach, RecipientPlan, plan_recipients
from notifications.schemas import BrandFacts, MakeLink, NewLink
from notifications.settling import note_change, notice_key, take_back
from notifications.texts import TextError, sms_bytes, spoken
from notifications.wording import variants

__all__ = [
    "TASK_PUSH",
    "TASK_SEND",
    "Claim",
    "last_generation",
    "list_notices",
    "put",
    "task_for",
    "tell",
    "withdraw",
    "withdraw_from",
]

TASK_SEND = "send_notice"
TASK_PUSH = "push_notice"


def task_for(channel: str) -> str:
    """Who sends what goes by a channel."""
    return TASK_PUSH if channel == "PUSH" else TASK_SEND


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
) -> list[CallTask]:
    """Put a text into the outbox for everybody whom the event concerns; nobody is told twice.

    `facts.case.resident_reached` is filled in here, from who can be reached, and each text's own link. Who is
    left out stands in the ticket's timeline with the reason. A text that cannot be written (a bill beyond
    2,000 bytes) never stops the teller: `NoticeFailed` is announced, and a person tells the recipient.

    Args:
        others: the facts of a recipient who is told them otherwise.
        links: makes a link for a text; it is kept when a text that names it is really stored.
        claim: of which changing truth the texts speak (`newest.tell_newest`).

    Returns:
        The numbers that take no text: a person must ring them (`CALL_LANDLINE`). Also on a second asking.
        None where the company lets a voice read notices out (VOICE): a person rings whom that did not reach.

    Raises:
        ValueError: the sender is another company's.
    """
    if sender.company_id != company_id:
        message = "a text never goes out under another company's number"
        raise ValueError(message)
    policy = read_policy(session, company_id=company_id, at=now)
    plan = plan_recipients(event=event, parties=people, roles=policy.roles(event))
    by_push = _told_by_push(session, event=event, company_id=company_id, plan=plan)
    telling = _Telling(
        event, generation, ticket_id, sender, now, policy.held_until(event, now), claim, by_push
    )
    reached = claim.resident_reached if claim is not None else plan.resident_reached
    own_words = template_store.own_wordings(session, company_id=company_id, event=event)
    for delivery in plan.deliveries:
        link = links(delivery) if links is not None else None
        own = _with_case((others or {}).get(delivery.recipient.value, facts), reached, link)
        try:
            row = _row(session, telling=telling, facts=own, delivery=delivery, own_words=own_words)
        except (TextError, PhoneError) as error:
            _hand_to_person(session, telling=telling, recipient=delivery.recipient, problem=error.detail)
        else:
            if put(session, row=row) is not None and link is not None and link.url in row.text:
                link.keep()
    speaks = bool(plan.calls) and _speaks_now(session, telling=telling)
    for call in plan.calls if speaks else ():
        own = _with_case((others or {}).get(call.recipient.value, facts), reached, None)
        _speak(session, telling=telling, facts=own, call=call, own_words=own_words)
    for left_out in plan.withheld:
        data = {**telling.about, "recipient": left_out.recipient.value}
        _record_once(session, telling=telling, what="NoticeWithheld", reason=left_out.reason, data=data)
    return [] if speaks else list(plan.calls)


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

    With `generations` only those tellings, else all of the events. What has gone out already is marked: if it
    did not arrive, it is not sent again, and nobody is asked to tell it.

    One whose sending is under way or unclear is only marked: it goes out at most once, never again.
    """
    query = _waiting(ticket_id).where(col(Notice.event).in_([event.value for event in events]))
    if generations is not None:
        query = query.where(col(Notice.generation).in_(list(generations)))
    return _take_back(session, query, reason, now)


def withdraw_from(session: Session, *, ticket_id: int, to_phone: str, reason: str, now: datetime) -> int:
    """Take back whatever of a ticket was not sent yet to one number (E.164). Returns how many texts."""
    return _take_back(session, _waiting(ticket_id).where(col(Notice.to_phone) == to_phone), reason, now)


def _waiting(ticket_id: int) -> SelectOfScalar[Notice]:
    return (
        select(Notice)
        .where(
            col(Notice.ticket_id) == ticket_id,
            or_(col(Notice.state).in_(("queued", "accepted")), col(Notice.fall_back_at).is_not(None)),
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


def last_generation(session: Session, *, ticket_id: int, event: Event, recipients: Iterable[Role]) -> int:
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


@dataclass(frozen=True)
class Claim:
    """What the texts of a telling say is so, and of which line (`newest`)."""

    line: str
    truth: Mapping[str, Any]
    resident_reached: Reach


@dataclass(frozen=True)
class _Telling:
    """One telling of one event: what all its texts share. `held_until`: it can wait for the morning."""

    event: Event
    generation: int
    ticket_id: int
    sender: BrandFacts
    now: datetime
    held_until: datetime | None
    claim: Claim | None
    by_push: frozenset[int] = frozenset()
    """The people who have a browser that shows it."""

    @property
    def about(self) -> dict[str, Any]:
        """The telling as the timeline names it."""
        return {"event": self.event.value, "generation": self.generation}


def _row(
    session: Session,
    *,
    telling: _Telling,
    facts: Context,
    delivery: Delivery,
    own_words: wording.OwnWordings,
) -> Notice:
    known = _is_known(session, company_id=telling.sender.company_id, phone=delivery.phone)
    rendered = wording.render(
        context=facts,
        variant=delivery.variant,
        acquaintance="LATER" if known else "FIRST",
        own=own_words,
    )
    notice = Notice(
        company_id=telling.sender.company_id,
        ticket_id=telling.ticket_id,
        event=telling.event.value,
        generation=telling.generation,
        recipient=delivery.recipient.value,
        channel=rendered.channel,
        to_phone=delivery.phone,
        from_phone=telling.sender.sender_number,
        subject=rendered.subject or "",
        text=rendered.text,
        bytes=rendered.bytes,
        template_version=rendered.template_version,
        variant=delivery.variant,
        urgent=telling.held_until is None,
        created_at=telling.now,
        next_try_at=telling.held_until or telling.now,
        held_until=telling.held_until,
        line=telling.claim.line if telling.claim else None,
        truth=dict(telling.claim.truth) if telling.claim else None,
        person_id=delivery.person_id,
    )
    if delivery.person_id in telling.by_push and isinstance(facts, PushedNews):
        rules = read_rules(session, company_id=notice.company_id, at=telling.now)
        notice.channel, notice.push_text = "PUSH", facts.push_line
        notice.fall_back_at = telling.now + timedelta(seconds=rules.push_answer_s)
    return notice


def _told_by_push(session: Session, *, event: Event, company_id: int, plan: RecipientPlan) -> frozenset[int]:
    technicians = [
        delivery.person_id
        for delivery in plan.deliveries
        if delivery.recipient is Role.TECHNICIAN and delivery.person_id is not None
    ]
    if event not in PUSHED_EVENTS or not technicians:
        return frozenset()
    return frozenset(people_with_devices(session, company_id=company_id, person_ids=technicians))


def _speaks_now(session: Session, *, telling: _Telling) -> bool:
    """Whether the company lets a voice call landlines, and at this hour: at night none rings anybody up."""
    rules = read_rules(session, company_id=telling.sender.company_id, at=telling.now)
    now = telling.now.astimezone(KST).strftime("%H:%M")
    return rules.voice_enabled and any(begins <= now < ends for begins, ends in rules.voice_hours)


def _speak(
    session: Session,
    *,
    telling: _Telling,
    facts: Context,
    call: CallTask,
    own_words: wording.OwnWordings,
) -> None:
    """Put into the outbox what a voice reads out on a landline."""
    both = {Role.RESIDENT, Role.REQUESTER} <= set(call.serves) and "shared" in variants(telling.event)
    variant = "shared" if both else call.recipient.value
    delivery = Delivery(call.recipient, call.phone, variant, call.serves)
    try:
        row = _row(session, telling=telling, facts=facts, delivery=delivery, own_words=own_words)
    except (TextError, PhoneError) as error:
        _hand_to_person(session, telling=telling, recipient=call.recipient, problem=error.detail)
        return
    row.channel, row.subject, row.text = "VOICE", "", spoken(row.text)
    row.bytes = sms_bytes(row.text)
    put(session, row=row)


_PUT = (
    insert(Notice)
    .on_conflict_do_nothing(index_elements=["ticket_id", "event", "generation", "recipient"])
    .returning(Notice)
)


def put(session: Session, *, row: Notice, by: Actor = SYSTEM, reason: str | None = None) -> int | None:
    """Store it and wake the sender, unless it waits for the morning; None when it stood there already."""
    values = row.model_dump(exclude={"id"})
    stored = session.execute(_PUT, values).scalar_one_or_none()
    if stored is None:
        return None
    if stored.held_until is None:
        lock, task = f"notice-{stored.id}", task_for(stored.channel)
        defer(session, task, queue=QUEUE_SMS, queueing_lock=lock, first=True, notice_id=stored.id)
    what = "NoticeQueued" if row.resend_of_id is None else "NoticeResent"
    note_change(session, notice=stored, what=what, by=by, now=row.created_at, reason=reason)
    return notice_key(stored)


def _hand_to_person(session: Session, *, telling: _Telling, recipient: Role, problem: str) -> None:
    """No text can be written for this recipient: a person is asked to tell him, once."""
    data = {**telling.about, "recipient": recipient.value}
    if not _record_once(session, telling=telling, what="NoticeNotWritten", reason=problem, data=data):
        return
    events.publish(
        session,
        NoticeFailed(
            company_id=telling.sender.company_id,
            at=telling.now,
            ticket_id=telling.ticket_id,
            told=telling.event.value,
            generation=telling.generation,
            recipient=recipient.value,
            why="not_writable",
        ),
    )


def _record_once(
    session: Session, *, telling: _Telling, what: str, reason: str, data: dict[str, Any]
) -> bool:
    """Write a line of the timeline unless an earlier asking for the same telling wrote it."""
    subject = ("ticket", telling.ticket_id)
    if any(it.what == what and it.data == data for it in audit.list_entries(session, subject=subject)):
        return False
    audit.record(
        session,
        by=SYSTEM,
        at=telling.now,
        what=what,
        subject=subject,
        company_id=telling.sender.company_id,
        reason=reason,
        data=data,
    )
    session.flush()
    return True


def _is_known(session: Session, *, company_id: int, phone: str) -> bool:
    """Whether this company ever wrote to the number; the first text says who gave it and how to stop."""
    query = select(Notice.id).where(
        col(Notice.company_id) == company_id, col(Notice.to_phone) == phone, col(Notice.state) != "withdrawn"
    )
    return session.exec(query.limit(1)).first() is not None
