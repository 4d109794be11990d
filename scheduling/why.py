"""Asked about any job, served or not: why this technician, why not another, and what would change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scheduling.board import WorkingRoute, open_board
from scheduling.explain import Explainer
from scheduling.plan import Reason, Repair, Sequences, reason_to_json, repair_to_json
from scheduling.problem import PlanningProblem
from scheduling.problem_checks import ProblemError

WHY_FORMAT = "ondol-why/1"


@dataclass(frozen=True)
class Standing:
    """One technician and the job, the others' routes as they are.

    `cost` is what the job adds to his route, `difference` that beside the one who has it (left out: beside
    leaving it out); None where there is no place. `repairs`: what would make one.
    """

    technician: str
    reason: Reason
    cost: int | None
    difference: int | None
    repairs: tuple[Repair, ...] = ()


@dataclass(frozen=True)
class Answer:
    """`technician` has the job, None: nobody. `standings`: he first, then whoever costs least, then the rest.

    `repairs` are the smallest that would let a job in that is left out.
    """

    job: str
    technician: str | None
    standings: tuple[Standing, ...]
    repairs: tuple[Repair, ...] = ()


def explain_job(problem: PlanningProblem, sequences: Sequences, job: str) -> Answer:
    """Every technician's standing towards one job of the plan.

    Sequences that no schedule fits are made sound first (see `open_board`).

    Raises ProblemError for a job that is not in the problem.
    """
    number = problem.job_index.get(job)
    if number is None:
        raise ProblemError("job", f"'{job}' 작업이 없습니다")
    board = open_board(problem, sequences)
    route = next((route for route in board if number in route.jobs), None)
    if route is None:
        return _left_out(Explainer(problem, board), number)
    return _served(problem, board, route, number)


def answer_to_json(
    answer: Answer, *, technician: str | None = None, translate: Callable[[str], str] = str
) -> dict[str, Any]:
    """The answer as plain JSON values (`ondol-why/1`), or what of it concerns one technician."""
    return {
        "format": WHY_FORMAT,
        "job": answer.job,
        "technician": answer.technician,
        "technicians": [
            {
                "technician": standing.technician,
                "reason": reason_to_json(standing.reason, translate),
                "cost": standing.cost,
                "difference": standing.difference,
                "repairs": [repair_to_json(repair, translate) for repair in standing.repairs],
            }
            for standing in answer.standings
            if technician in (None, standing.technician)
        ],
        "repairs": [repair_to_json(repair, translate) for repair in answer.repairs],
    }


def _left_out(explainer: Explainer, job: int) -> Answer:
    problem = explainer.problem
    work = problem.jobs[job]
    standings = []
    for t, person in enumerate(problem.technicians):
        reason, repairs = explainer.explain_for(t, job)
        cost = _cost_of(reason)
        difference = None if cost is None else cost - work.drop_cost
        standings.append(Standing(person.id, reason, cost, difference, tuple(repairs)))
    found = explainer.small_repairs(job, [repair for s in standings for repair in s.repairs], trying=True)
    return Answer(work.id, None, tuple(sorted(standings, key=_dearness)), found)


def _served(problem: PlanningProblem, board: list[WorkingRoute], route: WorkingRoute, job: int) -> Answer:
    work, who = problem.jobs[job], problem.technicians[route.technician].id
    if job in route.jobs[: route.locked]:
        others = (p.id for p in problem.technicians if p.id != who)
        has_it = Standing(who, Reason("UNDER_WAY", "proof", who), None, None)
        barred = (Standing(name, Reason("UNDER_WAY_ELSEWHERE", "proof", name), None, None) for name in others)
        return Answer(work.id, who, (has_it, *barred))
    without = WorkingRoute(problem, route.technician, [other for other in route.jobs if other != job])
    if not without.feasible:
        # Without the triangle inequality a route may need the way over this job.
        return Answer(work.id, who, (Standing(who, Reason("HOLDS_ROUTE", "best_guess", who), None, None),))
    spared = route.cost - without.cost
    explainer = Explainer(problem, [without if r is route else r for r in board])
    others_found = [
        _instead(explainer, t, job, spared) for t in range(len(problem.technicians)) if t != route.technician
    ]
    others_found.sort(key=_dearness)
    return Answer(work.id, who, (_present(who, spared, others_found), *others_found))


def _instead(explainer: Explainer, technician: int, job: int, spared: int) -> Standing:
    """Another technician than the one who has the job."""
    reason, repairs = explainer.explain_for(technician, job)
    name, cost = explainer.problem.technicians[technician].id, _cost_of(reason)
    if cost is None:
        return Standing(name, reason, None, None, tuple(repairs))
    more = cost - spared
    code = "COSTS_MORE" if more > 0 else "COSTS_LESS" if more < 0 else "COSTS_SAME"
    params = {"cost": cost, "difference": abs(more)}
    return Standing(name, Reason(code, "best_guess", name, params), cost, more)


def _present(who: str, cost: int, others: list[Standing]) -> Standing:
    """Why the one who has it: nobody else may, nobody else has a place, or nobody else costs less."""
    best = others[0] if others and others[0].difference is not None else None
    if best is None:
        proved = all(standing.reason.kind == "proof" for standing in others)
        code = "ONLY_ONE_ABLE" if proved else "ONLY_ONE_FREE"
        return Standing(who, Reason(code, "proof" if proved else "best_guess", who, {"cost": cost}), cost, 0)
    if (best.difference or 0) < 0:
        params = {**best.reason.params, "other": best.technician}
        return Standing(who, Reason("CHEAPER_ELSEWHERE", "best_guess", who, params), cost, 0)
    return Standing(who, Reason("CHEAPEST", "best_guess", who, {"cost": cost}), cost, 0)


def _cost_of(reason: Reason) -> int | None:
    return int(reason.params["cost"]) if reason.code in ("TOO_EXPENSIVE", "NOT_YET_INSERTED") else None


def _dearness(standing: Standing) -> tuple[bool, int, bool]:
    """Places by their cost; then what only the present route excludes, and what a rule does."""
    return standing.difference is None, standing.difference or 0, standing.reason.kind == "proof"
