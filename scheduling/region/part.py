"""A few service points as one planning problem: whom each job may go to, and what crossing costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scheduling.board import board_sequences, open_board
from scheduling.evaluator import viable_prefix
from scheduling.problem import FixedPrefix, Job, PlanningProblem, Technician
from scheduling.problem_checks import ProblemError
from scheduling.region.model import Lending, Region
from scheduling.region.rules import Lendings, is_overflow, may_leave, taking_limit
from scheduling.region.state import RegionState

FORBIDDEN = -1
CROSSING_MOST = 40
"""Served jobs of the others that each point of a joint problem may take: those nearest to it."""


@dataclass(frozen=True, eq=False)
class PartProblem(PlanningProblem):
    """A problem whose jobs have homes. `crossing[t][j]` is what it costs besides that technician t serves job
    j, FORBIDDEN where a rule of the border excludes it. Insertion and kernel obey it; the judge of a region
    (`judge.py`) does not rely on it."""

    crossing: tuple[tuple[int, ...], ...] = ()

    def person_cost(self, technician: int, job: int) -> int:
        """With the cost of crossing."""
        return super().person_cost(technician, job) + max(0, self.crossing[technician][job])

    def is_barred(self, technician: int, job: int) -> bool:
        """By a rule of the border."""
        return self.crossing[technician][job] == FORBIDDEN

    def may_serve(self, technician: int, job: int) -> bool:
        """With the rules of the border."""
        return not self.is_barred(technician, job) and super().may_serve(technician, job)


def build_alone(region: Region, point: int, guests: Iterable[Job] = ()) -> PlanningProblem:
    """One point's own problem, with jobs of others (`guests`) that its technicians serve.

    Raises ProblemError with the path in the region.
    """
    own = region.points[point]
    guests = tuple(guests)
    try:
        people, jobs, places = _renumbered(own.technicians, (*own.jobs, *guests))
        return PlanningProblem(people, jobs, region.travel(places), own.fixed, name=own.id)
    except ProblemError as error:
        raise ProblemError(f"points[{point}].{error.path}", error.message) from error


def build_part(
    state: RegionState,
    points: Sequence[int],
    *,
    lendings: Lendings | None = None,
    left_out_of: Sequence[int] | None = None,
) -> PartProblem:
    """The technicians of these points, the jobs on their routes, and those left out of `left_out_of` (all).

    `lendings` stand for the state's: the problem if these technicians were lent.
    """
    region = state.region
    lent = state.lendings if lendings is None else lendings
    people = [person for p in points for person in region.points[p].technicians]
    names = [job for person in people for job in state.routes[person.id]]
    for p in points if left_out_of is None else left_out_of:
        names += state.unserved(p)
    jobs = [replace(region.jobs[name], technician=_pin(region, points, name)) for name in names]
    adjusted = [replace(t, max_overtime=0) if t.id in lent else t for t in people]
    placed, located, places = _renumbered(adjusted, jobs)
    matrix = region.travel(places)
    open_to = _crossing_jobs(state, points, names, {name: k for k, name in enumerate(places)}, matrix)
    rows = [_crossing_row(state, person.id, names, lent.get(person.id), open_to) for person in people]
    present = set(names)
    fixed = [
        FixedPrefix(person.id, prefix)
        for person in people
        if (prefix := tuple(job for job in _first(state, person.id, lent) if job in present))
    ]
    return PartProblem(placed, located, matrix, tuple(fixed), crossing=tuple(rows))


def part_start(state: RegionState, part: PartProblem, lendings: Lendings) -> dict[str, list[str]]:
    """The present routes as far as the part's rules allow: who is newly lent gives his later jobs back."""
    start = {}
    for t, person in enumerate(part.technicians):
        route = state.routes[person.id]
        kept = lendings[person.id].kept if person.id in lendings else 0
        rest = [job for job in route[kept:] if part.may_serve(t, part.job_index[job])]
        start[person.id] = [*route[:kept], *rest]
    return board_sequences(open_board(part, start))


def keeps_prefixes(part: PartProblem, lendings: Lendings) -> bool:
    """Whether everybody who is lent can do what he is to do before: who is lent works no overtime."""
    return all(
        len(viable_prefix(part, t)) == len(part.prefixes[t])
        for t, person in enumerate(part.technicians)
        if person.id in lendings
    )


def _first(state: RegionState, technician: str, lent: Lendings) -> tuple[str, ...]:
    lending = lent.get(technician)
    if lending is not None:
        return tuple(state.routes[technician][: lending.kept])
    return state.region.under_way.get(technician, ())


def _pin(region: Region, points: Sequence[int], name: str) -> str | None:
    return region.jobs[name].technician if region.home[name] in points else None


def _renumbered(
    people: Sequence[Technician], jobs: Sequence[Job]
) -> tuple[tuple[Technician, ...], tuple[Job, ...], list[int]]:
    """The same with places of their own, and which places of the region these are."""
    number: dict[int, int] = {}

    def local(place: int) -> int:
        return number.setdefault(place, len(number))

    placed = tuple(replace(t, start=local(t.start), end=local(t.end)) for t in people)
    located = tuple(replace(job, location=local(job.location)) for job in jobs)
    return placed, located, list(number)


def _crossing_row(
    state: RegionState,
    technician: str,
    names: Sequence[str],
    lending: Lending | None,
    open_to: dict[int, set[str]],
) -> tuple[int, ...]:
    region = state.region
    own = region.employer[technician]
    cost = region.rules.overflow_cost
    if lending is not None:
        kept = set(state.routes[technician][: lending.kept])
        to = region.point_index[lending.to]
        return tuple(
            (0 if region.home[name] == own else cost)
            if name in kept
            else (0 if region.home[name] == to else FORBIDDEN)
            for name in names
        )
    takes = open_to[own]
    return tuple(0 if region.home[name] == own else (cost if name in takes else FORBIDDEN) for name in names)


def _crossing_jobs(
    state: RegionState,
    points: Sequence[int],
    names: Sequence[str],
    local: dict[int, int],
    matrix: npt.NDArray[np.int32],
) -> dict[int, set[str]]:
    """The jobs of others that each point may take: those it has, then those left out, then the nearest."""
    region = state.region
    found: dict[int, set[str]] = {}
    movable = [name for name in names if may_leave(region, name)]
    for p in points:
        has = {
            job
            for person in region.points[p].technicians
            for k, job in enumerate(state.routes[person.id])
            if is_overflow(region, person.id, k, job, state.lendings)
        }
        limit = taking_limit(region.points[p])
        room = CROSSING_MOST + len(names) if limit is None else limit - len(has)
        others = [name for name in movable if region.home[name] != p and name not in has]
        left = [name for name in others if name not in state.server]
        left.sort(key=lambda name: -region.jobs[name].drop_cost)
        chosen = left[: max(0, room)]
        near = _nearest(region, p, [name for name in others if name in state.server], local, matrix)
        chosen += near[: max(0, min(room - len(chosen), CROSSING_MOST))]
        found[p] = has | set(chosen)
    return found


def _nearest(
    region: Region, point: int, names: list[str], local: dict[int, int], matrix: npt.NDArray[np.int32]
) -> list[str]:
    if not names or not region.points[point].technicians:
        return names
    starts = [local[t.start] for t in region.points[point].technicians]
    to = matrix[np.ix_(starts, [local[region.jobs[name].location] for name in names])].mean(axis=0)
    return [names[k] for k in np.argsort(to, kind="stable").tolist()]
