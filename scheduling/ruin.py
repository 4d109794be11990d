"""Ruin and recreate: take neighbouring jobs out, put them back at their cheapest places, keep what pays.

OR-Tools' local search stalls on which jobs to serve and which routes to mix; these larger moves, on the exact
cost of our evaluator, bring 2-4 % more on a branch's day in the same time. Bad steps are accepted with a
probability that cools down (simulated annealing).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from time import perf_counter

import numpy as np

from scheduling.board import Place, RouteMemory, WorkingRoute, board_sequences, open_board
from scheduling.plan import Sequences
from scheduling.problem import PlanningProblem

MOST_REMOVED = 12
WAITING_TRIED = 8
SKIPPED = 0.15
BLINK = 0.01
START_TEMPERATURE = 0.3
COOLING = 50.0
MANDATORY_COST = 10**12
_CLOCK_EVERY = 4


def ruin_and_recreate(
    problem: PlanningProblem,
    sequences: Sequences,
    *,
    deadline: float,
    seed: int,
    iterations: int | None = None,
) -> dict[str, list[str]]:
    """The best sequences found from these (feasible, prefixes first) until `deadline` (perf_counter seconds).

    With `iterations` exactly that many steps, time permitting, so that runs repeat. Never worse.
    """
    search = _Search(problem, sequences, random.Random(seed))  # noqa: S311 - a search order, not a secret
    begin = perf_counter()
    span = max(deadline - begin, 1e-6)
    step = 0
    progress = 0.0
    while progress < 1.0 and search.movable:
        search.step(progress)
        step += 1
        if iterations is not None:
            progress = step / iterations if perf_counter() < deadline else 1.0
        elif step % _CLOCK_EVERY == 0:
            progress = (perf_counter() - begin) / span
    return search.best


class _Search:
    def __init__(self, problem: PlanningProblem, sequences: Sequences, rng: random.Random) -> None:
        self.problem, self.rng = problem, rng
        self.board = open_board(problem, sequences)
        size = len(problem.jobs)
        self.locations = [job.location for job in problem.jobs]
        self.worth = [job.drop_cost + MANDATORY_COST * job.mandatory for job in problem.jobs]
        self.able = [[t for t in range(len(self.board)) if problem.may_serve(t, j)] for j in range(size)]
        self.fixed = {job for prefix in problem.prefixes for job in prefix}
        self.movable = [job for job in range(size) if self.able[job] and job not in self.fixed]
        both_ways = problem.matrix[self.locations][:, self.locations].astype(np.int64)
        self.near: list[list[int]] = np.argsort(both_ways + both_ways.T, axis=1, kind="stable").tolist()
        self.route_of = {job: route.technician for route in self.board for job in route.jobs}
        self.cost = sum(route.cost for route in self.board)
        self.cost += sum(self.worth[job] for job in range(size) if job not in self.route_of)
        dropped = sum(work.drop_cost for j, work in enumerate(problem.jobs) if j not in self.route_of)
        routed = sum(route.cost for route in self.board)
        self.temperature = START_TEMPERATURE * (routed + dropped) / max(1, size)
        self.best, self.best_cost = board_sequences(self.board), self.cost
        self.orders: list[Callable[[int], float]] = [
            lambda _: rng.random(),
            lambda job: -self.worth[job],
            lambda job: problem.stops[job][1] - problem.stops[job][0],
            lambda job: problem.stops[job][3],
        ]

    def step(self, progress: float) -> None:
        """One ruin, one recreate, one decision."""
        gone = self._choose_removed()
        waiting = [job for job in self.movable if job not in self.route_of]
        if len(waiting) > WAITING_TRIED:
            waiting = self.rng.sample(waiting, WAITING_TRIED)
        memory: dict[int, RouteMemory] = {}
        if not self._remove(gone, memory):
            self._undo(memory)
            return
        back = self._recreate([*gone, *waiting], memory)
        new = self.cost + sum(self.board[t].cost - old.cost for t, old in memory.items())
        new += sum(self.worth[job] for job in gone if job not in back)
        new -= sum(self.worth[job] for job in waiting if job in back)
        heat = self.temperature * COOLING**-progress
        if new < self.cost - heat * math.log(1.0 - self.rng.random()):
            self._keep(gone, back, new)
        else:
            self._undo(memory)

    def _remove(self, gone: list[int], memory: dict[int, RouteMemory]) -> bool:
        """Take jobs out; False when a route needs one (a detour through it can be faster than the road)."""
        for technician in sorted({self.route_of[job] for job in gone}):
            route = self.board[technician]
            memory[technician] = route.remember()
            if not route.set_jobs([job for job in route.jobs if job not in gone]):
                return False
        return True

    def _undo(self, memory: dict[int, RouteMemory]) -> None:
        for technician, old in memory.items():
            self.board[technician].recall(old)

    def _choose_removed(self) -> list[int]:
        """Served jobs around a random one, nearest first, some skipped."""
        number = self.rng.randint(2, MOST_REMOVED)
        gone: list[int] = []
        for job in self.near[self.rng.choice(self.movable)]:
            if len(gone) == number:
                break
            if job in self.route_of and job not in self.fixed and self.rng.random() >= SKIPPED:
                gone.append(job)
        return gone

    def _recreate(self, jobs: list[int], memory: dict[int, RouteMemory]) -> dict[int, int]:
        """Insert jobs one by one at their cheapest places where worth it; who got each."""
        jobs.sort(key=self.rng.choice(self.orders))
        back: dict[int, int] = {}
        for job in jobs:
            found = self._cheapest(job)
            if found is None or found[0][0] > self.worth[job]:
                continue
            place, route = found
            memory.setdefault(route.technician, route.remember())
            route.set_jobs([*route.jobs[: place[2]], job, *route.jobs[place[2] :]])
            back[job] = route.technician
        return back

    def _cheapest(self, job: int) -> tuple[Place, WorkingRoute] | None:
        found: tuple[Place, WorkingRoute] | None = None
        location, stop, demand = self.locations[job], self.problem.stops[job], self.problem.jobs[job].demand
        for technician in self.able[job]:
            if self.rng.random() < BLINK:
                continue
            limit = None if found is None else found[0][0]
            place = self.board[technician].cheapest_place(location, stop, demand, below=limit)
            if place is not None and (found is None or place < found[0]):
                found = place, self.board[technician]
        return found

    def _keep(self, gone: list[int], back: dict[int, int], cost: int) -> None:
        for job in gone:
            self.route_of.pop(job)
        self.route_of.update(back)
        self.cost = cost
        if cost < self.best_cost:
            self.best, self.best_cost = board_sequences(self.board), cost
