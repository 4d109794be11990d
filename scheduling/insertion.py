"""Cheapest insertion: what a new ticket gets at once, and the plan that no solve may be worse than."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scheduling.board import Place, WorkingRoute, board_sequences, open_board
from scheduling.evaluator import evaluate_plan, time_route
from scheduling.plan import Plan, Sequences
from scheduling.problem import PlanningProblem

CHUNK = 60
"""Jobs of like urgency that compete for a place at once; keeps 600 jobs x 60 technicians near a second."""


@dataclass(frozen=True)
class Insertion:
    """The best place for a job.

    `position` counts from 0; `start` is its start of work in seconds; `added_travel` is seconds, `added_cost`
    everything; `worthwhile`: no dearer than leaving the job out; `sequences` are the routes with the job in;
    `displaced` are jobs of the given sequences that no schedule fitted any more and that are not in them.
    """

    job: str
    technician: str
    position: int
    start: int
    added_travel: int
    added_cost: int
    worthwhile: bool
    displaced: tuple[str, ...]
    sequences: dict[str, list[str]]


def insert_job(problem: PlanningProblem, sequences: Sequences, job_id: str) -> Insertion | None:
    """The cheapest feasible place for one job in these sequences, or None.

    The job is taken out first when it is there already. Raises KeyError for an unknown job. Sequences that no
    schedule fits are made sound first (see `open_board`).
    """
    job = problem.job_index[job_id]
    board = open_board(
        problem, {t: [name for name in names if name != job_id] for t, names in sequences.items()}
    )
    if any(job in prefix for prefix in problem.prefixes):
        return None
    found = [(place, route) for route in board if (place := _place(problem, route, job)) is not None]
    if not found:
        return None
    place, route = min(found, key=lambda item: (item[0][:2], item[1].technician))
    added_cost, added_travel, position = place
    route.set_jobs([*route.jobs[:position], job, *route.jobs[position:]])
    timed = time_route(problem, route.technician, route.jobs)
    assert timed is not None, "cheapest_place has timed it"
    after = board_sequences(board)
    kept = {name for names in after.values() for name in names}
    return Insertion(
        job=job_id,
        technician=timed.technician,
        position=position,
        start=timed.stops[position].start,
        added_travel=added_travel,
        added_cost=added_cost,
        worthwhile=problem.jobs[job].mandatory or added_cost <= problem.jobs[job].drop_cost,
        displaced=tuple(name for names in sequences.values() for name in names if name not in kept),
        sequences=after,
    )


def insert_greedy(problem: PlanningProblem, sequences: Sequences | None = None) -> Plan:
    """A feasible plan by cheapest insertion, from nothing or extending `sequences`; the rest is unserved."""
    board = open_board(problem, sequences)
    fill_board(problem, board)
    return evaluate_plan(problem, board_sequences(board))


def fill_board(problem: PlanningProblem, board: Sequence[WorkingRoute], *, chunk: int = CHUNK) -> None:
    """Insert every job that is cheaper served than dropped, the urgent ones first."""
    placed = {job for route in board for job in route.jobs}
    placed.update(job for prefix in problem.prefixes for job in prefix)
    waiting = [job for job in range(len(problem.jobs)) if job not in placed]
    waiting.sort(key=lambda job: _urgency(problem, job))
    for first in range(0, len(waiting), chunk):
        _fill_chunk(problem, board, waiting[first : first + chunk])


def _fill_chunk(problem: PlanningProblem, board: Sequence[WorkingRoute], waiting: list[int]) -> None:
    """Insert the job with the largest regret first: it loses most by waiting for its second-best route."""
    options = {job: [_place(problem, route, job) for route in board] for job in waiting}
    while options:
        job, choice = max(
            ((job, _choice(problem, job, places)) for job, places in options.items()), key=lambda c: c[1]
        )
        _, technician = choice
        place = options[job][technician] if technician >= 0 else None
        if place is None:
            return
        position, route = place[2], board[technician]
        route.set_jobs([*route.jobs[:position], job, *route.jobs[position:]])
        del options[job]
        for other, places in options.items():
            places[technician] = _place(problem, route, other)


def _choice(problem: PlanningProblem, job: int, places: list[Place | None]) -> tuple[int, int]:
    """(regret, technician) of a job; technician -1 when no place is worth it."""
    work = problem.jobs[job]
    worth = None if work.mandatory else work.drop_cost
    costs = sorted(
        (p[0], t) for t, p in enumerate(places) if p is not None and (worth is None or p[0] <= worth)
    )
    if not costs:
        return -(10**18), -1
    fallback = 10**12 if worth is None else worth
    second = costs[1][0] if len(costs) > 1 else fallback
    return second - costs[0][0], costs[0][1]


def _place(problem: PlanningProblem, route: WorkingRoute, job: int) -> Place | None:
    if not problem.may_serve(route.technician, job):
        return None
    work = problem.jobs[job]
    extra = problem.person_cost(route.technician, job)
    span = route.span_for(work)
    return route.cheapest_place(work.location, problem.stops[job], work.demand, extra=extra, span=span)


def _urgency(problem: PlanningProblem, job: int) -> tuple[int, int, int, int]:
    work = problem.jobs[job]
    return -int(work.mandatory), -work.drop_cost, work.window[1] if work.due is None else work.due, job
