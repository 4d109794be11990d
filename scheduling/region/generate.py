"""Seeded synthetic regions: towns of different size with service points, days of different load."""

from __future__ import annotations

import random
from dataclasses import replace

from scheduling.generate import generate_day
from scheduling.region.model import BorderRules, Kind, Point, Region, travel_by_points

SPACING_KM = 18.0
"""Between neighbouring points of a cluster."""
DEGREE_KM = 111.0


def generate_region(*, points: int, technicians: int, jobs: int, seed: int) -> Region:
    """A country of clustered points, `technicians` each and about `jobs`: half as many here, 1.6 times there.

    A third are designated points of companies of their own; the others belong to the maker.
    """
    rng = random.Random(seed)  # noqa: S311 - synthetic data, not secrets
    towns = max(1, round(points / 6))
    side = SPACING_KM * max(1.0, points**0.5) * 1.3
    centres = [(rng.uniform(0, side), rng.uniform(0, side)) for _ in range(towns)]
    places: list[tuple[float, float]] = []
    found = []
    for p in range(points):
        town = centres[p % towns]
        east, north = rng.gauss(town[0], SPACING_KM), rng.gauss(town[1], SPACING_KM)
        load = rng.choice((0.5, 0.8, 0.9, 1.0, 1.2, 1.6))
        found.append(_point(rng, p, technicians, round(jobs * load), (east, north), places))
    region_travel = travel_by_points(places, detour=1.35, speed_kmh=25)
    return Region(tuple(found), len(places), region_travel, BorderRules(), name=f"region-{points}-{seed}")


def _point(
    rng: random.Random,
    number: int,
    technicians: int,
    jobs: int,
    at: tuple[float, float],
    places: list[tuple[float, float]],
) -> Point:
    """One point's day: the rules of `generate_day`, its places moved to where the point is."""
    day = generate_day(technicians=technicians, jobs=jobs, seed=rng.randrange(1 << 30), side_km=20)
    first = len(places)
    centres = [_near(rng, at, 7.0) for _ in range(max(3, jobs // 15))]
    places += [_degrees(_near(rng, at, 3.0)) for _ in day.technicians]
    places += [_degrees(_near(rng, rng.choice(centres), 1.5)) for _ in day.jobs]
    name = f"p{number + 1}"
    designated = number % 3 == 2
    people = tuple(
        replace(t, id=f"{name}-{t.id}", start=first + t.start, end=first + t.end) for t in day.technicians
    )
    work = tuple(
        replace(
            job,
            id=f"{name}-{job.id}",
            location=first + job.location,
            technician=job.technician and f"{name}-{job.technician}",
        )
        for job in day.jobs
    )
    return Point(
        id=name,
        technicians=people,
        jobs=work,
        company=name if designated else "maker",
        kind=Kind.DESIGNATED if designated else Kind.DIRECT,
        most_lent=0 if designated else 2,
        most_taken=5 if designated else None,
        staying=frozenset(job.id for job in work if rng.random() < 0.1),
    )


def _near(rng: random.Random, centre: tuple[float, float], spread_km: float) -> tuple[float, float]:
    return rng.gauss(centre[0], spread_km), rng.gauss(centre[1], spread_km)


def _degrees(km: tuple[float, float]) -> tuple[float, float]:
    return 35.0 + km[1] / DEGREE_KM, 127.0 + km[0] / (DEGREE_KM * 0.82)
