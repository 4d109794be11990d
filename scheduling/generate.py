"""Seeded synthetic days with every rule in them, for tests and benchmarks. No real place or person."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np

from scheduling.problem import FixedPrefix, Job, Lunch, PlanningProblem, Technician
from scheduling.problem_json import travel_from_points

HOUR = 3600
_PRIORITIES = ((0, 0.08), (1, 0.25), (2, 0.25), (3, 0.22), (4, 0.20))
_DROP_COSTS = (200_000, 80_000, 30_000, 12_000, 6_000)
_LATENESS_COSTS = (10, 5, 3, 1, 1)
_DUE_HOURS = (2, 3, 5, 8, 9)
_WHOLE_DAY = (8 * HOUR, 19 * HOUR)


def generate_day(*, technicians: int, jobs: int, seed: int, side_km: float = 30.0) -> PlanningProblem:
    """A working day of one branch: lunch, overtime, skills, agreed windows, due times, pins."""
    rng = random.Random(seed)  # noqa: S311 - synthetic data, not secrets
    side = side_km / 111.0
    centres = [(rng.uniform(0, side), rng.uniform(0, side)) for _ in range(max(3, jobs // 15))]
    points = [_near(rng, (side / 2, side / 2), side / 4) for _ in range(technicians)]
    points += [_near(rng, rng.choice(centres), side / 15) for _ in range(jobs)]
    people = tuple(_technician(rng, i) for i in range(technicians))
    work = [_job(rng, i, technicians + i) for i in range(jobs)]
    work = [_pinned(rng, job, people) for job in work]
    matrix = travel_from_points([(37.4 + a, 126.9 + b) for a, b in points], detour=1.35, speed_kmh=25)
    return PlanningProblem(
        technicians=people, jobs=tuple(work), matrix=matrix, name=f"day-{technicians}x{jobs}-{seed}"
    )


def with_prefixes(
    problem: PlanningProblem, sequences: dict[str, list[str]], *, length: int = 1
) -> PlanningProblem:
    """The same day with the first `length` stops of each route under way."""
    fixed = tuple(FixedPrefix(name, tuple(jobs[:length])) for name, jobs in sequences.items() if jobs)
    return PlanningProblem(
        technicians=problem.technicians,
        jobs=problem.jobs,
        matrix=problem.matrix,
        fixed=fixed,
        name=problem.name,
    )


def _near(rng: random.Random, centre: tuple[float, float], spread: float) -> tuple[float, float]:
    return rng.gauss(centre[0], spread), rng.gauss(centre[1], spread)


def _technician(rng: random.Random, i: int) -> Technician:
    start = rng.choice((8, 9, 9, 9, 10)) * HOUR
    skills = {"GAS_WORK"} if rng.random() < 0.8 else set()
    if rng.random() < 0.4:
        skills.add("CONDENSING")
    return Technician(
        id=f"t{i + 1}",
        start=i,
        end=i,
        shift=(start, start + 9 * HOUR),
        max_overtime=HOUR,
        overtime_cost=3,
        lunch=Lunch(int(11.5 * HOUR), 13 * HOUR, HOUR),
        skills=frozenset(skills),
    )


def _job(rng: random.Random, i: int, location: int) -> Job:
    priority = rng.choices([p for p, _ in _PRIORITIES], [w for _, w in _PRIORITIES])[0]
    received = 8 * HOUR + int(rng.triangular(0, 8 * HOUR, HOUR))
    window = _WHOLE_DAY
    if rng.random() < 0.35:
        opens = 9 * HOUR + 2 * HOUR * rng.randrange(4)
        window = (opens, opens + 2 * HOUR)
    skills = {"GAS_WORK"} if rng.random() < 0.5 else set()
    if rng.random() < 0.15:
        skills.add("CONDENSING")
    return Job(
        id=f"j{i + 1}",
        location=location,
        duration=60 * rng.choice((20, 30, 30, 40, 40, 60, 90)),
        window=window,
        drop_cost=_DROP_COSTS[priority],
        due=max(received, 9 * HOUR) + _DUE_HOURS[priority] * HOUR,
        lateness_cost=_LATENESS_COSTS[priority],
        skills=frozenset(skills),
    )


def _pinned(rng: random.Random, job: Job, people: tuple[Technician, ...]) -> Job:
    able = [person.id for person in people if job.skills <= person.skills]
    return replace(job, technician=rng.choice(able)) if able and rng.random() < 0.05 else job


def with_kept_promises(problem: PlanningProblem) -> PlanningProblem:
    """The same day as dispatch plans it: a window once agreed with the family takes the place of an earlier
    due time. Without this a promise behind the due time is late in every plan."""
    jobs = []
    for job in problem.jobs:
        agreed = job.window != _WHOLE_DAY and job.due is not None
        jobs.append(replace(job, due=max(job.due or 0, job.window[1])) if agreed else job)
    return replace(problem, jobs=tuple(jobs))


def with_hard_due(problem: PlanningProblem, *, lunch: bool = False, rules: bool = True) -> PlanningProblem:
    """The same day as other solvers can say it: due times bound the start, nobody works overtime.

    Without `lunch` nobody pauses; without `rules` (skills, pins) everybody may do everything.
    """
    jobs = []
    for job in problem.jobs:
        closes = job.window[1] if job.due is None else min(job.window[1], job.due)
        window = (job.window[0], max(closes, job.window[0]))
        plain = job if rules else replace(job, skills=frozenset(), technician=None)
        jobs.append(replace(plain, window=window, due=None, lateness_cost=0))
    people = tuple(
        replace(person, max_overtime=0, overtime_cost=0, lunch=person.lunch if lunch else None)
        for person in problem.technicians
    )
    return replace(problem, technicians=people, jobs=tuple(jobs))


def generate_routes(
    *, customers: int, seed: int, family: str = "R1", vehicles: int | None = None
) -> PlanningProblem:
    """Vehicle routing with time windows in the manner of Solomon (1987): everything is to be served, only
    the distance counts. `family`: R, C or RC (where customers lie), 1 or 2 (short or long days)."""
    rng = random.Random(seed)  # noqa: S311 - synthetic data, not secrets
    where, long_days = family[:-1], family[-1] == "2"
    side = 100.0 * (customers / 100) ** 0.5
    depot = (side / 2, side / 2)
    centres = [(rng.uniform(0, side), rng.uniform(0, side)) for _ in range(max(3, customers // 10))]

    def place() -> tuple[float, float]:
        if where == "R" or (where == "RC" and rng.random() < 0.5):
            return rng.uniform(0, side), rng.uniform(0, side)
        x, y = rng.choice(centres)
        return rng.gauss(x, side / 30), rng.gauss(y, side / 30)

    points = [depot, *(place() for _ in range(customers))]
    matrix = np.array([[int(10 * math.dist(a, b)) for b in points] for a in points], dtype=np.int32)
    horizon = int((10_000 if long_days else 2_300) * (customers / 100) ** 0.5)
    service = 900 if where == "C" else 100
    if where == "C":
        horizon = int(horizon * 3.4 if long_days else horizon * 5)
    width = rng.choice((0.05, 0.15, 0.3, 0.6))
    jobs = []
    for k in range(1, customers + 1):
        first, last = int(matrix[0, k]), horizon - int(matrix[k, 0]) - service
        middle, half = rng.randint(first, max(first, last)), int(horizon * width * rng.uniform(0.5, 1.5) / 2)
        jobs.append(
            Job(
                id=f"c{k}",
                location=k,
                duration=service,
                window=(max(0, middle - half), min(last, middle + half))
                if rng.random() < 0.85
                else (0, last),
                drop_cost=1_000_000,
                demand=rng.choice((5, 10, 15, 20, 25, 30)),
            )
        )
    count = vehicles or max(8, customers // (8 if long_days else 4))
    capacity = 1000 if long_days else 200
    people = tuple(Technician(f"v{k}", 0, 0, (0, horizon), capacity=capacity) for k in range(count))
    return PlanningProblem(people, tuple(jobs), matrix, name=f"{family}-{customers}-{seed}")
