"""Delivery reports: they come late, twice and out of order, and a notice still ends in the right state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from core.actor import Actor
from notifications import rules, trial_texts
from notifications.models import Notice, ProviderReceipt
from notifications.outcomes import reported_failed
from notifications.providers.base import Fault, MessageState, Receipt, later_state
from notifications.settling import notice_key, settle


def take_receipts(session: Session, *, provider_name: str, receipts: Sequence[Receipt], now: datetime) -> int:
    """Keep each report once and move its notice on, never back. Returns how many reports were new.

    Reports of messages that another system sent through the same account are kept and change nothing.
    """
    by = Actor(kind="provider", name=provider_name, source="webhook")
    owners = {receipt.event_id: _owner(session, receipt=receipt) for receipt in receipts}
    fresh = [
        receipt
        for receipt in sorted(receipts, key=lambda it: it.event_id)
        if _keep(session, provider_name, receipt, notice_id=owners[receipt.event_id], now=now)
    ]
    locked = _lock_all(session, {i for i in owners.values() if i is not None})
    for receipt in fresh:
        notice = locked.get(owners[receipt.event_id] or 0)
        if notice is not None:
            _apply(session, notice=notice, receipt=receipt, by=by, now=now)
    trial_texts.take_receipts(session, receipts=fresh, now=now)
    return len(fresh)


def _owner(session: Session, *, receipt: Receipt) -> int | None:
    """The notice a report is about: by our own id, else by the provider's."""
    ours = rules.read_our_id(receipt.our_id)
    if ours is not None:
        return session.exec(select(Notice.id).where(col(Notice.id) == ours[0])).first()
    return session.exec(
        select(Notice.id).where(col(Notice.provider_message_id) == receipt.provider_id)
    ).first()


def _keep(
    session: Session, provider_name: str, receipt: Receipt, *, notice_id: int | None, now: datetime
) -> bool:
    """Store the report; False when it was stored before."""
    stored = session.execute(
        insert(ProviderReceipt)
        .values(
            provider=provider_name,
            event_id=receipt.event_id,
            notice_id=notice_id,
            received_at=now,
            status_code=receipt.code,
            body=receipt.body,
        )
        .on_conflict_do_nothing(index_elements=["event_id"])
        .returning(col(ProviderReceipt.id))
    )
    return stored.scalar_one_or_none() is not None


def _lock_all(session: Session, notice_ids: set[int]) -> dict[int, Notice]:
    """In the order of the ids, so that two batches of reports never wait for each other in a circle."""
    query = (
        select(Notice)
        .where(col(Notice.id).in_(notice_ids))
        .order_by(col(Notice.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {notice_key(notice): notice for notice in session.exec(query)}


def _apply(session: Session, *, notice: Notice, receipt: Receipt, by: Actor, now: datetime) -> None:
    if not _concerns(notice, receipt):
        return
    # A text that was withdrawn but delivered all the same was delivered: facts win.
    current = MessageState.QUEUED if notice.state == "withdrawn" else MessageState(notice.state)
    state = later_state(current, receipt.state)
    if state is current:
        return
    if state is MessageState.FAILED:
        notice.provider_message_id = receipt.provider_id
        fault = receipt.fault or Fault.OPERATOR
        reported_failed(session, notice=notice, fault=fault, code=receipt.code, by=by, now=now)
        return
    settle(
        session,
        notice=notice,
        state=state,
        provider_id=receipt.provider_id,
        problem=f"{receipt.fault}:{receipt.code}" if state is MessageState.UNKNOWN else None,
        by=by,
        now=now,
    )


def _concerns(notice: Notice, receipt: Receipt) -> bool:
    """Whether a report says something of this notice's last try, or that an earlier one arrived after all."""
    ours = rules.read_our_id(receipt.our_id)
    if ours is not None and (ours[1] != notice.attempts or ours[1] <= notice.failed_try):
        return ours[1] <= notice.attempts and receipt.state is MessageState.DELIVERED
    known = notice.provider_message_id
    return known is None or known == receipt.provider_id
