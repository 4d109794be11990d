"""Every place that one job could take in a plan, best first, and whom each would touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from scheduling.board import WorkingRoute, open_board
from scheduling.evaluator import time_route
from scheduling.explain import explain_unserved
from scheduling.plan import Plan, Reason, Route, Sequences, Unserved, reason_to_json
from scheduling.problem import Job, PlanningProblem
from scheduling.problem_checks import ProblemError

QUOTE_FORMAT = "ondol-quote/1"


@dataclass(frozen=True)
class RankedInsertion:
    """One place: `position` counts from 0; times in seconds; `added_cost` is travel, lateness and overtime.

    `moved` are the jobs whose work begins at another time than without this one.
    """

    technician: str
    position: int
    arrive: int
    start: int
    end: int
    added_cost: int
    added_travel: int
    moved: tuple[str, ...]


@dataclass(frozen=True)
class Ranking:
    """All places, best first; where there is none, why."""

    insertions: tuple[RankedInsertion, ...]
    reasons: tuple[Reason, ...]
    worthwhile: bool
    """Whether the best place costs no more than leaving the job out."""


def rank_insertions(problem: PlanningProblem, sequences: Sequences, job: Job) -> Ranking:
    """Every feasible place for a job, which may be in the problem already (it is then taken off its route).

    Sequences are made sound first (see `open_board`).

    Raises:
        ProblemError: the job's references lead nowhere.
    """
    if job.id in problem.job_index:
        jobs = tuple(job if other.id == job.id else other for other in problem.jobs)
    else:
        jobs = (*problem.jobs, job)
    try:
        whole = replace(problem, jobs=jobs)
    except ProblemError as error:
        position = next(k for k, other in enumerate(jobs) if other.id == job.id)
        raise ProblemError(error.path.replace(f"jobs[{position}]", "job"), error.message) from error
    name = whole.job_index[job.id]
    kept = {t: [other for other in names if other != job.id] for t, names in sequences.items()}
    board = open_board(whole, kept)
    found: list[RankedInsertion] = []
    if not any(name in prefix for prefix in whole.prefixes):
        for route in board:
            found += _places(whole, route, name)
    found.sort(key=lambda place: (place.added_cost, place.added_travel, place.technician, place.position))
    reasons: tuple[Reason, ...] = ()
    if not found:
        plan = _plan_of(whole, board, job.id)
        reasons = explain_unserved(whole, plan).unserved[0].reasons
    worthwhile = bool(found) and (job.mandatory or found[0].added_cost <= job.drop_cost)
    return Ranking(tuple(found), reasons, worthwhile)


def insertions_to_json(job: Job, ranking: Ranking) -> dict[str, Any]:
    """The ranking as plain JSON values (`ondol-quote/1`)."""
    return {
        "format": QUOTE_FORMAT,
        "job": job.id,
        "worthwhile": ranking.worthwhile,
        "insertions": [
            {
                "technician": place.technician,
                "position": place.position,
                "arrive": place.arrive,
                "start": place.start,
                "end": place.end,
                "added_cost": place.added_cost,
                "added_travel": place.added_travel,
                "moved": list(place.moved),
            }
            for place in ranking.insertions
        ],
        "reasons": [reason_to_json(reason) for reason in ranking.reasons],
    }


def _places(problem: PlanningProblem, route: WorkingRoute, job: int) -> list[RankedInsertion]:
    if not problem.may_serve(route.technician, job):
        return []
    capacity = problem.technicians[route.technician].capacity
    if capacity is not None and route.load + problem.jobs[job].demand > capacity:
        return []
    before = time_route(problem, route.technician, route.jobs)
    assert before is not None, "open_board keeps routes with a schedule only"
    found = []
    for position in route.span_for(problem.jobs[job]):
        jobs = [*route.jobs[:position], job, *route.jobs[position:]]
        after = time_route(problem, route.technician, jobs)
        if after is not None:
            found.append(_ranked(before, after, position))
    return found


def _ranked(before: Route, after: Route, position: int) -> RankedInsertion:
    starts = {stop.job: stop.start for stop in before.stops}
    stop = after.stops[position]
    return RankedInsertion(
        technician=after.technician,
        position=position,
        arrive=stop.arrive,
        start=stop.start,
        end=stop.end,
        added_cost=after.cost - before.cost,
        added_travel=after.travel - before.travel,
        moved=tuple(other.job for other in after.stops if starts.get(other.job, other.start) != other.start),
    )


def _plan_of(problem: PlanningProblem, board: Sequence[WorkingRoute], job: str) -> Plan:
    routes = tuple(time_route(problem, route.technician, route.jobs) for route in board)
    timed = tuple(route for route in routes if route is not None)
    return Plan(0, 0, 0, 0, timed, (Unserved(job),))
