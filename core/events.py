"""Publishing past-tense facts. `journey.py` says what happens next; this file only keeps the promise.

An event is a row in the transaction that made it true, plus a wake-up for the worker. The worker runs each
handler in a transaction of its own and writes down in that transaction that it has run, so a handler that
succeeded is never run again and one that failed is tried again, with growing pauses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, ClassVar

import structlog
from sqlmodel import Session, col, select
from structlog.contextvars import bound_contextvars

from core.db import Database
from core.jobs import QUEUE_DEFAULT, defer
from core.logs import without_quotes
from core.models import EventHandled, StoredEvent
from core.origin import caused_by, current_request_id
from core.sweeping import due_rows

log = structlog.get_logger(__name__)

TASK_DELIVER = "deliver_event"
RETRY_PAUSES_S = (2, 10, 30, 120, 600)
"""Pauses between tries; the last one repeats."""
LONGEST_WAIT = timedelta(seconds=RETRY_PAUSES_S[-1] + 60)
MAX_TRIES = 12
"""About an hour and a half: then it is put aside, and a person decides about it (`core.faults`)."""


@dataclass(frozen=True)
class Event:
    """Base of every event: ids and plain JSON values only."""

    company_id: int
    at: datetime

    queue: ClassVar[str] = QUEUE_DEFAULT


Handler = Callable[..., None]
"""`handler(*, session, event, now)`; `journey.py` binds what else it needs."""


def publish(session: Session, event: Event) -> None:
    """Store the event with the caller's change and wake the worker when it commits."""
    payload = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in asdict(event).items()}
    stored = StoredEvent(
        name=type(event).__name__,
        payload=payload,
        at=event.at,
        next_try_at=event.at + timedelta(seconds=RETRY_PAUSES_S[0]),
        request_id=current_request_id(),
    )
    session.add(stored)
    session.flush()
    defer(session, TASK_DELIVER, queue=event.queue, event_id=stored.id)


def deliver(
    database: Database,
    *,
    event_id: int,
    journey: Mapping[type[Event], Sequence[Handler]],
    now: datetime,
    prepare: Callable[[Event], None] | None = None,
) -> None:
    """Run what is left to do for one event; safe to call twice and from two workers at once.

    Args:
        prepare: is called before the first handler, outside every transaction: what the handlers will want
            from the network. When it fails they run without.

    Raises:
        Nothing: a failing handler is logged and kept on the event's row, where the sweep sees it.
    """
    with database.reading() as session:
        stored = session.get(StoredEvent, event_id)
        if stored is None or stored.handled_at is not None or stored.parked_at is not None:
            return
    with caused_by(stored.request_id), bound_contextvars(event_id=event_id):
        _deliver(database, stored=stored, event_id=event_id, journey=journey, now=now, prepare=prepare)


def _deliver(
    database: Database,
    *,
    stored: StoredEvent,
    event_id: int,
    journey: Mapping[type[Event], Sequence[Handler]],
    now: datetime,
    prepare: Callable[[Event], None] | None,
) -> None:
    failure: str | None = None
    try:
        event = _rebuild(stored, journey)
    except (LookupError, TypeError, ValueError) as error:  # written by another version of this program
        log.exception("event_unreadable", name=stored.name)
        failure = f"unreadable: {without_quotes(repr(error))}"[:2000]
        _keep_failure(database, event_id=event_id, failure=failure, now=now)
        return
    if prepare is not None:
        try:
            prepare(event)
        except Exception:  # a help alone: the step is taken without what the network would have told
            log.exception("preparation_failed", name=stored.name)
    handlers = journey[type(event)]
    for handler in handlers:
        closes = handler is handlers[-1] and failure is None
        try:
            _run_once(database, event_id=event_id, handler=handler, event=event, now=now, closes=closes)
        except Exception as error:
            log.exception("handler_failed", name=stored.name, handler=handler_name(handler))
            failure = f"{handler_name(handler)}: {without_quotes(repr(error))}"[:2000]
    if failure is not None:
        _keep_failure(database, event_id=event_id, failure=failure, now=now)


def defer_overdue(session: Session, *, now: datetime, limit: int = 200) -> int:
    """Sweep: wake the worker for events whose handlers have not finished. Returns how many."""
    query = (
        select(StoredEvent)
        .where(
            col(StoredEvent.handled_at).is_(None),
            col(StoredEvent.parked_at).is_(None),
            due_rows(StoredEvent.next_try_at, now=now, longest_wait=LONGEST_WAIT),
        )
        .order_by(col(StoredEvent.next_try_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    overdue = list(session.exec(query))
    for stored in overdue:
        stored.next_try_at = now + timedelta(seconds=_pause(stored.attempts))
        session.add(stored)
        defer(session, TASK_DELIVER, queueing_lock=f"event-{stored.id}", event_id=stored.id)
    return len(overdue)


def handler_name(handler: Handler) -> str:
    """The stable name under which a finished handler is remembered."""
    inner = getattr(handler, "func", handler)
    return f"{inner.__module__}.{inner.__qualname__}"


def _run_once(
    database: Database, *, event_id: int, handler: Handler, event: Event, now: datetime, closes: bool
) -> None:
    """Run a handler that has not run yet; `closes` when the event is done with after it."""
    with database.transaction() as session:
        name = handler_name(handler)
        stored = session.get_one(StoredEvent, event_id, with_for_update=True)
        if stored.handled_at is not None:  # by another worker, or a person has laid it aside meanwhile
            return
        if session.get(EventHandled, (event_id, name)) is None:
            session.add(EventHandled(event_id=event_id, handler=name, at=now))
            handler(session=session, event=event, now=now)
        if closes:
            stored.handled_at, stored.last_error = now, None
            session.add(stored)


def _keep_failure(database: Database, *, event_id: int, failure: str, now: datetime) -> None:
    with database.transaction() as session:
        stored = session.get_one(StoredEvent, event_id, with_for_update=True)
        if stored.handled_at is not None:
            return
        stored.attempts += 1
        stored.last_error = failure
        stored.next_try_at = now + timedelta(seconds=_pause(stored.attempts))
        if stored.attempts >= MAX_TRIES:
            stored.parked_at = now
            log.error("event_parked", name=stored.name, attempts=stored.attempts)
        session.add(stored)


def _pause(attempts: int) -> int:
    return RETRY_PAUSES_S[min(attempts, len(RETRY_PAUSES_S) - 1)]


def _rebuild(stored: StoredEvent, journey: Mapping[type[Event], Sequence[Handler]]) -> Event:
    """The event as it was published. LookupError, TypeError or ValueError when it cannot be."""
    event_class = {cls.__name__: cls for cls in journey}[stored.name]
    known = {field.name for field in fields(event_class)}
    values: dict[str, Any] = {k: v for k, v in stored.payload.items() if k in known}
    values["at"] = datetime.fromisoformat(values["at"])
    return event_class(**values)
