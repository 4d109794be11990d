"""When one technician would be there: the same for the picker, the assignment and the agent's offer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from dispatch.planning.board_problem import Freedom
from dispatch.planning.board_shapes import BoardVisit, DayBoard, Window
from dispatch.planning.insertion import Insertion, best_insertion
from dispatch.planning.visiting_hours import visiting_hours


def place_with(
    boards: Sequence[DayBoard], visit: BoardVisit, *, technician_id: int, freedom: Freedom = Freedom.INSERT
) -> Insertion | None:
    """His best place for a visit on these days, from where he is and when he is done with what he does first.

    Who is on standby now comes at once to a home without heat that his best place would keep waiting beyond
    the limit for the work. A person has to name him: no plan sends him by itself.
    """
    only = replace(visit, only_technician_id=technician_id, excluded_technician_id=None)
    found = best_insertion(boards, only, freedom=freedom)
    duty = _standby_now(boards[0], technician_id)
    if duty is None or not is_called_out(boards[0], visit):
        return found
    if found is not None and keeps_limit(boards[0], visit, found.start_at):
        return found
    at_once = replace(only, only_window=duty)
    called = best_insertion(boards[:1], at_once, freedom=freedom)
    if called is None or (found is not None and found.start_at <= called.start_at):
        return found
    return called


def is_called_out(today: DayBoard, visit: BoardVisit) -> bool:
    """Whether a home may be visited at any hour because it has no heat, and has asked for no time yet."""
    free = visit.window is None and visit.only_window is None and not visit.wished and not visit.under_way
    anew = replace(visit, planned_start=None, pinned_time=False)
    cold = not visit.safety and not visit.yields and visiting_hours(anew, today.rules) is None
    return free and cold


def keeps_limit(today: DayBoard, visit: BoardVisit, start_at: datetime) -> bool:
    """Whether work that begins then ends within the limit for it."""
    due = visit.received_at + timedelta(seconds=today.rules.handled_limit_s)
    return start_at + timedelta(seconds=visit.duration_s) <= due


def _standby_now(today: DayBoard, technician_id: int) -> Window | None:
    own = (s for s in today.stretches if s.technician_id == technician_id)
    first = min(own, key=lambda stretch: stretch.start_at, default=None)
    if first is None or not first.standby or not first.start_at <= today.now < first.end_at:
        return None
    return today.now, first.end_at
