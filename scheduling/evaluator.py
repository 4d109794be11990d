"""The judge: sequences in, cheapest exact schedule out. No solver's own figures are ever trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, pairwise

from scheduling.labels import late_cost, start_of_work, take_break
from scheduling.plan import Plan, Route, Sequences, Stop, Unserved
from scheduling.problem import PlanningProblem, ordered_breaks

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
    moved: int
    breaks: tuple[int, ...]
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
        if other is not None and _times_of(other) != _times_of(route):
            found.append(Violation("TIMES_DIFFER", route.technician))
    if _parts_of(plan) != _parts_of(exact):
        found.append(Violation("COST_DIFFERS"))
    return found


def _times_of(route: Route) -> tuple[object, ...]:
    return route.stops, route.lunch_start, route.breaks


def _parts_of(plan: Plan) -> tuple[int, ...]:
    return plan.travel, plan.overtime, plan.lateness, plan.dropped, plan.moved


def time_route(problem: PlanningProblem, technician: int, jobs: Sequence[int]) -> Route | None:
    """The cheapest schedule of one route of job positions, or None when none fits.

    Tries every break on every leg and after the day; among equal costs the earliest finish, then the earlier
    breaks.
    """
    person = problem.technicians[technician]
    if not jobs:
        return Route(person.id, (), None, 0, 0, 0, person.shift[0])
    legs = route_legs(problem, technician, jobs)
    choices = combinations_with_replacement(range(len(legs) + 1), len(problem.pauses[technician]))
    timings = [_time(problem, technician, jobs, legs, choice) for choice in choices]
    found = [timing for timing in timings if timing is not None]
    if not found:
        return None
    best = min(found, key=lambda timing: (timing.cost, timing.finish))
    stops = tuple(Stop(problem.jobs[job].id, *times) for job, times in zip(jobs, best.times, strict=True))
    lunch_start, breaks = None, []
    for pause, begin in zip(ordered_breaks(person), best.breaks, strict=True):
        if pause is person.lunch:
            lunch_start = begin
        else:
            breaks.append(begin)
    return Route(
        technician=person.id,
        stops=stops,
        lunch_start=lunch_start,
        travel=sum(legs),
        overtime=best.overtime,
        lateness=best.lateness,
        finish=best.finish,
        moved=best.moved + sum(problem.person_cost(technician, job) for job in jobs),
        breaks=tuple(breaks),
    )


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
        moved=sum(route.moved for route in routes),
        routes=tuple(routes),
        unserved=tuple(Unserved(job.id) for job in left),
        seconds=seconds,
    )


def _check_route(problem: PlanningProblem, technician: int, jobs: list[int]) -> list[Violation]:
    person = problem.technicians[technician]
    found = []
    for k, job in enumerate(jobs):
        work = problem.jobs[job]
        if not problem.follows(job, jobs[:k]):
            found.append(Violation("ORDER_BROKEN", person.id, work.id))
        if not work.skills <= person.skills:
            found.append(Violation("SKILL_MISSING", person.id, work.id))
        if work.technician not in (None, person.id):
            found.append(Violation("PIN_BROKEN", person.id, work.id))
        if problem.is_forbidden(technician, job):
            found.append(Violation("FORBIDDEN", person.id, work.id))
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
    problem: PlanningProblem, technician: int, jobs: Sequence[int], legs: list[int], on_legs: tuple[int, ...]
) -> _Timing | None:
    """Earliest times with each break on its leg; the number of legs stands for after the day."""
    ready, normal_end, limit, rate = problem.shifts[technician]
    pauses = problem.pauses[technician]
    breaks: list[int] = []
    lateness = moved = 0
    times: list[tuple[int, int, int]] = []
    for k, leg in enumerate(legs):
        arrival, free = ready + leg, ready
        for pause in (pause for pause, on_leg in zip(pauses, on_legs, strict=True) if on_leg == k):
            if free > pause[1]:
                return None
            breaks.append(max(free, pause[0]))
            free, arrival = take_break(pause, free, arrival)
        if k == len(jobs):
            break
        stop = problem.stops[jobs[k]]
        start = start_of_work(stop, arrival)
        if start > stop[1]:
            return None
        late = max(0, start - stop[3]) * stop[4]
        lateness += late
        moved += late_cost(stop, start) - late
        ready = start + stop[2]
        times.append((arrival, start, ready))
    free = arrival
    for earliest, latest, duration in pauses[len(breaks) :]:
        if free > latest:
            return None
        breaks.append(max(free, earliest))
        free = max(free, earliest) + duration
    if arrival > limit:
        return None
    overtime = max(0, arrival - normal_end) * rate
    cost = overtime + lateness + moved
    return _Timing(cost, overtime, lateness, arrival, moved, tuple(breaks), tuple(times))
