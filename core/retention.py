"""What of the house's own tables is destroyed once its time is over; and who says that he is retention.

Every room has such functions, two for each kind: `due_*(session, company_id, cut, limit)` finds ids and takes
no locks, `destroy_*(session, ids, cut)` destroys them and returns how many that were. Safe to run twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Integer, bindparam, column, delete, table, text
from sqlmodel import Session, col, select

from core.db import count_changed
from core.models import EventHandled, ReplayedRequest, StoredEvent, TimelineEntry

Ids = Sequence[int]
_TICKETS = table(
    "ticket",
    column("id", Integer),
    column("company_id", Integer),
    column("destroyed_at", DateTime(timezone=True)),
)
_OLD_JOBS = text(
    "SELECT id FROM procrastinate_jobs WHERE status NOT IN ('todo', 'doing') AND NOT EXISTS ("
    " SELECT FROM procrastinate_events WHERE job_id = procrastinate_jobs.id AND at >= :before"
    ") ORDER BY id LIMIT :limit"
)
_DROP_JOBS = text("DELETE FROM procrastinate_jobs WHERE id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)


@dataclass(frozen=True)
class Cut:
    """Where retention cuts: what is older than `before` is due; `now` is when it is destroyed."""

    before: datetime
    now: datetime


def allow_destruction(session: Session) -> None:
    """Let this transaction delete from the append-only tables. Only retention's nightly run says so."""
    session.execute(text("SELECT set_config('ondol.retention', 'on', true)"))


def delete_ids(session: Session, model: Any, ids: Ids) -> int:
    """Delete rows by their ids; returns how many were there."""
    return count_changed(session, delete(model).where(col(model.id).in_(ids)))


def some_ids(session: Session, model: Any, limit: int, *wanted: Any) -> Ids:
    """The ids of the oldest rows that are wanted."""
    return list(session.exec(select(model.id).where(*wanted).order_by(col(model.id)).limit(limit)))


def due_timeline(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Old lines of a company. Those of a case stay as long as its people do, and go with them.

    Two questions, each of which an index answers: both in one would read the whole timeline every night.
    """
    of_company = col(TimelineEntry.company_id) == company_id
    old = (col(TimelineEntry.subject_kind) != "ticket", col(TimelineEntry.at) < cut.before)
    found = list(some_ids(session, TimelineEntry, limit, of_company, *old))
    if len(found) < limit:
        gone = select(_TICKETS.c.id).where(
            _TICKETS.c.company_id == company_id, _TICKETS.c.destroyed_at.is_not(None)
        )
        of_gone = (col(TimelineEntry.subject_kind) == "ticket", col(TimelineEntry.subject_id).in_(gone))
        found += some_ids(session, TimelineEntry, limit - len(found), of_company, *of_gone)
    return found


def destroy_timeline(session: Session, ids: Ids, _cut: Cut) -> int:
    """Delete these lines."""
    return delete_ids(session, TimelineEntry, ids)


def due_requests(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """First answers of requests that nobody replays any more."""
    wanted = (col(ReplayedRequest.company_id) == company_id, col(ReplayedRequest.at) < cut.before)
    return some_ids(session, ReplayedRequest, limit, *wanted)


def destroy_requests(session: Session, ids: Ids, _cut: Cut) -> int:
    """Delete these answers."""
    return delete_ids(session, ReplayedRequest, ids)


def due_events(session: Session, _company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Facts whose next steps have all run; one that still fails stays."""
    return some_ids(session, StoredEvent, limit, col(StoredEvent.handled_at) < cut.before)


def destroy_events(session: Session, ids: Ids, _cut: Cut) -> int:
    """Delete these facts and who had handled them."""
    session.execute(delete(EventHandled).where(col(EventHandled.event_id).in_(ids)))
    return delete_ids(session, StoredEvent, ids)


def due_jobs(session: Session, _company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Jobs that ended, well or not; those that wait or run stay."""
    return list(session.execute(_OLD_JOBS, {"before": cut.before, "limit": limit}).scalars())


def destroy_jobs(session: Session, ids: Ids, _cut: Cut) -> int:
    """Delete these jobs; the queue's own tables follow."""
    return count_changed(session, _DROP_JOBS, {"ids": list(ids)})
