"""A plan that stays loaded in the kernel, so that a quote against it costs a fraction of a millisecond."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scheduling.kernel.arrays import KernelArrays
from scheduling.kernel.quotes import (
    NO_SCHEDULE,
    BoardInput,
    Numbers,
    address_of,
    question_rows,
    quote_library,
)
from scheduling.plan import Sequences, Stop
from scheduling.problem import (
    Job,
    PlanningProblem,
    cost_of_coming,
    may_come,
    positions_for,
    stop_numbers,
)
from scheduling.problem_checks import MOST_WINDOWS

Timing = tuple[int, int, list[list[int]]]
"""Travel, lateness and overtime; arrival at the end; (arrive, start, end) of each stop."""


@dataclass(frozen=True)
class TimedRoute:
    """A route's cheapest schedule: of equal ones the earliest finish, then the earlier breaks.

    `cost` is travel, lateness, overtime and departures from the published plan; `travel` and `finish`
    (arrival at the end) are seconds.
    """

    stops: tuple[Stop, ...]
    cost: int
    travel: int
    finish: int


class Touched(NamedTuple):
    """A job whose work would begin later by so many seconds (earlier: below 0)."""

    job: str
    seconds: int


def touched_by(before: Sequence[Stop], after: Sequence[Stop]) -> tuple[Touched, ...]:
    """The jobs of both that begin at another time."""
    starts = {stop.job: stop.start for stop in before}
    both = ((stop.job, stop.start - starts[stop.job]) for stop in after if stop.job in starts)
    return tuple(Touched(job, seconds) for job, seconds in both if seconds)


class QuoteBoard:
    """Routes of a problem, made sound first (see `board.open_board`). Not for two threads at once.

    Job and technician numbers are positions in the problem. A changed route leaves the others warm.
    """

    def __init__(self, problem: PlanningProblem, sequences: Sequences | None = None) -> None:
        self.problem = problem
        self._arrays = KernelArrays(problem)
        self._gaps = np.concatenate([self._arrays.gaps, np.zeros((MOST_WINDOWS, 2), dtype=np.int32)])
        self._matrix = np.ascontiguousarray(problem.matrix)
        self._matrix_to = np.ascontiguousarray(problem.matrix.T)
        places = [job.location for job in problem.jobs]
        for person in problem.technicians:
            places += [person.start, person.end]
        self._location = np.array(places, dtype=np.int32)
        self._times = np.zeros((len(problem.jobs) + 2, 3), dtype=np.int32)
        self._times_at = address_of(self._times)
        self.no_favour = Numbers(np.zeros(len(problem.technicians), dtype=np.int64))
        self._under_way = {name for prefix in problem.fixed for name in prefix.jobs}
        self._leaders = {job.after for job in problem.jobs if job.after is not None}
        self._extra: dict[object, Numbers] = {}
        self._present: dict[int, TimedRoute] = {}
        self.routes: list[list[int]] = [[] for _ in problem.technicians]
        self._library = quote_library()
        self.handle: int = self._library.ondol_board_open(ctypes.byref(self._as_input()))
        weakref.finalize(self, self._library.ondol_board_close, self.handle)
        self._load(sequences or {})

    @property
    def sequences(self) -> dict[str, list[str]]:
        """Technician id -> job ids in order."""
        jobs = self.problem.jobs
        return {
            person.id: [jobs[job].id for job in route]
            for person, route in zip(self.problem.technicians, self.routes, strict=True)
        }

    def set_route(self, technician: int, jobs: Sequence[int]) -> bool:
        """Replace one route. False, and nothing has changed, when a rule forbids it or no schedule fits."""
        prefix = self._arrays.prefixes[technician]
        if tuple(jobs[: len(prefix)]) != tuple(prefix):
            return False
        if any(self._arrays.visit_cost[job, technician] < 0 for job in jobs):
            return False
        if not all(self.problem.follows(job, jobs[:k]) for k, job in enumerate(jobs) if k >= len(prefix)):
            return False
        if not self._set(technician, jobs):
            self._set(technician, self.routes[technician])
            return False
        self._keep(technician, jobs)
        return True

    def forbid_overtime(self) -> None:
        """From now on nobody stays on longer than his present route makes him."""
        people = self._arrays.people
        for t, person in enumerate(self.problem.technicians):
            stays = max(0, self.present(t).finish - person.shift[1]) if self.routes[t] else 0
            people[t]["limit"] = person.shift[1] + min(person.max_overtime, stays)
            self._set(t, self.routes[t])

    def carries(self, job_id: str) -> bool:
        """Whether the job is on a route from which it may be taken off."""
        number = self.problem.job_index.get(job_id)
        return (
            number is not None
            and job_id not in self._under_way
            and any(number in route for route in self.routes)
        )

    @contextmanager
    def without(self, job_id: str) -> Iterator[None]:
        """The board with this job taken off its route, if it is on one; put back afterwards.

        Where the way past it takes longer than the one through it, others may have to go with it.
        """
        if not self.carries(job_id):
            yield
            return
        number = self.problem.job_index[job_id]
        holder = next(t for t, route in enumerate(self.routes) if number in route)
        before = self.routes[holder]
        self._keep_feasible(holder, [job for job in before if job != number])
        try:
            yield
        finally:
            self.set_route(holder, before)

    def present(self, technician: int) -> TimedRoute:
        """The route as it stands."""
        timed = self._present.get(technician)
        if timed is None:
            timed = self.time_with(technician, None, -1)
            assert timed is not None, "only routes with a schedule are loaded"
            self._present[technician] = timed
        return timed

    def time_with(self, technician: int, job: Job | None, position: int) -> TimedRoute | None:
        """The route with a job, which need not be in the problem, before the stop `position` (from 0).

        None where no schedule fits; skills, pins and capacity are the caller's to check. Raises ProblemError
        for a job that no planner could read.
        """
        question = None
        if job is not None:
            question = question_rows([job])
            self._fill_gaps(question, job)
        timed = self.time_stops(technician, question, position)
        if timed is None:
            return None
        person, cost, jobs = self.problem.technicians[technician], timed[0], self.jobs_of(technician)
        if job is not None:
            jobs.insert(position, job)
        places = [person.start, *(work.location for work in jobs), person.end]
        legs = [self.problem.rows[a][b] for a, b in pairwise(places)] if jobs else []
        cost += sum(cost_of_coming(person, work) for work in jobs)
        stops = tuple(Stop(work.id, *times) for work, times in zip(jobs, timed[2], strict=True))
        return TimedRoute(stops, cost, sum(legs), timed[1])

    def jobs_of(self, technician: int) -> list[Job]:
        """The jobs on a route, in order."""
        return [self.problem.jobs[job] for job in self.routes[technician]]

    def costs_of_coming(self, job: Job) -> Numbers:
        """What it costs, for each technician, that he is the one who comes; -1 where a rule forbids it."""
        prices = tuple(sorted(job.visit_costs.items()))
        key = (job.id in self._under_way, job.skills, job.technician, job.demand, job.published, prices)
        found = self._extra.get(key)
        if found is None:
            costs = [
                cost_of_coming(person, job) if may_come(person, job) and not key[0] else -1
                for person in self.problem.technicians
            ]
            self._extra[key] = found = Numbers(np.array(costs, dtype=np.int64))
        return found

    def span_for(self, technician: int, job: Job) -> range:
        """Where a job may be put on a route, by what is under way and the order that is pinned."""
        locked = len(self._arrays.prefixes[technician])
        return positions_for(job, self.jobs_of(technician), locked=locked)

    def spans_for(self, job: Job) -> Numbers | None:
        """The first and last place on each route; None where no order is pinned."""
        if job.after is None and job.id not in self._leaders:
            return None
        spans = [self.span_for(t, job) for t in range(len(self.routes))]
        return Numbers(np.array([(span.start, span.stop - 1) for span in spans], dtype=np.int32))

    def time_stops(self, technician: int, question: npt.NDArray[Any] | None, position: int) -> Timing | None:
        """The times of `time_with` alone."""
        finish = ctypes.c_int32()
        asked = None if question is None else address_of(question)
        cost = self._library.ondol_board_time(
            self.handle, technician, asked, position, self._times_at, ctypes.byref(finish)
        )
        if cost == NO_SCHEDULE:
            return None
        count = len(self.routes[technician]) + (question is not None)
        return cost, finish.value, self._times[:count].tolist()

    def _fill_gaps(self, question: npt.NDArray[Any], job: Job) -> None:
        """Closed times between several windows, behind those of the problem's own jobs."""
        gaps, first = stop_numbers(job)[7], len(self._arrays.gaps)
        self._gaps[first : first + len(gaps)] = np.array(gaps, dtype=np.int32).reshape(-1, 2)
        question["job"]["gap_from"], question["job"]["gap_until"] = first, first + len(gaps)

    def _load(self, sequences: Sequences) -> None:
        index = self.problem.job_index
        taken = {job for prefix in self.problem.prefixes for job in prefix}
        for t, person in enumerate(self.problem.technicians):
            wanted = list(self._arrays.prefixes[t])
            for name in sequences.get(person.id, ()):
                job = index.get(name)
                if job is not None and job not in taken and self._arrays.visit_cost[job, t] >= 0:
                    taken.add(job)
                    wanted.append(job)
            self._keep_feasible(t, wanted)

    def _keep_feasible(self, technician: int, wanted: Sequence[int]) -> None:
        """The wanted jobs; where no schedule fits, each in their order that leaves one."""
        if self.set_route(technician, wanted):
            return
        kept: list[int] = []
        begun = len(self._arrays.prefixes[technician])
        for job in wanted:
            in_order = len(kept) < begun or self.problem.follows(job, kept)
            if in_order and self._set(technician, [*kept, job]):
                kept.append(job)
        self._set(technician, kept)
        self._keep(technician, kept)

    def _keep(self, technician: int, jobs: Sequence[int]) -> None:
        self.routes[technician] = list(jobs)
        self._present.pop(technician, None)

    def _set(self, technician: int, jobs: Sequence[int]) -> bool:
        stops = np.array(jobs, dtype=np.int32)
        return bool(self._library.ondol_board_set(self.handle, technician, len(stops), address_of(stops)))

    def _as_input(self) -> BoardInput:
        arrays = self._arrays
        counts = len(arrays.jobs), len(arrays.people), len(arrays.travel), len(self._matrix)
        borrowed = (
            *(arrays.jobs, arrays.people, self._gaps, arrays.travel, arrays.visit_cost),
            *(self._matrix, self._matrix_to, self._location),
        )
        return BoardInput(*counts, *map(address_of, borrowed))
