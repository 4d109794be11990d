"""Our engine: annealed ruin and recreate in the kernel, in rounds; after each, CP-SAT chooses the routes.

Several workers are threads of one process: the kernel and CP-SAT run without the interpreter's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from time import perf_counter, thread_time

from scheduling.kernel.binding import Column, KernelSearch, Settings
from scheduling.plan import Sequences
from scheduling.problem import PlanningProblem
from scheduling.selection import Routes, choose_routes

ROUNDS = ((0.75, 5.0, 0.05), (0.25, 1.0, 0.03))
"""(share of the time, first and last temperature in mean legs): a descent, then a reheat."""
FIRST_ORDERS = (5, 1, 3, 6)
POOL_SHARE = 0.01
COLUMNS = 1_500
SELECTION_SHARE = 0.04
STEPS_A_PAIR = 3_000
"""Steps for each pair of jobs after which a small problem has nothing left to find: no second is burnt."""
SLICE_SECONDS = 0.02
SLICES = 60


@dataclass(frozen=True)
class Progress:
    """A better plan: seconds since the start, its cost (mandatory jobs left out included), jobs in it."""

    seconds: float
    cost: int
    served: int


@dataclass(frozen=True)
class Effort:
    """How much to search. `until` is a perf_counter moment; with `steps` that many steps in all, time
    permitting, so that runs repeat. `processor_clock` counts the thread's processor time instead of the
    wall's, for fair measurements: `until` is then a thread_time moment."""

    until: float
    steps: int | None = None
    workers: int = 1
    seed: int = 1
    processor_clock: bool = False

    def now(self) -> float:
        """On the clock that counts."""
        return thread_time() if self.processor_clock else perf_counter()


class Watch:
    """What looks on: `on_progress` at each better plan, `cancelled` asked 50 times a second."""

    def __init__(
        self,
        on_progress: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self._began = perf_counter()
        self._tell = on_progress
        self._stop = cancelled
        self._best: int | None = None

    @property
    def asked(self) -> Callable[[], bool] | None:
        """What says whether the caller wants no more, if anything does."""
        return self._stop

    def stopped(self) -> bool:
        """Whether the caller wants no more."""
        return self._stop is not None and self._stop()

    def note(self, search: KernelSearch) -> None:
        """Tell a better plan."""
        if self._tell is None:
            return
        cost = search.best_cost
        if self._best is None or cost < self._best:
            self._best = cost
            served = sum(map(len, search.best_routes()))
            self._tell(Progress(perf_counter() - self._began, cost, served))


def improve_routes(
    problem: PlanningProblem,
    starts: Sequence[Sequences],
    effort: Effort,
    *,
    watch: Watch | None = None,
    settings: Settings | None = None,
) -> dict[str, list[str]]:
    """The best sequences found, no worse than any of `starts` (sound, prefixes first; at least one)."""
    watch = watch or Watch()
    with _opened(problem, effort, settings) as searches:
        for search in searches:
            _begin(search, starts)
        watch.note(searches[0])
        if searches[0].movable:
            _run_rounds(problem, searches, effort, watch)
        best = min(searches, key=lambda search: search.best_cost)
        return {
            person.id: [problem.jobs[job].id for job in route]
            for person, route in zip(problem.technicians, best.best_routes(), strict=True)
        }


@contextmanager
def _opened(
    problem: PlanningProblem, effort: Effort, settings: Settings | None
) -> Iterator[list[KernelSearch]]:
    searches: list[KernelSearch] = []
    try:
        for worker in range(effort.workers):
            seed = effort.seed * 1009 + worker
            searches.append(KernelSearch(problem, seed=seed, settings=settings))
        yield searches
    finally:
        for search in searches:
            search.close()


def _begin(search: KernelSearch, starts: Sequence[Sequences]) -> None:
    """In hand: the best of the given plans, extended, and of a few greedy ones."""
    for start in starts:
        if search.load(start) is None:
            raise ValueError("a start of the search has a route without a schedule")
        search.fill(FIRST_ORDERS[0])
    prefixes = search.prefixes
    for order in FIRST_ORDERS:
        search.load_routes(prefixes)
        search.fill(order)
    search.return_to_best()


def _run_rounds(problem: PlanningProblem, searches: list[KernelSearch], effort: Effort, watch: Watch) -> None:
    leg = _mean_leg(problem)
    begin = effort.now()
    span = max(0.0, effort.until - begin)
    ends, done = [], 0.0
    for share, _, _ in ROUNDS:
        done += share
        ends.append(begin + span * done)
    for (share, first, last), end in zip(ROUNDS, ends, strict=True):
        selection = 0.0 if effort.steps is not None else SELECTION_SHARE * span
        steps = None if effort.steps is None else max(1, round(effort.steps * share))
        most = STEPS_A_PAIR * len(problem.jobs) ** 2 * share
        heat = (first * leg, last * leg)
        until = effort.until if effort.steps is not None else end - selection
        _anneal_all(searches, _Round(heat, until, steps, most), effort, watch)
        if watch.stopped() or effort.now() >= effort.until:
            return
        _merge(problem, searches, effort, watch, seconds=end - effort.now())
        watch.note(searches[0])


@dataclass(frozen=True)
class _Round:
    """First and last temperature; the end: a moment or `most` steps, or exactly `steps`."""

    heat: tuple[float, float]
    until: float
    steps: int | None
    most: float


def _anneal_all(searches: list[KernelSearch], plan: _Round, effort: Effort, watch: Watch) -> None:
    others = [
        Thread(target=_anneal, args=(search, plan, effort, watch), daemon=True) for search in searches[1:]
    ]
    for other in others:
        other.start()
    _anneal(searches[0], plan, effort, watch)
    for other in others:
        other.join()


def _anneal(search: KernelSearch, plan: _Round, effort: Effort, watch: Watch) -> None:
    begin = effort.now()
    span = max(plan.until - begin, 1e-9)
    made = 0
    while (now := effort.now()) < plan.until and not watch.stopped():
        share = made / (plan.most if plan.steps is None else plan.steps)
        if plan.steps is None:
            share = max(share, (now - begin) / span)
        if share >= 1.0:
            return
        temperature = plan.heat[0] * (plan.heat[1] / plan.heat[0]) ** share
        if plan.steps is None:
            made += search.run(
                seconds=min(SLICE_SECONDS, plan.until - now),
                temperature=temperature,
                pool_share=POOL_SHARE,
                processor_clock=effort.processor_clock,
            )
        else:
            steps = min(plan.steps - made, max(1, plan.steps // SLICES))
            made += search.run(steps=steps, temperature=temperature, pool_share=POOL_SHARE)
        watch.note(search)


def _merge(
    problem: PlanningProblem, searches: list[KernelSearch], effort: Effort, watch: Watch, *, seconds: float
) -> None:
    """Every search goes on from the best plan that the routes of all of them make."""
    best = min(searches, key=lambda search: search.best_cost)
    columns: dict[tuple[int, frozenset[int]], Column] = {}
    for search in searches:
        search.return_to_best()
        for column in search.columns(COLUMNS // len(searches)):
            key = column.technician, frozenset(column.jobs)
            if key not in columns or column.cost < columns[key].cost:
                columns[key] = column
    found = choose_routes(
        problem,
        list(columns.values()),
        twins=best.twins,
        present=best.best_routes(),
        effort=max(0.01, seconds) if effort.steps is None else 0.2,
        seconds=max(0.01, seconds) if effort.steps is None else 60.0,
        seed=effort.seed,
        stopped=watch.asked,
    )
    routes: Routes = best.best_routes()
    for search in searches:
        if found is not None:
            search.load_routes(found)
        search.load_routes(routes)
        search.return_to_best()


def _mean_leg(problem: PlanningProblem) -> float:
    """Mean travel between two different places."""
    size = len(problem.matrix)
    return max(1.0, float(problem.matrix.sum()) / max(1, size * (size - 1)))
