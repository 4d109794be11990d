"""What texts said and what the provider reported: destroyed once their time is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select, update
from sqlmodel import Session, col

from core.db import count_changed
from core.retention import Cut, Ids, delete_ids, some_ids
from notifications.models import Notice, NoticeAttempt, ProviderReceipt, PushSubscription


def due_texts(session: Session, company_id: int | None, cut: Cut, limit: int, *, ended: Select[Any]) -> Ids:
    """Texts of cases that ended before the cut; what an open case's people were told stays.

    Args:
        ended: the ids of tickets that were over by then, as their own room knows.
    """
    return some_ids(
        session,
        Notice,
        limit,
        col(Notice.company_id) == company_id,
        col(Notice.destroyed_at).is_(None),
        col(Notice.created_at) < cut.before,
        col(Notice.state) != "queued",
        col(Notice.ticket_id).in_(ended),
    )


def due_invitations(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Texts that invited homes before the cut: they belong to no case that could still be open."""
    return some_ids(
        session,
        Notice,
        limit,
        col(Notice.company_id) == company_id,
        col(Notice.invitation_id).is_not(None),
        col(Notice.destroyed_at).is_(None),
        col(Notice.created_at) < cut.before,
        col(Notice.state) != "queued",
    )


def destroy_texts(session: Session, ids: Ids, cut: Cut) -> int:
    """Empty what was said and to which number. That it was sent, when and with what result stays."""
    gone = count_changed(
        session,
        update(Notice)
        .where(col(Notice.id).in_(ids), col(Notice.destroyed_at).is_(None))
        .values(
            text="",
            subject="",
            to_phone="",
            push_text=None,
            spoken_text=None,
            withdrawn_reason=None,
            resend_reason=None,
            destroyed_at=cut.now,
        ),
    )
    session.execute(update(NoticeAttempt).where(col(NoticeAttempt.notice_id).in_(ids)).values(detail=""))
    return gone


def destroy_texts_of(session: Session, *, ticket_ids: Sequence[int], cut: Cut) -> None:
    """Empty every text of these cases: their people are destroyed."""
    ids = session.execute(select(col(Notice.id)).where(col(Notice.ticket_id).in_(ticket_ids))).scalars()
    destroy_texts(session, list(ids), cut)


def due_receipts(session: Session, _company_id: int | None, cut: Cut, limit: int) -> Ids:
    """What the provider reported; the notice keeps what came of it."""
    return some_ids(session, ProviderReceipt, limit, col(ProviderReceipt.received_at) < cut.before)


def destroy_receipts(session: Session, ids: Ids, _cut: Cut) -> int:
    """Delete these reports."""
    return delete_ids(session, ProviderReceipt, ids)


def due_devices(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Browsers of staff that have not been there for long."""
    wanted = (col(PushSubscription.company_id) == company_id, col(PushSubscription.renewed_at) < cut.before)
    return some_ids(session, PushSubscription, limit, *wanted)


def destroy_devices(session: Session, ids: Ids, _cut: Cut) -> int:
    """Tell nobody there any more."""
    return delete_ids(session, PushSubscription, ids)
