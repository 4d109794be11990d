"""A visit that changes its day leaves a gap where it comes from: both days become new versions together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from dispatch.planning.board_problem import Freedom, to_problem
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.drafts import DayDraft, draft_of
from scheduling.evaluator import route_legs


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


def travel_for(boards: Sequence[DayBoard], visit: BoardVisit) -> int:
    """Seconds that the published plan drives for a visit: with it less without it; 0 where it is nowhere."""
    for board in boards:
        if not any(other.visit_id == visit.visit_id and other.planned for other in board.visits):
            continue
        bp = to_problem(board, freedom=Freedom.FREE)
        for technician, person in enumerate(bp.problem.technicians):
            names = bp.sequences.get(person.id, [])
            if visit.job_id in names:
                jobs = [bp.problem.job_index[name] for name in names]
                rest = [job for job in jobs if job != bp.problem.job_index[visit.job_id]]
                left = sum(route_legs(bp.problem, technician, rest)) if rest else 0
                return sum(route_legs(bp.problem, technician, jobs)) - left
    return 0
