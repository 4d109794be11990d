"""A day's busiest technician gone: how near 0.3 s comes to a long search, and how few jobs move.

Held-out seeds; processor seconds, so that a busy machine does not count. `python3 run.py bench repair`; a
quick look with `ONDOL_BENCH_SEEDS=1`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from statistics import mean
from time import thread_time

from scheduling import PlanningProblem, evaluate_plan
from scheduling.board import board_sequences, open_board
from scheduling.engine import Effort, improve_routes
from scheduling.evaluator import plan_rank
from scheduling.events import TechnicianGone
from scheduling.generate import generate_day, with_prefixes
from scheduling.moves import Places, list_moves, places_of
from scheduling.plan import Plan
from scheduling.repair import MovingCosts, Repaired, prepare_repair, published_routes

SEEDS = int(os.environ.get("ONDOL_BENCH_SEEDS", "4"))
FIRST_SEED = 9_200
SHORT_S, LONG_S = 0.3, 8.0
MOST_OFF, MOST_MOVED = 1.02, 8.0
DAYS = ((6, 36), (8, 56), (10, 80))
NOTHING = MovingCosts(person=0, later=0)


@dataclass(frozen=True)
class _Case:
    problem: PlanningProblem
    published: Places
    event: TechnicianGone

    def mend(self, seconds: float, costs: MovingCosts, seed: int = 1) -> Repaired:
        now = prepare_repair(self.problem, self.published, self.event, costs)
        start = board_sequences(open_board(now, published_routes(now, self.published)))
        effort = Effort(thread_time() + seconds, seed=seed, processor_clock=True)
        plan = evaluate_plan(now, improve_routes(now, [start], effort))
        return Repaired(now, plan, list_moves(now, self.event, self.published, plan))


def bench_repair() -> int:
    """Print the table; 1 when a figure that must be reached was missed."""
    print(f"Cost after {SHORT_S} s / the best of two searches of {LONG_S:g} s; jobs that move")
    print("beside those of who is gone; means of the seeds (in brackets the worst)\n")
    print("| technicians x jobs | gone | off | moved | moved at no price | left out before, after |")
    print("|---|---|---|---|---|---|")
    missed = [line for people, jobs in DAYS for line in _measure(people, jobs)]
    print("\n".join(["", *missed]))
    return 1 if missed else 0


def _measure(people: int, jobs: int) -> list[str]:
    cases = [_case(people, jobs, FIRST_SEED + k) for k in range(SEEDS)]
    off, moved, free = [], [], []
    left = [0, 0]
    for case in cases:
        short = case.mend(SHORT_S, MovingCosts())
        longer = [case.mend(LONG_S, MovingCosts(), seed) for seed in (2, 3)]
        best = min(plan_rank(found.problem, found.plan) for found in (short, *longer))
        off.append(plan_rank(short.problem, short.plan) / best)
        moved.append(short.moved)
        free.append(case.mend(SHORT_S, NOTHING).moved)
        left[0] += len(case.problem.jobs) - len(case.published)
        left[1] += len(short.plan.unserved)
    gone = mean(sum(p.technician == c.event.technician for p in c.published.values()) for c in cases)
    before, after = (count / SEEDS for count in left)
    print(
        f"| {people} x {jobs} | {gone:.1f} | {mean(off):.4f} ({max(off):.4f}) |"
        f" {mean(moved):.1f} ({max(moved)}) | {mean(free):.1f} | {before:.1f}, {after:.1f} |",
        flush=True,
    )
    missed = []
    if max(off) > MOST_OFF:
        missed.append(f"{people} x {jobs}: {max(off):.4f} of the best, {MOST_OFF} must be reached")
    if mean(moved) > MOST_MOVED:
        missed.append(f"{people} x {jobs}: {mean(moved):.1f} jobs move, {MOST_MOVED:g} may")
    return missed


def _case(people: int, jobs: int, seed: int) -> _Case:
    day = generate_day(technicians=people, jobs=jobs, seed=seed)
    plan: Plan = evaluate_plan(day, improve_routes(day, [], Effort(thread_time() + 2, processor_clock=True)))
    busiest = max(plan.routes, key=lambda route: len(route.stops))
    return _Case(with_prefixes(day, plan.sequences), places_of(plan), TechnicianGone(busiest.technician))
