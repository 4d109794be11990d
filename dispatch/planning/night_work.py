"""What a night's plan lets begin after 05:00 is published with the next day: no visit is in two plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from dispatch.planning.board import load_board
from dispatch.planning.board_problem import Freedom, to_problem
from dispatch.planning.board_shapes import BoardVisit, DayBoard, Stretch
from dispatch.planning.drafts import DayDraft, PlannedStop, draft_of


def in_their_days(session: Session, drafts: Sequence[DayDraft], *, now: datetime) -> list[DayDraft]:
    """The drafts with every stop in the plan of the day it begins in, one day each, in order.

    The next day is timed anew around what it is given; where it is not among the drafts it is read.
    """
    found = {draft.board.day: draft for draft in drafts}
    for draft in drafts:
        night = [stop for stop in draft.stops if _is_the_next_days(draft.board, stop)]
        if not night:
            continue
        day = draft.board.day
        rest = tuple(stop for stop in draft.stops if stop not in night)
        found[day] = replace(draft, stops=rest)
        after = found.get(day + timedelta(days=1))
        if after is None:
            board = load_board(session, point_id=draft.board.point_id, day=day + timedelta(days=1), now=now)
            after = draft_of(to_problem(board, freedom=Freedom.INSERT))
        found[after.board.day] = _with_night(after, night)
    return [found[day] for day in sorted(found)]


def _is_the_next_days(board: DayBoard, stop: PlannedStop) -> bool:
    """Who is on the way already is where the running day has him."""
    return stop.start_at >= board.bounds[1] and not stop.visit.under_way


def _with_night(after: DayDraft, night: Sequence[PlannedStop]) -> DayDraft:
    """The next day's draft with these stops first on their technicians' routes."""
    given = {stop.visit.visit_id for stop in night}
    own = [stop for stop in after.stops if stop.visit.visit_id not in given]
    board = replace(
        after.board,
        visits=tuple(_as_planned(stop) for stop in own),
        stretches=tuple(_behind(stretch, night) for stretch in after.board.stretches),
    )
    shown = {stop.visit.visit_id: stop.visit for stop in own}
    timed = draft_of(to_problem(board, freedom=Freedom.INSERT))
    stops = (replace(stop, visit=shown[stop.visit.visit_id]) for stop in timed.stops)
    return replace(
        after, stops=(*night, *stops), lunches=timed.lunches, calls=timed.calls, cost=None, baseline_cost=None
    )


def _as_planned(stop: PlannedStop) -> BoardVisit:
    return replace(
        stop.visit,
        technician_id=stop.technician_id,
        planned_start=stop.start_at,
        planned_end=stop.end_at,
    )


def _behind(stretch: Stretch, night: Sequence[PlannedStop]) -> Stretch:
    """What is left of it once its technician is done with the night's work."""
    own = [stop for stop in night if stop.technician_id == stretch.technician_id]
    last = max(own, key=lambda stop: stop.end_at, default=None)
    if last is None or not stretch.start_at <= last.start_at < stretch.end_at:
        return stretch
    begins = min(max(stretch.start_at, last.end_at), stretch.end_at)
    return replace(stretch, start_at=begins, start_place=last.visit.place)
