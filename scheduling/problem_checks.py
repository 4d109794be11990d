"""What no planner could read, refused with the field's path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scheduling.problem import Job, Lunch, PlanningProblem, Technician, Window

TIME_LIMIT = 100_000_000
COST_LIMIT = 1_000_000_000
RATE_LIMIT = 1_000_000
MOST_BREAKS = 4
MOST_WINDOWS = 16


class ProblemError(ValueError):
    """The problem cannot be read. `path` names the field (`jobs[3].window`), `message` the rule."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message

    def __reduce__(self) -> tuple[type[ProblemError], tuple[str, str]]:
        return type(self), (self.path, self.message)


def check_matrix(matrix: npt.NDArray[np.int32]) -> None:
    """Square, whole seconds."""
    if matrix.dtype != np.int32 or matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ProblemError("travel.matrix", "정수로 된 정사각 행렬이어야 합니다")
    if matrix.size and (matrix.min() < 0 or matrix.max() > TIME_LIMIT):
        raise ProblemError("travel.matrix", f"0 이상 {TIME_LIMIT} 이하의 초여야 합니다")


def check_unique(path: str, ids: Sequence[str]) -> None:
    """Names that are none, or twice there."""
    seen: set[str] = set()
    for i, name in enumerate(ids):
        if not name:
            raise ProblemError(f"{path}[{i}].id", "비어 있지 않은 글자여야 합니다")
        if name in seen:
            raise ProblemError(f"{path}[{i}].id", f"'{name}' 이름이 두 번 나옵니다")
        seen.add(name)


def check_number(path: str, value: int, low: int, high: int) -> None:
    """A number out of range."""
    if not low <= value <= high:
        raise ProblemError(path, f"{low} 이상 {high} 이하여야 합니다")


def check_window(path: str, window: Window) -> None:
    """Seconds out of range, an end before its beginning."""
    for value in window:
        check_number(path, value, -TIME_LIMIT, TIME_LIMIT)
    if window[0] > window[1]:
        raise ProblemError(path, "시작이 끝보다 늦습니다")


def check_windows(path: str, windows: Sequence[Window]) -> None:
    """Windows out of range, or that end before they begin."""
    for k, window in enumerate(windows):
        check_window(f"{path}[{k}]", window)


def check_technician(path: str, technician: Technician, size: int) -> None:
    """Numbers out of range."""
    check_number(f"{path}.start", technician.start, 0, size - 1)
    check_number(f"{path}.end", technician.end, 0, size - 1)
    check_window(f"{path}.shift", technician.shift)
    check_number(f"{path}.max_overtime", technician.max_overtime, 0, TIME_LIMIT)
    check_number(f"{path}.overtime_cost", technician.overtime_cost, 0, RATE_LIMIT)
    if technician.capacity is not None:
        check_number(f"{path}.capacity", technician.capacity, 0, TIME_LIMIT)
    check_breaks(path, technician.lunch, technician.breaks)


def check_breaks(path: str, lunch: Lunch | None, breaks: Sequence[Lunch]) -> None:
    """Lunch and breaks of one shift: their times, and how many they are."""
    if lunch is not None:
        _check_break(f"{path}.lunch", lunch)
    if len(breaks) + (lunch is not None) > MOST_BREAKS:
        raise ProblemError(f"{path}.breaks", f"점심시간까지 {MOST_BREAKS}번 이하여야 합니다")
    for k, pause in enumerate(breaks):
        _check_break(f"{path}.breaks[{k}]", pause)


def _check_break(path: str, pause: Lunch) -> None:
    check_window(path, (pause.earliest, pause.latest))
    check_number(f"{path}.duration", pause.duration, 0, TIME_LIMIT)


def check_job(path: str, job: Job, size: int, technicians: set[str]) -> None:
    """Numbers out of range, a pin to nobody."""
    check_number(f"{path}.location", job.location, 0, size - 1)
    check_number(f"{path}.duration", job.duration, 0, TIME_LIMIT)
    check_window(f"{path}.window", job.window)
    check_number(f"{path}.drop_cost", job.drop_cost, 0, COST_LIMIT)
    check_number(f"{path}.lateness_cost", job.lateness_cost, 0, RATE_LIMIT)
    check_number(f"{path}.demand", job.demand, 0, TIME_LIMIT)
    if job.due is not None:
        check_number(f"{path}.due", job.due, -TIME_LIMIT, TIME_LIMIT)
    if job.technician is not None and job.technician not in technicians:
        raise ProblemError(f"{path}.technician", f"'{job.technician}' 기사가 없습니다")
    if len(job.windows) > MOST_WINDOWS:
        raise ProblemError(f"{path}.windows", f"{MOST_WINDOWS}개 이하여야 합니다")
    check_windows(f"{path}.windows", job.windows)
    opens, closes = job.window
    if job.windows and not any(max(a, opens) <= min(b, closes) for a, b in job.windows):
        raise ProblemError(f"{path}.windows", "window 안에 드는 시간이 없습니다")
    if job.published is not None:
        check_number(f"{path}.published.start", job.published.start, -TIME_LIMIT, TIME_LIMIT)
        check_number(f"{path}.published.person_cost", job.published.person_cost, 0, COST_LIMIT)
        check_number(f"{path}.published.time_cost", job.published.time_cost, 0, RATE_LIMIT)
    for name, cost in job.visit_costs.items():
        check_number(f"{path}.visit_costs.{name}", cost, -1, COST_LIMIT)


def check_fixed(problem: PlanningProblem) -> None:
    """Prefixes of unknown people or jobs, and jobs in two of them."""
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


def check_order(problem: PlanningProblem) -> None:
    """Orders that name an unknown job, or that no route can keep."""
    for i, job in enumerate(problem.jobs):
        path, name, steps = f"jobs[{i}].after", job.after, 0
        while name is not None:
            if name not in problem.job_index:
                raise ProblemError(path, f"'{name}' 작업이 없습니다")
            if name == job.id or steps > len(problem.jobs):
                raise ProblemError(path, "서로 뒤에 오도록 되어 있어 지킬 수 없습니다")
            name, steps = problem.jobs[problem.job_index[name]].after, steps + 1


def _fixed_jobs(problem: PlanningProblem) -> Iterator[tuple[str, str, str]]:
    for i, prefix in enumerate(problem.fixed):
        for k, name in enumerate(prefix.jobs):
            yield f"fixed[{i}].jobs[{k}]", prefix.technician, name
