"""What a night's plan lets begin after 05:00 is published with the next day: no visit is in two plans, and
no technician in two homes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from dispatch.planning.board import load_board
from dispatch.planning.board_problem import Freedom, to_problem
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.day_border import Done, behind_the_night, last_ends
from dispatch.planning.drafts import DayDraft, PlannedStop, draft_of
from dispatch.travel import planning_moment


def in_their_days(session: Session, drafts: Sequence[DayDraft], *, now: datetime) -> list[DayDraft]:
    """The drafts with every stop in the plan of the day it begins in, one day each, in order.

    The next day is timed anew behind what the night lets begin after 05:00, and behind what only ends after
    it; where it is not among the drafts it is read. Doing this twice changes nothing more.
    """
    found = {draft.board.day: draft for draft in drafts}
    for draft in sorted(drafts, key=lambda draft: draft.board.day):
        border = draft.board.bounds[1]
        if all(stop.end_at <= border for stop in draft.stops):
            continue
        day = draft.board.day + timedelta(days=1)
        night = [stop for stop in draft.stops if _is_the_next_days(draft.board, stop)]
        found[draft.board.day] = replace(draft, stops=tuple(s for s in draft.stops if s not in night))
        after = found.get(day)
        if after is None:
            board = load_board(session, point_id=draft.board.point_id, day=day, now=now)
            after = draft_of(to_problem(board, freedom=Freedom.INSERT))
            if not night and not _clashes(draft, after):
                continue  # the morning stands as it is published
        found[day] = _with_night(draft, after, night)
    return [found[day] for day in sorted(found)]


def behind(board: DayBoard, before: DayDraft) -> DayBoard:
    """A day's board with everybody setting out from where the draft of the day before leaves him."""
    if board.bounds[0] != before.board.bounds[1]:
        return board
    return behind_the_night(before.board, board, _done(before.stops))


def _is_the_next_days(board: DayBoard, stop: PlannedStop) -> bool:
    """Who is on the way already is where the running day has him."""
    return stop.start_at >= board.bounds[1] and not stop.visit.under_way


def _with_night(before: DayDraft, after: DayDraft, night: Sequence[PlannedStop]) -> DayDraft:
    """The next day's draft with these stops first on their technicians' routes."""
    given = {stop.visit.visit_id for stop in night}
    own = [stop for stop in after.stops if stop.visit.visit_id not in given]
    after = replace(after, stops=(*night, *own))
    if night:
        after = replace(after, cost=None, baseline_cost=None)
    if not _clashes(before, replace(after, stops=tuple(own))):
        return after
    board = behind(replace(after.board, visits=tuple(_as_planned(stop) for stop in own)), before)
    shown = {stop.visit.visit_id: stop.visit for stop in own}
    timed = draft_of(to_problem(board, freedom=Freedom.INSERT))
    return replace(
        after,
        stops=(*night, *(replace(stop, visit=shown[stop.visit.visit_id]) for stop in timed.stops)),
        lunches=timed.lunches,
        calls=timed.calls,
        unplanned=(*after.unplanned, *timed.unplanned),
        cost=None,
        baseline_cost=None,
    )


def _clashes(before: DayDraft, after: DayDraft) -> bool:
    """Whether a stop of the next day begins before its technician can be there after the night."""
    done = _done(stop for stop in before.stops if stop.end_at > before.board.bounds[1])
    first = {
        stop.technician_id: stop
        for stop in sorted(after.stops, key=lambda stop: stop.start_at, reverse=True)
        if stop.technician_id in done
    }
    moment = planning_moment(after.board.day)
    for who, stop in first.items():
        end, place = done[who]
        way = int(after.board.times.matrix([place, stop.visit.place], moment).seconds[0, 1])
        if stop.start_at < end + timedelta(seconds=way):
            return True
    return False


def _done(stops: Iterable[PlannedStop]) -> dict[int, Done]:
    return last_ends((stop.technician_id, (stop.end_at, stop.visit.place)) for stop in stops)


def _as_planned(stop: PlannedStop) -> BoardVisit:
    return replace(
        stop.visit,
        technician_id=stop.technician_id,
        planned_start=stop.start_at,
        planned_end=stop.end_at,
    )
