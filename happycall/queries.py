"""Reads of the follow-up desk: the list, one call, and whether anybody was forgotten."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from core.db import any_of
from core.errors import FieldError, InvalidError
from core.i18n import _
from dispatch.follow_up import cases_to_follow, tickets_done_between
from happycall.calls import UnknownHappyCallError, call_key
from happycall.models import HappyCall, HappyCallAttempt
from happycall.schemas import (
    CALL_STATES,
    Answers,
    AttemptInfo,
    CallBrief,
    CallInfo,
    CallPage,
    Coverage,
)

PAGE = 50


class BadCallListError(InvalidError):
    """An unknown state or a cursor that no list gave."""

    code = "bad-happy-call-list"


def list_calls(
    session: Session,
    *,
    company_id: int,
    state: str | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
    ticket_ids: Collection[int] | None = None,
    newest_first: bool = False,
) -> CallPage:
    """Calls of a company, the first due first. `state` None: every state; `cursor`: a page's `next_cursor`.

    `ticket_ids` narrows to these tickets. `newest_first` turns the order around, for what is over; a cursor
    belongs to the order that gave it.

    Raises:
        BadCallListError: an unknown state or cursor (422).
    """
    query = select(HappyCall).where(col(HappyCall.company_id) == company_id)
    if state is not None:
        if state not in CALL_STATES:
            message = _("그런 상태는 없습니다.")
            raise BadCallListError(message, errors=(FieldError("state", message),))
        query = query.where(col(HappyCall.state) == state)
    if ticket_ids is not None:
        query = query.where(col(HappyCall.ticket_id).in_(ticket_ids))
    place = tuple_(col(HappyCall.due_at), col(HappyCall.id))
    if cursor is not None:
        mark = _read_cursor(cursor)
        query = query.where(place < mark if newest_first else place > mark)
    order = (col(HappyCall.due_at), col(HappyCall.id))
    query = query.order_by(*(it.desc() for it in order)) if newest_first else query.order_by(*order)
    rows = list(session.exec(query.limit(limit + 1)))
    page, rest = rows[:limit], rows[limit:]
    items = _infos(session, page, company_id=company_id)
    return CallPage(tuple(items), _cursor(page[-1]) if rest else None)


def get_call(session: Session, *, company_id: int, happy_call_id: int) -> CallInfo:
    """One call. Raises `UnknownHappyCallError`, also for another company's."""
    row = session.get(HappyCall, happy_call_id)
    if row is None or row.company_id != company_id:
        raise UnknownHappyCallError(_("그런 해피콜이 없습니다. 목록을 새로 고쳐 주세요."))
    return _infos(session, [row], company_id=company_id)[0]


def call_of_ticket(session: Session, *, ticket_id: int) -> CallBrief | None:
    """The newest call of a ticket."""
    return calls_of_tickets(session, ticket_ids=[ticket_id]).get(ticket_id)


def calls_of_tickets(session: Session, *, ticket_ids: Iterable[int]) -> dict[int, CallBrief]:
    """The newest call of each of these tickets."""
    query = (
        select(HappyCall)
        .where(col(HappyCall.ticket_id).in_(set(ticket_ids)))
        .order_by(col(HappyCall.generation))
    )
    return {
        row.ticket_id: CallBrief(id=call_key(row), state=row.state, due_at=row.due_at, reason=row.reason)
        for row in session.exec(query)
    }


def coverage(session: Session, *, company_id: int, start: datetime, end: datetime) -> Coverage:
    """Of the tickets whose work was done in [start, end): who was asked, and who was forgotten."""
    done = tickets_done_between(session, company_id=company_id, start=start, end=end)
    newest = (
        select(HappyCall.ticket_id, HappyCall.state)
        .where(any_of(HappyCall.ticket_id, "ids"))
        .order_by(col(HappyCall.generation))
    )
    states = {row.ticket_id: row.state for row in session.execute(newest, {"ids": list(done)})}
    count = Counter(states.get(ticket_id, "missing") for ticket_id in done)
    asked, waiting, missing = count["done"], count["scheduled"], count["missing"]
    return Coverage(len(done), asked, waiting, len(done) - asked - waiting - missing, missing)


def _infos(session: Session, rows: Sequence[HappyCall], *, company_id: int) -> list[CallInfo]:
    keys = [call_key(row) for row in rows]
    attempts = _attempts(session, keys)
    merged = _merged_tickets(session, keys)
    wanted = {row.ticket_id for row in rows} | {it for ids in merged.values() for it in ids}
    cases = cases_to_follow(session, company_id=company_id, ticket_ids=wanted)
    return [
        CallInfo(
            id=call_key(row),
            company_id=row.company_id,
            state=row.state,
            due_at=row.due_at,
            until_at=row.until_at,
            reason=row.reason,
            created_at=row.created_at,
            closed_at=row.closed_at,
            reopened_ticket=row.reopened_ticket,
            visit_id=row.visit_id,
            case=cases[row.ticket_id],
            attempts=tuple(attempts[call_key(row)]),
            also=tuple(cases[it].number for it in merged[call_key(row)]),
        )
        for row in rows
    ]


def _attempts(session: Session, call_ids: Sequence[int]) -> dict[int, list[AttemptInfo]]:
    query = (
        select(HappyCallAttempt)
        .where(col(HappyCallAttempt.happy_call_id).in_(call_ids))
        .order_by(col(HappyCallAttempt.id))
    )
    found: dict[int, list[AttemptInfo]] = defaultdict(list)
    for row in session.exec(query):
        found[row.happy_call_id].append(
            AttemptInfo(
                at=row.at,
                outcome=row.outcome,
                with_role=row.with_role,
                call_back_at=row.call_back_at,
                note=row.note,
                answers=Answers.model_validate(row.answers) if row.answers else None,
            )
        )
    return found


def _merged_tickets(session: Session, call_ids: Sequence[int]) -> dict[int, list[int]]:
    query = (
        select(HappyCall.merged_into_id, HappyCall.ticket_id)
        .where(col(HappyCall.merged_into_id).in_(call_ids))
        .order_by(col(HappyCall.id))
    )
    found: dict[int, list[int]] = defaultdict(list)
    for into, ticket_id in session.exec(query):
        if into is not None:
            found[into].append(ticket_id)
    return found


def _cursor(row: HappyCall) -> str:
    return f"{row.due_at.isoformat()}_{row.id}"


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    due, _bar, key = cursor.rpartition("_")
    try:
        at = datetime.fromisoformat(due.replace(" ", "+"))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not (key.isascii() and key.isdigit() and len(key) < 19):
        message = _("다음 쪽 표시가 올바르지 않습니다. 처음부터 다시 불러 주세요.")
        raise BadCallListError(message, errors=(FieldError("cursor", message),))
    return at, int(key)
