"""Steps that fail: seen by a person, who has them tried again or lays them aside with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement
from sqlmodel import Session, col, func, select

from core.actor import Actor
from core.audit import record
from core.errors import ConflictError, InvalidError, NotFoundError
from core.events import TASK_DELIVER
from core.i18n import _
from core.jobs import defer
from core.models import StoredEvent

MOST_SHOWN = 200
DECISIONS = ("StepRetried", "StepDropped")
"""What the timeline says of a person's decision."""


class StepDoneError(ConflictError):
    """Meanwhile the step has succeeded, or somebody has decided."""

    code = "step-done"


@dataclass(frozen=True)
class Fault:
    """A step that has not succeeded. `parked_at`: since when it is tried no more by itself.

    `cause` is for who mends the program: a handler's name and an error, without names and numbers of people.
    """

    event_id: int
    name: str
    at: datetime
    attempts: int
    next_try_at: datetime
    parked_at: datetime | None
    cause: str
    request_id: str | None
    ticket_id: int | None


def list_faults(session: Session, *, company_id: int) -> Sequence[Fault]:
    """What fails for a company, the longest waiting first; at most `MOST_SHOWN`."""
    query = (
        select(StoredEvent)
        .where(
            col(StoredEvent.handled_at).is_(None),
            col(StoredEvent.last_error).is_not(None),
            _of_company(company_id),
        )
        .order_by(col(StoredEvent.parked_at).is_(None), col(StoredEvent.at))
        .limit(MOST_SHOWN)
    )
    return [_fault(stored) for stored in session.exec(query)]


def count_faults(session: Session, *, company_id: int) -> int:
    """How many steps of a company fail."""
    query = select(func.count(col(StoredEvent.id))).where(
        col(StoredEvent.handled_at).is_(None),
        col(StoredEvent.last_error).is_not(None),
        _of_company(company_id),
    )
    return session.exec(query).one()


def list_of_request(session: Session, *, company_id: int, request_id: str) -> Sequence[Fault]:
    """Every step that follows from a request, done or not."""
    query = (
        select(StoredEvent)
        .where(col(StoredEvent.request_id) == request_id, _of_company(company_id))
        .order_by(col(StoredEvent.id))
        .limit(MOST_SHOWN)
    )
    return [_fault(stored) for stored in session.exec(query)]


def get_fault(session: Session, *, event_id: int, company_id: int) -> Fault:
    """One of them. Raises NotFoundError, StepDoneError."""
    return _fault(_must_fail(session.get(StoredEvent, event_id), company_id=company_id))


def retry_step(session: Session, *, event_id: int, company_id: int, by: Actor, now: datetime) -> None:
    """Try it again at once, as often as a new one.

    Raises:
        NotFoundError, StepDoneError.
    """
    stored = _failing(session, event_id=event_id, company_id=company_id)
    stored.attempts, stored.parked_at, stored.next_try_at = 0, None, now
    session.add(stored)
    _record(session, stored, what=DECISIONS[0], reason=None, company_id=company_id, by=by, now=now)
    defer(session, TASK_DELIVER, queueing_lock=f"event-{event_id}", event_id=event_id)


def drop_step(
    session: Session, *, event_id: int, company_id: int, reason: str, by: Actor, now: datetime
) -> None:
    """Lay it aside for good: what it would have done is done by hand, or needs not be done.

    Raises:
        NotFoundError, StepDoneError.
        InvalidError: no reason.
    """
    if not reason.strip():
        raise InvalidError(_("이유를 적어 주세요. 나중에 왜 접었는지 알 수 있어야 합니다."))
    stored = _failing(session, event_id=event_id, company_id=company_id)
    stored.handled_at = now
    session.add(stored)
    _record(session, stored, what=DECISIONS[1], reason=reason, company_id=company_id, by=by, now=now)


def _of_company(company_id: int) -> ColumnElement[bool]:
    named: ColumnElement[int] = col(StoredEvent.payload)["company_id"].astext.cast(BigInteger)
    return named == company_id


def _failing(session: Session, *, event_id: int, company_id: int) -> StoredEvent:
    """The event, locked: its handlers wait until the decision is stored."""
    stored = session.get(StoredEvent, event_id, with_for_update=True)
    return _must_fail(stored, company_id=company_id)


def _must_fail(stored: StoredEvent | None, *, company_id: int) -> StoredEvent:
    if stored is None or stored.payload.get("company_id") != company_id:
        raise NotFoundError(_("그런 일이 없습니다. 목록을 새로 열어 주세요."))
    if stored.handled_at is not None or stored.last_error is None:
        raise StepDoneError(_("그사이 이 일은 끝났습니다. 더 하실 것이 없습니다."))
    return stored


def _record(
    session: Session,
    stored: StoredEvent,
    *,
    what: str,
    reason: str | None,
    company_id: int,
    by: Actor,
    now: datetime,
) -> None:
    ticket_id = stored.payload.get("ticket_id")
    record(
        session,
        by=by,
        at=now,
        what=what,
        subject=("ticket", ticket_id) if isinstance(ticket_id, int) else ("company", company_id),
        company_id=company_id,
        reason=reason,
        data={"event_id": stored.id, "step": stored.name},
    )


def _fault(stored: StoredEvent) -> Fault:
    ticket_id = stored.payload.get("ticket_id")
    return Fault(
        event_id=stored.id or 0,
        name=stored.name,
        at=stored.at,
        attempts=stored.attempts,
        next_try_at=stored.next_try_at,
        parked_at=stored.parked_at,
        cause=stored.last_error or "",
        request_id=stored.request_id,
        ticket_id=ticket_id if isinstance(ticket_id, int) else None,
    )
