"""Tiny problems with every rule in them, and a brute-force judge that shares no code with the package."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise, permutations, product

import numpy as np
import pytest

from scheduling import FixedPrefix, Job, Lunch, PlanningProblem, Technician

HORIZON = 60


def make_tiny_problem(
    seed: int, *, jobs: int = 4, technicians: int = 2, prefix: bool = False
) -> PlanningProblem:
    """Numbers of one or two digits, an asymmetric matrix without the triangle inequality."""
    rng = random.Random(seed)
    size = jobs + technicians
    matrix = np.array([[rng.randint(0, 9) for _ in range(size)] for _ in range(size)], dtype=np.int32)
    people = []
    for i in range(technicians):
        begins = rng.randint(0, 8)
        lunch = None
        if rng.random() < 0.7:
            earliest = rng.randint(5, 20)
            lunch = Lunch(earliest, earliest + rng.randint(0, 12), rng.randint(0, 8))
        people.append(
            Technician(
                id=f"t{i}",
                start=rng.randrange(size),
                end=rng.randrange(size),
                shift=(begins, begins + rng.randint(15, 40)),
                max_overtime=rng.randint(0, 8),
                overtime_cost=rng.randint(0, 3),
                lunch=lunch,
                skills=frozenset(rng.sample(["a", "b"], rng.randint(0, 2))),
                capacity=rng.choice([None, None, 3]),
            )
        )
    work = []
    for i in range(jobs):
        opens = rng.randint(0, 30)
        work.append(
            Job(
                id=f"j{i}",
                location=rng.randrange(size),
                duration=rng.randint(0, 8),
                window=(opens, opens + rng.randint(0, 25)),
                drop_cost=rng.randint(1, 80),
                due=rng.choice([None, rng.randint(0, 40)]),
                lateness_cost=rng.randint(0, 3),
                mandatory=rng.random() < 0.1,
                skills=frozenset(rng.choice([(), (), ("a",), ("b",)])),
                technician=rng.choice([None, None, None, "t0"]),
                demand=rng.randint(0, 2),
            )
        )
    fixed: tuple[FixedPrefix, ...] = ()
    if prefix and work[0].technician in (None, "t0"):
        fixed = (FixedPrefix("t0", ("j0",)),)
    return PlanningProblem(technicians=tuple(people), jobs=tuple(work), matrix=matrix, fixed=fixed)


def brute_route_cost(problem: PlanningProblem, technician: int, jobs: Sequence[int]) -> int | None:
    """Travel + lateness + overtime of the cheapest schedule, by trying every whole second of every decision:
    each wait before work, and each moment of each leg (or after the day) for lunch."""
    person = problem.technicians[technician]
    if not jobs:
        return 0
    work = [problem.jobs[job] for job in jobs]
    if not all(w.skills <= person.skills and w.technician in (None, person.id) for w in work):
        return None
    if person.capacity is not None and sum(w.demand for w in work) > person.capacity:
        return None
    places = [person.start, *(w.location for w in work), person.end]
    legs = [int(problem.matrix[a, b]) for a, b in pairwise(places)]
    limit = person.shift[1] + person.max_overtime
    lunch = person.lunch

    def arrivals(ready: int, leg: int, fed: bool) -> list[tuple[int, bool]]:
        found = [(ready + leg, fed)]
        if lunch is not None and not fed:
            for begin in range(max(ready, lunch.earliest), lunch.latest + 1):
                left_to_drive = max(0, leg - (begin - ready))
                found.append((begin + lunch.duration + left_to_drive, True))
        return found

    @cache
    def best(k: int, ready: int, fed: bool) -> float:
        costs = [float("inf")]
        for arrival, now_fed in arrivals(ready, legs[k], fed):
            if k == len(work):
                after = lunch is not None and arrival <= lunch.latest
                if arrival <= limit and (now_fed or after):
                    costs.append(max(0, arrival - person.shift[1]) * person.overtime_cost)
                continue
            job = work[k]
            for start in range(max(arrival, job.window[0]), job.window[1] + 1):
                late = 0 if job.due is None else max(0, start - job.due) * job.lateness_cost
                costs.append(late + best(k + 1, start + job.duration, now_fed))
        return min(costs)

    cost = best(0, person.shift[0], lunch is None)
    return None if cost == float("inf") else int(cost) + sum(legs)


def brute_best_cost(problem: PlanningProblem) -> tuple[int, int]:
    """(mandatory jobs left out, cost) of the best plan without prefixes: every assignment, every order."""
    best = (len(problem.jobs), 10**9)
    cheapest: Callable[[int, frozenset[int]], int | None] = cache(
        lambda t, jobs: min(
            (
                c
                for order in permutations(sorted(jobs))
                if (c := brute_route_cost(problem, t, order)) is not None
            ),
            default=None,
        )
    )
    choices = [*range(len(problem.technicians)), None]
    for assignment in product(choices, repeat=len(problem.jobs)):
        dropped = [problem.jobs[j] for j, t in enumerate(assignment) if t is None]
        costs = [
            cheapest(t, frozenset(j for j, chosen in enumerate(assignment) if chosen == t))
            for t in range(len(problem.technicians))
        ]
        if None not in costs:
            total = sum(c for c in costs if c is not None) + sum(job.drop_cost for job in dropped)
            best = min(best, (sum(job.mandatory for job in dropped), total))
    return best


@pytest.fixture(scope="session")
def tiny_problem() -> Callable[..., PlanningProblem]:
    """Seed in, tiny problem out."""
    return make_tiny_problem


@pytest.fixture(scope="session")
def brute_route() -> Callable[[PlanningProblem, int, Sequence[int]], int | None]:
    """The independent judge of one route."""
    return brute_route_cost


@pytest.fixture(scope="session")
def brute_best() -> Callable[[PlanningProblem], tuple[int, int]]:
    """The independent optimum of a tiny problem."""
    return brute_best_cost
