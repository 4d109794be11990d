"""The planner of a region: points alone in parallel, then boundary work, then the reasons."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

from scheduling.board import board_sequences, open_board
from scheduling.evaluator import MANDATORY_WEIGHT, evaluate_plan
from scheduling.plan import Plan, Unserved
from scheduling.region.alone import plan_points
from scheduling.region.borders import work_borders
from scheduling.region.judge import RegionPlan, assemble, judge_region
from scheduling.region.model import Region
from scheduling.region.neighbours import find_neighbours
from scheduling.region.part import build_alone
from scheduling.region.reasons import NOT_EXAMINED, explain_left_out, justify_lending, justify_overflow
from scheduling.region.run import RegionOptions, Run

POINTS_SHARE = 0.6
"""Of the time, for the points alone; the rest for their borders."""
CLOSING_SECONDS, CLOSING_TIMES, CLOSING_SHARE = 0.05, 40, 0.3
"""Kept back at the end for taking back, reasons and the judge: seconds a point, or so many times what reading
the points took (a machine that is busy with other things is slower at both); never more than the share."""


def plan_region(region: Region, *, seconds: float, options: RegionOptions | None = None) -> RegionPlan:
    """The best plan found in `seconds` of wall time; reasons say what crossed a border or is left out.

    Never worse than the points alone had it. When `cancelled` says so, the plan so far comes back at once,
    without the reasons.

    Raises:
        ProblemError: a point's day cannot be read; the path is the region's.
        KernelMissingError: the engine cannot be compiled here.
    """
    chosen = options or RegionOptions()
    started = perf_counter()
    run = Run(region, started + seconds, chosen)
    _begin(run)
    closing = max(CLOSING_SECONDS * len(region.points), CLOSING_TIMES * (perf_counter() - started))
    closing = min(closing, seconds * CLOSING_SHARE)
    run.deadline -= closing
    share = POINTS_SHARE if chosen.borders else 1.0
    if chosen.iterations is not None:
        share = 1.0
    plan_points(run, started + (seconds - closing) * share)
    alone = run.state.cost % MANDATORY_WEIGHT if not run.stopped() else None
    neighbours: list[list[int]] = [[] for _ in region.points]
    if chosen.borders and not run.stopped():
        neighbours = find_neighbours(region)
        work_borders(run, neighbours)
    run.phase = "reasons"
    found = _close(run, neighbours)
    return replace(found, seconds=perf_counter() - started, alone_cost=alone)


def _begin(run: Run) -> None:
    """Every point's day is read; what is under way stands on its route before anything else does."""
    for p, point in enumerate(run.region.points):
        if point.fixed or not run.stopped():
            problem = build_alone(run.region, p)
            run.state.apply(evaluate_plan(problem, board_sequences(open_board(problem, None))), {})


def _close(run: Run, neighbours: list[list[int]]) -> RegionPlan:
    region, state = run.region, run.state
    moved = justify_overflow(run)
    lent = justify_lending(run)
    if len(moved) != len(state.overflow()):
        # What came home with a technician may have crossed anew.
        moved = justify_overflow(run)
    run.tell()
    left: dict[str, Unserved] = {}
    for p in range(len(region.points)):
        if run.stopped():
            break
        left.update({item.job: item for item in explain_left_out(run, p, neighbours[p])})
    found = _judged(run)
    plans = {
        name: replace(
            plan,
            unserved=tuple(left.get(x.job, Unserved(x.job, (NOT_EXAMINED,))) for x in plan.unserved),
        )
        for name, plan in found.plans.items()
    }
    overflow = tuple(replace(x, reason=moved.get(x.job, NOT_EXAMINED)) for x in found.overflow)
    lending = tuple(replace(x, reason=lent.get(x.technician, NOT_EXAMINED)) for x in found.lent)
    return replace(found, plans=plans, overflow=overflow, lent=lending)


def _judged(run: Run) -> RegionPlan:
    """Judged from nothing once more; who stops early gets what was judged when it was taken over."""
    state = run.state
    if not run.stopped():
        return judge_region(run.region, state.routes, state.lendings)
    plans = {}
    for p, point in enumerate(run.region.points):
        routes = tuple(state.timed[person.id] for person in point.technicians)
        left = state.unserved(p)
        plans[point.id] = Plan(
            travel=sum(route.travel for route in routes),
            overtime=sum(route.overtime for route in routes),
            lateness=sum(route.lateness for route in routes),
            moved=sum(route.moved for route in routes),
            dropped=sum(run.region.jobs[name].drop_cost for name in left),
            routes=routes,
            unserved=tuple(Unserved(name) for name in left),
        )
    return assemble(run.region, plans, state.lendings)
