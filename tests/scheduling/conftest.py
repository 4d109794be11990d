"""Tiny problems with every rule in them, and a brute-force judge that shares no code with the package."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise, permutations, product

import numpy as np
import pytest

from scheduling import FixedPrefix, Job, Lunch, PlanningProblem, Published, Technician
from scheduling.problem import FORBIDDEN

HORIZON = 60


def make_tiny_problem(
    seed: int, *, jobs: int = 4, technicians: int = 2, prefix: bool = False, rich: bool = False
) -> PlanningProblem:
    """Numbers of one or two digits, an asymmetric matrix without the triangle inequality.

    `rich` ones have several windows and breaks and a published plan too.
    """
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
    if rich:
        people = [_with_breaks(rng, person) for person in people]
        work = [_with_windows(rng, job, technicians) for job in work]
    return PlanningProblem(technicians=tuple(people), jobs=tuple(work), matrix=matrix, fixed=fixed)


def _with_breaks(rng: random.Random, person: Technician) -> Technician:
    breaks = []
    for _ in range(rng.randint(0, 2)):
        earliest = rng.randint(0, 25)
        breaks.append(Lunch(earliest, earliest + rng.randint(0, 10), rng.randint(0, 4)))
    return replace(person, breaks=tuple(breaks))


def _with_windows(rng: random.Random, job: Job, technicians: int) -> Job:
    opens, closes = job.window
    windows = [(opens, opens + rng.randint(0, 5))]
    windows += [(at, at + rng.randint(0, 6)) for at in (rng.randint(opens, closes) for _ in range(2))]
    published = Published(
        f"t{rng.randrange(technicians)}", rng.randint(0, 40), rng.randint(0, 9), rng.randint(0, 3)
    )
    return replace(
        job,
        windows=tuple(windows) if rng.random() < 0.6 else (),
        published=published if rng.random() < 0.6 else None,
        visit_costs={
            f"t{t}": rng.choice((FORBIDDEN, 0, 7)) for t in range(technicians) if rng.random() < 0.3
        },
    )


def brute_route_cost(problem: PlanningProblem, technician: int, jobs: Sequence[int]) -> int | None:
    """Travel + lateness + overtime of the cheapest schedule, by trying every whole second of every decision:
    each wait before work, and each moment of each leg (or after the day) for lunch."""
    person = problem.technicians[technician]
    if not jobs:
        return 0
    work = [problem.jobs[job] for job in jobs]
    if not all(w.skills <= person.skills and w.technician in (None, person.id) for w in work):
        return None
    if any(w.visit_costs.get(person.id) == FORBIDDEN for w in work):
        return None
    if person.capacity is not None and sum(w.demand for w in work) > person.capacity:
        return None
    places = [person.start, *(w.location for w in work), person.end]
    legs = [int(problem.matrix[a, b]) for a, b in pairwise(places)]
    limit = person.shift[1] + person.max_overtime
    pauses = [pause for pause in (person.lunch, *person.breaks) if pause is not None]
    pauses.sort(key=lambda pause: (pause.earliest, pause.latest))

    def arrivals(now: int, left: int, taken: int) -> set[tuple[int, int]]:
        found = {(now + left, taken)}
        if taken < len(pauses):
            pause = pauses[taken]
            for begin in range(max(now, pause.earliest), pause.latest + 1):
                driven = begin - now
                found |= arrivals(begin + pause.duration, max(0, left - driven), taken + 1)
        return found

    @cache
    def best(k: int, ready: int, taken: int) -> float:
        costs = [float("inf")]
        for arrival, now_taken in arrivals(ready, legs[k], taken):
            if k == len(work):
                # What is left follows the arrival: a leg of no length, which ends when it ends.
                rest = any(done == len(pauses) for _, done in arrivals(arrival, 0, now_taken))
                if arrival <= limit and rest:
                    costs.append(max(0, arrival - person.shift[1]) * person.overtime_cost)
                continue
            job = work[k]
            for start in range(max(arrival, job.window[0]), job.window[1] + 1):
                if job.windows and not any(a <= start <= b for a, b in job.windows):
                    continue
                cost = 0 if job.due is None else max(0, start - job.due) * job.lateness_cost
                if job.published is not None:
                    cost += max(0, start - job.published.start) * job.published.time_cost
                costs.append(cost + best(k + 1, start + job.duration, now_taken))
        return min(costs)

    cost = best(0, person.shift[0], 0)
    moved = sum(w.published.person_cost for w in work if w.published and w.published.technician != person.id)
    moved += sum(w.visit_costs.get(person.id, 0) for w in work)
    return None if cost == float("inf") else int(cost) + sum(legs) + moved


def brute_best_cost(problem: PlanningProblem) -> tuple[int, int]:
    """(mandatory jobs left out, cost) of the best plan without prefixes: every assignment, every order."""
    best = (len(problem.jobs), 10**9)
    ids = {job.id: number for number, job in enumerate(problem.jobs)}

    def in_order(order: Sequence[int]) -> bool:
        done: set[int] = set()
        for number in order:
            first = problem.jobs[number].after
            if first is not None and ids[first] not in done:
                return False
            done.add(number)
        return True

    cheapest: Callable[[int, frozenset[int]], int | None] = cache(
        lambda t, jobs: min(
            (
                c
                for order in permutations(sorted(jobs))
                if in_order(order) and (c := brute_route_cost(problem, t, order)) is not None
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
