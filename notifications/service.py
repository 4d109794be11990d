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

from core import audit, events
from core.actor import SYSTEM, Actor
from core.dated import read_rules
from core.jobs import QUEUE_SMS, defer
from core.phones import PhoneError
from notifications import wording
from notifications.catalogue import PUSHED_EVENTS, Role
from notifications.contexts.staff import PushedNews
from notifications.devices import people_with_devices
from notifications.events import NoticeFailed
from notifications.messages import Context, Event, FamilyNews
from notifications.models import Notice
from notifications.queries import list_notices
from notifications.recipients import CallTask, Delivery, Party, RecipientPlan, plan_recipients
from notifications.schemas import BrandFacts
from notifications.settling import note_change, notice_key, take_back
from notifications.texts import TextError

__all__ = [
    "TASK_PUSH",
    "TASK_SEND",
    "last_generation",
    "list_notices",
    "put",
    "task_for",
    "tell",
    "withdraw",
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
) -> list[CallTask]:
    """Put a text into the outbox for everybody whom the event concerns; nobody is told twice.

    `facts.case.resident_reached` is filled in here, from who can be reached. Who is left out stands in the
    ticket's timeline with the reason. A text that cannot be written (a bill beyond 2,000 bytes) never stops
    the teller: `NoticeFailed` is announced, and a person tells the recipient instead.

    Args:
        others: the facts of a recipient who is told them otherwise.

    Returns:
        The numbers that take no text: a person must ring them (`CALL_LANDLINE`). Also on a second asking.

    Raises:
        ValueError: the sender is another company's.
    """
    if sender.company_id != company_id:
        message = "a text never goes out under another company's number"
        raise ValueError(message)
    plan = plan_recipients(event=event, parties=people)
    by_push = _told_by_push(session, event=event, company_id=company_id, plan=plan)
    telling = _Telling(event, generation, ticket_id, sender, now, by_push)
    for delivery in plan.deliveries:
        own = _with_reach((others or {}).get(delivery.recipient.value, facts), plan)
        try:
            row = _row(session, telling=telling, facts=own, delivery=delivery)
        except (TextError, PhoneError) as error:
            _hand_to_person(session, telling=telling, recipient=delivery.recipient, problem=error.detail)
        else:
            put(session, row=row)
    for left_out in plan.withheld:
        data = {**telling.about, "recipient": left_out.recipient.value}
        _record_once(session, telling=telling, what="NoticeWithheld", reason=left_out.reason, data=data)
    return list(plan.calls)


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

    With `generations` only those tellings, else all of the events.

    One whose sending is under way or unclear is only marked: it goes out at most once, never again.
    """
    query = (
        select(Notice)
        .where(
            col(Notice.ticket_id) == ticket_id,
            col(Notice.event).in_([event.value for event in events]),
            or_(col(Notice.state) == "queued", col(Notice.fall_back_at).is_not(None)),
            col(Notice.withdrawn_reason).is_(None),
        )
        .order_by(col(Notice.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if generations is not None:
        query = query.where(col(Notice.generation).in_(list(generations)))
    taken_back = 0
    for notice in session.exec(query).all():
        notice.fall_back_at = None
        if notice.state != "queued":  # a push that has arrived: no text follows it any more
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


def _with_reach(facts: Context, plan: RecipientPlan) -> Context:
    if isinstance(facts, FamilyNews):
        return replace(facts, case=replace(facts.case, resident_reached=plan.resident_reached))
    return facts


@dataclass(frozen=True)
class _Telling:
    """One telling of one event: what all its texts share."""

    event: Event
    generation: int
    ticket_id: int
    sender: BrandFacts
    now: datetime
    by_push: frozenset[int] = frozenset()
    """The people who have a browser that shows it."""

    @property
    def about(self) -> dict[str, Any]:
        """The telling as the timeline names it."""
        return {"event": self.event.value, "generation": self.generation}


def _row(session: Session, *, telling: _Telling, facts: Context, delivery: Delivery) -> Notice:
    known = _is_known(session, company_id=telling.sender.company_id, phone=delivery.phone)
    rendered = wording.render(
        context=facts, variant=delivery.variant, acquaintance="LATER" if known else "FIRST"
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
        created_at=telling.now,
        next_try_at=telling.now,
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


_PUT = (
    insert(Notice)
    .on_conflict_do_nothing(index_elements=["ticket_id", "event", "generation", "recipient"])
    .returning(Notice)
)


def put(session: Session, *, row: Notice, by: Actor = SYSTEM, reason: str | None = None) -> int | None:
    """Store it and wake the sender; None when it stood there already."""
    values = row.model_dump(exclude={"id"})
    stored = session.execute(_PUT, values).scalar_one_or_none()
    if stored is None:
        return None
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
