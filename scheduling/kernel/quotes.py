"""What quote.c reads and writes: questions, places, and the addresses of both."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from scheduling.kernel.arrays import fill_times, job_rows
from scheduling.kernel.binding import load_library
from scheduling.problem import Job, stop_numbers
from scheduling.problem_checks import check_job

NO_SCHEDULE = 2**63 - 1
PLACE = np.dtype([("cost", "<i8"), ("detour", "<i8"), ("technician", "<i4"), ("position", "<i4")], align=True)
"""The cheapest place of one window: added cost, added travel, where; technician -1: none."""
QUESTION = np.dtype(
    [
        ("job", job_rows(0).dtype),
        *((name, "<i4") for name in ("location", "windows")),
        *((name, "<u8") for name in ("window", "extra", "favour", "span", "place")),
    ],
    align=True,
)
"""`Question` of quote.c; the last five are addresses, `span` may be 0."""


class BoardInput(ctypes.Structure):
    """`BoardInput` of quote.c: counts, then addresses."""

    _fields_ = [
        *((name, ctypes.c_int32) for name in ("jobs", "technicians", "nodes", "size")),
        *(
            (name, ctypes.c_void_p)
            for name in (
                "job",
                "technician",
                "gap",
                "travel",
                "visit_cost",
                "matrix",
                "matrix_to",
                "location",
            )
        ),
    ]


class Numbers:
    """An array, and where its numbers lie as long as it is kept."""

    __slots__ = ("address", "array")

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self.array = array
        self.address = address_of(array)


def question_rows(jobs: Sequence[Job]) -> npt.NDArray[Any]:
    """One `QUESTION` a job, still without windows, places and costs; equal objects are read once.

    Raises ProblemError for a job that no planner could read; its location is the caller's to check.
    """
    rows = np.zeros(len(jobs), dtype=QUESTION)
    first: dict[int, int] = {}
    for k, job in enumerate(jobs):
        known = first.setdefault(id(job), k)
        if known != k:
            rows[k] = rows[known]
            continue
        check_job("job", job, job.location + 1, {job.technician or ""})
        row = rows[k]["job"]
        fill_times(row, stop_numbers(job))
        row["soft"] = 1  # its window will be another
        row["demand"] = job.demand
        rows[k]["location"] = job.location
    return rows


def address_of(array: npt.NDArray[Any]) -> int:
    """Where its numbers lie; whoever passes it on keeps the array."""
    return array.ctypes.data


@cache
def quote_library() -> Any:
    """The kernel with the signatures of quote.c. Raises KernelMissingError."""
    library = load_library()
    i32, pointer = ctypes.c_int32, ctypes.c_void_p
    signatures: dict[str, tuple[Any, tuple[Any, ...]]] = {
        "ondol_board_open": (pointer, (pointer,)),
        "ondol_board_close": (None, (pointer,)),
        "ondol_board_set": (i32, (pointer, i32, i32, pointer)),
        "ondol_board_ask": (None, (pointer, pointer, i32)),
        "ondol_board_time": (ctypes.c_int64, (pointer, i32, pointer, i32, pointer, pointer)),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
