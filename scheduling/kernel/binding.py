"""The kernel as a Python object: a problem in, slices of search, the best sequences out.

Calls into the library release the interpreter's lock: several searches run in threads of one process.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from scheduling.kernel.arrays import KernelArrays
from scheduling.kernel.build import build_kernel
from scheduling.plan import Sequences
from scheduling.problem import PlanningProblem

POOL_COLUMNS = 20_000
ANY_COST = 10**17


@dataclass(frozen=True)
class Settings:
    """How the kernel searches; shares and counts, explained in docs/planning.md."""

    removed_mean: float = 10.0
    blink: float = 0.03
    split: float = 0.5
    string_most: int = 10
    waiting_most: int = 40
    ruins: tuple[int, ...] = (70, 15, 5, 10, 25)
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
        arrays = KernelArrays(problem)
        given = arrays.as_input(seed)
        self._handle = self._library.ondol_open(
            ctypes.byref(given), ctypes.byref(_as_c(settings or Settings())), POOL_COLUMNS
        )
        self.twins: list[int] = arrays.people["twin"].tolist()
        self.prefixes = [list(prefix) for prefix in arrays.prefixes]
        locked = {job for prefix in arrays.prefixes for job in prefix}
        self.movable = any(
            row.max(initial=-1) >= 0 for j, row in enumerate(arrays.visit_cost) if j not in locked
        )
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
