"""Somebody is counted on who cannot go, and no open proposal answers it: that is a named person's task.

An absence, a shift taken back or a licence that ends asks for a solve. Where the solve may not decide by
itself a proposal waits for a person; but a proposal may be rejected, and sometimes there is none to make. The
promise stands all the same, so somebody owns it until a technician who can go has the visit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog
from sqlmodel import Session, col, select

from core.actor import SYSTEM, Actor
from core.i18n import N_
from dispatch.models import Task
from dispatch.planning.board import load_horizon
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.booked_times import span_words
from dispatch.planning.plan_models import Plan
from dispatch.tasks import PLAN_BY_HAND, close_tasks_of, open_task
from dispatch.tickets import has_ended, lock_ticket
from workforce.absences import list_absences
from workforce.duty import NobodyAnswersError

log = structlog.get_logger(__name__)

SOMEBODY_GOES = N_("갈 수 있는 기사가 이 방문을 맡았습니다.")
PROPOSED = N_("다른 기사가 가는 계획 제안이 올라와 있습니다.")
NO_LONGER = N_("기사가 다시 갈 수 있거나 방문이 바뀌어 더 할 일이 없습니다.")


@dataclass(frozen=True)
class Deserted:
    """A visit that is counted on, and whose technician cannot go. `detail`: why, and what stands (Korean)."""

    visit: BoardVisit
    day: date
    detail: str


def watch_day(session: Session, *, point_id: int, day: date, now: datetime) -> None:
    """Open a task for each deserted visit of a day that no proposal answers; close those that are answered.

    The caller holds the day, and only tickets of that day are locked: whoever moves a visit from another day
    to this one holds its ticket and waits for the day. Safe to run twice: one open task a ticket.
    """
    boards = load_horizon(session, point_id=point_id, now=now)
    answered = _answered(session, boards)
    deserted = {one.visit.ticket_id: one for one in find_deserted(session, boards)}
    waiting = {v.ticket_id for board in boards for v in (*board.visits, *board.waiting) if not v.planned}
    for ticket_id in _with_task(session, point_id):
        one = deserted.get(ticket_id)
        if one is None and ticket_id not in waiting:
            _close(session, ticket_id=ticket_id, outcome=NO_LONGER, now=now)
        elif one is not None and one.visit.visit_id in answered:
            _close(session, ticket_id=ticket_id, outcome=PROPOSED, now=now)
    for _ticket_id, one in sorted(deserted.items()):  # tickets are locked in their order
        if one.day == day and one.visit.visit_id not in answered:
            _ask(session, one, now=now)


def find_deserted(session: Session, boards: Sequence[DayBoard]) -> list[Deserted]:
    """Visits that a family or a technician counts on, and whose technician is not there for them.

    Safety cases are given on at once by a rule of their own, or raise an alarm.
    """
    found = [(board, v) for board in boards for v in board.visits if _is_deserted(board, v)]
    return [Deserted(visit, board.day, _detail(session, board, visit)) for board, visit in found]


def somebody_goes(session: Session, *, ticket_id: int, by: Actor, now: datetime) -> None:
    """A technician who can go has the visit: nobody needs to look for one any more."""
    _close(session, ticket_id=ticket_id, outcome=SOMEBODY_GOES, now=now, by=by, state="done")


def _is_deserted(board: DayBoard, visit: BoardVisit) -> bool:
    if not visit.planned or visit.under_way or visit.safety:
        return False
    told = visit.told_technician_id is not None and visit.told_technician_id == visit.technician_id
    counted_on = visit.contacted or visit.pinned_technician or visit.pinned_time or told
    return counted_on and not board.can_go(visit)


def _answered(session: Session, boards: Sequence[DayBoard]) -> set[int]:
    """Visits that an open proposal gives to another technician; one that only takes them off is no answer."""
    query = select(Plan.changes).where(
        col(Plan.service_point_id) == boards[0].point_id,
        col(Plan.day).in_([board.day for board in boards]),
        col(Plan.state) == "proposed",
    )
    return {
        change["visit_id"]
        for changes in session.exec(query)
        for change in changes
        if change["to"]
        and change["from"]
        and change["to"]["technician_id"] != change["from"]["technician_id"]
    }


def _with_task(session: Session, point_id: int) -> list[int]:
    query = select(Task.ticket_id).where(
        col(Task.service_point_id) == point_id, col(Task.kind) == PLAN_BY_HAND, col(Task.state) == "open"
    )
    return list(session.exec(query.order_by(col(Task.ticket_id)).distinct()))


def _open_data(session: Session, ticket_id: int) -> list[dict[str, Any]]:
    """What the open tasks of this kind say of a ticket."""
    query = select(Task.data).where(
        col(Task.ticket_id) == ticket_id, col(Task.kind) == PLAN_BY_HAND, col(Task.state) == "open"
    )
    return [dict(data) for data in session.exec(query)]


def _ask(session: Session, one: Deserted, *, now: datetime) -> None:
    visit = one.visit
    # The sentence names who and when: when either changes, the old one would send a person the wrong way.
    about = {"detail": one.detail}
    if about in _open_data(session, visit.ticket_id):
        return
    ticket = lock_ticket(session, ticket_id=visit.ticket_id)
    if has_ended(ticket):
        return
    close_tasks_of(
        session,
        ticket_id=visit.ticket_id,
        kinds=[PLAN_BY_HAND],
        outcome=NO_LONGER,
        state="void",
        only=lambda data: data != about,
        by=SYSTEM,
        now=now,
    )
    try:
        open_task(
            session,
            ticket_id=visit.ticket_id,
            kind=PLAN_BY_HAND,
            detail=one.detail,
            due_at=now,
            data=about,
            now=now,
        )
    except NobodyAnswersError:  # a company without people: the plan must go on all the same
        log.warning("deserted_visit_without_owner", visit_id=visit.visit_id)


def _close(
    session: Session,
    *,
    ticket_id: int,
    outcome: str,
    now: datetime,
    by: Actor = SYSTEM,
    state: str = "void",
) -> None:
    close_tasks_of(
        session, ticket_id=ticket_id, kinds=[PLAN_BY_HAND], outcome=outcome, state=state, by=by, now=now
    )


def _detail(session: Session, board: DayBoard, visit: BoardVisit) -> str:
    """Why he cannot go, what stands, and what to do next: Korean whatever the screen's language is."""
    assert visit.planned_start is not None and visit.technician_id is not None
    name = board.names.get(visit.technician_id, "")
    end = visit.planned_end or visit.planned_start
    span = span_words(visit.planned_start, end)
    return " ".join((_why(session, board, visit).format(name=name, span=span), _stands(visit), _NEXT))


def _why(session: Session, board: DayBoard, visit: BoardVisit) -> str:
    assert visit.planned_start is not None and visit.technician_id is not None
    if board.expects(visit):
        return N_("{name} 기사에게 이 일의 자격이 없어 {span} 방문에 갈 수 없습니다.")
    end = visit.planned_end or visit.planned_start
    away = list_absences(session, technician_ids=[visit.technician_id], start=visit.planned_start, end=end)
    if away:
        return N_("{name} 기사가 그때 쉬어 {span} 방문에 갈 수 없습니다.")
    return N_("{name} 기사의 근무가 바뀌었거나 끝나 {span} 방문에 갈 수 없습니다.")


def _stands(visit: BoardVisit) -> str:
    if visit.window is not None:
        return N_("고객과 약속한 {span} 방문 시간은 그대로입니다.").format(span=span_words(*visit.window))
    if visit.contacted:
        return N_("고객과 이미 통화한 접수입니다.")
    if visit.pinned_technician or visit.pinned_time:
        return N_("사람이 기사나 시각을 정해 둔 방문입니다.")
    return N_("기사에게 이미 알린 방문입니다.")


_NEXT = N_("갈 수 있는 기사를 정하거나, 고객과 시간을 다시 약속해 주세요.")
