"""When a family may be visited: ordinary work keeps the company's hours, no heat and danger none. Pure.

A cold home whose family was not there is no hurry any more: nobody comes at night to a door that stayed shut.
"""

from __future__ import annotations

from dataclasses import replace

from core.dated import CompanyRules
from dispatch.planning.board_shapes import BoardVisit, DayBoard, Stretch, Window

LAST_URGENT_PRIORITY = 1
"""0 and 1: a home without heat is visited at any hour."""
NOBODY_THERE = "ABSENT"
DAY_S, DAY_STARTS_S = 86_400, 5 * 3600


def visiting_hours(visit: BoardVisit, rules: CompanyRules) -> tuple[int, int] | None:
    """Between which seconds of an operating day (from 05:00) work may begin; None: at any hour.

    A time that the family agreed to or asked for, or that a person set, stays as it is.
    """
    cold = visit.priority <= LAST_URGENT_PRIORITY and visit.status != NOBODY_THERE
    urgent = visit.safety or cold
    decided = visit.window is not None or visit.only_window is not None or visit.pinned_time
    if urgent or decided or visit.under_way or _stands_in_a_wish(visit):
        return None
    opens, closes = _seconds(rules.visiting_from), _seconds(rules.visiting_to)
    if opens == closes:
        return None
    if closes < opens:
        closes += DAY_S
    return max(0, opens), max(0, closes)


def stands_outside(board: DayBoard, visit: BoardVisit) -> bool:
    """Whether a planned visit lies outside its visiting hours, or was not begun before they were over."""
    hours = visiting_hours(visit, board.rules)
    if hours is None or visit.planned_start is None:
        return False
    is_over = board.is_today and board.seconds(board.now) > hours[1]
    return is_over or not hours[0] <= board.seconds(visit.planned_start) <= hours[1]


def works_outside(board: DayBoard, visit: BoardVisit, stretch: Stretch) -> bool:
    """Whether a technician works in hours in which this visit may not begin."""
    hours = visiting_hours(visit, board.rules)
    return hours is not None and (
        board.seconds(stretch.start_at) < hours[0] or board.seconds(stretch.end_at) > hours[1]
    )


def may_be_offered(board: DayBoard, visit: BoardVisit, window: Window) -> bool:
    """Whether the whole window lies in the visiting hours, or in a time that the family asked for."""
    hours = visiting_hours(replace(visit, planned_start=None), board.rules)
    start, end = (board.seconds(at) for at in window)
    wished = any(wish[0] <= window[0] and window[1] <= wish[1] for wish in visit.wished)
    return wished or hours is None or (hours[0] <= start and end <= hours[1])


def _stands_in_a_wish(visit: BoardVisit) -> bool:
    at = visit.planned_start
    return at is not None and any(start <= at <= end for start, end in visit.wished)


def _seconds(written: str) -> int:
    """`HH:MM` of the calendar date on which the operating day begins, from its 05:00; may be negative."""
    hour, minute = (int(part) for part in written.split(":"))
    return hour * 3600 + minute * 60 - DAY_STARTS_S
