"""Tiny regions with every rule of the border in them."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from scheduling import FixedPrefix, Job, Lunch, Technician
from scheduling.region import (
    BorderRules,
    Kind,
    Point,
    Region,
    travel_by_matrix,
)


def make_tiny_region(seed: int, *, points: int = 2, jobs: int = 2) -> Region:
    """Small numbers, an asymmetric matrix without the triangle inequality, loads that differ."""
    rng = random.Random(seed)
    size = points * 4
    matrix = np.array([[rng.randint(0, 9) for _ in range(size)] for _ in range(size)], dtype=np.int32)
    made = []
    for p in range(points):
        name = f"p{p}"
        people = [_technician(rng, f"{name}t{k}", size) for k in range(rng.randint(1, 2))]
        work = [_job(rng, f"{name}j{k}", size, people) for k in range(rng.randint(0, jobs + 1))]
        fixed: tuple[FixedPrefix, ...] = ()
        if work and rng.random() < 0.3 and work[0].technician in (None, people[0].id):
            fixed = (FixedPrefix(people[0].id, (work[0].id,)),)
        made.append(
            Point(
                id=name,
                technicians=tuple(people),
                jobs=tuple(work),
                company=rng.choice(["maker", "maker", "shop"]),
                kind=rng.choice(list(Kind)),
                fixed=fixed,
                most_lent=rng.randint(0, 2),
                lendable=rng.choice([None, None, frozenset({people[0].id})]),
                most_taken=rng.choice([None, None, 0, 1]),
                staying=frozenset(job.id for job in work if rng.random() < 0.2),
            )
        )
    rules = BorderRules(overflow_cost=rng.randint(0, 8), lending_cost=rng.randint(0, 12))
    return Region(tuple(made), size, travel_by_matrix(matrix), rules)


def _technician(rng: random.Random, name: str, size: int) -> Technician:
    begins = rng.randint(0, 8)
    lunch = Lunch(8, 8 + rng.randint(0, 9), rng.randint(0, 5)) if rng.random() < 0.5 else None
    skills = frozenset(rng.sample(["a", "b"], rng.randint(0, 2)))
    return Technician(
        id=name,
        start=rng.randrange(size),
        end=rng.randrange(size),
        shift=(begins, begins + rng.randint(10, 30)),
        max_overtime=rng.randint(0, 8),
        overtime_cost=rng.randint(0, 3),
        lunch=lunch,
        skills=skills,
    )


def _job(rng: random.Random, name: str, size: int, people: list[Technician]) -> Job:
    opens = rng.randint(0, 20)
    return Job(
        id=name,
        location=rng.randrange(size),
        duration=rng.randint(0, 8),
        window=(opens, opens + rng.randint(0, 20)),
        drop_cost=rng.randint(1, 80),
        due=rng.choice([None, rng.randint(0, 30)]),
        lateness_cost=rng.randint(0, 3),
        mandatory=rng.random() < 0.1,
        skills=frozenset(rng.choice([(), (), ("a",)])),
        technician=rng.choice([None, None, None, people[0].id]),
    )


def line_region(*, jobs: tuple[int, int] = (3, 0), **second: object) -> Region:
    """Two points ten minutes apart, one technician each who can do two jobs of an hour and a half.

    `second` replaces fields of the second point, whose technician is idle unless it has jobs.
    """
    minute = 60
    places = [0, 600]
    matrix = np.array([[abs(a - b) for b in places] for a in places], dtype=np.int32)
    points = []
    for p in range(2):
        person = Technician(f"t{p}", p, p, (0, 200 * minute))
        work = tuple(
            Job(f"j{p}{k}", p, 90 * minute, (0, 190 * minute), drop_cost=50_000) for k in range(jobs[p])
        )
        points.append(Point(f"p{p}", (person,), work, company="maker", most_lent=1))
    points[1] = replace(points[1], **second)  # type: ignore[arg-type]
    return Region(tuple(points), 2, travel_by_matrix(matrix), BorderRules(1_000, 1_500))
