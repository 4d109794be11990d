"""What is to be planned: technicians, jobs, travel times and prefixes under way (`ondol-problem/1`).

Times are integer seconds from the horizon's start, costs integers: one unit is one second of travel.
Everything here is frozen; `__post_init__` refuses what no planner could read, naming the field's path.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

TIME_LIMIT = 100_000_000
COST_LIMIT = 1_000_000_000
RATE_LIMIT = 1_000_000

Window = tuple[int, int]
MOST_BREAKS = 4
MOST_WINDOWS = 16

StopNumbers = tuple[int, int, int, int, int, int, int, tuple[Window, ...]]
"""Earliest start, latest start, duration, due, lateness cost, published start, cost of starting later than
published, closed times (closes, reopens) between several windows."""
ShiftNumbers = tuple[int, int, int, int]
BreakNumbers = tuple[int, int, int]


class ProblemError(ValueError):
    """The problem cannot be read. `path` names the field (`jobs[3].window`), `message` the rule."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message

    def __reduce__(self) -> tuple[type[ProblemError], tuple[str, str]]:
        return type(self), (self.path, self.message)


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
        _check_matrix(self.matrix)
        size = len(self.matrix)
        _check_unique("technicians", [technician.id for technician in self.technicians])
        _check_unique("jobs", [job.id for job in self.jobs])
        for i, technician in enumerate(self.technicians):
            _check_technician(f"technicians[{i}]", technician, size)
        known = {technician.id for technician in self.technicians}
        for i, job in enumerate(self.jobs):
            _check_job(f"jobs[{i}]", job, size, known)
        _check_fixed(self)

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
        published = self.jobs[job].published
        return (
            published.person_cost
            if published and published.technician != self.technicians[technician].id
            else 0
        )

    def may_serve(self, technician: int, job: int) -> bool:
        """Whether skills, pin and capacity allow this job on an otherwise empty route (time aside)."""
        person, work = self.technicians[technician], self.jobs[job]
        return (
            work.skills <= person.skills
            and work.technician in (None, person.id)
            and (person.capacity is None or work.demand <= person.capacity)
        )


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


def _check_matrix(matrix: npt.NDArray[np.int32]) -> None:
    if matrix.dtype != np.int32 or matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ProblemError("travel.matrix", "정수로 된 정사각 행렬이어야 합니다")
    if matrix.size and (matrix.min() < 0 or matrix.max() > TIME_LIMIT):
        raise ProblemError("travel.matrix", f"0 이상 {TIME_LIMIT} 이하의 초여야 합니다")


def _check_unique(path: str, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for i, name in enumerate(ids):
        if not name:
            raise ProblemError(f"{path}[{i}].id", "비어 있지 않은 글자여야 합니다")
        if name in seen:
            raise ProblemError(f"{path}[{i}].id", f"'{name}' 이름이 두 번 나옵니다")
        seen.add(name)


def _check_number(path: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ProblemError(path, f"{low} 이상 {high} 이하여야 합니다")


def _check_window(path: str, window: Window) -> None:
    for value in window:
        _check_number(path, value, -TIME_LIMIT, TIME_LIMIT)
    if window[0] > window[1]:
        raise ProblemError(path, "시작이 끝보다 늦습니다")


def _check_technician(path: str, technician: Technician, size: int) -> None:
    _check_number(f"{path}.start", technician.start, 0, size - 1)
    _check_number(f"{path}.end", technician.end, 0, size - 1)
    _check_window(f"{path}.shift", technician.shift)
    _check_number(f"{path}.max_overtime", technician.max_overtime, 0, TIME_LIMIT)
    _check_number(f"{path}.overtime_cost", technician.overtime_cost, 0, RATE_LIMIT)
    if technician.capacity is not None:
        _check_number(f"{path}.capacity", technician.capacity, 0, TIME_LIMIT)
    if technician.lunch is not None:
        _check_break(f"{path}.lunch", technician.lunch)
    if len(ordered_breaks(technician)) > MOST_BREAKS:
        raise ProblemError(f"{path}.breaks", f"점심시간까지 {MOST_BREAKS}번 이하여야 합니다")
    for k, pause in enumerate(technician.breaks):
        _check_break(f"{path}.breaks[{k}]", pause)


def _check_break(path: str, pause: Lunch) -> None:
    _check_window(path, (pause.earliest, pause.latest))
    _check_number(f"{path}.duration", pause.duration, 0, TIME_LIMIT)


def _check_job(path: str, job: Job, size: int, technicians: set[str]) -> None:
    _check_number(f"{path}.location", job.location, 0, size - 1)
    _check_number(f"{path}.duration", job.duration, 0, TIME_LIMIT)
    _check_window(f"{path}.window", job.window)
    _check_number(f"{path}.drop_cost", job.drop_cost, 0, COST_LIMIT)
    _check_number(f"{path}.lateness_cost", job.lateness_cost, 0, RATE_LIMIT)
    _check_number(f"{path}.demand", job.demand, 0, TIME_LIMIT)
    if job.due is not None:
        _check_number(f"{path}.due", job.due, -TIME_LIMIT, TIME_LIMIT)
    if job.technician is not None and job.technician not in technicians:
        raise ProblemError(f"{path}.technician", f"'{job.technician}' 기사가 없습니다")
    if len(job.windows) > MOST_WINDOWS:
        raise ProblemError(f"{path}.windows", f"{MOST_WINDOWS}개 이하여야 합니다")
    for k, window in enumerate(job.windows):
        _check_window(f"{path}.windows[{k}]", window)
    if not open_spans(job):
        raise ProblemError(f"{path}.windows", "window 안에 드는 시간이 없습니다")
    if job.published is not None:
        _check_number(f"{path}.published.start", job.published.start, -TIME_LIMIT, TIME_LIMIT)
        _check_number(f"{path}.published.person_cost", job.published.person_cost, 0, COST_LIMIT)
        _check_number(f"{path}.published.time_cost", job.published.time_cost, 0, RATE_LIMIT)


def _check_fixed(problem: PlanningProblem) -> None:
    placed: set[str] = set()
    technicians: set[str] = set()
    for path, technician, name in _fixed_jobs(problem):
        if name not in problem.job_index:
            raise ProblemError(path, f"'{name}' 작업이 없습니다")
        if name in placed:
            raise ProblemError(path, f"'{name}' 이름이 두 번 나옵니다")
        placed.add(name)
        if problem.jobs[problem.job_index[name]].technician not in (None, technician):
            raise ProblemError(path, f"'{name}' 작업은 다른 기사에게 고정되어 있습니다")
    for i, prefix in enumerate(problem.fixed):
        if prefix.technician not in problem.technician_index:
            raise ProblemError(f"fixed[{i}].technician", f"'{prefix.technician}' 기사가 없습니다")
        if prefix.technician in technicians:
            raise ProblemError(f"fixed[{i}].technician", f"'{prefix.technician}' 기사가 두 번 나옵니다")
        technicians.add(prefix.technician)


def _fixed_jobs(problem: PlanningProblem) -> Iterator[tuple[str, str, str]]:
    for i, prefix in enumerate(problem.fixed):
        for k, name in enumerate(prefix.jobs):
            yield f"fixed[{i}].jobs[{k}]", prefix.technician, name
