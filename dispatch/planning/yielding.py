"""A check-up gives way: a fault gets the place that it would have had without the day's check-ups. Pure.

Check-ups stay where they are as long as the fault is served as soon and as cheaply beside them. Where it is
not, it is placed first, and each check-up keeps a time within its own window if one is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dispatch.planning.board_problem import BoardProblem
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from scheduling.evaluator import evaluate_plan
from scheduling.insertion import Insertion, insert_job

Sequences = dict[str, list[str]]


@dataclass(frozen=True)
class Place:
    """Where a visit goes on a day. `cost` counts no check-up that gives way: it delays nobody's repair."""

    found: Insertion
    cost: int


def best_place(bp: BoardProblem, visit: BoardVisit) -> Place | None:
    """The cheapest place of a visit on one day; None where nobody can come even without check-ups."""
    beside = insert_job(bp.problem, bp.sequences, visit.job_id)
    kept = None if beside is None else Place(beside, beside.added_cost)
    for sequences in list(ways_in(bp, visit))[1:]:
        alone = insert_job(bp.problem, sequences, visit.job_id)
        if alone is None:
            return kept
        first, left_out = _put_back(bp, alone)
        added = _added(bp, first, visit) - left_out * bp.board.rules.checkup_drop_cost
        if kept is None or added + left_out * bp.board.rules.checkup_drop_cost < kept.cost:
            return Place(first, added)
        return Place(kept.found, min(kept.cost, added))
    return kept


def ways_in(bp: BoardProblem, visit: BoardVisit) -> Iterator[Sequences]:
    """The published plan; then, for anything but a check-up, the same with the check-ups' time free."""
    yield bp.sequences
    yielding = _yielding(bp)
    if yielding and not visit.yields:
        yield {key: [name for name in names if name not in yielding] for key, names in bp.sequences.items()}


def within_limit(board: DayBoard, waiting: Sequence[BoardVisit]) -> list[BoardVisit]:
    """As many of these, the first ones first, as the point's daily limit allows."""
    taken: list[BoardVisit] = []
    for visit in waiting:
        beside = sum(visit.yields or not other.yields for other in taken)
        if board.room_for(visit) > beside:
            taken.append(visit)
    return taken


def _yielding(bp: BoardProblem) -> set[str]:
    """The check-ups of the plan that nobody is about to go to."""
    fixed = {name for prefix in bp.problem.fixed for name in prefix.jobs}
    return {job for names in bp.sequences.values() for job in names if bp.visits[job].yields} - fixed


def _put_back(bp: BoardProblem, alone: Insertion) -> tuple[Insertion, int]:
    """Every check-up that still has a place, whose window ends first before others; how many have none."""
    sequences, left_out = alone.sequences, 0
    jobs = [bp.problem.jobs[bp.problem.job_index[name]] for name in _yielding(bp)]
    for job in sorted(jobs, key=lambda job: (job.window[1], job.id)):
        found = insert_job(bp.problem, sequences, job.id)
        if found is None or not found.worthwhile:
            left_out += 1
        else:
            sequences = found.sequences
    return replace(alone, sequences=sequences), left_out


def _added(bp: BoardProblem, found: Insertion, visit: BoardVisit) -> int:
    """What the day costs more with the visit in than with it left to others, in units."""
    job = bp.problem.jobs[bp.problem.job_index[visit.job_id]]
    before = evaluate_plan(bp.problem, bp.sequences).cost - job.drop_cost
    return evaluate_plan(bp.problem, found.sequences).cost - before
