"""What is to be planned: technicians, jobs, travel times and prefixes under way (`ondol-problem/1`).

Times are integer seconds from the horizon's start, costs integers: one unit is one second of travel.
Everything here is frozen; `__post_init__` refuses what no planner could read, naming the field's path.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from scheduling.problem_checks import (
    check_fixed,
    check_job,
    check_matrix,
    check_technician,
    check_unique,
)

Window = tuple[int, int]

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


@dataclass(frozen=True)
class Published:
    """Where a job stands in the published plan, and what moving it costs.

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
    `windows`: where there are any, work begins within one of them too.
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
        """What it costs that this technician comes, and not the one of the published plan."""
        return cost_of_coming(self.technicians[technician], self.jobs[job])

    def may_serve(self, technician: int, job: int) -> bool:
        """Whether skills, pin and capacity allow this job on an otherwise empty route (time aside)."""
        return may_come(self.technicians[technician], self.jobs[job])


def may_come(person: Technician, job: Job) -> bool:
    """Whether skills, pin and capacity allow this job on his otherwise empty route (time aside)."""
    return (
        job.skills <= person.skills
        and job.technician in (None, person.id)
        and (person.capacity is None or job.demand <= person.capacity)
    )


def cost_of_coming(person: Technician, job: Job) -> int:
    """What it costs that this technician comes, and not the one of the published plan."""
    published = job.published
    return published.person_cost if published and published.technician != person.id else 0


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
