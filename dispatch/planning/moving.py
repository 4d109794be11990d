"""A visit that changes its day leaves a gap where it comes from: both days become new versions together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from dispatch.planning.board_problem import Freedom, to_problem
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.drafts import DayDraft, draft_of


def without(board: DayBoard, visit_ids: Iterable[int]) -> DayDraft:
    """The day's published plan less these visits, timed anew."""
    gone = set(visit_ids)
    rest = replace(board, visits=tuple(v for v in board.visits if v.visit_id not in gone))
    return replace(draft_of(to_problem(rest, freedom=Freedom.INSERT)), board=board)


def drafts_without(boards: Sequence[DayBoard], visit: BoardVisit, *, but: date) -> list[DayDraft]:
    """Drafts of the other days that the visit is planned on."""
    return [
        without(board, [visit.visit_id])
        for board in boards
        if board.day != but and any(v.visit_id == visit.visit_id and v.planned for v in board.visits)
    ]
