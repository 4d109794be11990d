"""The kernel as a Python object: a problem in, slices of search, the best sequences out.

Calls into the library release the interpreter's lock: several searches run in threads of one process.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scheduling.evaluator import viable_prefix
from scheduling.kernel.build import build_kernel
from scheduling.plan import Sequences
from scheduling.problem import MOST_BREAKS, PlanningProblem

MANDATORY_WORTH = 10**13
NEIGHBOURS = 400
POOL_COLUMNS = 20_000
ANY_COST = 10**17

_TIMES = ("opens", "closes", "duration", "due", "rate", "published", "later_rate")
_JOB = np.dtype(
    [
        *((name, "<i4") for name in _TIMES),
        *((name, "<i4") for name in ("demand", "gap_from", "gap_until", "soft")),
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


@dataclass(frozen=True)
class Settings:
    """How the kernel searches; shares and counts, explained in docs/planning.md."""

    removed_mean: float = 10.0
    blink: float = 0.03
    split: float = 0.5
    string_most: int = 10
    waiting_most: int = 40
    ruins: tuple[int, ...] = (70, 15, 5, 10)
    orders: tuple[int, ...] = (20, 10, 10, 5, 10, 10, 60)


class Column(NamedTuple):
    """A route of a good plan: whose (the first of those who are alike), what it costs, its jobs in order."""

    technician: int
    cost: int
    jobs: tuple[int, ...]


class _Settings(ctypes.Structure):
    _fields_ = [
        ("removed_mean", ctypes.c_double),
        ("blink", ctypes.c_double),
        ("split", ctypes.c_double),
        ("string_most", ctypes.c_int32),
        ("waiting_most", ctypes.c_int32),
        ("ruin_weight", ctypes.c_int32 * 8),
        ("order_weight", ctypes.c_int32 * 8),
    ]


class _Input(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int32) for name in ("jobs", "technicians", "nodes", "neighbours", "gaps")),
        ("seed", ctypes.c_uint64),
        *((name, ctypes.c_void_p) for name in ("job", "technician", "gap", "travel", "visit_cost")),
    ]


@cache
def load_library() -> Any:
    """The compiled library, compiled now if the set-up has not. Raises KernelMissingError."""
    library = ctypes.CDLL(str(build_kernel()))
    i32, i64, f64, pointer = ctypes.c_int32, ctypes.c_int64, ctypes.c_double, ctypes.c_void_p
    signatures: dict[str, tuple[Any, tuple[Any, ...]]] = {
        "ondol_open": (pointer, (pointer, pointer, i32)),
        "ondol_close": (None, (pointer,)),
        "ondol_set": (None, (pointer, pointer)),
        "ondol_load": (i64, (pointer, pointer, pointer)),
        "ondol_best": (i64, (pointer, pointer, pointer)),
        "ondol_cost": (i64, (pointer,)),
        "ondol_return": (None, (pointer,)),
        "ondol_fill": (i64, (pointer, i32)),
        "ondol_run": (i64, (pointer, i64, f64, i32, f64, f64)),
        "ondol_place": (i64, (pointer, i32, i32, i64, pointer)),
        "ondol_columns": (i32, (pointer, i32, i32, pointer, pointer, pointer, pointer)),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class KernelSearch:
    """One search over one problem. Not for two threads at once; close it when done.

    Job and technician numbers are positions in the problem; costs are the evaluator's, plus MANDATORY_WORTH
    for each mandatory job left out.
    """

    def __init__(self, problem: PlanningProblem, *, seed: int, settings: Settings | None = None) -> None:
        self.problem = problem
        self._library = load_library()
        self._jobs, self._people = len(problem.jobs), len(problem.technicians)
        arrays = _Arrays(problem)
        given = arrays.as_input(seed)
        self._handle = self._library.ondol_open(
            ctypes.byref(given), ctypes.byref(_as_c(settings or Settings())), POOL_COLUMNS
        )
        self.twins: list[int] = arrays.people["twin"].tolist()
        self.prefixes = [list(prefix) for prefix in arrays.prefixes]
        self.load_routes(self.prefixes)

    def close(self) -> None:
        """Give the memory back."""
        if self._handle:
            self._library.ondol_close(self._handle)
            self._handle = None

    def change_settings(self, settings: Settings) -> None:
        """Search differently from now on."""
        self._library.ondol_set(self._handle, ctypes.byref(_as_c(settings)))

    def load(self, sequences: Sequences) -> int | None:
        """Take this plan in hand; its cost, or None when a route of it has no schedule."""
        index = self.problem.job_index
        return self.load_routes(
            [[index[j] for j in sequences.get(t.id, ())] for t in self.problem.technicians]
        )

    def load_routes(self, routes: Sequence[Sequence[int]]) -> int | None:
        """The same with numbers, one route a technician."""
        length = np.array([len(route) for route in routes], dtype=np.int32)
        stop = np.array([job for route in routes for job in route], dtype=np.int32)
        cost: int = self._library.ondol_load(self._handle, length.ctypes.data, stop.ctypes.data)
        return None if cost < 0 else cost

    def fill(self, order: int) -> int:
        """Insert every absent job at its cheapest place where that is worth it; the plan's cost."""
        cost: int = self._library.ondol_fill(self._handle, order)
        return cost

    def run(
        self,
        *,
        steps: int = 2**62,
        seconds: float = 0.0,
        temperature: float,
        pool_share: float = 0.0,
        processor_clock: bool = False,
    ) -> int:
        """So many steps, or (above 0) so many seconds; returns the steps made."""
        made: int = self._library.ondol_run(
            self._handle, steps, seconds, int(processor_clock), temperature, pool_share
        )
        return made

    @property
    def cost(self) -> int:
        """Of the plan in hand."""
        cost: int = self._library.ondol_cost(self._handle)
        return cost

    @property
    def best_cost(self) -> int:
        """Of the best plan so far."""
        cost: int = self._library.ondol_best(self._handle, None, None)
        return cost

    def best_routes(self) -> list[list[int]]:
        """The best plan so far."""
        length, stop = np.zeros(self._people + 1, np.int32), np.zeros(self._jobs + 1, np.int32)
        self._library.ondol_best(self._handle, length.ctypes.data, stop.ctypes.data)
        jobs = iter(stop.tolist())
        return [[next(jobs) for _ in range(count)] for count in length[: self._people].tolist()]

    def return_to_best(self) -> None:
        """Take the best plan so far in hand."""
        self._library.ondol_return(self._handle)

    def cheapest_place(self, technician: int, job: int, below: int = ANY_COST) -> tuple[int, int] | None:
        """(added cost, position) for a job on the route in hand."""
        position = ctypes.c_int32()
        cost = self._library.ondol_place(self._handle, technician, job, below, ctypes.byref(position))
        return None if position.value < 0 else (cost, position.value)

    def columns(self, most: int) -> list[Column]:
        """Routes of good plans, those of the best first."""
        technician, length = np.zeros(most, np.int32), np.zeros(most, np.int32)
        cost, stop = np.zeros(most, np.int64), np.zeros(most * 64, np.int32)
        count = self._library.ondol_columns(
            self._handle,
            most,
            len(stop),
            technician.ctypes.data,
            length.ctypes.data,
            cost.ctypes.data,
            stop.ctypes.data,
        )
        ends = np.cumsum(length[:count]).tolist()
        jobs = stop.tolist()
        return [
            Column(int(technician[k]), int(cost[k]), tuple(jobs[ends[k] - int(length[k]) : ends[k]]))
            for k in range(count)
        ]


def _as_c(settings: Settings) -> _Settings:
    return _Settings(
        settings.removed_mean,
        settings.blink,
        settings.split,
        settings.string_most,
        settings.waiting_most,
        (ctypes.c_int32 * 8)(*settings.ruins),
        (ctypes.c_int32 * 8)(*settings.orders),
    )


@dataclass
class _Arrays:
    """The problem as the C structures; kept alive while the kernel copies them."""

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
        for row, job, stop in zip(self.jobs, problem.jobs, problem.stops, strict=True):
            for name, number in zip(_TIMES, stop[:7], strict=True):
                row[name] = number
            row["soft"] = (stop[4] > 0 and stop[3] < stop[1]) or (stop[6] > 0 and stop[5] < stop[1])
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
