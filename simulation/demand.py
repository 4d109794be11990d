"""How much work each shift has: whole numbers that add up to a winter day. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from simulation.shapes import DAY, CrewShift, PointSpec

HOMES = 3_000
YESTERDAY, TODAY, TOMORROW, AFTER = 250, 1_980, 290, 190
"""Visits on the shifts of each day; some of the later ones are second visits of today's tickets."""
NIGHT_JOBS = {(-1, "evening"): 1, (0, "morning"): 1, (0, "evening"): 4}
"""A night is two stretches, because the operating day ends at 05:00 in the middle of it."""
WITHOUT_VISIT = {
    "self_fixed": 60,
    "by_phone": 25,
    "cancelled": 25,
    "triage": 12,
    "unplanned": 6,
    "map_pick": 2,
}
"""Today's tickets that nobody drives to, or not yet."""


@dataclass(frozen=True)
class Demand:
    """Visits by shift, tickets without a visit by kind (a point each), and homes by point."""

    jobs: dict[CrewShift, int]
    extras: tuple[tuple[str, int], ...]
    homes: dict[int, int]


def spread_demand(shifts: Iterable[CrewShift], points: dict[int, PointSpec], rng: random.Random) -> Demand:
    """Jobs for the shifts of yesterday to the day after tomorrow; nobody who is away gets any."""
    working = [piece for s in shifts if -1 <= s.day <= 2 and not s.absent for piece in _pieces(s)]
    jobs: dict[CrewShift, int] = {}
    for day, total, most in ((-1, YESTERDAY, 2), (0, TODAY, 5), (1, TOMORROW, 2), (2, AFTER, 2)):
        nights = [s for s in working if s.day == day and s.kind == "night"]
        for shift in nights:
            part = "morning" if shift.start == day * DAY else "evening"
            jobs[shift] = NIGHT_JOBS.get((day, part), 0)
        days = [s for s in working if s.day == day and s.kind == "day"]
        jobs.update(_spread(days, total - sum(jobs[s] for s in nights), most, rng))
    extras = tuple(
        (kind, rng.choices(list(points), [p.size for p in points.values()])[0])
        for kind, count in WITHOUT_VISIT.items()
        for _ in range(count)
    )
    return Demand(jobs, extras, _homes_by_point(jobs, extras, points, rng))


def _pieces(shift: CrewShift) -> list[CrewShift]:
    """A shift that runs past 05:00 is planned in two operating days."""
    border = (shift.day + 1) * DAY
    if shift.end <= border:
        return [shift]
    return [replace(shift, end=border), replace(shift, start=border, day=shift.day + 1)]


def _spread(shifts: Sequence[CrewShift], total: int, most: int, rng: random.Random) -> dict[CrewShift, int]:
    each, rest = divmod(max(0, total), len(shifts))
    counts = dict.fromkeys(shifts, each)
    for shift in rng.sample(list(shifts), rest):
        counts[shift] += 1
    for _ in range(len(shifts) // 3):  # some days are fuller than others
        giver, taker = rng.sample(list(shifts), 2)
        if counts[giver] > 0 and counts[taker] < most:
            counts[giver] -= 1
            counts[taker] += 1
    return counts


def _homes_by_point(
    jobs: dict[CrewShift, int],
    extras: Sequence[tuple[str, int]],
    points: dict[int, PointSpec],
    rng: random.Random,
) -> dict[int, int]:
    homes = dict.fromkeys(points, 0)
    for shift, count in jobs.items():
        homes[shift.point_id] += count
    for _kind, point_id in extras:
        homes[point_id] += 1
    spare = HOMES - sum(homes.values())
    if spare < 0:
        message = f"more tickets than households: {-spare}"
        raise ValueError(message)
    for point_id in rng.choices(list(points), [p.size for p in points.values()], k=spare):
        homes[point_id] += 1
    return homes
