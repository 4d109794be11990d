"""What is to be planned: technicians, jobs, travel times and prefixes under way (`ondol-problem/1`).

Times are integer seconds from the horizon's start, costs integers: one unit is one second of travel.
Everything here is frozen; `__post_init__` refuses what no planner could read, naming the field's path.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

TIME_LIMIT = 100_000_000
COST_LIMIT = 1_000_000_000
RATE_LIMIT = 1_000_000

Window = tuple[int, int]
StopNumbers = tuple[int, int, int, int, int]
ShiftNumbers = tuple[int, int, int, int]
LunchNumbers = tuple[int, int, int]


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
    """Begun no earlier than `earliest`, by `latest` at the latest; lasts `duration` seconds."""

    earliest: int
    latest: int
    duration: int


@dataclass(frozen=True)
class Technician:
    """`start` and `end` index the matrix; overtime is arrival at `end` after `shift[1]`."""

    id: str
    start: int
    end: int
    shift: Window
    max_overtime: int = 0
    overtime_cost: int = 0
    lunch: Lunch | None = None
    skills: frozenset[str] = frozenset()
    capacity: int | None = None


@dataclass(frozen=True)
class Job:
    """`window` bounds the start of work (hard), `due` is soft at `lateness_cost` a second.

    `technician` pins the job to a person without lifting skills. `drop_cost` is what leaving it out costs.
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
        """(earliest start, latest start, duration, due, lateness cost) of each job; no due -> never late."""
        return tuple(
            (
                *job.window,
                job.duration,
                *((job.window[1], 0) if job.due is None else (job.due, job.lateness_cost)),
            )
            for job in self.jobs
        )

    @cached_property
    def shifts(self) -> tuple[ShiftNumbers, ...]:
        """(start, end, latest arrival at `end`, overtime cost) of each technician."""
        return tuple((*t.shift, t.shift[1] + t.max_overtime, t.overtime_cost) for t in self.technicians)

    @cached_property
    def lunches(self) -> tuple[LunchNumbers | None, ...]:
        """(earliest, latest, duration) of each technician's lunch, or None."""
        return tuple(
            None if t.lunch is None else (t.lunch.earliest, t.lunch.latest, t.lunch.duration)
            for t in self.technicians
        )

    def may_serve(self, technician: int, job: int) -> bool:
        """Whether skills, pin and capacity allow this job on an otherwise empty route (time aside)."""
        person, work = self.technicians[technician], self.jobs[job]
        return (
            work.skills <= person.skills
            and work.technician in (None, person.id)
            and (person.capacity is None or work.demand <= person.capacity)
        )


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
        _check_window(f"{path}.lunch", (technician.lunch.earliest, technician.lunch.latest))
        _check_number(f"{path}.lunch.duration", technician.lunch.duration, 0, TIME_LIMIT)


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
