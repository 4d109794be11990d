"""Which windows can be offered for a job, and what each would cost: answered inside a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scheduling.board import Place, WorkingRoute, open_board
from scheduling.evaluator import time_route
from scheduling.plan import Sequences
from scheduling.problem import FORBIDDEN, Job, PlanningProblem, Window, stop_numbers

HALF_SCORE_COST = 1800
"""The added cost at which the score is one half."""


@dataclass(frozen=True)
class Offer:
    """One window, with its best technician.

    `start` is the start of work then planned, `added_travel_s` seconds, `added_cost` travel, lateness and
    overtime of the whole route. `score` falls from 1 (free) to 0. A window which nobody can reach has no
    technician, score 0 and `reachable` False.
    """

    window: Window
    technician: str | None
    start: int | None
    added_travel_s: int
    added_cost: int
    score: float
    reachable: bool


def rank_windows(
    problem: PlanningProblem,
    sequences: Sequences,
    job: Job,
    windows: Sequence[Window],
    *,
    familiar: Mapping[str, int] | None = None,
) -> list[Offer]:
    """Every window with its cheapest feasible insertion, best first; the unreachable ones last.

    `job` need not be in the problem; where its id is on a route (a visit to be moved) it is taken off
    first. Each offered window replaces its own and bounds the start of work. Skills, pin, capacity hold.
    `familiar`: what it may cost more that these technicians (by id) come.
    """
    kept = {t: [name for name in names if name != job.id] for t, names in sequences.items()}
    board = [route for route in open_board(problem, kept) if _allowed(problem, route, job)]
    offers = [_best_offer(problem, board, job, window, familiar or {}) for window in windows]
    return sorted(offers, key=lambda offer: (not offer.reachable, offer.added_cost, offer.window))


def without_overtime(problem: PlanningProblem, sequences: Sequences) -> PlanningProblem:
    """The same problem with people who stay on no longer than their present route makes them."""
    people = list(problem.technicians)
    for t, person in enumerate(people):
        timed = time_route(problem, t, [problem.job_index[name] for name in sequences.get(person.id, ())])
        stays = max(0, timed.finish - person.shift[1]) if timed is not None and timed.stops else 0
        people[t] = replace(person, max_overtime=min(person.max_overtime, stays))
    strict = replace(problem, technicians=tuple(people))
    strict.__dict__["rows"] = problem.rows  # the cached lists of the same matrix
    return strict


def _best_offer(
    problem: PlanningProblem,
    board: Sequence[WorkingRoute],
    job: Job,
    window: Window,
    familiar: Mapping[str, int],
) -> Offer:
    stop = stop_numbers(replace(job, window=window, windows=()))
    found: list[tuple[Place, WorkingRoute]] = []
    for route in board:
        extra = max(0, job.visit_costs.get(problem.technicians[route.technician].id, 0))
        span = route.span_for(job)
        place = route.cheapest_place(job.location, stop, job.demand, span=span, extra=extra)
        if place is not None:
            found.append((place, route))
    if not found:
        return Offer(window, None, None, 0, 0, 0.0, reachable=False)

    def dear(item: tuple[Place, WorkingRoute]) -> tuple[int, int, int]:
        (cost, travel, _position), route = item
        return cost - familiar.get(problem.technicians[route.technician].id, 0), travel, route.technician

    (cost, travel, position), route = min(found, key=dear)
    return Offer(
        window=window,
        technician=problem.technicians[route.technician].id,
        start=_start_of_work(problem, route, replace(job, window=window, windows=()), position),
        added_travel_s=travel,
        added_cost=cost,
        score=round(HALF_SCORE_COST / (HALF_SCORE_COST + max(0, cost)), 4),
        reachable=True,
    )


def _allowed(problem: PlanningProblem, route: WorkingRoute, job: Job) -> bool:
    person = problem.technicians[route.technician]
    under_way = any(job.id in prefix.jobs for prefix in problem.fixed)
    return (
        not under_way
        and job.skills <= person.skills
        and job.technician in (None, person.id)
        and job.visit_costs.get(person.id) != FORBIDDEN
    )


def _start_of_work(problem: PlanningProblem, route: WorkingRoute, job: Job, position: int) -> int:
    """When work on the inserted job begins in the route's cheapest schedule."""
    names = [problem.jobs[other].id for other in route.jobs]
    names.insert(position, job.id)
    person = problem.technicians[route.technician]
    others = {other.id: other for other in (problem.jobs[k] for k in route.jobs)}
    trial = PlanningProblem(
        technicians=(person,),
        jobs=tuple(replace({**others, job.id: job}[name], technician=None, after=None) for name in names),
        matrix=problem.matrix,
    )
    trial.__dict__["rows"] = problem.rows  # the cached lists of the same matrix
    timed = time_route(trial, 0, range(len(names)))
    assert timed is not None, "cheapest_place has timed it"
    return timed.stops[position].start
