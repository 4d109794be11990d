"""A plan's routes as bars on a line of hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scheduling.plan import Plan, Route
from scheduling.problem import Job, PlanningProblem, Technician

HOUR = 3600
LABELS = 20
"""No more hours than this are written under the lanes."""


@dataclass(frozen=True)
class Span:
    """From and to, in seconds of the horizon."""

    start: int
    end: int


@dataclass(frozen=True)
class WorkBar:
    """One job on a lane. `late` is seconds after its due time."""

    job: Job
    at: Span
    late: int
    fixed: bool


@dataclass(frozen=True)
class Lane:
    """One technician's day, ready to be drawn."""

    technician: Technician
    number: int
    shift: Span
    overtime: Span
    legs: tuple[Span, ...]
    work: tuple[WorkBar, ...]
    lunch: Span | None
    route: Route

    @property
    def late(self) -> int:
        """Seconds late, over all jobs."""
        return sum(bar.late for bar in self.work)


@dataclass(frozen=True)
class Hours:
    """The line of hours under the lanes: its span, and where it is labelled."""

    span: Span
    marks: tuple[int, ...]


def draw_lanes(problem: PlanningProblem, plan: Plan) -> tuple[Lane, ...]:
    """One lane a technician, in the problem's order."""
    return tuple(
        _lane(problem, problem.technician_index[route.technician], route)
        for route in sorted(plan.routes, key=lambda route: problem.technician_index[route.technician])
    )


def choose_hours(lanes: tuple[Lane, ...]) -> Hours:
    """Whole hours around everything that is drawn."""
    if not lanes:
        return Hours(Span(0, HOUR), (0,))
    first = min(second for lane in lanes for second in (lane.shift.start, *(leg.start for leg in lane.legs)))
    last = max(second for lane in lanes for second in (lane.shift.end, lane.route.finish, *_ends(lane)))
    start, end = first // HOUR * HOUR, max(-(-last // HOUR), first // HOUR + 1) * HOUR
    step = -(-(end - start) // (HOUR * LABELS)) * HOUR
    return Hours(Span(start, end), tuple(range(start, end + 1, step)))


def _ends(lane: Lane) -> Iterator[int]:
    yield from (bar.at.end for bar in lane.work)
    if lane.lunch is not None:
        yield lane.lunch.end


def _lane(problem: PlanningProblem, number: int, route: Route) -> Lane:
    person = problem.technicians[number]
    starts, ends, limit, _rate = problem.shifts[number]
    prefix = {problem.jobs[job].id for job in problem.prefixes[number]}
    lunch = None
    if route.lunch_start is not None and person.lunch is not None:
        lunch = Span(route.lunch_start, route.lunch_start + person.lunch.duration)
    return Lane(
        technician=person,
        number=number,
        shift=Span(starts, ends),
        overtime=Span(ends, limit),
        legs=tuple(_legs(person, route)),
        work=tuple(
            WorkBar(
                job=(job := problem.jobs[problem.job_index[stop.job]]),
                at=Span(stop.start, stop.end),
                late=0 if job.due is None else max(0, stop.start - job.due),
                fixed=stop.job in prefix,
            )
            for stop in route.stops
        ),
        lunch=lunch,
        route=route,
    )


def _legs(person: Technician, route: Route) -> Iterator[Span]:
    """The ways between stops, home included; the way that lunch interrupts is drawn through it."""
    ready = person.shift[0]
    for stop in route.stops:
        yield Span(ready, stop.arrive)
        ready = stop.end
    if route.stops:
        yield Span(ready, route.finish)
