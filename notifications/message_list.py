"""What the messages screen asks of the outbox: a page of many, one notice in full, what waits, what it cost.

Every question is answered by an index however many notices there are: pages go on from the last row's moment.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, false, tuple_
from sqlmodel import Session, col, func, or_, select

from core.clock import KST
from notifications.models import Notice, NoticeAttempt, ProviderReceipt
from notifications.queries import notice_info
from notifications.schemas import NoticeInfo
from notifications.settling import notice_key

PAGE = 50


@dataclass(frozen=True)
class MessageFilter:
    """What is looked for; empty: everything. `start` and `end` bound when it was written.

    `only_tickets`: of these cases alone (a reader's scope). `phones` (E.164) and `ticket_ids`: of what a
    search has found, either is enough; None: nothing was searched for.
    """

    event: str = ""
    state: str = ""
    channel: str = ""
    start: datetime | None = None
    end: datetime | None = None
    only_tickets: Sequence[int] | None = None
    phones: Sequence[str] | None = None
    ticket_ids: Sequence[int] | None = None


@dataclass(frozen=True)
class MessagePage:
    """The newest first; `next_cursor` is None on the last page."""

    items: tuple[NoticeInfo, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class Try:
    """One call to a provider. `outcome`: `accepted`, `refused_…`, `unclear`, `find_…`; `code` its own."""

    at: datetime
    provider: str
    outcome: str
    code: str


@dataclass(frozen=True)
class Report:
    """What a provider reported later."""

    at: datetime
    provider: str
    code: str


@dataclass(frozen=True)
class Waiting:
    """What has not gone out yet. `oldest`: since when the longest waiting could go; None without one.

    `held`: kept for the morning, and in nobody's way.
    """

    count: int
    oldest: datetime | None
    held: int


@dataclass(frozen=True)
class Sent:
    """How many a provider took on one day (in Korea) by one channel."""

    day: datetime
    channel: str
    count: int


def list_messages(
    session: Session, *, company_id: int, wanted: MessageFilter, cursor: str = "", limit: int = PAGE
) -> MessagePage:
    """A page of a company's notices, the newest first. A cursor that is none begins anew."""
    conditions = [col(Notice.company_id) == company_id, *_conditions(wanted)]
    place = _read_cursor(cursor)
    if place is not None:
        conditions.append(tuple_(col(Notice.created_at), col(Notice.id)) < tuple_(*place))
    query = (
        select(Notice)
        .where(*conditions)
        .order_by(col(Notice.created_at).desc(), col(Notice.id).desc())
        .limit(limit + 1)
    )
    rows = list(session.exec(query))
    more = len(rows) > limit
    rows = rows[:limit]
    return MessagePage(tuple(notice_info(row) for row in rows), _write_cursor(rows[-1]) if more else None)


def get_message(session: Session, *, company_id: int, notice_id: int) -> NoticeInfo | None:
    """One notice of a company; None when there is none that this reader sees."""
    query = select(Notice).where(col(Notice.id) == notice_id, col(Notice.company_id) == company_id)
    row = session.exec(query).first()
    return notice_info(row) if row is not None else None


def tries_of(session: Session, *, notice_id: int) -> tuple[list[Try], list[Report]]:
    """Every call to a provider for a notice, and every report of it, oldest first."""
    tries = session.exec(
        select(NoticeAttempt).where(col(NoticeAttempt.notice_id) == notice_id).order_by(col(NoticeAttempt.id))
    )
    reports = session.exec(
        select(ProviderReceipt)
        .where(col(ProviderReceipt.notice_id) == notice_id)
        .order_by(col(ProviderReceipt.id))
    )
    return (
        [Try(row.at, row.provider, row.outcome, row.code) for row in tries],
        [Report(row.received_at, row.provider, row.status_code) for row in reports],
    )


def resendings_of(session: Session, *, notice_id: int) -> list[NoticeInfo]:
    """How often it was sent once more by hand, oldest first."""
    query = select(Notice).where(col(Notice.resend_of_id) == notice_id).order_by(col(Notice.id))
    return [notice_info(row) for row in session.exec(query)]


def waiting(session: Session, *, company_id: int, now: datetime) -> Waiting:
    """How many texts wait, and since when the oldest of them could go; those kept for the morning apart."""
    is_held = func.coalesce(col(Notice.held_until) > now, false())
    since = func.coalesce(Notice.held_until, Notice.created_at)
    query = select(
        func.count().filter(~is_held),
        func.min(since).filter(~is_held),
        func.count().filter(is_held),
    ).where(col(Notice.company_id) == company_id, col(Notice.state) == "queued")
    return Waiting(*session.exec(query).one())


def count_states(session: Session, *, company_id: int, since: datetime) -> dict[str, int]:
    """How many notices written since a moment stand in which state."""
    query = (
        select(Notice.state, func.count())
        .where(col(Notice.company_id) == company_id, col(Notice.created_at) >= since)
        .group_by(col(Notice.state))
    )
    return dict(session.exec(query).all())


def count_sent(session: Session, *, company_id: int, start: datetime, end: datetime) -> list[Sent]:
    """What went out by day and channel; a notice counts once, by the channel that it went by last."""
    day = func.date_trunc("day", func.timezone(str(KST), col(Notice.created_at)))
    query = (
        select(day, Notice.channel, func.count())
        .where(
            col(Notice.company_id) == company_id,
            col(Notice.created_at) >= start,
            col(Notice.created_at) < end,
            col(Notice.accepted_at).is_not(None),
        )
        .group_by(day, col(Notice.channel))
        .order_by(day)
    )
    return [Sent(at.replace(tzinfo=KST), channel, count) for at, channel, count in session.exec(query).all()]


def _conditions(wanted: MessageFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (Notice.event, wanted.event),
        (Notice.state, wanted.state),
        (Notice.channel, wanted.channel),
    ):
        if value:
            conditions.append(col(column) == value)
    if wanted.state and wanted.state != "delivered":
        conditions.append(col(Notice.state) != "delivered")  # names the small index of these
    if wanted.start is not None:
        conditions.append(col(Notice.created_at) >= wanted.start)
    if wanted.end is not None:
        conditions.append(col(Notice.created_at) < wanted.end)
    if wanted.only_tickets is not None:
        conditions.append(col(Notice.ticket_id).in_(wanted.only_tickets))
    if wanted.phones is not None or wanted.ticket_ids is not None:
        conditions.append(_found(wanted))
    return conditions


def _found(wanted: MessageFilter) -> ColumnElement[bool]:
    """By number or by case: each has an index of its own."""
    return or_(
        col(Notice.to_phone).in_(wanted.phones or ()), col(Notice.ticket_id).in_(wanted.ticket_ids or ())
    )


def _read_cursor(cursor: str) -> tuple[datetime, int] | None:
    try:
        micros, _dash, key = base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii").partition("-")
        return datetime.fromtimestamp(0, KST) + timedelta(microseconds=int(micros)), int(key)
    except (ValueError, OverflowError, binascii.Error):
        return None


def _write_cursor(row: Notice) -> str:
    micros = (row.created_at - datetime.fromtimestamp(0, KST)) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{micros}-{notice_key(row)}".encode("ascii")).decode("ascii")
