"""Every place that one job could take in a plan, best first, and whom each would touch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from scheduling.evaluator import evaluate_plan
from scheduling.explain import explain_unserved
from scheduling.plan import Reason, Sequences, Unserved, reason_to_json
from scheduling.problem import Job, PlanningProblem, may_come
from scheduling.problem_checks import ProblemError
from scheduling.quote_board import QuoteBoard, TimedRoute, Touched, touched_by

QUOTE_FORMAT = "ondol-quote/1"


@dataclass(frozen=True)
class RankedInsertion:
    """One place: `position` counts from 0; times in seconds; `added_cost` is travel, lateness and overtime.

    `touched` are the jobs whose work begins at another time than without this one.
    """

    technician: str
    position: int
    arrive: int
    start: int
    end: int
    added_cost: int
    added_travel: int
    touched: tuple[Touched, ...]


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
    board = QuoteBoard(whole, kept)
    found: list[RankedInsertion] = []
    if not any(name in prefix for prefix in whole.prefixes):
        for technician in range(len(whole.technicians)):
            found += _places(board, technician, job)
    found.sort(key=lambda place: (place.added_cost, place.added_travel, place.technician, place.position))
    reasons: tuple[Reason, ...] = ()
    if not found:
        plan = replace(evaluate_plan(whole, board.sequences), unserved=(Unserved(job.id),))
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
                "moved": [other.job for other in place.touched],
                "touched": [other._asdict() for other in place.touched],
            }
            for place in ranking.insertions
        ],
        "reasons": [reason_to_json(reason) for reason in ranking.reasons],
    }


def _places(board: QuoteBoard, technician: int, job: Job) -> list[RankedInsertion]:
    person, route = board.problem.technicians[technician], board.jobs_of(technician)
    if not may_come(person, job):
        return []
    if person.capacity is not None and sum(other.demand for other in route) + job.demand > person.capacity:
        return []
    before, found = board.present(technician), []
    for position in board.span_for(technician, job):
        after = board.time_with(technician, job, position)
        if after is not None:
            found.append(_ranked(person.id, before, after, position))
    return found


def _ranked(technician: str, before: TimedRoute, after: TimedRoute, position: int) -> RankedInsertion:
    stop = after.stops[position]
    return RankedInsertion(
        technician=technician,
        position=position,
        arrive=stop.arrive,
        start=stop.start,
        end=stop.end,
        added_cost=after.cost - before.cost,
        added_travel=after.travel - before.travel,
        touched=touched_by(before.stops, [*after.stops[:position], *after.stops[position + 1 :]]),
    )
