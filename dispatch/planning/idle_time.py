"""How much of a point's paid time nobody needs: what check-ups may fill. Pure.

Idle is what is left of the shifts after the work that is planned or waits, and after a reserve for the faults
that are still to come: a dated share, so that a company raises it before the cold does.
"""

from __future__ import annotations

from dispatch.intake_rules import CHECKUP
from dispatch.open_visits import duration_of
from dispatch.planning.board_shapes import BoardVisit, DayBoard


def idle_seconds(board: DayBoard) -> int:
    """Seconds of a day's shifts (from now on) that are free for check-ups; 0 when there are none."""
    rules, end = board.rules, board.bounds[1]  # what a night shift has beyond it is the next day's
    shifts = sum(
        max(0, int((min(stretch.end_at, end) - max(stretch.start_at, board.now)).total_seconds()))
        for stretch in board.stretches
        if not stretch.standby
    )
    work = sum(_takes(board, visit) for visit in board.visits)
    reserve = shifts * rules.checkup_reserve_percent // 100
    return max(0, shifts - work - reserve)


def idle_checkups(board: DayBoard) -> int:
    """How many check-ups fit into that; none on a day on which a fault waits or the point is full."""
    if any(not visit.yields for visit in board.waiting):
        return 0
    each = duration_of(board.rules, CHECKUP) + board.rules.checkup_travel_s
    fits = idle_seconds(board) // each
    return fits if board.daily_limit is None else min(fits, max(0, board.daily_limit - len(board.visits)))


def has_idle_time(board: DayBoard) -> bool:
    """Whether one more fits."""
    return idle_checkups(board) > 0


def _takes(board: DayBoard, visit: BoardVisit) -> int:
    """What an open visit takes of the shifts from now on, the way there included."""
    if visit.started_at is not None:
        done = int((board.now - visit.started_at).total_seconds())
        return max(0, visit.duration_s - done)
    return visit.duration_s + board.rules.checkup_travel_s
