"""The append-only timeline: every change leaves who, when, why and from where."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.actor import Actor
from core.models import TimelineEntry
from core.origin import current_request_id

MOST_OF_REQUEST = 200


def record(
    session: Session,
    *,
    by: Actor,
    at: datetime,
    what: str,
    subject: tuple[str, int],
    company_id: int | None,
    reason: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write one line of the timeline in the caller's transaction.

    Args:
        subject: kind and id of what changed, e.g. `("ticket", 7)`.
        data: small JSON facts (ids, old and new values); no names or phone numbers.
    """
    session.add(
        TimelineEntry(
            company_id=company_id,
            subject_kind=subject[0],
            subject_id=subject[1],
            at=at,
            what=what,
            actor_kind=by.kind,
            actor_name=by.name,
            account_id=by.account_id,
            on_behalf_of=by.on_behalf_of,
            source=by.source,
            request_id=current_request_id(),
            reason=reason,
            data=data or {},
        )
    )


def list_entries(session: Session, *, subject: tuple[str, int]) -> list[TimelineEntry]:
    """The timeline of one subject, oldest first."""
    query = (
        select(TimelineEntry)
        .where(col(TimelineEntry.subject_kind) == subject[0], col(TimelineEntry.subject_id) == subject[1])
        .order_by(col(TimelineEntry.id))
    )
    return list(session.exec(query))


def is_recorded(session: Session, *, what: str, subject: tuple[str, int], data: dict[str, Any]) -> bool:
    """Whether the subject's timeline has a line of this with exactly these facts."""
    query = select(TimelineEntry.id).where(
        col(TimelineEntry.subject_kind) == subject[0],
        col(TimelineEntry.subject_id) == subject[1],
        col(TimelineEntry.what) == what,
        col(TimelineEntry.data) == data,
    )
    return session.exec(query.limit(1)).first() is not None


def list_of_request(session: Session, *, company_id: int, request_id: str) -> list[TimelineEntry]:
    """What of a company goes back to one request, oldest first; at most `MOST_OF_REQUEST` lines.

    An import of a whole list is one request, and a program may send the same number with each of its own.
    """
    query = (
        select(TimelineEntry)
        .where(col(TimelineEntry.company_id) == company_id, col(TimelineEntry.request_id) == request_id)
        .order_by(col(TimelineEntry.id))
        .limit(MOST_OF_REQUEST)
    )
    return list(session.exec(query))


def list_changes(
    session: Session,
    *,
    company_id: int,
    what: Collection[str] = (),
    subject: tuple[str, int] | None = None,
    kinds: Collection[str] = (),
    before: int | None = None,
    limit: int = 50,
) -> list[TimelineEntry]:
    """Changes of a company, newest first; narrowed by event names, one subject or kinds of subject.

    Args:
        before: only entries older than this id, for the next page.
    """
    query = select(TimelineEntry).where(col(TimelineEntry.company_id) == company_id)
    if what:
        query = query.where(col(TimelineEntry.what).in_(what))
    if subject is not None:
        query = query.where(
            col(TimelineEntry.subject_kind) == subject[0], col(TimelineEntry.subject_id) == subject[1]
        )
    if kinds:
        query = query.where(col(TimelineEntry.subject_kind).in_(kinds))
    if before is not None:
        query = query.where(col(TimelineEntry.id) < before)
    return list(session.exec(query.order_by(col(TimelineEntry.id).desc()).limit(limit)))
