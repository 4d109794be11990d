"""The child process that solves, and the pool which keeps one ready.

It takes a processor for seconds: in the worker itself it would starve every text. It gives way to them.
The child dies with its worker, whatever ends it.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import TracebackType

from core.lifeline import die_with_parent
from scheduling.plan import Plan
from scheduling.planner import SearchOptions, solve
from scheduling.problem import PlanningProblem

GRACE_S = 20.0
"""A child that has not answered so long after its time is hung, and is replaced."""

GIVES_WAY = 6
"""Added niceness of the child, below the worker that started it."""


class SolverDiedError(RuntimeError):
    """The child was killed or hung in a solve; the wish for it is still there and is taken up again."""


def solve_in_child(
    problem: PlanningProblem, initial: dict[str, list[str]], seconds: float, seed: int
) -> Plan:
    """What the child runs: the best plan in `seconds` around the published `initial`, never worse."""
    return solve(problem, seconds=seconds, initial=initial, options=SearchOptions(seed=seed, near=True))


def warm_up() -> None:
    """Load the kernel and CP-SAT, so that the first real solve does not pay for them."""
    from scheduling.kernel.binding import load_library
    from scheduling.selection import load_selection

    load_library()
    load_selection()


def begin_child() -> None:
    """First thing in the child: die with the worker, and give way to pages, jobs and texts."""
    die_with_parent()
    os.nice(GIVES_WAY)


class SolverPool:
    """One solving child. Open it in the main thread: the child dies with the thread that started it."""

    def __init__(self) -> None:
        self._executor: ProcessPoolExecutor | None = None
        self._busy = threading.Lock()

    def __enter__(self) -> SolverPool:
        self._start().submit(warm_up)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @contextmanager
    def reserved(self) -> Iterator[bool]:
        """Whether this caller may use the child; False while another solve runs."""
        free = self._busy.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._busy.release()

    def solve(
        self, problem: PlanningProblem, initial: dict[str, list[str]], *, seconds: float, seed: int = 1
    ) -> Plan:
        """Solve in the child. Raises SolverDiedError when it dies or hangs; the next solve has a new one."""
        executor = self._executor or self._start()
        try:
            future = executor.submit(solve_in_child, problem, initial, seconds, seed)
            return future.result(timeout=seconds + GRACE_S)
        except (BrokenProcessPool, FutureTimeoutError) as error:
            self._stop()
            raise SolverDiedError("the solving child died or hung") from error

    def child_ids(self) -> list[int]:
        """Process ids of the children, for whoever watches them."""
        processes = getattr(self._executor, "_processes", None) or {}
        return list(processes)

    def _start(self) -> ProcessPoolExecutor:
        self._executor = ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=begin_child,
        )
        return self._executor

    def _stop(self) -> None:
        executor, self._executor = self._executor, None
        if executor is None:
            return
        processes = list((getattr(executor, "_processes", None) or {}).values())
        for process in processes:
            process.kill()
        executor.shutdown(cancel_futures=True)  # waited for: else the interpreter's end meets it half closed
