"""The planner: greedy insertion at once, OR-Tools and larger moves after it, our evaluator as judge."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

from scheduling.board import board_sequences, open_board
from scheduling.evaluator import evaluate_plan, plan_rank
from scheduling.explain import explain_unserved
from scheduling.insertion import CHUNK, fill_board
from scheduling.plan import Plan, Sequences
from scheduling.problem import PlanningProblem
from scheduling.ruin import ruin_and_recreate

MODEL_JOBS = 150
MODEL_TECHNICIANS = 20
"""Beyond these one routing model needs seconds for its first descent: solved in groups of routes."""

SEARCH_SHARE = 0.15
POLISH_SHARE = 0.15
"""Of the time: OR-Tools' search first, its polish last; ruin and recreate between them (see `ruin`)."""

_RUINS_AN_ITERATION = 4
_MANY_STARTS = 5_000


def solve(
    problem: PlanningProblem,
    *,
    seconds: float,
    seed: int = 1,
    initial: Sequences | None = None,
    iterations: int | None = None,
) -> Plan:
    """The best plan found in `seconds` of wall time, with the reasons of what is left out.

    Never worse than greedy insertion, nor than `initial` where that is feasible (what breaks a rule in it is
    taken out first). `iterations` caps the solutions of each search: with it, and time enough, the same seed
    gives the same plan. Holds the GIL for most of the time: run it in a child process.
    """
    started = perf_counter()
    deadline = started + seconds - _closing_seconds(problem, seconds)
    best = start_plan(problem, initial)
    if best.unserved or any(route.stops for route in best.routes):
        best = _improve(problem, best, deadline, seed, iterations)
    return replace(explain_unserved(problem, best), seconds=perf_counter() - started)


def start_plan(problem: PlanningProblem, initial: Sequences | None = None) -> Plan:
    """The best of a few greedy insertions, and of `initial` extended: milliseconds for a branch."""
    many = len(problem.jobs) * len(problem.technicians) <= _MANY_STARTS
    chunks = (CHUNK, CHUNK // 3, len(problem.jobs) or 1) if many else (CHUNK,)
    starts = [(None, chunk) for chunk in chunks]
    plans = [_filled(problem, sequences, chunk) for sequences, chunk in starts]
    if initial is not None:
        plans.append(_filled(problem, initial, CHUNK))
    return min(plans, key=lambda plan: plan_rank(problem, plan))


def _closing_seconds(problem: PlanningProblem, seconds: float) -> float:
    """Time kept back for the last insertions and the reasons."""
    return min(0.2 + 2e-5 * len(problem.jobs) * len(problem.technicians), seconds * 0.2)


def _improve(
    problem: PlanningProblem, plan: Plan, deadline: float, seed: int, iterations: int | None
) -> Plan:
    begin = perf_counter()
    if len(problem.jobs) > MODEL_JOBS or len(problem.technicians) > MODEL_TECHNICIANS:
        return _search(problem, plan, deadline, seed, iterations)
    span = max(0.0, deadline - begin)
    search_until, ruin_until, steps = begin + SEARCH_SHARE * span, deadline - POLISH_SHARE * span, None
    if iterations is not None:
        # Counted, not timed: a share of the clock must not cut a phase short.
        search_until, ruin_until, steps = deadline, deadline, iterations * _RUINS_AN_ITERATION
    plan = _search(problem, plan, search_until, seed, iterations)
    if perf_counter() < ruin_until:
        found = ruin_and_recreate(problem, plan.sequences, deadline=ruin_until, seed=seed, iterations=steps)
        plan = _better(problem, plan, found)
    return _search(problem, plan, deadline, seed + 1, iterations)


def _search(problem: PlanningProblem, plan: Plan, deadline: float, seed: int, iterations: int | None) -> Plan:
    # OR-Tools takes most of a second to import: a request that only inserts never pays for it.
    from scheduling.groups import improve_by_groups
    from scheduling.routing_model import SearchLimit, improve_sequences

    if len(problem.jobs) > MODEL_JOBS or len(problem.technicians) > MODEL_TECHNICIANS:
        return _better(
            problem,
            plan,
            improve_by_groups(problem, plan.sequences, deadline=deadline, seed=seed, iterations=iterations),
        )
    limit = SearchLimit(deadline - perf_counter(), iterations, seed)
    return _better(problem, plan, improve_sequences(problem, plan.sequences, limit))


def _better(problem: PlanningProblem, plan: Plan, found: Sequences | None) -> Plan:
    if found is None:
        return plan
    return min(plan, _filled(problem, found, CHUNK), key=lambda candidate: plan_rank(problem, candidate))


def _filled(problem: PlanningProblem, sequences: Sequences | None, chunk: int) -> Plan:
    board = open_board(problem, sequences)
    fill_board(problem, board, chunk=chunk)
    return evaluate_plan(problem, board_sequences(board))
