"""Working routes: sequences with their forward states; trying an insertion re-times only what follows."""

from __future__ import annotations

from collections.abc import Sequence

from scheduling.evaluator import viable_prefix
from scheduling.labels import State, earliest_ready, finish, leave, visit
from scheduling.plan import Sequences
from scheduling.problem import Job, PlanningProblem, ShiftNumbers, StopNumbers, positions_for

Place = tuple[int, int, int]
"""(added cost, added travel, position) of one insertion."""


class WorkingRoute:
    """One technician's route of job positions; the first `locked` of them stay where they are."""

    def __init__(self, problem: PlanningProblem, technician: int, jobs: Sequence[int]) -> None:
        self.problem = problem
        self.technician = technician
        self.shift = problem.shifts[technician]
        self.pauses = problem.pauses[technician]
        self.locked = len(viable_prefix(problem, technician)) if problem.prefixes[technician] else 0
        self.jobs: list[int] = []
        self.feasible = self.set_jobs(jobs)

    def set_jobs(self, jobs: Sequence[int]) -> bool:
        """Replace the sequence and re-time it; False leaves the route unusable (no schedule fits)."""
        person, rows = self.problem.technicians[self.technician], self.problem.rows
        self.jobs = list(jobs)
        self.load = sum(self.problem.jobs[job].demand for job in jobs)
        self.places = [person.start, *(self.problem.jobs[job].location for job in jobs), person.end]
        self.states: list[State] = [leave(self.shift)]
        self.penalty = self.travel = self.moved = 0
        if not jobs:
            self.ready = [self.shift[0]]
            return True
        for k, job in enumerate(jobs):
            leg = rows[self.places[k]][self.places[k + 1]]
            state = visit(self.states[k], leg, self.problem.stops[job], self.pauses)
            if state is None:
                return False
            self.travel += leg
            self.moved += self.problem.person_cost(self.technician, job)
            self.states.append(state)
        leg = rows[self.places[-2]][person.end]
        self.travel += leg
        self.ready = [earliest_ready(state) for state in self.states]
        penalty = finish(self.states[-1], leg, self.shift, self.pauses)
        self.penalty = penalty or 0
        capacity = person.capacity
        return penalty is not None and (capacity is None or self.load <= capacity)

    @property
    def cost(self) -> int:
        """Travel + lateness + overtime + departures from the published plan."""
        return self.travel + self.penalty + self.moved

    def span_for(self, job: Job) -> range:
        """Where a job may be put, by the order that is pinned (`problem.positions_for`)."""
        return positions_for(job, [self.problem.jobs[other] for other in self.jobs], locked=self.locked)

    def cheapest_place(
        self,
        location: int,
        stop: StopNumbers,
        demand: int,
        *,
        extra: int = 0,
        span: range | None = None,
    ) -> Place | None:
        """The cheapest feasible insertion of a job, which need not be in the problem.

        Skills and pins are the caller's to check. Ties go to the smaller detour, then the later position: who
        came first stays first, and nobody is moved for nothing.
        `extra` is what it costs besides that this technician comes; `span` are the positions that are tried.
        """
        capacity = self.problem.technicians[self.technician].capacity
        if capacity is not None and self.load + demand > capacity:
            return None
        rows = self.problem.rows
        there, closes, duration = rows[location], stop[1], stop[2]
        detours = []
        for k in range(self.locked, len(self.jobs) + 1) if span is None else span:
            before, after = self.places[k], self.places[k + 1]
            to = rows[before][location]
            if self.ready[k] + to <= closes:
                detours.append((to + there[after] - (rows[before][after] if self.jobs else 0), -k))
        detours.sort()
        best: Place | None = None
        bound: int | None = None
        for detour, latest_first in detours:
            k = -latest_first
            # What follows comes no earlier when detour + duration >= 0: the detour bounds the added cost.
            if bound is not None and detour + extra >= bound and detour + duration >= 0:
                continue
            penalty = self._penalty_with(k, location, stop, self.shift)
            if penalty is not None:
                place = (detour + extra + penalty - self.penalty, detour, k)
                if best is None or (place[:2], -k) < (best[:2], -best[2]):
                    best = place
                    bound = best[0]
        return best

    def place_at(
        self,
        position: int,
        location: int,
        stop: StopNumbers,
        *,
        extra: int = 0,
        shift: ShiftNumbers | None = None,
    ) -> Place | None:
        """This one insertion, or None where it fits no schedule; `shift` stands for the technician's own."""
        rows, before, after = self.problem.rows, self.places[position], self.places[position + 1]
        detour = rows[before][location] + rows[location][after] - (rows[before][after] if self.jobs else 0)
        penalty = self._penalty_with(position, location, stop, shift or self.shift)
        return None if penalty is None else (detour + extra + penalty - self.penalty, detour, position)

    def _penalty_with(
        self, position: int, location: int, stop: StopNumbers, shift: ShiftNumbers
    ) -> int | None:
        rows, stops, pauses = self.problem.rows, self.problem.stops, self.pauses
        state = visit(self.states[position], rows[self.places[position]][location], stop, pauses)
        previous = location
        for k in range(position, len(self.jobs)):
            if state is None:
                return None
            following = self.places[k + 1]
            state = visit(state, rows[previous][following], stops[self.jobs[k]], pauses)
            previous = following
        return None if state is None else finish(state, rows[previous][self.places[-1]], shift, pauses)


def open_board(problem: PlanningProblem, sequences: Sequences | None) -> list[WorkingRoute]:
    """Working routes of these sequences, made sound: prefixes first, and every job that is unknown, doubled,
    not allowed to this technician or without a feasible place left out."""
    board = []
    taken = {job for technician in range(len(problem.technicians)) for job in problem.prefixes[technician]}
    for technician, person in enumerate(problem.technicians):
        prefix = viable_prefix(problem, technician)
        wanted = list(prefix)
        for name in (sequences or {}).get(person.id, ()):
            job = problem.job_index.get(name)
            if job is None or job in taken or not problem.follows(job, wanted):
                continue
            if problem.may_serve(technician, job):
                taken.add(job)
                wanted.append(job)
        route = WorkingRoute(problem, technician, wanted)
        if not route.feasible:
            _keep_feasible(route, wanted)
        board.append(route)
    return board


def board_sequences(board: Sequence[WorkingRoute]) -> dict[str, list[str]]:
    """Technician id -> job ids in order."""
    return {
        route.problem.technicians[route.technician].id: [route.problem.jobs[job].id for job in route.jobs]
        for route in board
    }


def _keep_feasible(route: WorkingRoute, wanted: list[int]) -> None:
    """Re-add jobs one by one in their order, skipping each that leaves no schedule."""
    kept: list[int] = []
    for job in wanted:
        if route.problem.follows(job, kept) and route.set_jobs([*kept, job]):
            kept.append(job)
    route.feasible = route.set_jobs(kept)
