"""A technician's shift as a feasible sequence of visits, with lunch and idle time. Pure.

A first walk spreads the jobs over the shift and says what window each family may have agreed; then the
planner's own evaluator times the sequence, so that a seeded plan is one that planning would leave as it is.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from geo.schemas import Point
from geo.travel_times import TravelTimes
from scheduling.evaluator import time_route
from scheduling.plan import Route as TimedRoute
from scheduling.problem import Job, Lunch, PlanningProblem, Technician
from simulation.shapes import DAY, HOUR, CrewShift, Maker
from simulation.story_shapes import Leg

HALF_HOUR, QUARTER = 1800, 900
LATEST_BEFORE_LUNCH = 900
"""A job that would end later than this before the last moment for lunch waits until after it."""


@dataclass(frozen=True)
class Stop:
    """A job to be driven to."""

    place: Point
    duration_s: int


@dataclass(frozen=True)
class Driven:
    """What fits into the shift: legs and agreed windows by the stop's index, and when lunch begins."""

    legs: dict[int, Leg]
    windows: dict[int, tuple[int, int]]
    lunch_start: int | None


def drive(
    shift: CrewShift,
    *,
    home: Point,
    stops: Sequence[Stop],
    maker: Maker,
    at: datetime,
    times: TravelTimes,
    rng: random.Random,
) -> Driven:
    """Visit the stops, nearest first, spread over the shift. What does not fit is left out."""
    travel = times.matrix([home, *(stop.place for stop in stops)], at).seconds
    seconds: list[list[int]] = travel.tolist()
    order = _nearest_first(seconds)
    while order:
        slack = shift.end - shift.start - _least_time(shift, order, stops, seconds)
        if slack >= 0:
            break
        order.pop()
    else:
        return Driven({}, {}, None)
    gaps = _gaps(len(order), int(slack * 0.97), rng)
    begins = _walk(shift, order, gaps, stops, seconds)
    windows = {j - 1: _window(maker, start, rng) for j, start in zip(order, begins, strict=True)}
    timed = _time(shift, order, stops, windows, travel)
    base = shift.day * DAY
    legs, free, before = {}, shift.start, 0
    for j, stop in zip(order, timed.stops, strict=True):
        leg = _leg(shift, base + stop.start, base + stop.end, seconds[before][j], free, rng)
        legs[j - 1], free, before = leg, leg.end, j
    lunch = None if timed.lunch_start is None else base + timed.lunch_start
    return Driven(legs, windows, lunch)


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
    lunch = shift.lunch[2] + HALF_HOUR if shift.lunch else 0
    return driving + working + lunch + 120 * len(order)


def _gaps(count: int, total: int, rng: random.Random) -> list[int]:
    """Idle seconds before each job; the rest of the slack lies behind the last.

    Half the days begin with a job, half end with one: somebody is under way from the first hour to the last.
    """
    cuts = sorted(rng.random() for _ in range(count))
    if rng.random() < 0.5:
        cuts[0] = min(cuts[0], rng.uniform(0, 0.08))
    if rng.random() < 0.5:
        cuts[-1] = max(cuts[-1], rng.uniform(0.75, 1.0))
    return [int(total * (b - a)) for a, b in zip([0.0, *cuts], cuts, strict=False)]


def _walk(
    shift: CrewShift,
    order: Sequence[int],
    gaps: Sequence[int],
    stops: Sequence[Stop],
    seconds: list[list[int]],
) -> list[int]:
    """When each job begins, with lunch on the way as soon as it would be late afterwards."""
    ready, here, eaten = shift.start, 0, shift.lunch is None
    begins = []
    for j, gap in zip(order, gaps, strict=True):
        travel, duration = seconds[here][j], stops[j - 1].duration_s
        start = ready + gap + travel
        if shift.lunch and not eaten:
            earliest, latest, length = shift.lunch
            start = min(start, max(ready, latest - LATEST_BEFORE_LUNCH) + travel)
            if start + duration > latest - LATEST_BEFORE_LUNCH:
                start = max(start, max(ready, earliest) + length + travel)
                eaten = True
        begins.append(start)
        ready, here = start + duration, j
    return begins


def _window(maker: Maker, start: int, rng: random.Random) -> tuple[int, int]:
    """The offered window that the start lies in, or one that was talked over, on the quarter hour."""
    day, seconds = divmod(start + 5 * HOUR, DAY)
    fitting = [h for h in maker.window_starts if h * HOUR <= seconds <= h * HOUR + maker.window_s - 60]
    if fitting and rng.random() < 0.4:
        opens, length = fitting[-1] * HOUR, maker.window_s
    else:
        back = rng.randint(0, 4) * QUARTER
        opens, length = seconds // QUARTER * QUARTER - back, 2 * HOUR
    opens += day * DAY - 5 * HOUR
    return opens, opens + length


def _time(
    shift: CrewShift,
    order: Sequence[int],
    stops: Sequence[Stop],
    windows: dict[int, tuple[int, int]],
    travel: np.ndarray[tuple[int, int], np.dtype[np.int32]],
) -> TimedRoute:
    base, lunch = shift.day * DAY, shift.lunch
    person = Technician(
        id="t",
        start=0,
        end=0,
        shift=(shift.start - base, shift.end - base),
        max_overtime=HOUR,
        lunch=Lunch(lunch[0] - base, lunch[1] - base, lunch[2]) if lunch else None,
    )
    jobs = tuple(
        Job(
            id=str(j),
            location=j,
            duration=stops[j - 1].duration_s,
            window=(max(0, windows[j - 1][0] - base), windows[j - 1][1] - base),
            drop_cost=1,
        )
        for j in order
    )
    problem = PlanningProblem(technicians=(person,), jobs=jobs, matrix=travel)
    timed = time_route(problem, 0, range(len(jobs)))
    assert timed is not None, "the walk was feasible, so earlier starts are"
    return timed


def _leg(shift: CrewShift, start: int, end: int, travel: int, free: int, rng: random.Random) -> Leg:
    """What happened on the way: a little early or late, and the work quicker than planned."""
    depart = max(free, start - travel - rng.randint(0, 240))
    arrived = max(depart + 30, start - rng.randint(0, 180))
    started = max(arrived, start) + rng.randint(30, 150)
    ended = min(started + int((end - start) * rng.uniform(0.6, 0.98)), end - 5)
    return Leg(
        technician_id=shift.technician_id,
        point_id=shift.point_id,
        company_id=shift.company_id,
        day=shift.day,
        depart=depart,
        start=start,
        end=end,
        arrived=arrived,
        started=started,
        ended=max(ended, started + 240),
        travel_s=travel,
    )
