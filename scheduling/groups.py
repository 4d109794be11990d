"""Large problems: neighbouring routes are re-solved together, group by group, each improvement kept."""

from __future__ import annotations

import random
from collections.abc import Callable
from time import perf_counter

import numpy as np
import numpy.typing as npt

from scheduling.evaluator import evaluate_plan, plan_rank, viable_prefix
from scheduling.insertion import insert_greedy
from scheduling.plan import Sequences
from scheduling.problem import FixedPrefix, PlanningProblem, keep_order
from scheduling.routing_model import SearchLimit, improve_sequences

GROUP_ROUTES = 5
GROUP_JOBS = 60
WAITING_JOBS = 40
GROUP_SECONDS = 0.4


def improve_by_groups(
    problem: PlanningProblem,
    sequences: Sequences,
    *,
    deadline: float,
    seed: int,
    iterations: int | None,
    stop: Callable[[], bool] | None = None,
) -> dict[str, list[str]]:
    """Re-solve groups of neighbouring routes until `deadline` (perf_counter seconds).

    With `iterations` one pass over the routes and that many solutions a group, so that runs repeat. Every
    step is feasible and no worse than the one before.
    """
    rng = random.Random(seed)  # noqa: S311 - a search order, not a secret
    current = {person.id: list(sequences.get(person.id, ())) for person in problem.technicians}
    queue: list[int] = []
    passes = 0
    while perf_counter() < deadline and not (stop is not None and stop()):
        if not queue:
            if iterations is not None and passes:
                break
            queue, passes = rng.sample(range(len(problem.technicians)), len(problem.technicians)), passes + 1
        group, jobs = _choose_group(problem, current, queue.pop(), rng)
        part = _sub_problem(problem, group, jobs)
        before = {problem.technicians[t].id: current[problem.technicians[t].id] for t in group}
        seconds = min(GROUP_SECONDS, deadline - perf_counter())
        limit = SearchLimit(
            GROUP_SECONDS * 100 if iterations else seconds, iterations, rng.randrange(1 << 30), stop
        )
        found = improve_sequences(part, before, limit)
        if found is not None:
            better = insert_greedy(part, found)
            if plan_rank(part, better) < plan_rank(part, evaluate_plan(part, before)):
                current.update(better.sequences)
    return current


def _choose_group(
    problem: PlanningProblem, current: dict[str, list[str]], seed_route: int, rng: random.Random
) -> tuple[list[int], list[int]]:
    """The routes nearest to one route, their jobs, and waiting jobs: the best, and some at random."""
    routes = [[problem.job_index[name] for name in current[person.id]] for person in problem.technicians]
    near = _travel_from_route(problem, seed_route, routes[seed_route])
    order = sorted(
        range(len(routes)), key=lambda t: (t != seed_route, _distance(problem, t, routes[t], near), t)
    )
    group: list[int] = []
    jobs: list[int] = []
    for technician in order:
        if group and (len(group) >= GROUP_ROUTES or len(jobs) + len(routes[technician]) > GROUP_JOBS):
            break
        group.append(technician)
        jobs += routes[technician]
    served = {job for route in routes for job in route} | {
        job for prefix in problem.prefixes for job in prefix
    }
    waiting = [
        job
        for job in range(len(problem.jobs))
        if job not in served and any(problem.may_serve(technician, job) for technician in group)
    ]
    waiting.sort(key=lambda job: (-_value_density(problem, job, near), job))
    best, rest = waiting[: WAITING_JOBS // 2], waiting[WAITING_JOBS // 2 :]
    return sorted(group), jobs + best + rng.sample(rest, min(len(rest), WAITING_JOBS // 2))


def _value_density(problem: PlanningProblem, job: int, near: npt.NDArray[np.float64]) -> float:
    work = problem.jobs[job]
    value = work.drop_cost + (1e9 if work.mandatory else 0)
    return value / (1.0 + work.duration + float(near[work.location]))


def _travel_from_route(problem: PlanningProblem, technician: int, jobs: list[int]) -> npt.NDArray[np.float64]:
    """Mean travel seconds from a route's places to every location."""
    places = [problem.jobs[job].location for job in jobs] or [problem.technicians[technician].start]
    mean: npt.NDArray[np.float64] = problem.matrix[places].mean(axis=0)
    return mean


def _distance(
    problem: PlanningProblem, technician: int, jobs: list[int], near: npt.NDArray[np.float64]
) -> float:
    places = [problem.jobs[job].location for job in jobs] or [problem.technicians[technician].start]
    return float(near[places].mean())


def _sub_problem(problem: PlanningProblem, group: list[int], jobs: list[int]) -> PlanningProblem:
    """These technicians and jobs alone, on the full matrix. Jobs pinned to others are not among them."""
    people = tuple(problem.technicians[t] for t in group)
    names = tuple(
        FixedPrefix(problem.technicians[t].id, tuple(problem.jobs[job].id for job in prefix))
        for t in group
        if (prefix := viable_prefix(problem, t))
    )
    under_way = {job for prefix in names for job in prefix.jobs}
    part = PlanningProblem(
        technicians=people,
        jobs=tuple(keep_order((problem.jobs[job] for job in jobs), under_way)),
        matrix=problem.matrix,
        fixed=names,
    )
    part.__dict__["rows"] = problem.rows  # the cached lists of the same matrix
    return part
