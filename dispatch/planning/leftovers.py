"""What a day cannot hold goes to the next days, in the same step: nobody falls between two plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dispatch.planning.board_problem import Freedom, to_problem
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.drafts import DayDraft, read_plan
from dispatch.planning.insertion import with_other_time
from dispatch.planning.night_work import behind
from dispatch.planning.yielding import within_limit
from scheduling.insertion import insert_greedy


def with_later_days(draft: DayDraft, later: Sequence[DayBoard]) -> list[DayDraft]:
    """The draft and those of later days that take what it left out; reasons stay for what nobody can take.

    Promised visits stay with their day: another day would break the promise.
    """
    left = {u.visit.visit_id: u.visit for u in draft.unplanned if u.visit.window is None}
    drafts: list[DayDraft] = []
    for as_published in later:
        board = behind(as_published, drafts[-1] if drafts else draft)
        fits = [_unplanned(visit) for visit in left.values() if _may_wait_for(board, visit)]
        fits = sorted(fits, key=lambda v: (v.priority, v.received_at))
        fits = fits if board.daily_limit is None else within_limit(board, fits)
        if not fits or not board.stretches:
            continue
        bp = to_problem(board, freedom=Freedom.INSERT, waiting=fits)
        taken = replace(read_plan(bp, insert_greedy(bp.problem, bp.sequences)), unplanned=())
        placed = set(left) & set(taken.by_visit)
        if placed:
            left = {visit_id: visit for visit_id, visit in left.items() if visit_id not in placed}
            drafts.append(taken)
    moved = {visit_id for later_draft in drafts for visit_id in later_draft.by_visit}
    rest = tuple(with_other_time(later, u) for u in draft.unplanned if u.visit.visit_id not in moved)
    return [replace(draft, unplanned=rest), *drafts]


def may_join(board: DayBoard, visit: BoardVisit) -> bool:
    """Whether a waiting visit is among those that this day's plan may take."""
    return _may_wait_for(board, visit)


def _may_wait_for(board: DayBoard, visit: BoardVisit) -> bool:
    """A family that wished for times gets other days only when all of its wishes are past."""
    ahead = [wish for wish in visit.wished if wish[1] > board.now]
    return not ahead or any(start < board.bounds[1] and end > board.bounds[0] for start, end in ahead)


def _unplanned(visit: BoardVisit) -> BoardVisit:
    return replace(visit, technician_id=None, planned_start=None, planned_end=None)
