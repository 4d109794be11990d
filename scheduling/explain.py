"""Why a job is left out: the rules checked for each technician, in words that a person can act on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scheduling.board import WorkingRoute, open_board
from scheduling.evaluator import viable_prefix
from scheduling.labels import finish, leave, visit
from scheduling.plan import Kind, Params, Plan, Reason, Repair, Unserved
from scheduling.problem import Job, PlanningProblem, stop_numbers


def explain_unserved(problem: PlanningProblem, plan: Plan) -> Plan:
    """The same plan with reasons at every unserved job: one a technician, or one for all of them.

    `proof` is given only where a rule excludes the technician in every plan: on an empty route, with the
    shortest travel over any places, so that no detour through other jobs could make it possible.
    """
    if not plan.unserved:
        return plan
    explainer = _Explainer(problem, open_board(problem, plan.sequences))
    return replace(
        plan,
        unserved=tuple(
            Unserved(left.job, explainer.explain(problem.job_index[left.job])) for left in plan.unserved
        ),
    )


@dataclass(frozen=True)
class _Misfit:
    """The rule that keeps a job off an empty route."""

    code: str
    params: Params
    repair: Repair


class _Explainer:
    def __init__(self, problem: PlanningProblem, board: list[WorkingRoute]) -> None:
        self.problem = problem
        self.board = board
        self.shortest: dict[tuple[int, bool], npt.NDArray[np.int64]] = {}
        self.under_way = {job for prefix in problem.prefixes for job in prefix}

    def explain(self, job: int) -> tuple[Reason, ...]:
        """One reason for each technician, or a single one that speaks about all."""
        work, people = self.problem.jobs[job], self.problem.technicians
        other_day = Repair("OTHER_DAY", {})
        if not people:
            return (Reason("NO_TECHNICIAN", "proof", repair=other_day),)
        if not any(work.skills <= person.skills for person in people):
            params = {"skills": ", ".join(sorted(work.skills))}
            repair = Repair("ADD_SKILL", params)
            return (Reason("NO_QUALIFIED_TECHNICIAN", "proof", params=params, repair=repair),)
        return tuple(self._explain_for(technician, job) for technician in range(len(people)))

    def _explain_for(self, technician: int, job: int) -> Reason:
        work, person = self.problem.jobs[job], self.problem.technicians[technician]
        if work.technician not in (None, person.id):
            params: Params = {"pinned": str(work.technician)}
            return Reason("PINNED_ELSEWHERE", "proof", person.id, params, Repair("UNPIN", {}))
        if not work.skills <= person.skills:
            params = {"skills": ", ".join(sorted(work.skills - person.skills))}
            return Reason("SKILL_MISSING", "proof", person.id, params, Repair("ADD_SKILL", params))
        if self.problem.is_forbidden(technician, job):
            return Reason("FORBIDDEN", "proof", person.id, repair=Repair("OTHER_PERSON", {}))
        if person.capacity is not None and work.demand > person.capacity:
            params = {"demand": work.demand, "capacity": person.capacity}
            return Reason("OVER_CAPACITY", "proof", person.id, params)
        rows = self.problem.rows
        to, back = rows[person.start][work.location], rows[work.location][person.end]
        misfit = find_misfit(self.problem, technician, work, to=to, back=back)
        if misfit is not None:
            to = self._shortest(person.start, work.location, forward=True)
            back = self._shortest(person.end, work.location, forward=False)
            certain = find_misfit(self.problem, technician, work, to=to, back=back) is not None
            kind: Kind = "proof" if certain else "best_guess"
            return Reason(misfit.code, kind, person.id, misfit.params, misfit.repair)
        return self._explain_in_plan(technician, job)

    def _explain_in_plan(self, technician: int, job: int) -> Reason:
        problem, route = self.problem, self.board[technician]
        work, person = problem.jobs[job], problem.technicians[technician]
        other_day = Repair("OTHER_DAY", {})
        if job in self.under_way:
            return Reason("FIXED_BLOCKED", "best_guess", person.id, repair=other_day)
        if person.capacity is not None and route.load + work.demand > person.capacity:
            return Reason("NO_CAPACITY_LEFT", "best_guess", person.id, repair=other_day)
        stop, span = problem.stops[job], route.span_for(work)
        if not span:
            return Reason("NOT_AFTER", "best_guess", person.id, {"job": str(work.after)}, other_day)
        extra = problem.person_cost(technician, job)
        place = route.cheapest_place(work.location, stop, work.demand, extra=extra, span=span)
        if place is None:
            free = WorkingRoute(problem, technician, viable_prefix(problem, technician))
            blocked = free.cheapest_place(work.location, stop, work.demand) is None
            code = "FIXED_BLOCKED" if blocked else "NO_TIME_LEFT"
            return Reason(code, "best_guess", person.id, repair=other_day)
        cost, _, position = place
        params = {"cost": cost, "drop_cost": work.drop_cost}
        repair = Repair("ACCEPT_COST", {"cost": cost, "position": position + 1})
        dear = cost > work.drop_cost and not work.mandatory
        return Reason(
            "TOO_EXPENSIVE" if dear else "NOT_YET_INSERTED", "best_guess", person.id, params, repair
        )

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
        return _Misfit("OUTSIDE_SHIFT", {}, Repair("OTHER_DAY", {}))
    if starts + to > closes:
        minutes = {"minutes": _minutes(starts + to - closes)}
        return _Misfit("WINDOW_UNREACHABLE", minutes, Repair("WIDEN_WINDOW", minutes))
    home = max(starts + to, opens) + work.duration + back
    if home > limit:
        minutes = {"minutes": _minutes(home - limit)}
        return _Misfit("OUTSIDE_SHIFT", {}, Repair("EXTEND_SHIFT", minutes))
    return _Misfit("NO_LUNCH_LEFT", {}, Repair("OTHER_DAY", {}))


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
