"""Why a job is left out: the rules checked for each technician, in words that a person can act on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import numpy.typing as npt

from scheduling.board import Place, WorkingRoute, open_board
from scheduling.evaluator import viable_prefix
from scheduling.labels import finish, leave, visit
from scheduling.plan import Params, Plan, Reason, Repair, Unserved
from scheduling.problem import Job, PlanningProblem, stop_numbers
from scheduling.repairs import RepairFinder, least_seconds, smallest
from scheduling.shortfall import RouteProbe

OTHER_DAY = Repair("OTHER_DAY", {})


def explain_unserved(problem: PlanningProblem, plan: Plan, *, deadline: float | None = None) -> Plan:
    """The same plan with reasons at every unserved job: one a technician, or one for all of them.

    `proof` is given only where a rule excludes the technician in every plan: on an empty route, with the
    shortest travel over any places, so that no detour through other jobs could make it possible.
    After the moment `deadline` (of `perf_counter`) no more repairs are tried; the worthiest jobs have theirs.
    """
    if not plan.unserved:
        return plan
    explainer = Explainer(problem, open_board(problem, plan.sequences))
    left = [problem.job_index[unserved.job] for unserved in plan.unserved]
    found = {}
    for job in sorted(left, key=lambda job: (-problem.jobs[job].mandatory, -problem.jobs[job].drop_cost)):
        found[job] = explainer.explain(job, trying=deadline is None or perf_counter() < deadline)
    return replace(plan, unserved=tuple(found[job] for job in left))


@dataclass(frozen=True)
class _Misfit:
    """The rule that keeps a job off an empty route."""

    code: str
    params: Params


class Explainer:
    """Reasons for jobs that are on none of these routes."""

    def __init__(self, problem: PlanningProblem, board: list[WorkingRoute]) -> None:
        self.problem = problem
        self.board = board
        self.repairs = RepairFinder(problem, board)
        self.shortest: dict[tuple[int, bool], npt.NDArray[np.int64]] = {}

    def explain(self, job: int, *, trying: bool = True) -> Unserved:
        """One reason for each technician, or a single one that speaks about all; and what would help.

        Without `trying` no repair is worked out.
        """
        work, people = self.problem.jobs[job], self.problem.technicians
        if not people:
            return Unserved(work.id, (Reason("NO_TECHNICIAN", "proof", repair=OTHER_DAY),))
        everybody = range(len(people))
        if not any(work.skills <= person.skills for person in people):
            params = {"skills": ", ".join(sorted(work.skills))}
            reason = Reason("NO_QUALIFIED_TECHNICIAN", "proof", None, params, Repair("ADD_SKILL", params))
            found = [self.repairs.find_permission(t, job) for t in everybody] if trying else []
            return Unserved(work.id, (reason,), smallest(repair for repair in found if repair is not None))
        answers = [self.explain_for(t, job, trying=trying) for t in everybody]
        return Unserved(
            work.id,
            tuple(reason for reason, _ in answers),
            self.small_repairs(job, [repair for _, repairs in answers for repair in repairs], trying=trying),
        )

    def small_repairs(self, job: int, repairs: list[Repair], *, trying: bool) -> tuple[Repair, ...]:
        """The smallest of each kind, and of a job that could give its place up."""
        if trying and job not in self.repairs.under_way:
            able = (t for t in range(len(self.board)) if self.problem.may_serve(t, job))
            replacement = self.repairs.find_replacement(job, able)
            repairs = [*repairs, *([replacement] if replacement is not None else [])]
        return smallest(repairs)

    def explain_for(self, technician: int, job: int, *, trying: bool = True) -> tuple[Reason, list[Repair]]:
        """Why this technician does not have the job, and what would let it onto his present route."""
        reason = self._barring_rule(technician, job)
        if reason is not None:
            repair = self.repairs.find_permission(technician, job) if trying else None
            if repair is not None:
                return replace(reason, repair=repair), [repair]
            return reason, []
        person = self.problem.technicians[technician]
        if job in self.repairs.under_way:
            return Reason("FIXED_BLOCKED", "best_guess", person.id, repair=OTHER_DAY), []
        if not self.board[technician].span_for(self.problem.jobs[job]):
            params: Params = {"job": str(self.problem.jobs[job].after)}
            return Reason("NOT_AFTER", "best_guess", person.id, params, OTHER_DAY), []
        missing = self.repairs.measure(technician, job, fits_alone=not trying)
        has_room = self.repairs.has_room(technician, job)
        place = self.repairs.cheapest_place(technician, job) if missing.fits and has_room else None
        if place is not None:
            return self._priced(technician, job, place)
        reason = self._explain_misfit(technician, job)
        if reason is None:
            code = self._full_because(technician, job) if has_room else "NO_CAPACITY_LEFT"
            reason = Reason(code, "best_guess", person.id)
        repairs = self.repairs.find_time(technician, job, missing) if trying and has_room else []
        return replace(reason, repair=least_seconds(repairs) or OTHER_DAY), repairs

    def _barring_rule(self, technician: int, job: int) -> Reason | None:
        """Pin, skills and size, which no other time would change."""
        work, person = self.problem.jobs[job], self.problem.technicians[technician]
        if work.technician not in (None, person.id):
            params: Params = {"pinned": str(work.technician)}
            return Reason("PINNED_ELSEWHERE", "proof", person.id, params)
        if not work.skills <= person.skills:
            params = {"skills": ", ".join(sorted(work.skills - person.skills))}
            return Reason("SKILL_MISSING", "proof", person.id, params)
        if self.problem.is_forbidden(technician, job):
            return Reason("FORBIDDEN", "proof", person.id, repair=Repair("OTHER_PERSON", {}))
        if person.capacity is not None and work.demand > person.capacity:
            params = {"demand": work.demand, "capacity": person.capacity}
            return Reason("OVER_CAPACITY", "proof", person.id, params)
        return None

    def _explain_misfit(self, technician: int, job: int) -> Reason | None:
        """The rule of time that keeps the job off an empty route: surely, or unless a detour is faster."""
        work, person, rows = self.problem.jobs[job], self.problem.technicians[technician], self.problem.rows
        to, back = rows[person.start][work.location], rows[work.location][person.end]
        misfit = find_misfit(self.problem, technician, work, to=to, back=back)
        if misfit is None:
            return None
        to = self._shortest(person.start, work.location, forward=True)
        back = self._shortest(person.end, work.location, forward=False)
        certain = find_misfit(self.problem, technician, work, to=to, back=back) is not None
        return Reason(misfit.code, "proof" if certain else "best_guess", person.id, misfit.params)

    def _priced(self, technician: int, job: int, place: Place) -> tuple[Reason, list[Repair]]:
        """There is a place: what it costs."""
        work, person = self.problem.jobs[job], self.problem.technicians[technician]
        params = {"cost": place[0], "drop_cost": work.drop_cost}
        dear = place[0] > work.drop_cost and not work.mandatory
        repair = self.repairs.accept_cost(technician, place)
        reason = Reason(
            "TOO_EXPENSIVE" if dear else "NOT_YET_INSERTED", "best_guess", person.id, params, repair
        )
        return reason, [repair]

    def _full_because(self, technician: int, job: int) -> str:
        """Whether what is under way alone keeps the job off a route without a place for it."""
        if self.board[technician].locked:
            free = WorkingRoute(self.problem, technician, viable_prefix(self.problem, technician))
            if not RouteProbe(free).fits(self.problem.jobs[job].location, self.problem.stops[job]):
                return "FIXED_BLOCKED"
        return "NO_TIME_LEFT"

    def _shortest(self, place: int, location: int, *, forward: bool) -> int:
        """Least travel seconds between two places through any others, from `place` or (backward) to it."""
        key = (place, forward)
        if key not in self.shortest:
            matrix = self.problem.matrix if forward else self.problem.matrix.T
            self.shortest[key] = find_shortest_travel(matrix, place)
        return int(self.shortest[key][location])


def find_misfit(
    problem: PlanningProblem, technician: int, work: Job, *, to: int, back: int
) -> _Misfit | None:
    """The rule that keeps a job off an otherwise empty route with these travel seconds there and back."""
    shift, pauses = problem.shifts[technician], problem.pauses[technician]
    opens, closes, duration, _, _, _, _, gaps = stop_numbers(work)
    stop = (opens, closes, duration, closes, 0, closes, 0, gaps)
    state = visit(leave(shift), to, stop, pauses)
    if state is not None and finish(state, back, shift, pauses) is not None:
        return None
    starts, _, limit, _ = shift
    if closes < starts or opens > limit:
        return _Misfit("OUTSIDE_SHIFT", {})
    if starts + to > closes:
        return _Misfit("WINDOW_UNREACHABLE", {"minutes": _minutes(starts + to - closes)})
    if max(starts + to, opens) + work.duration + back > limit:
        return _Misfit("OUTSIDE_SHIFT", {})
    return _Misfit("NO_LUNCH_LEFT", {})


def find_shortest_travel(matrix: npt.NDArray[np.int32], source: int) -> npt.NDArray[np.int64]:
    """Least travel seconds from one location to every other, through any others (dense Dijkstra)."""
    travel: npt.NDArray[np.int64] = matrix[source].astype(np.int64)
    travel[source] = 0
    unsettled = travel.copy()
    settled = np.iinfo(np.int64).max
    for _ in range(len(travel)):
        nearest = int(unsettled.argmin())
        unsettled[nearest] = settled
        through = travel[nearest] + matrix[nearest]
        shorter = through < travel
        travel[shorter] = through[shorter]
        unsettled[shorter] = through[shorter]
    return travel


def _minutes(seconds: int) -> int:
    return -(-seconds // 60)
