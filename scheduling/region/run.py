"""What one planning of a region shares: the clock, the watch, the state, and one re-solve of a few points."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeVar

from scheduling.engine import Effort, Progress, Watch, improve_routes
from scheduling.evaluator import MANDATORY_WEIGHT, evaluate_plan, plan_rank
from scheduling.plan import Plan
from scheduling.region.model import Lending, Region
from scheduling.region.part import build_part, keeps_prefixes, part_start
from scheduling.region.state import RegionState

LATE_SHARE = 0.6
"""What is gained after this share of a search says how far it still was from its end."""

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class RegionProgress:
    """How far a region is: seconds since the start, `phase` (points, borders, reasons), the cost (mandatory
    jobs left out included), jobs served, jobs taken over by others and technicians lent."""

    seconds: float
    phase: str
    cost: int
    served: int
    overflow: int
    lent: int


@dataclass(frozen=True)
class RegionOptions:
    """How to search. `workers` are threads, each at one part of the region. With `iterations` (steps of the
    kernel a point) and time enough the same seed gives the same plan, whatever the workers. Without `borders`
    every point is planned alone.

    `on_progress` is told by the calling thread; `cancelled` is asked from all of them, True ends the search.
    """

    seed: int = 1
    iterations: int | None = None
    workers: int = 1
    borders: bool = True
    on_progress: Callable[[RegionProgress], None] | None = None
    cancelled: Callable[[], bool] | None = None


@dataclass(frozen=True)
class Proposal:
    """A judged plan of a few points: what it would gain, and what the last part of its search gained."""

    plan: Plan
    lendings: Mapping[str, Lending]
    gain: int
    late_gain: int


@dataclass
class Run:
    """One planning. `deadline` is a perf_counter moment."""

    region: Region
    deadline: float
    options: RegionOptions
    state: RegionState = field(init=False)
    began: float = field(default_factory=perf_counter)
    phase: str = "points"

    def __post_init__(self) -> None:
        self.state = RegionState(self.region)

    def stopped(self) -> bool:
        """Whether the caller wants no more."""
        return self.options.cancelled is not None and self.options.cancelled()

    def over(self) -> bool:
        """Stopped, or out of time."""
        return perf_counter() >= self.deadline or self.stopped()

    def left(self) -> float:
        """Seconds to the deadline."""
        return max(0.0, self.deadline - perf_counter())

    def seed(self, *numbers: int) -> int:
        """A seed for one re-solve, the same in every run."""
        seed = self.options.seed
        for number in numbers:
            seed = (seed * 1_000_003 + number + 1) % 2**31
        return seed

    def steps(self, share: float) -> int | None:
        """Steps of a re-solve, where the caller wants so many."""
        iterations = self.options.iterations
        return None if iterations is None else max(1, round(iterations * share))

    def tell(self) -> None:
        """Report how far it is."""
        if self.options.on_progress is not None:
            state = self.state
            taken = len(state.overflow())
            seconds = perf_counter() - self.began
            self.options.on_progress(
                RegionProgress(seconds, self.phase, state.cost, state.served, taken, len(state.lendings))
            )

    def take(self, proposal: Proposal | None) -> bool:
        """Take a proposal over if it gains anything; whether it did."""
        if proposal is None or proposal.gain <= 0:
            return False
        self.state.apply(proposal.plan, proposal.lendings)
        self.tell()
        return True

    def resolve(
        self,
        points: Sequence[int],
        *,
        seconds: float,
        steps: int | None,
        seed: int,
        lendings: Mapping[str, Lending] | None = None,
    ) -> Proposal | None:
        """Plan some points anew from what they have (0 seconds: only insert greedily); None when it is over.

        Reads the state and leaves it as it is: several threads may work at points without one in common.
        """
        if self.stopped() or (seconds > 0 and perf_counter() >= self.deadline):
            return None
        state = self.state
        lent = state.lendings if lendings is None else lendings
        part = build_part(state, points, lendings=lent)
        if not keeps_prefixes(part, lent):
            return None
        trail: list[Progress] = []
        until = min(self.deadline, perf_counter() + seconds)
        effort = Effort(until, steps if seconds > 0 else None, seed=seed)
        watch = Watch(trail.append, self.stopped)
        found = improve_routes(part, [part_start(state, part, lent)], effort, watch=watch)
        plan = evaluate_plan(part, found)
        own = {t.id: lent[t.id] for t in part.technicians if t.id in lent}
        used = sum(
            len(route.stops) > own[route.technician].kept for route in plan.routes if route.technician in own
        )
        after = plan_rank(part, plan) + used * self.region.rules.lending_cost
        return Proposal(plan, own, rank_of(state, points) - after, _late_gain(trail, seconds))

    def together(self, tasks: Iterable[Task], work: Callable[[Task], Result]) -> list[Result]:
        """`work` for every task on the workers; results in the order of the tasks."""
        if self.options.workers == 1:
            return [work(task) for task in tasks]
        with ThreadPoolExecutor(self.options.workers) as pool:
            return list(pool.map(work, tasks))


def rank_of(state: RegionState, points: Sequence[int], left_out_of: Sequence[int] | None = None) -> int:
    """What these points cost now: their technicians' routes and lendings, and the jobs of `left_out_of` (all
    of them) that nobody serves."""
    region = state.region
    people = [person.id for p in points for person in region.points[p].technicians]
    short = points if left_out_of is None else left_out_of
    left = [region.jobs[name] for p in short for name in state.unserved(p)]
    dropped = sum(job.drop_cost + MANDATORY_WEIGHT * job.mandatory for job in left)
    lent = sum(name in state.lendings for name in people) * region.rules.lending_cost
    crossed = sum(state.crossed.get(name, 0) for name in people) * region.rules.overflow_cost
    return sum(state.timed[name].cost for name in people) + dropped + lent + crossed


def _late_gain(trail: Sequence[Progress], seconds: float) -> int:
    """What the last part of a search gained."""
    if not trail:
        return 0
    before = [progress.cost for progress in trail if progress.seconds <= seconds * LATE_SHARE]
    return (before[-1] if before else trail[0].cost) - trail[-1].cost
