"""A technician's shift as a feasible sequence of visits, with lunch and idle time. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from geo.schemas import Point
from geo.travel import TravelModel, matrix
from simulation.shapes import CrewShift
from simulation.story_shapes import Leg

LATEST_BEFORE_LUNCH = 900
"""A job that would end later than this before the last moment for lunch waits until after it."""


@dataclass(frozen=True)
class Stop:
    """A job to be driven to."""

    place: Point
    duration_s: int


@dataclass(frozen=True)
class Route:
    """What fits into the shift: legs by the stop's index, and when lunch begins."""

    legs: dict[int, Leg]
    lunch_start: int | None


def drive(
    shift: CrewShift,
    *,
    home: Point,
    stops: Sequence[Stop],
    at: datetime,
    model: TravelModel,
    rng: random.Random,
) -> Route:
    """Visit the stops, nearest first, spread over the shift. What does not fit is left out."""
    seconds = matrix([home, *(stop.place for stop in stops)], at, model=model).tolist()
    order = _nearest_first(seconds)
    while order:
        slack = shift.end - shift.start - _least_time(shift, order, stops, seconds)
        if slack >= 0:
            break
        order.pop()
    else:
        return Route({}, None)
    gaps = _gaps(len(order), int(slack * 0.97), rng, night=shift.kind == "night")
    return _walk(shift, order, gaps, stops, seconds, rng)


def _nearest_first(seconds: list[list[int]]) -> list[int]:
    left, here, order = set(range(1, len(seconds))), 0, []
    while left:
        here = min(left, key=lambda j: (seconds[here][j], j))
        left.remove(here)
        order.append(here)
    return order


def _least_time(
    shift: CrewShift, order: Sequence[int], stops: Sequence[Stop], seconds: list[list[int]]
) -> int:
    driving = sum(seconds[a][b] for a, b in zip([0, *order], [*order, 0], strict=True))
    working = sum(stops[j - 1].duration_s for j in order)
    lunch = shift.lunch[2] + 1800 if shift.lunch else 0
    return driving + working + lunch + 120 * len(order)


def _gaps(count: int, total: int, rng: random.Random, *, night: bool) -> list[int]:
    """Idle seconds before each job; the rest of the slack lies behind the last.

    Half the days begin with a job, half end with one: somebody is under way from the first hour to the last.
    """
    cuts = sorted(rng.random() for _ in range(count))
    if rng.random() < 0.5:
        cuts[0] = min(cuts[0], rng.uniform(0, 0.08))
    if night or rng.random() < 0.5:
        cuts[-1] = max(cuts[-1], rng.uniform(0.75, 1.0))
    return [int(total * (b - a)) for a, b in zip([0.0, *cuts], cuts, strict=False)]


def _walk(
    shift: CrewShift,
    order: Sequence[int],
    gaps: Sequence[int],
    stops: Sequence[Stop],
    seconds: list[list[int]],
    rng: random.Random,
) -> Route:
    ready, here, lunch = shift.start, 0, None
    legs: dict[int, Leg] = {}
    for j, gap in zip(order, gaps, strict=True):
        leave, travel, duration = ready + gap, seconds[here][j], stops[j - 1].duration_s
        arrive = leave + travel
        if shift.lunch and lunch is None:
            earliest, latest, length = shift.lunch
            leave = min(leave, max(ready, latest - LATEST_BEFORE_LUNCH))
            arrive = leave + travel
            if arrive + duration > latest - LATEST_BEFORE_LUNCH:
                lunch = max(ready, earliest)
                leave = max(leave, lunch + length)
                arrive = leave + travel
        start = -(-arrive // 60) * 60
        leg = _leg(shift, leave, travel, start, duration, rng)
        legs[j - 1] = leg
        ready, here = leg.end, j
    return Route(legs, lunch)


def _leg(shift: CrewShift, leave: int, travel: int, start: int, duration: int, rng: random.Random) -> Leg:
    arrived = start - rng.randint(0, min(300, max(0, start - leave - travel // 2)))
    started = max(arrived + 60, start) + rng.randint(30, 180)
    ended = min(started + int(duration * rng.uniform(0.6, 0.98)), start + duration - 5)
    return Leg(
        technician_id=shift.technician_id,
        point_id=shift.point_id,
        company_id=shift.company_id,
        day=shift.day,
        depart=leave,
        arrive=start,
        start=start,
        end=start + duration,
        arrived=max(arrived, leave + 30),
        started=started,
        ended=max(ended, started + 240),
        travel_s=travel,
    )
