"""Delivery reports: they come late, twice and out of order, and a notice still ends in the right state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    owners = _owners(session, receipts)
    new = _keep_new(session, provider_name, receipts, owners=owners, now=now)
    fresh = [receipt for receipt in {it.event_id: it for it in receipts}.values() if receipt.event_id in new]
    locked = _lock_all(session, {owners[it.event_id] for it in fresh if it.event_id in owners})
    for receipt in fresh:
        notice = locked.get(owners.get(receipt.event_id, 0))
        if notice is not None:
            _apply(session, notice=notice, receipt=receipt, by=by, now=now)
    trial_texts.take_receipts(session, receipts=fresh, now=now)
    return len(fresh)


def _owners(session: Session, receipts: Sequence[Receipt]) -> dict[str, int]:
    """By event id the notice that a report is about: by our own id, else by the provider's."""
    ours = {it.event_id: read[0] for it in receipts if (read := rules.read_our_id(it.our_id)) is not None}
    theirs = {it.event_id: it.provider_id for it in receipts if it.event_id not in ours}
    known = set(session.exec(select(Notice.id).where(col(Notice.id).in_(set(ours.values())))))
    owners = {event_id: notice_id for event_id, notice_id in ours.items() if notice_id in known}
    if theirs:
        query = select(Notice.provider_message_id, Notice.id).where(
            col(Notice.provider_message_id).in_(set(theirs.values()))
        )
        by_theirs = {provider_id: notice_id or 0 for provider_id, notice_id in session.exec(query)}
        owners |= {event_id: by_theirs[it] for event_id, it in theirs.items() if it in by_theirs}
    return owners


def _keep_new(
    session: Session,
    provider_name: str,
    receipts: Sequence[Receipt],
    *,
    owners: Mapping[str, int],
    now: datetime,
) -> set[str]:
    """Store the reports that were not stored before, in the order of their ids; which those are.

    In one order, so that the same reports posted twice at once do not wait for each other in a circle.
    """
    rows = [
        {
            "provider": provider_name,
            "event_id": receipt.event_id,
            "notice_id": owners.get(receipt.event_id),
            "received_at": now,
            "status_code": receipt.code,
            "body": receipt.body,
        }
        for receipt in sorted({it.event_id: it for it in receipts}.values(), key=lambda it: it.event_id)
    ]
    if not rows:
        return set()
    stored = session.execute(
        insert(ProviderReceipt)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["event_id"])
        .returning(col(ProviderReceipt.event_id))
    )
    return set(stored.scalars())


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
