"""What a proposal would gain: roads, lateness, and who is left out. And whether it still fits its day."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from dispatch.planning.board import load_board
from dispatch.planning.board_problem import BoardProblem, Freedom, with_and_without_gaps
from dispatch.planning.plan_models import Plan
from scheduling.evaluator import check_sequences
from scheduling.plan import Plan as TimedPlan


@dataclass(frozen=True)
class Weight:
    """A day's plan in what people can judge: seconds on the road, seconds after limits, visits left out."""

    driven_s: int
    late_s: int
    left_out: int


@dataclass(frozen=True)
class Gain:
    """The published plan and the proposal under the same rules."""

    before: Weight
    after: Weight


def weigh_gain(bp: BoardProblem, *, before: TimedPlan, after: TimedPlan) -> Gain:
    """What a plan would change for its day.

    Weighed once, when it is proposed: the plan it replaces stays the same as long as the proposal is open.
    """
    return Gain(before=_weight(bp, before), after=_weight(bp, after))


def gain_as_json(gain: Gain) -> dict[str, Any]:
    """As a proposal's row keeps it."""
    return asdict(gain)


def read_gain(kept: dict[str, Any] | None) -> Gain | None:
    """A kept gain; None for a proposal made before gains were kept."""
    return Gain(Weight(**kept["before"]), Weight(**kept["after"])) if kept else None


def today_of(
    session: Session, plan: Plan, *, now: datetime
) -> tuple[BoardProblem, dict[str, list[str]]] | None:
    """The day as it is now, and the proposal's order in it; None when they no longer go together."""
    board = load_board(session, point_id=plan.service_point_id, day=plan.day, now=now)
    if board.version != plan.base_version:
        return None
    planned = {stop["visit_id"] for route in plan.routes for stop in route["stops"]}
    waiting = [visit for visit in board.waiting if visit.visit_id in planned]
    for bp in with_and_without_gaps(board, freedom=Freedom.FREE, waiting=waiting):
        sequences = _sequences(bp, plan)
        if not check_sequences(bp.problem, sequences):
            return bp, sequences
    return None


def _weight(bp: BoardProblem, plan: TimedPlan) -> Weight:
    due = {job.id: job.due for job in bp.problem.jobs}
    late = 0
    for route in plan.routes:
        for stop in route.stops:
            limit = due[stop.job]
            late += max(0, stop.start - limit) if limit is not None else 0
    return Weight(driven_s=plan.travel, late_s=late, left_out=len(plan.unserved))


def _sequences(bp: BoardProblem, plan: Plan) -> dict[str, list[str]]:
    """The proposal's order in terms of today's stretches; what has ended since is simply gone from it."""
    found: dict[str, list[str]] = {stretch.key: [] for stretch in bp.board.stretches}
    for route in plan.routes:
        stretches = [s for s in bp.board.stretches if s.technician_id == route["technician_id"]]
        for stop in route["stops"]:
            job = str(stop["visit_id"])
            if job not in bp.visits or not stretches:
                continue
            start = datetime.fromisoformat(stop["start"])
            begun = [s for s in stretches if s.start_at <= start]
            found[(begun[-1] if begun else stretches[0]).key].append(job)
    return found
