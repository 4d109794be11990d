"""Agreeing a window with the family: the visit is moved within the plan so that work begins inside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from core.actor import Actor
from core.clock import KST, operating_day
from core.dated import read_rules
from core.errors import ConflictError, FieldError, InvalidError
from core.i18n import _
from dispatch.models import Visit
from dispatch.planning.authorship import Authorship
from dispatch.planning.board import horizon, load_boards
from dispatch.planning.board_problem import Freedom
from dispatch.planning.board_shapes import BoardVisit, DayBoard, Window
from dispatch.planning.board_travel import reckon_with
from dispatch.planning.drafts import DayDraft
from dispatch.planning.insertion import best_insertion
from dispatch.planning.moving import drafts_without
from dispatch.planning.publishing import StalePlanError, publish
from dispatch.planning.retrying import on_fresh_data
from dispatch.planning.slots import named_for, rank_slots
from dispatch.planning.solve_requests import PAUSE_S, request_solve
from dispatch.states import UNDER_WAY_STATES


class WindowNotReachableError(ConflictError):
    """Nobody can begin work in that window; `reachable` lists windows that can be kept, best first."""

    code = "window-not-reachable"

    def __init__(self, detail: str, *, reachable: tuple[Window, ...]) -> None:
        super().__init__(detail)
        self.reachable = reachable


def fit_window(
    session: Session,
    *,
    visit_id: int,
    start: datetime,
    end: datetime,
    by: Actor,
    now: datetime,
    technician_id: int | None = None,
    since: datetime | None = None,
) -> Window:
    """Agree a window for a visit and plan it there; returns the planned start and end of work.

    Who comes is who was named: `technician_id`, or whom the offer of this window names now (`slots`). A
    window that nobody offers may still be kept by the visit's own technician. Writes the window (a new
    generation) and the state `agreed`; the ticket's status and clocks are the caller's. What is named instead
    of a window that cannot be kept never begins before `since`.

    Raises:
        WindowNotReachableError: no technician can begin inside the window (409).
        InvalidError: the window is empty, past, or beyond the planned days (422).
    """
    visit = session.get_one(Visit, visit_id, populate_existing=True)
    if visit.state in UNDER_WAY_STATES:
        raise InvalidError(_("이미 출발한 방문이라 시간을 바꿀 수 없습니다. 기사와 직접 통화해 주세요."))
    days = horizon(read_rules(session, company_id=visit.company_id, at=now), now)
    _check(start, end, now=now, last=days[-1])
    wanted = operating_day(start)

    def fit() -> None:
        boards = load_boards(session, point_id=visit.service_point_id, days=days, now=now, anew=visit_id)
        seen = next((v for board in boards if (v := board.find(visit_id)) is not None), None)
        if seen is None:
            raise StalePlanError(_("방문이 그사이 바뀌었습니다. 화면을 새로 고쳐 주세요."))
        boards = reckon_with(session, boards, seen.place)
        drafts = _drafts(boards, seen, (start, end), named=technician_id)
        if drafts is None:
            who = boards[0].names.get(technician_id or 0, "")
            raise _not_reachable(session, visit, who=who, since=since, now=now)
        # Before publishing: whoever gets the job by it is told of this promise, not of the one before.
        visit.window_start, visit.window_end = start, end
        session.add(visit)
        session.flush()
        publish(session, drafts=drafts, author=Authorship(by, "change"), now=now)

    on_fresh_data(session, fit)
    session.refresh(visit)
    visit.window_agreed_at = now
    visit.window_generation += 1
    visit.pinned_time = False
    visit.state = "agreed"
    session.add(visit)
    session.flush()
    request_solve(session, point_id=visit.service_point_id, day=wanted, now=now, delay_s=PAUSE_S)
    assert visit.planned_start is not None and visit.planned_end is not None
    return visit.planned_start, visit.planned_end


def _check(start: datetime, end: datetime, *, now: datetime, last: object) -> None:
    if start >= end or end - start > timedelta(hours=24):
        message = _("약속 시간의 시작과 끝을 확인해 주세요.")
        raise InvalidError(message, errors=(FieldError("window.end", message),))
    if end <= now:
        message = _("이미 지난 시간입니다. 앞으로 올 시간을 골라 주세요.")
        raise InvalidError(message, errors=(FieldError("window.start", message),))
    if operating_day(start) > last:  # type: ignore[operator]
        message = _("아직 일정을 잡지 않는 날입니다. 더 가까운 날을 골라 주세요.")
        raise InvalidError(message, errors=(FieldError("window.start", message),))


def _drafts(
    boards: list[DayBoard], seen: BoardVisit, window: Window, *, named: int | None
) -> list[DayDraft] | None:
    target = replace(seen, window=window, pinned_time=False)
    for who in _tries(boards, seen, window, named):
        for freedom in (Freedom.INSERT, Freedom.FREE) if who is not None else (Freedom.INSERT,):
            found = best_insertion(boards, replace(target, only_technician_id=who), freedom=freedom)
            if found is not None:
                return [found.draft, *drafts_without(boards, seen, but=found.day)]
    return None


def _tries(boards: list[DayBoard], seen: BoardVisit, window: Window, named: int | None) -> list[int | None]:
    """Who may come, best first: who was named and nobody else; or whom the offer names now, then the visit's
    own technician, then anybody (None), such as one on standby whom no offer names."""
    own = seen.technician_id
    if named is not None:
        found: list[int | None] = [named] if named in (own, *_free_to_come(seen, named)) else []
    else:
        found = [who for who in (named_for(boards, seen, window), own) if who is not None] + [None]
    return [own] if seen.pinned_technician and own in found else list(dict.fromkeys(found))


def _free_to_come(seen: BoardVisit, who: int) -> tuple[int, ...]:
    """Another technician than the present one comes only where nobody has ruled that out."""
    return () if seen.pinned_technician or who == seen.excluded_technician_id else (who,)


def _not_reachable(
    session: Session, visit: Visit, *, who: str, since: datetime | None, now: datetime
) -> WindowNotReachableError:
    slots = rank_slots(session, ticket_id=visit.ticket_id, now=now, since=since)
    usual = [slot for slot in slots if slot.arrives_at is None]  # nobody is called out without being named
    reachable = tuple((slot.start, slot.end) for slot in usual[:6])
    words = ", ".join(_window_words(*window) for window in reachable[:3])
    if words and who:
        detail = _("{name} 기사는 이제 그 시간에 갈 수 없습니다. 갈 수 있는 시간: {windows}").format(
            name=who, windows=words
        )
    elif words:
        detail = _("그 시간에는 갈 수 있는 기사가 없습니다. 갈 수 있는 시간: {windows}").format(windows=words)
    else:
        detail = _("그 시간에는 갈 수 있는 기사가 없습니다. 당직 책임자에게 알려 주세요.")
    return WindowNotReachableError(detail, reachable=reachable)


def _window_words(start: datetime, end: datetime) -> str:
    one, other = start.astimezone(KST), end.astimezone(KST)
    return f"{one.month}/{one.day} {one:%H:%M}-{other:%H:%M}"
