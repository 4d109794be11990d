"""Seeded synthetic days with every rule in them, for tests and benchmarks. No real place or person."""

from __future__ import annotations

import random
from dataclasses import replace

from scheduling.problem import FixedPrefix, Job, Lunch, PlanningProblem, Technician
from scheduling.problem_json import travel_from_points

HOUR = 3600
_PRIORITIES = ((0, 0.08), (1, 0.25), (2, 0.25), (3, 0.22), (4, 0.20))
_DROP_COSTS = (200_000, 80_000, 30_000, 12_000, 6_000)
_LATENESS_COSTS = (10, 5, 3, 1, 1)
_DUE_HOURS = (2, 3, 5, 8, 9)


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
    window = (8 * HOUR, 19 * HOUR)
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
