"""A notice sent once more by a person's hand: a row of its own, and the old one stays as it is."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, func, select

from core.actor import Actor
from notifications.models import Notice
from notifications.outbox_rows import put
from notifications.schemas import BrandFacts
from notifications.texts import fit_channel


def resend(
    session: Session, *, notice_id: int, sender: BrandFacts, reason: str, by: Actor, now: datetime
) -> int:
    """Send a notice once more: a new row that names the first one, which stays as it is. Returns its id.

    Its generation lies below zero, where no telling's does, and is its own among the event's texts: it never
    takes the place of news. It speaks of the same line and truth as the old one, and ends with them.
    Whether they still hold is the caller's to know (`dispatch.resending`).
    """
    old = session.get_one(Notice, notice_id)
    lowest = session.exec(
        select(func.min(Notice.generation)).where(
            col(Notice.ticket_id) == old.ticket_id, col(Notice.event) == old.event
        )
    ).one()
    row = Notice(
        company_id=old.company_id,
        ticket_id=old.ticket_id,
        event=old.event,
        generation=min(lowest or 0, 0) - 1,
        recipient=old.recipient,
        channel=fit_channel(old.text),
        to_phone=old.to_phone,
        from_phone=sender.sender_number,
        subject=old.subject,
        text=old.text,
        bytes=old.bytes,
        template_version=old.template_version,
        variant=old.variant,
        ways=old.ways,
        created_at=now,
        next_try_at=now,
        line=old.line,
        truth=old.truth,
        person_id=old.person_id,
        resend_of_id=old.resend_of_id or notice_id,
        resend_reason=reason,
    )
    return put(session, row=row, by=by, reason=reason) or 0
