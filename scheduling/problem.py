"""What is to be planned: technicians, jobs, travel times and prefixes under way (`ondol-problem/1`).

Times are integer seconds from the horizon's start, costs integers: one unit is one second of travel.
Everything here is frozen; `__post_init__` refuses what no planner could read, naming the field's path.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from scheduling.problem_checks import (
    check_fixed,
    check_job,
    check_matrix,
    check_order,
    check_technician,
    check_unique,
)

Window = tuple[int, int]

FORBIDDEN = -1
"""In `Job.visit_costs`: this technician must not come."""

StopNumbers = tuple[int, int, int, int, int, int, int, tuple[Window, ...]]
"""Earliest start, latest start, duration, due, lateness cost, published start, cost of starting later than
published, closed times (closes, reopens) between several windows."""
ShiftNumbers = tuple[int, int, int, int]
BreakNumbers = tuple[int, int, int]


@dataclass(frozen=True)
class Lunch:
    """A break: begun no earlier than `earliest`, by `latest` at the latest; lasts `duration` seconds."""

    earliest: int
    latest: int
    duration: int


@dataclass(frozen=True)
class Technician:
    """`start` and `end` index the matrix; overtime is arrival at `end` after `shift[1]`.

    `breaks` are further ones, under the rules of lunch; all of them are taken in the order of their times.
    `person`: whose time it is, where several technicians of a problem are one person's shifts.
    """

    id: str
    start: int
    end: int
    shift: Window
    max_overtime: int = 0
    overtime_cost: int = 0
    lunch: Lunch | None = None
    skills: frozenset[str] = frozenset()
    capacity: int | None = None
    breaks: tuple[Lunch, ...] = ()
    person: str | None = None


@dataclass(frozen=True)
class Published:
    """Where a job stands in the published plan (`technician`: an id or a person), and what moving it costs.

    `person_cost` once when somebody else comes, `time_cost` a second that work begins after `start`; an
    earlier start is free (a promise about it is the job's window).
    """

    technician: str
    start: int
    person_cost: int = 0
    time_cost: int = 0


@dataclass(frozen=True)
class Job:
    """`window` bounds the start of work (hard), `due` is soft at `lateness_cost` a second.

    `technician` pins the job to a person without lifting skills. `drop_cost` is what leaving it out costs.
    `windows`: where there are any, work begins within one of them too. `after` names a job that the same
    technician does before it: without that job it is not served. What is under way knows no order.
    `visit_costs`: what it costs besides that a technician (by id) comes, or FORBIDDEN.
    """

    id: str
    location: int
    duration: int
    window: Window
    drop_cost: int
    due: int | None = None
    lateness_cost: int = 0
    mandatory: bool = False
    skills: frozenset[str] = frozenset()
    technician: str | None = None
    demand: int = 0
    windows: tuple[Window, ...] = ()
    published: Published | None = None
    after: str | None = None
    visit_costs: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class FixedPrefix:
    """Jobs under way: first on this technician's route, in this order."""

    technician: str
    jobs: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class PlanningProblem:
    """One branch, one horizon. `matrix[i, j]` is travel seconds from location i to j (may be asymmetric).

    Raises ProblemError when ids repeat, references lead nowhere or numbers are out of range.
    """

    technicians: tuple[Technician, ...]
    jobs: tuple[Job, ...]
    matrix: npt.NDArray[np.int32]
    fixed: tuple[FixedPrefix, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        check_matrix(self.matrix)
        size = len(self.matrix)
        check_unique("technicians", [technician.id for technician in self.technicians])
        check_unique("jobs", [job.id for job in self.jobs])
        for i, technician in enumerate(self.technicians):
            check_technician(f"technicians[{i}]", technician, size)
        known = {technician.id for technician in self.technicians}
        for i, job in enumerate(self.jobs):
            check_job(f"jobs[{i}]", job, size, known)
        check_fixed(self)
        check_order(self)

    @cached_property
    def rows(self) -> list[list[int]]:
        """The matrix as plain lists: scalar look-ups in Python are four times faster than in numpy."""
        rows: list[list[int]] = self.matrix.tolist()
        return rows

    @cached_property
    def job_index(self) -> dict[str, int]:
        """Position of each job id in `jobs`."""
        return {job.id: i for i, job in enumerate(self.jobs)}

    @cached_property
    def technician_index(self) -> dict[str, int]:
        """Position of each technician id in `technicians`."""
        return {technician.id: i for i, technician in enumerate(self.technicians)}

    @cached_property
    def prefixes(self) -> tuple[tuple[int, ...], ...]:
        """Job positions under way, for each technician."""
        found = {prefix.technician: prefix.jobs for prefix in self.fixed}
        return tuple(tuple(self.job_index[job] for job in found.get(t.id, ())) for t in self.technicians)

    @cached_property
    def leaders(self) -> tuple[int, ...]:
        """For each job the one that comes before it on the same route; -1: none, or it is under way."""
        under_way = {job for prefix in self.prefixes for job in prefix}
        return tuple(
            -1 if work.after is None or job in under_way else self.job_index[work.after]
            for job, work in enumerate(self.jobs)
        )

    def follows(self, job: int, before: Sequence[int]) -> bool:
        """Whether a job may stand behind these on their route."""
        return self.leaders[job] < 0 or self.leaders[job] in before

    @cached_property
    def stops(self) -> tuple[StopNumbers, ...]:
        """The numbers of each job that decide about its time."""
        return tuple(stop_numbers(job) for job in self.jobs)

    @cached_property
    def shifts(self) -> tuple[ShiftNumbers, ...]:
        """(start, end, latest arrival at `end`, overtime cost) of each technician."""
        return tuple((*t.shift, t.shift[1] + t.max_overtime, t.overtime_cost) for t in self.technicians)

    @cached_property
    def pauses(self) -> tuple[tuple[BreakNumbers, ...], ...]:
        """(earliest, latest, duration) of each technician's breaks, lunch among them, in their order."""
        return tuple(
            tuple((b.earliest, b.latest, b.duration) for b in ordered_breaks(person))
            for person in self.technicians
        )

    def person_cost(self, technician: int, job: int) -> int:
        """What it costs besides that this technician comes, and not the one of the published plan."""
        return cost_of_coming(self.technicians[technician], self.jobs[job])

    def is_forbidden(self, technician: int, job: int) -> bool:
        """Whether the job's own `visit_costs` exclude this technician."""
        return is_forbidden(self.technicians[technician], self.jobs[job])

    def may_serve(self, technician: int, job: int) -> bool:
        """Whether skills, pin, capacity and `visit_costs` allow this job on an otherwise empty route (time
        aside)."""
        return may_come(self.technicians[technician], self.jobs[job])


def is_forbidden(person: Technician, job: Job) -> bool:
    """Whether the job's own `visit_costs` exclude this technician."""
    return job.visit_costs.get(person.id) == FORBIDDEN


def may_come(person: Technician, job: Job) -> bool:
    """Whether skills, pin, capacity and `visit_costs` allow this job on his otherwise empty route (time
    aside)."""
    return (
        job.skills <= person.skills
        and job.technician in (None, person.id)
        and not is_forbidden(person, job)
        and (person.capacity is None or job.demand <= person.capacity)
    )


def cost_of_coming(person: Technician, job: Job) -> int:
    """What it costs besides that this technician comes, and not the one of the published plan."""
    return max(0, job.visit_costs.get(person.id, 0)) + stranger_cost(person, job)


def stranger_cost(person: Technician, job: Job) -> int:
    """What it costs that somebody else comes than in the published plan."""
    published = job.published
    if published is None or published.technician in (person.id, person.person):
        return 0
    return published.person_cost


def positions_for(job: Job, route: Sequence[Job], *, locked: int) -> range:
    """Where a job may be put on a route: behind the one it comes after, before those that come after it.

    It need not be in the problem. Empty: the one it comes after is not on this route. `locked` stops stay
    first.
    """
    first = locked
    if job.after is not None:
        at = next((k for k, other in enumerate(route) if other.id == job.after), len(route))
        first = max(first, at + 1)
    followers = (k for k, other in enumerate(route) if other.after == job.id and k >= locked)
    return range(first, next(followers, len(route)) + 1)


def keep_order(jobs: Iterable[Job], under_way: Collection[str]) -> list[Job]:
    """Some jobs of a problem, to be one of their own: without those that come after one that is absent."""
    kept = [replace(job, after=None) if job.id in under_way else job for job in jobs]
    while True:
        present = {job.id for job in kept}
        rest = [job for job in kept if job.after is None or job.after in present]
        if len(rest) == len(kept):
            return rest
        kept = rest


def ordered_breaks(person: Technician) -> tuple[Lunch, ...]:
    """Lunch and the other breaks, in the order in which they are taken."""
    breaks = person.breaks if person.lunch is None else (person.lunch, *person.breaks)
    return tuple(sorted(breaks, key=lambda pause: (pause.earliest, pause.latest)))


def stop_numbers(job: Job) -> StopNumbers:
    """The numbers that decide about a job's time; without a due time it is never late."""
    spans = open_spans(job)
    opens, closes = spans[0][0], spans[-1][1]
    gaps = tuple((before[1], after[0]) for before, after in pairwise(spans))
    due, rate = (closes, 0) if job.due is None else (job.due, job.lateness_cost)
    published, later = (
        (closes, 0) if job.published is None else (job.published.start, job.published.time_cost)
    )
    return opens, closes, job.duration, due, rate, published, later, gaps


def open_spans(job: Job) -> list[Window]:
    """When work may begin: `windows` within `window`, in order, those that touch made one. Empty: never."""
    if not job.windows:
        return [job.window]
    spans: list[Window] = []
    for begins, ends in sorted(job.windows):
        opens, closes = max(begins, job.window[0]), min(ends, job.window[1])
        if opens > closes:
            continue
        if spans and opens <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], closes))
        else:
            spans.append((opens, closes))
    return spans
