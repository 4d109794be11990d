"""When the facts have broken the plan: a late technician keeps his route, and rules give way openly. Pure.

Dropping a promised job because a job before it took long would lose it silently. Instead its window becomes
a costly wish, lunch is left to the technician, and overtime grows as far as his route needs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from scheduling.evaluator import time_route
from scheduling.problem import Job, PlanningProblem, Technician

OPEN_END_S = 200_000
LATE_PROMISE_COST = 30
"""Units a second that a broken promise grows by: dearer than every other lateness."""


@dataclass(frozen=True)
class Relaxed:
    """The problem as it can be kept, the routes that fit it, and the jobs whose window gave way."""

    problem: PlanningProblem
    sequences: dict[str, list[str]]
    late: frozenset[str]


def relax(problem: PlanningProblem, sequences: dict[str, list[str]], *, hard_ends: frozenset[str]) -> Relaxed:
    """Give way just so far that every route of `sequences` has a schedule.

    Jobs that their technician may not serve (a licence ran out) leave the routes, as do jobs which would run
    into another maker's booking (`hard_ends`): they have to be planned anew.
    """
    people, jobs = list(problem.technicians), list(problem.jobs)
    routes: dict[str, list[str]] = {}
    late: set[str] = set()
    for t, person in enumerate(problem.technicians):
        route = [
            problem.job_index[name]
            for name in sequences.get(person.id, ())
            if problem.may_serve(t, problem.job_index[name])
        ]
        if route and time_route(problem, t, route) is None:
            locked = len(problem.prefixes[t])
            route, changed = _loosen(problem, t, route, hard=person.id in hard_ends, locked=locked)
            people[t] = changed.technician
            for job in changed.jobs:
                jobs[problem.job_index[job.id]] = job
            late |= {job.id for job in changed.jobs if job.mandatory}
        routes[person.id] = [problem.jobs[job].id for job in route]
    if people == list(problem.technicians) and jobs == list(problem.jobs):
        return Relaxed(problem, routes, frozenset())
    changed_problem = replace(problem, technicians=tuple(people), jobs=tuple(jobs))
    return Relaxed(changed_problem, routes, frozenset(late))


@dataclass(frozen=True)
class _Loosened:
    technician: Technician
    jobs: list[Job]


def _loosen(
    problem: PlanningProblem, t: int, route: list[int], *, hard: bool, locked: int
) -> tuple[list[int], _Loosened]:
    """Walk the route at its earliest times without lunch and note what gives way on the way."""
    person, rows = problem.technicians[t], problem.rows
    with_lunch = person.lunch
    kept: list[int] = []
    jobs: list[Job] = []
    ready, place = person.shift[0], person.start
    for k, job in enumerate(route):
        work = problem.jobs[job]
        start = max(ready + rows[place][work.location], work.window[0])
        end = start + work.duration
        home = end + rows[work.location][person.end]
        if hard and k >= locked and home > person.shift[1] + person.max_overtime:
            continue
        if start > work.window[1]:
            jobs.append(_late(work))
        kept.append(job)
        ready, place = end, work.location
    finish = ready + rows[place][person.end] if kept else ready
    overtime = max(person.max_overtime, finish - person.shift[1])
    loosened = replace(person, lunch=None, max_overtime=overtime)
    if with_lunch is not None and not jobs:
        trial = replace(person, max_overtime=max(overtime, finish + with_lunch.duration - person.shift[1]))
        if (
            time_route(replace(problem, technicians=_with(problem, t, trial)), t, kept) is not None
            and not hard
        ):
            loosened = trial
    return kept, _Loosened(loosened, jobs)


def _late(job: Job) -> Job:
    """The window's end becomes a due time. A job that was merely wished for keeps its own urgency."""
    if not job.mandatory:
        return replace(job, window=(job.window[0], OPEN_END_S))
    return replace(
        job, window=(job.window[0], OPEN_END_S), due=job.window[1], lateness_cost=LATE_PROMISE_COST
    )


def _with(problem: PlanningProblem, t: int, person: Technician) -> tuple[Technician, ...]:
    return (*problem.technicians[:t], person, *problem.technicians[t + 1 :])
