"""The planner: insertion at once, the engine's search after it, our evaluator as judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate
from time import perf_counter

from scheduling.board import board_sequences, open_board
from scheduling.engine import Effort, Progress, Watch, improve_routes
from scheduling.evaluator import check_sequences, evaluate_plan, plan_rank
from scheduling.explain import explain_unserved
from scheduling.insertion import CHUNK, fill_board
from scheduling.plan import Plan, Sequences
from scheduling.problem import PlanningProblem

MODEL_JOBS = 150
MODEL_TECHNICIANS = 20
"""Beyond these one routing model needs seconds for its first descent: solved in groups of routes."""

CANCEL_SECONDS = 0.2

_GREEDY_CHOICES = 1_000
"""Jobs x technicians up to which greedy insertion in Python is too quick to be missed."""


class Engine(StrEnum):
    """Who searches."""

    ONDOL = "ondol"
    """The compiled kernel, and CP-SAT to choose the routes."""
    ORTOOLS = "ortools"
    """OR-Tools' routing library alone; holds the interpreter's lock while it searches."""


@dataclass(frozen=True)
class SearchOptions:
    """How to search. With `iterations` (steps of the kernel; solutions of each OR-Tools search), time enough
    and the same seed and workers, the plan is the same. `workers` are threads; OR-Tools alone uses one.

    `on_progress` is told each better plan; `cancelled` is asked all the time, and True ends the search within
    CANCEL_SECONDS. Reasons that take longer are then left to the caller (`explain_unserved`). `near`: the
    initial plan is nearly right, and no plan from nothing is begun beside it.
    """

    seed: int = 1
    iterations: int | None = None
    workers: int = 1
    engine: Engine = Engine.ONDOL
    near: bool = False
    on_progress: Callable[[Progress], None] | None = None
    cancelled: Callable[[], bool] | None = None


def solve(
    problem: PlanningProblem,
    *,
    seconds: float,
    seed: int = 1,
    initial: Sequences | None = None,
    iterations: int | None = None,
    options: SearchOptions | None = None,
) -> Plan:
    """The best plan found in `seconds` of wall time, with the reasons of what is left out.

    Never worse than `initial` where that is feasible (what breaks a rule in it is taken out first), nor, for
    a point's day, than greedy insertion. `seed` and `iterations` stand for those of `options`.

    Raises:
        KernelMissingError: the engine cannot be compiled here.
    """
    chosen = options or SearchOptions(seed=seed, iterations=iterations)
    started = perf_counter()
    deadline = started + seconds - closing_seconds(problem, seconds)
    best = search_plan(problem, until=deadline, options=chosen, initial=initial)
    cancelled = chosen.cancelled is not None and chosen.cancelled()
    if not cancelled or closing_seconds(problem, seconds) < CANCEL_SECONDS:
        best = explain_unserved(problem, best, deadline=started + seconds)
    return replace(best, seconds=perf_counter() - started)


def search_plan(
    problem: PlanningProblem, *, until: float, options: SearchOptions, initial: Sequences | None = None
) -> Plan:
    """The best plan found until a perf_counter moment, without reasons; see `solve`."""
    if options.engine is Engine.ORTOOLS:
        return _improve_with_ortools(problem, start_plan(problem, initial), until, options)
    return _improve(problem, initial, until, options)


def start_plan(problem: PlanningProblem, initial: Sequences | None = None) -> Plan:
    """Greedy insertion, or `initial` extended if that is better: milliseconds for a point's day."""
    plans = [_filled(problem, None)]
    if initial is not None:
        plans.append(_filled(problem, initial))
    return min(plans, key=lambda plan: plan_rank(problem, plan))


def closing_seconds(problem: PlanningProblem, seconds: float) -> float:
    """Time kept back for judging the plan and giving reasons; who has more to explain has more."""
    jobs, people = len(problem.jobs), len(problem.technicians)
    return min(0.05 + (3e-5 * jobs + 1e-4 * _surely_left_out(problem)) * people, seconds * 0.2)


def _surely_left_out(problem: PlanningProblem) -> int:
    """How many jobs have no room in everybody's hours, travel aside."""
    hours = sum(limit - begins for begins, _, limit, _ in problem.shifts)
    work = accumulate(sorted(job.duration for job in problem.jobs))
    return sum(taken > hours for taken in work)


def _improve(
    problem: PlanningProblem, initial: Sequences | None, deadline: float, options: SearchOptions
) -> Plan:
    starts: list[Sequences] = []
    if initial is not None:
        starts.append(board_sequences(open_board(problem, initial)))
    near = options.near and initial is not None
    if not near and len(problem.jobs) * len(problem.technicians) <= _GREEDY_CHOICES:
        starts.append(_filled(problem, None).sequences)
    effort = Effort(deadline, options.iterations, options.workers, options.seed)
    watch = Watch(options.on_progress, options.cancelled)
    found = improve_routes(problem, starts, effort, watch=watch)
    return evaluate_plan(problem, found)


def _improve_with_ortools(
    problem: PlanningProblem, plan: Plan, deadline: float, options: SearchOptions
) -> Plan:
    # OR-Tools takes a while to import: a request that only inserts never pays for it.
    from scheduling.groups import improve_by_groups
    from scheduling.routing_model import SearchLimit, improve_sequences

    if not plan.unserved and not any(route.stops for route in plan.routes):
        return plan
    found: Sequences | None
    if len(problem.jobs) > MODEL_JOBS or len(problem.technicians) > MODEL_TECHNICIANS:
        found = improve_by_groups(
            problem,
            plan.sequences,
            deadline=deadline,
            seed=options.seed,
            iterations=options.iterations,
            stop=options.cancelled,
        )
    else:
        limit = SearchLimit(deadline - perf_counter(), options.iterations, options.seed, options.cancelled)
        found = improve_sequences(problem, plan.sequences, limit)
    if found is None or check_sequences(problem, found):
        return plan
    return min(plan, _filled(problem, found), key=lambda candidate: plan_rank(problem, candidate))


def _filled(problem: PlanningProblem, sequences: Sequences | None) -> Plan:
    board = open_board(problem, sequences)
    fill_board(problem, board, chunk=CHUNK)
    return evaluate_plan(problem, board_sequences(board))
