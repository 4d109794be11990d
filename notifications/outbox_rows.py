"""Rows of the outbox: what is told, written for one reader, with the wake-up of whoever sends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from core import audit, events
from core.actor import SYSTEM, Actor
from core.dated import read_rules
from core.jobs import QUEUE_SMS, defer
from core.phones import PhoneError
from notifications import wording
from notifications.catalogue import CATALOGUE, PUSHED_EVENTS, STAFF, Role
from notifications.contexts.staff import ContactDue, PushedNews
from notifications.devices import people_with_devices
from notifications.events import NoticeFailed
from notifications.messages import Context, Event
from notifications.models import Notice
from notifications.recipients import CallTask, Delivery, Reach, RecipientPlan
from notifications.schemas import BrandFacts
from notifications.settling import note_change, notice_key
from notifications.texts import TextError, sms_bytes, spoken
from notifications.ways import USUAL, Way

TASK_SEND = "send_notice"
TASK_PUSH = "push_notice"


def task_for(channel: str) -> str:
    """Who sends what goes by a channel."""
    return TASK_PUSH if channel == "PUSH" else TASK_SEND


def lock_key(notice_id: int) -> str:
    """Under which a notice's wake-up waits: at most one."""
    return f"notice-{notice_id}"


@dataclass(frozen=True)
class Claim:
    """What the texts of a telling say is so, and of which line (`newest`)."""

    line: str
    truth: Mapping[str, Any]
    resident_reached: Reach


@dataclass(frozen=True)
class Telling:
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
    by_voice: bool = False
    """Whether a technician is rung up: at any hour, because he is told at his work alone."""

    @property
    def about(self) -> dict[str, Any]:
        """The telling as the timeline names it."""
        return {"event": self.event.value, "generation": self.generation}


def write_row(
    session: Session,
    *,
    telling: Telling,
    facts: Context,
    delivery: Delivery,
    own_words: wording.OwnWordings,
) -> Notice:
    known = is_known(session, company_id=telling.sender.company_id, phone=delivery.phone)
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
        created_at=telling.now,
        next_try_at=telling.held_until or telling.now,
        held_until=telling.held_until,
        line=telling.claim.line if telling.claim else None,
        truth=dict(telling.claim.truth) if telling.claim else None,
        person_id=delivery.person_id,
        ways=None if delivery.order == USUAL else list(delivery.order),
    )
    if delivery.order[0] is Way.VOICE:
        notice.channel = "VOICE"
    if delivery.person_id in telling.by_push and isinstance(facts, PushedNews):
        rules = read_rules(session, company_id=notice.company_id, at=telling.now)
        notice.channel, notice.push_text = "PUSH", facts.push_line
        notice.fall_back_at = telling.now + timedelta(seconds=rules.push_answer_s)
    elif telling.by_voice and delivery.recipient is Role.TECHNICIAN and isinstance(facts, ContactDue):
        rules = read_rules(session, company_id=notice.company_id, at=telling.now)
        notice.channel, notice.spoken_text = "VOICE", facts.spoken_line
        notice.fall_back_at = telling.now + timedelta(seconds=rules.push_answer_s)
    return notice


def told_by_push(session: Session, *, event: Event, company_id: int, plan: RecipientPlan) -> frozenset[int]:
    technicians = [
        delivery.person_id
        for delivery in plan.deliveries
        if delivery.recipient is Role.TECHNICIAN and delivery.person_id is not None
    ]
    if event not in PUSHED_EVENTS or not technicians:
        return frozenset()
    return frozenset(people_with_devices(session, company_id=company_id, person_ids=technicians))


def rings_technicians(session: Session, *, event: Event, company_id: int, now: datetime) -> bool:
    """Whether the company lets a voice ring its technicians about such an event."""
    return CATALOGUE[event].voiced and read_rules(session, company_id=company_id, at=now).voice_enabled


def speak(
    session: Session,
    *,
    telling: Telling,
    facts: Context,
    call: CallTask,
    own_words: wording.OwnWordings,
) -> None:
    """Put into the outbox what a voice reads out on a landline."""
    delivery = Delivery(call.recipient, call.phone, call.variant, call.serves)
    try:
        row = write_row(session, telling=telling, facts=facts, delivery=delivery, own_words=own_words)
    except (TextError, PhoneError) as error:
        hand_to_person(session, telling=telling, recipient=call.recipient, problem=error.detail)
        return
    row.channel, row.subject, row.text = "VOICE", "", spoken(row.text)
    row.bytes = sms_bytes(row.text)
    put(session, row=row)


_PUT = insert(Notice).on_conflict_do_nothing().returning(Notice)
"""A telling has one key: of its case, or of its invitation."""


def put(session: Session, *, row: Notice, by: Actor = SYSTEM, reason: str | None = None) -> int | None:
    """Store it and wake the sender, unless it waits for the morning; None when it stood there already."""
    values = row.model_dump(exclude={"id"})
    stored = session.execute(_PUT, values).scalar_one_or_none()
    if stored is None:
        return None
    if stored.held_until is None:
        key = notice_key(stored)
        task, lock = task_for(stored.channel), lock_key(key)
        defer(session, task, queue=QUEUE_SMS, queueing_lock=lock, first=True, notice_id=key)
    what = "NoticeQueued" if row.resend_of_id is None else "NoticeResent"
    note_change(session, notice=stored, what=what, by=by, now=row.created_at, reason=reason)
    return notice_key(stored)


def hand_to_person(session: Session, *, telling: Telling, recipient: Role, problem: str) -> None:
    """No text can be written for this recipient: a person is asked to tell him, once."""
    data = {**telling.about, "recipient": recipient.value}
    if not record_once(session, telling=telling, what="NoticeNotWritten", reason=problem, data=data):
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


def record_once(session: Session, *, telling: Telling, what: str, reason: str, data: dict[str, Any]) -> bool:
    """Write a line of the timeline unless an earlier asking for the same telling wrote it."""
    subject = ("ticket", telling.ticket_id)
    if audit.is_recorded(session, what=what, subject=subject, data=data):
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


def is_known(session: Session, *, company_id: int, phone: str) -> bool:
    """Whether a customer's text of this company went out to the number before.

    The first says who gave the number and how to stop. What only waits may never go, so it does not count:
    rather two texts that say so than none.
    """
    query = select(Notice.id).where(
        col(Notice.company_id) == company_id,
        col(Notice.to_phone) == phone,
        col(Notice.state).in_(("accepted", "delivered")),
        col(Notice.recipient).not_in([role.value for role in STAFF]),
    )
    return session.exec(query.limit(1)).first() is not None
