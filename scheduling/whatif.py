"""A change by hand, scored and explained before it is made: what it costs, whom it touches, what it breaks.

The judge decides about both plans. A change that breaks a rule is told with every rule it breaks and by how
much, measured on the schedule that bends the plan least.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from scheduling.broken_rules import Broken, find_broken, render_broken
from scheduling.changes import (
    AddHours,
    Change,
    Move,
    Swap,
    TakeOff,
    changed_problem,
    replace_job,
    swapped,
    without_job,
)
from scheduling.evaluator import check_sequences, evaluate_plan, viable_prefix
from scheduling.insertion import insert_greedy
from scheduling.plan import Plan, Sequences
from scheduling.problem import PlanningProblem
from scheduling.quote_board import QuoteBoard
from scheduling.ranking import RankedInsertion, rank_insertions

WHAT_IF_FORMAT = "ondol-what-if/1"
MOST_BETTER = 3


@dataclass(frozen=True)
class Costs:
    """A plan's cost and its parts; `travel` is seconds."""

    travel: int
    overtime: int
    lateness: int
    moved: int
    dropped: int

    @property
    def total(self) -> int:
        """The sum of the parts."""
        return self.travel + self.overtime + self.lateness + self.moved + self.dropped


@dataclass(frozen=True)
class TouchedJob:
    """Another job to which something happens: `seconds` later (earlier: below 0), or with somebody else."""

    job: str
    before: str
    after: str
    seconds: int


@dataclass(frozen=True)
class Spot:
    """Where a job would stand: `position` from 0, `start` of work in seconds; `cost` of the whole plan more
    (less: below 0) than it is now."""

    job: str
    technician: str
    position: int
    start: int
    cost: int


@dataclass(frozen=True)
class WhatIf:
    """What a change would do.

    `after` is None where the change breaks a rule (`broken` says which, and by how much); `places` where its
    jobs would then stand, `touched` the others, `left_out` jobs that would be served no more. `better`: what
    serves the same wish for less, or at all; for more hours, the jobs left out so far that would then fit.
    """

    change: Change
    before: Costs
    after: Costs | None
    broken: tuple[Broken, ...]
    places: tuple[Spot, ...]
    touched: tuple[TouchedJob, ...]
    left_out: tuple[str, ...]
    better: tuple[Spot, ...]

    @property
    def feasible(self) -> bool:
        """Whether every rule is kept: no promised window is bent, no shift or break overrun."""
        return not self.broken


def what_if(problem: PlanningProblem, sequences: Sequences, change: Change) -> WhatIf:
    """What this change would make of a plan.

    Raises InfeasibleError when the plan itself breaks a rule.
    """
    before = evaluate_plan(problem, sequences)
    after_problem = changed_problem(problem, change)
    after_sequences = _after(after_problem, before.sequences, change)
    broken = find_broken(problem, after_problem, after_sequences, change)
    after = None if broken else evaluate_plan(after_problem, after_sequences)
    names = _names(change)
    return WhatIf(
        change=change,
        before=_costs(before),
        after=None if after is None else _costs(after),
        broken=broken,
        places=() if after is None else _places(before, after, names),
        touched=() if after is None else _touched(before, after, names),
        left_out=() if after is None else _left_out(before, after),
        better=_better(problem, before, change, after),
    )


def what_if_to_json(found: WhatIf, translate: Callable[[str], str] = str) -> dict[str, Any]:
    """The answer as plain JSON values (`ondol-what-if/1`), broken rules with their sentences."""
    return {
        "format": WHAT_IF_FORMAT,
        "feasible": found.feasible,
        "broken": [{**asdict(broken), "text": render_broken(broken, translate)} for broken in found.broken],
        "before": _costs_json(found.before),
        "after": None if found.after is None else _costs_json(found.after),
        "places": [asdict(spot) for spot in found.places],
        "touched": [asdict(other) for other in found.touched],
        "left_out": list(found.left_out),
        "better": [asdict(spot) for spot in found.better],
    }


def _costs_json(costs: Costs) -> dict[str, int]:
    return {"cost": costs.total, **asdict(costs)}


def _after(problem: PlanningProblem, sequences: Sequences, change: Change) -> dict[str, list[str]]:
    if isinstance(change, Move):
        rest = without_job(sequences, change.job)
        route = rest.setdefault(change.technician, [])
        route.insert(_position(problem, rest, change), change.job)
        return rest
    if isinstance(change, TakeOff):
        return without_job(sequences, change.job)
    if isinstance(change, Swap):
        return swapped(sequences, *change.jobs)
    return {name: list(jobs) for name, jobs in sequences.items()}


def _position(problem: PlanningProblem, rest: Sequences, change: Move) -> int:
    """The place asked for, else the cheapest on his route, else where its time falls among the others."""
    technician = problem.technician_index[change.technician]
    route = rest[change.technician]
    if change.position is not None:
        return min(change.position, len(route))
    job = problem.jobs[problem.job_index[change.job]]
    board = QuoteBoard(problem, rest)
    locked = len(viable_prefix(problem, technician))
    fitting = [
        (timed.cost, timed.travel, -k)
        for k in board.span_for(technician, job)
        if (timed := board.time_with(technician, job, k)) is not None
    ]
    if fitting:
        return -min(fitting)[2]
    starts = [stop.start for stop in board.present(technician).stops]
    return sum(1 for k, start in enumerate(starts) if k < locked or start <= job.window[0])


def _names(change: Change) -> tuple[str, ...]:
    if isinstance(change, Swap):
        return change.jobs
    return () if isinstance(change, AddHours) else (change.job,)


def _costs(plan: Plan) -> Costs:
    return Costs(plan.travel, plan.overtime, plan.lateness, plan.moved, plan.dropped)


def _stands(plan: Plan) -> dict[str, tuple[str, int, int]]:
    """(technician, position, start) of each job."""
    return {
        stop.job: (route.technician, k, stop.start)
        for route in plan.routes
        for k, stop in enumerate(route.stops)
    }


def _places(before: Plan, after: Plan, names: tuple[str, ...]) -> tuple[Spot, ...]:
    stands = _stands(after)
    return tuple(Spot(job, *stands[job], after.cost - before.cost) for job in names if job in stands)


def _touched(before: Plan, after: Plan, names: tuple[str, ...]) -> tuple[TouchedJob, ...]:
    was, now = _stands(before), _stands(after)
    pairs = ((job, was[job], now[job]) for job in was if job in now and job not in names)
    return tuple(
        TouchedJob(job, one[0], other[0], other[2] - one[2])
        for job, one, other in pairs
        if one[0] != other[0] or one[2] != other[2]
    )


def _left_out(before: Plan, after: Plan) -> tuple[str, ...]:
    already = {left.job for left in before.unserved}
    return tuple(left.job for left in after.unserved if left.job not in already)


def _better(problem: PlanningProblem, before: Plan, change: Change, after: Plan | None) -> tuple[Spot, ...]:
    if isinstance(change, TakeOff):
        return ()
    if isinstance(change, AddHours):
        whole = changed_problem(problem, change)
        fuller = insert_greedy(whole, before.sequences) if after is not None else before
        served = {stop.job for route in before.routes for stop in route.stops}
        stands = _stands(fuller)
        gain = fuller.cost - (after or before).cost
        return tuple(Spot(job, *stands[job], gain) for job in stands if job not in served)
    below = None if after is None else after.cost
    wishes: list[tuple[str, int | None]] = [(job, None) for job in _names(change)]
    if isinstance(change, Move) and change.start is not None:
        wishes.insert(0, (change.job, change.start))
    found = (_cheaper(problem, before, job, start, below) for job, start in wishes)
    return next((spots for spots in found if spots), ())


def _cheaper(
    problem: PlanningProblem, before: Plan, job: str, start: int | None, below: int | None
) -> tuple[Spot, ...]:
    """The best places for one job alone, each on another technician, that cost less than `below`."""
    work = problem.jobs[problem.job_index[job]]
    if start is not None:
        if not work.window[0] <= start <= work.window[1]:
            return ()
        work = replace(work, window=(start, start), windows=())
    whole, rest = replace_job(problem, work), without_job(before.sequences, job)
    stood = _stands(before).get(job)
    found: list[Spot] = []
    for place in rank_insertions(whole, rest, work).insertions:
        here = (place.technician, place.position)
        if here == (stood and stood[:2]) or any(spot.technician == place.technician for spot in found):
            continue
        cost = _cost_with(whole, rest, place, job)
        if cost is None:
            continue
        if len(found) == MOST_BETTER or (below is not None and cost >= below):
            break
        found.append(Spot(job, place.technician, place.position, place.start, cost - before.cost))
    return tuple(found)


def _cost_with(problem: PlanningProblem, rest: Sequences, place: RankedInsertion, job: str) -> int | None:
    """The whole plan's cost; None where another route has no schedule without the job."""
    routes = {name: list(jobs) for name, jobs in rest.items()}
    routes[place.technician].insert(place.position, job)
    return None if check_sequences(problem, routes) else evaluate_plan(problem, routes).cost
