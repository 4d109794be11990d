"""The judge: sequences in, cheapest exact schedule out. No solver's own figures are ever trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from scheduling.plan import Plan, Route, Sequences, Stop, Unserved
from scheduling.problem import PlanningProblem

MANDATORY_WEIGHT = 10**15


@dataclass(frozen=True)
class Violation:
    """One broken rule: `code`, and the technician and job that it concerns."""

    code: str
    technician: str | None = None
    job: str | None = None


class InfeasibleError(ValueError):
    """Sequences which no schedule makes feasible; `violations` says why."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(", ".join(f"{v.code}({v.technician}, {v.job})" for v in violations))
        self.violations = tuple(violations)


@dataclass(frozen=True)
class _Timing:
    cost: int
    overtime: int
    lateness: int
    finish: int
    lunch_start: int | None
    times: tuple[tuple[int, int, int], ...]


def evaluate_plan(problem: PlanningProblem, sequences: Sequences, *, seconds: float = 0.0) -> Plan:
    """The cheapest plan with these sequences (technician id -> job ids in order); other jobs are unserved.

    Raises InfeasibleError when a rule is broken or no schedule fits.
    """
    violations = check_sequences(problem, sequences)
    if violations:
        raise InfeasibleError(violations)
    routes: list[Route] = []
    for technician, person in enumerate(problem.technicians):
        jobs = [problem.job_index[name] for name in sequences.get(person.id, ())]
        route = time_route(problem, technician, jobs)
        assert route is not None, "check_sequences has timed it"
        routes.append(route)
    return _assemble(problem, routes, seconds)


def check_sequences(problem: PlanningProblem, sequences: Sequences) -> list[Violation]:
    """Every broken rule of these sequences; an empty list means that a feasible schedule exists."""
    found: list[Violation] = []
    seen: set[str] = set()
    for name, names in sequences.items():
        if name not in problem.technician_index:
            found.append(Violation("UNKNOWN_TECHNICIAN", name))
            continue
        unknown = [job for job in names if job not in problem.job_index]
        found += [Violation("UNKNOWN_JOB", name, job) for job in unknown]
        found += [
            Violation("SERVED_TWICE", name, job)
            for k, job in enumerate(names)
            if job in seen or job in names[:k]
        ]
        seen.update(names)
        if not unknown:
            found += _check_route(
                problem, problem.technician_index[name], [problem.job_index[job] for job in names]
            )
    for technician, person in enumerate(problem.technicians):
        if person.id not in sequences and viable_prefix(problem, technician):
            found.append(Violation("PREFIX_BROKEN", person.id))
    return found


def check_plan(problem: PlanningProblem, plan: Plan) -> list[Violation]:
    """Every broken rule of a plan, its times and its figures included."""
    names = [route.technician for route in plan.routes]
    found = [Violation("ROUTE_TWICE", name) for k, name in enumerate(names) if name in names[:k]]
    found += check_sequences(problem, plan.sequences)
    if found:
        return found
    served = {stop.job for route in plan.routes for stop in route.stops}
    left = [unserved.job for unserved in plan.unserved]
    found += [Violation("SERVED_AND_UNSERVED", None, job) for job in left if job in served]
    found += [
        Violation("UNACCOUNTED", None, job.id) for job in problem.jobs if job.id not in served | set(left)
    ]
    exact = evaluate_plan(problem, plan.sequences)
    theirs = {route.technician: route for route in plan.routes}
    for route in exact.routes:
        other = theirs.get(route.technician)
        if other is not None and (other.stops, other.lunch_start) != (route.stops, route.lunch_start):
            found.append(Violation("TIMES_DIFFER", route.technician))
    parts = (plan.travel, plan.overtime, plan.lateness, plan.dropped)
    if parts != (exact.travel, exact.overtime, exact.lateness, exact.dropped):
        found.append(Violation("COST_DIFFERS"))
    return found


def time_route(problem: PlanningProblem, technician: int, jobs: Sequence[int]) -> Route | None:
    """The cheapest schedule of one route of job positions, or None when none fits.

    Tries lunch on every leg and after the day; among equal costs the earliest finish, then the earlier lunch.
    """
    person = problem.technicians[technician]
    if not jobs:
        return Route(person.id, (), None, 0, 0, 0, person.shift[0])
    legs = route_legs(problem, technician, jobs)
    lunch_legs: list[int | None] = [None]
    if person.lunch is not None:
        lunch_legs = [*range(len(jobs) + 1), None]
    timings = [_time(problem, technician, jobs, legs, leg) for leg in lunch_legs]
    found = [timing for timing in timings if timing is not None]
    if not found:
        return None
    best = min(found, key=lambda timing: (timing.cost, timing.finish))
    stops = tuple(Stop(problem.jobs[job].id, *times) for job, times in zip(jobs, best.times, strict=True))
    return Route(person.id, stops, best.lunch_start, sum(legs), best.overtime, best.lateness, best.finish)


def route_legs(problem: PlanningProblem, technician: int, jobs: Sequence[int]) -> list[int]:
    """Travel seconds of each leg, from the start over the jobs to the end."""
    person, rows = problem.technicians[technician], problem.rows
    places = [person.start, *(problem.jobs[job].location for job in jobs), person.end]
    return [rows[a][b] for a, b in pairwise(places)]


def viable_prefix(problem: PlanningProblem, technician: int) -> tuple[int, ...]:
    """The jobs under way that this technician can keep; one that breaks a rule is left out."""
    kept: tuple[int, ...] = ()
    for job in problem.prefixes[technician]:
        if problem.may_serve(technician, job) and not _route_rules(problem, technician, (*kept, job)):
            kept = (*kept, job)
    return kept


def plan_rank(problem: PlanningProblem, plan: Plan) -> int:
    """What solvers minimise: mandatory jobs left out weigh more than every cost."""
    mandatory = sum(problem.jobs[problem.job_index[left.job]].mandatory for left in plan.unserved)
    return mandatory * MANDATORY_WEIGHT + plan.cost


def _assemble(problem: PlanningProblem, routes: list[Route], seconds: float) -> Plan:
    served = {stop.job for route in routes for stop in route.stops}
    left = [job for job in problem.jobs if job.id not in served]
    return Plan(
        travel=sum(route.travel for route in routes),
        overtime=sum(route.overtime for route in routes),
        lateness=sum(route.lateness for route in routes),
        dropped=sum(job.drop_cost for job in left),
        routes=tuple(routes),
        unserved=tuple(Unserved(job.id) for job in left),
        seconds=seconds,
    )


def _check_route(problem: PlanningProblem, technician: int, jobs: list[int]) -> list[Violation]:
    person = problem.technicians[technician]
    found = []
    for job in jobs:
        work = problem.jobs[job]
        if not work.skills <= person.skills:
            found.append(Violation("SKILL_MISSING", person.id, work.id))
        if work.technician not in (None, person.id):
            found.append(Violation("PIN_BROKEN", person.id, work.id))
        holder = next((t for t, prefix in enumerate(problem.prefixes) if job in prefix), technician)
        if holder != technician:
            found.append(Violation("PREFIX_BROKEN", person.id, work.id))
    prefix = viable_prefix(problem, technician)
    blocked = set(problem.prefixes[technician]) - set(prefix)
    if tuple(jobs[: len(prefix)]) != prefix or blocked.intersection(jobs):
        found.append(Violation("PREFIX_BROKEN", person.id))
    return found + [Violation(code, person.id) for code in _route_rules(problem, technician, tuple(jobs))]


def _route_rules(problem: PlanningProblem, technician: int, jobs: tuple[int, ...]) -> list[str]:
    capacity = problem.technicians[technician].capacity
    found = []
    if capacity is not None and sum(problem.jobs[job].demand for job in jobs) > capacity:
        found.append("OVER_CAPACITY")
    if time_route(problem, technician, jobs) is None:
        found.append("NO_SCHEDULE")
    return found


def _time(
    problem: PlanningProblem, technician: int, jobs: Sequence[int], legs: list[int], lunch_leg: int | None
) -> _Timing | None:
    """Earliest times with lunch on this leg; None means no lunch, or lunch after the arrival at the end."""
    ready, normal_end, limit, rate = problem.shifts[technician]
    lunch = problem.lunches[technician]
    lunch_start: int | None = None
    lateness = 0
    times: list[tuple[int, int, int]] = []
    for k, leg in enumerate(legs):
        arrival = ready + leg
        if k == lunch_leg and lunch is not None:
            if ready > lunch[1]:
                return None
            lunch_start = max(ready, lunch[0])
            arrival = max(arrival, lunch[0]) + lunch[2]
        if k == len(jobs):
            break
        opens, closes, duration, due, late_rate = problem.stops[jobs[k]]
        start = max(arrival, opens)
        if start > closes:
            return None
        lateness += max(0, start - due) * late_rate
        ready = start + duration
        times.append((arrival, start, ready))
    if lunch is not None and lunch_leg is None:
        if arrival > lunch[1]:
            return None
        lunch_start = max(arrival, lunch[0])
    if arrival > limit:
        return None
    overtime = max(0, arrival - normal_end) * rate
    return _Timing(overtime + lateness, overtime, lateness, arrival, lunch_start, tuple(times))
