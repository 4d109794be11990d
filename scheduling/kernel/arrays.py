"""The problem as the C structures of kernel.h."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from scheduling.evaluator import viable_prefix
from scheduling.problem import PlanningProblem, StopNumbers
from scheduling.problem_checks import MOST_BREAKS

MANDATORY_WORTH = 10**13
NEIGHBOURS = 400

_TIMES = ("opens", "closes", "duration", "due", "rate", "published", "later_rate")
_JOB = np.dtype(
    [
        *((name, "<i4") for name in _TIMES),
        *((name, "<i4") for name in ("demand", "gap_from", "gap_until", "soft", "after")),
        ("worth", "<i8"),
    ],
    align=True,
)
_TECHNICIAN = np.dtype(
    [
        *(
            (name, "<i4")
            for name in ("starts", "ends", "limit", "rate", "capacity", "breaks", "locked", "twin")
        ),
        ("pause", "<i4", (MOST_BREAKS, 3)),
    ],
    align=True,
)


class _Input(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int32) for name in ("jobs", "technicians", "nodes", "neighbours", "gaps")),
        ("seed", ctypes.c_uint64),
        *((name, ctypes.c_void_p) for name in ("job", "technician", "gap", "travel", "visit_cost")),
    ]


@dataclass
class KernelArrays:
    """Keep it alive while the kernel copies what `as_input` points at."""

    problem: PlanningProblem
    jobs: npt.NDArray[Any] = field(init=False)
    people: npt.NDArray[Any] = field(init=False)
    gaps: npt.NDArray[np.int32] = field(init=False)
    travel: npt.NDArray[np.int32] = field(init=False)
    visit_cost: npt.NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        problem = self.problem
        self.prefixes = [viable_prefix(problem, t) for t in range(len(problem.technicians))]
        places = [job.location for job in problem.jobs]
        for person in problem.technicians:
            places += [person.start, person.end]
        self.travel = np.ascontiguousarray(problem.matrix[np.ix_(places, places)], dtype=np.int32)
        self.visit_cost = self._visit_costs()
        self._fill_jobs()
        self._fill_people()

    def as_input(self, seed: int) -> _Input:
        """Pointers into these arrays, and the seed."""
        return _Input(
            len(self.jobs),
            len(self.people),
            len(self.travel),
            NEIGHBOURS,
            len(self.gaps),
            seed & (2**64 - 1),
            self.jobs.ctypes.data,
            self.people.ctypes.data,
            self.gaps.ctypes.data,
            self.travel.ctypes.data,
            self.visit_cost.ctypes.data,
        )

    def _visit_costs(self) -> npt.NDArray[np.int32]:
        """-1 where the technician may not serve the job, or it is under way with somebody."""
        problem = self.problem
        count = len(problem.technicians)
        costs = np.full((len(problem.jobs), count), -1, dtype=np.int32)
        under_way = {job for prefix in problem.prefixes for job in prefix}
        for job in range(len(problem.jobs)):
            if job not in under_way:
                costs[job] = [
                    problem.person_cost(t, job) if problem.may_serve(t, job) else -1 for t in range(count)
                ]
        for technician, prefix in enumerate(self.prefixes):
            for job in prefix:
                costs[job, technician] = problem.person_cost(technician, job)
        return costs

    def _fill_jobs(self) -> None:
        problem = self.problem
        self.jobs = np.zeros(len(problem.jobs), dtype=_JOB)
        gaps: list[tuple[int, int]] = []
        self.jobs["after"] = problem.leaders
        for row, job, stop in zip(self.jobs, problem.jobs, problem.stops, strict=True):
            fill_times(row, stop)
            row["gap_from"] = len(gaps)
            gaps += stop[7]
            row["gap_until"] = len(gaps)
            row["demand"] = job.demand
            row["worth"] = job.drop_cost + MANDATORY_WORTH * job.mandatory
        self.gaps = np.array(gaps, dtype=np.int32).reshape(-1, 2)

    def _fill_people(self) -> None:
        problem = self.problem
        self.people = np.zeros(len(problem.technicians), dtype=_TECHNICIAN)
        first: dict[object, int] = {}
        for t, (row, person, shift) in enumerate(
            zip(self.people, problem.technicians, problem.shifts, strict=True)
        ):
            row["starts"], row["ends"], row["limit"], row["rate"] = shift
            row["capacity"] = -1 if person.capacity is None else person.capacity
            pauses = problem.pauses[t]
            row["breaks"] = len(pauses)
            for k, pause in enumerate(pauses):
                row["pause"][k] = pause
            row["locked"] = len(self.prefixes[t])
            alike = (
                person.start,
                person.end,
                shift,
                pauses,
                person.capacity,
                self.visit_cost[:, t].tobytes(),
            )
            row["twin"] = t if self.prefixes[t] else first.setdefault(alike, t)


def job_rows(count: int) -> npt.NDArray[Any]:
    """So many jobs as kernel.h has them, still without numbers."""
    return np.zeros(count, dtype=_JOB)


def fill_times(row: Any, stop: StopNumbers) -> None:
    """What decides about a job's time, its closed times aside."""
    for name, number in zip(_TIMES, stop[:7], strict=True):
        row[name] = number
    row["soft"] = (stop[4] > 0 and stop[3] < stop[1]) or (stop[6] > 0 and stop[5] < stop[1])
