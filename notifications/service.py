"""The outbox's door: what is told is a row in the teller's transaction, sending is a wake-up behind it.

The key (ticket, event, generation, recipient) makes telling twice impossible, whoever asks again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from core import live
from core.jobs import QUEUE_SMS, defer
from notifications import wording
from notifications.messages import Absent, Context, EnRoute, Event, VisitResult, VisitScheduled, WindowChanged
from notifications.models import Notice
from notifications.recipients import CallTask, Delivery, Party, RecipientPlan, Role, plan_recipients
from notifications.schemas import BrandFacts, NoticeInfo

TASK_SEND = "send_notice"
_FAMILY_CONTEXTS = (VisitScheduled, WindowChanged, EnRoute, Absent, VisitResult)


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
) -> list[CallTask]:
    """Put a text into the outbox for everybody whom the event concerns; nobody is told twice.

    `facts.case.resident_reached` is filled in here, from who can be reached.

    Returns:
        The numbers that take no text: a person must ring them (`CALL_LANDLINE`). Also on a second asking.

    Raises:
        texts.TextError: a value has characters that no phone shows, or the text is beyond 2,000 bytes.
        ValueError: the sender is another company's.
    """
    if sender.company_id != company_id:
        message = "a text never goes out under another company's number"
        raise ValueError(message)
    plan = plan_recipients(event=event, parties=people)
    facts = _with_reach(facts, plan)
    for delivery in plan.deliveries:
        _put(
            session,
            row=_row(
                session,
                event=event,
                generation=generation,
                ticket_id=ticket_id,
                sender=sender,
                facts=facts,
                delivery=delivery,
                now=now,
            ),
        )
    return list(plan.calls)


def withdraw(session: Session, *, ticket_id: int, events: Iterable[Event], reason: str, now: datetime) -> int:
    """Take back what was not sent yet because it stopped being true. Returns how many texts."""
    waiting = (
        col(Notice.ticket_id) == ticket_id,
        col(Notice.event).in_([event.value for event in events]),
        col(Notice.state) == "queued",
        col(Notice.sending_since).is_(None),
    )
    taken_back = session.execute(
        update(Notice)
        .where(*waiting)
        .values(state="withdrawn", withdrawn_reason=reason, settled_at=now)
        .returning(col(Notice.id), col(Notice.company_id))
    ).all()
    for _id, company_id in taken_back[:1]:
        live.announce(session, company_id=company_id, topic="notice", ticket_id=ticket_id)
    return len(taken_back)


def last_generation(session: Session, *, ticket_id: int, event: Event, recipients: Iterable[Role]) -> int:
    """The highest generation of an event that any of these recipients was told of a ticket; 0 for none."""
    query = select(func.max(Notice.generation)).where(
        col(Notice.ticket_id) == ticket_id,
        col(Notice.event) == event.value,
        col(Notice.recipient).in_([role.value for role in recipients]),
    )
    return session.exec(query).one() or 0


def list_notices(session: Session, *, ticket_id: int) -> list[NoticeInfo]:
    """What was told about a ticket, oldest first, one entry a notice and recipient."""
    query = select(Notice).where(col(Notice.ticket_id) == ticket_id).order_by(col(Notice.id))
    return [_info(row) for row in session.exec(query)]


def _with_reach(facts: Context, plan: RecipientPlan) -> Context:
    if isinstance(facts, _FAMILY_CONTEXTS):
        return replace(facts, case=replace(facts.case, resident_reached=plan.resident_reached))
    return facts


def _row(
    session: Session,
    *,
    event: Event,
    generation: int,
    ticket_id: int,
    sender: BrandFacts,
    facts: Context,
    delivery: Delivery,
    now: datetime,
) -> Notice:
    known = _is_known(session, company_id=sender.company_id, phone=delivery.phone)
    rendered = wording.render(
        context=facts, variant=delivery.variant, acquaintance="LATER" if known else "FIRST"
    )
    return Notice(
        company_id=sender.company_id,
        ticket_id=ticket_id,
        event=event.value,
        generation=generation,
        recipient=delivery.recipient.value,
        channel=rendered.channel,
        to_phone=delivery.phone,
        from_phone=sender.sender_number,
        subject=rendered.subject or "",
        text=rendered.text,
        bytes=rendered.bytes,
        template_version=rendered.template_version,
        created_at=now,
        next_try_at=now,
    )


def _put(session: Session, *, row: Notice) -> None:
    values = row.model_dump(exclude={"id"})
    notice_id = session.execute(
        insert(Notice)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["ticket_id", "event", "generation", "recipient"])
        .returning(col(Notice.id))
    ).scalar_one_or_none()
    if notice_id is None:
        return
    defer(session, TASK_SEND, queue=QUEUE_SMS, queueing_lock=f"notice-{notice_id}", notice_id=notice_id)
    live.announce(
        session, company_id=row.company_id, topic="notice", ticket_id=row.ticket_id, notice_id=notice_id
    )


def _is_known(session: Session, *, company_id: int, phone: str) -> bool:
    """Whether this company ever wrote to the number; the first text says who gave it and how to stop."""
    query = select(Notice.id).where(
        col(Notice.company_id) == company_id, col(Notice.to_phone) == phone, col(Notice.state) != "withdrawn"
    )
    return session.exec(query.limit(1)).first() is not None


def _info(row: Notice) -> NoticeInfo:
    return NoticeInfo(
        id=row.id or 0,
        ticket_id=row.ticket_id,
        event=row.event,
        generation=row.generation,
        recipient=row.recipient,
        channel=row.channel,
        state=row.state,
        to_phone=row.to_phone,
        subject=row.subject,
        text=row.text,
        bytes=row.bytes,
        created_at=row.created_at,
        settled_at=row.settled_at,
        problem=row.problem,
        withdrawn_reason=row.withdrawn_reason,
    )
