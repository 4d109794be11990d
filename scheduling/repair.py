"""A published plan and what has happened to it in, a plan close to the published one out.

The published routes are the start, and every departure from them has its price in the problem: the search
moves somebody only where that is worth it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scheduling.events import Event, apply_event, event_to_json, gone_token
from scheduling.explain import explain_unserved
from scheduling.moves import Move, Place, Places, list_moves, move_to_json
from scheduling.plan import PLAN_FORMAT, Params, Plan, Reason, Unserved, parse_sequences, plan_to_json
from scheduling.planner import SearchOptions, solve
from scheduling.problem import Job, PlanningProblem, Published
from scheduling.problem_checks import COST_LIMIT, ProblemError


@dataclass(frozen=True)
class MovingCosts:
    """What it costs to move a job that does not say so itself: once when another person comes, or nobody (on
    top of its `drop_cost`), and a second that work begins later. One unit is one second of travel."""

    person: int = 14_400
    later: int = 3


@dataclass(frozen=True)
class Repaired:
    """The problem as it is now, with what moving costs in it; the plan; and what has moved."""

    problem: PlanningProblem
    plan: Plan
    moves: tuple[Move, ...]

    @property
    def moved(self) -> int:
        """How many jobs people have to be told of, beside those that had to move and new ones."""
        forced = ("TECHNICIAN_GONE", "GONE_NO_PLACE", "TAKEN_IN")
        return sum(move.notable and move.why not in forced for move in self.moves)


def repair_plan(
    problem: PlanningProblem,
    published: Places,
    event: Event,
    *,
    seconds: float,
    costs: MovingCosts | None = None,
    options: SearchOptions | None = None,
) -> Repaired:
    """The best plan near the published one, found in `seconds` of wall time; good after a fifth of a second.

    `problem` is the day before the event, with what is under way in `fixed`; `published` is where each job
    was promised to be. Jobs with a `published` of their own keep its costs. Every job is served, or left out
    with its reasons: no window, skill or prefix is broken to serve one.

    Raises:
        ProblemError: the event speaks of what the problem does not have.
        KernelMissingError: the engine cannot be compiled here.
    """
    now = prepare_repair(problem, published, event, costs or MovingCosts())
    chosen = replace(options or SearchOptions(), near=True)
    plan = solve(now, seconds=seconds, initial=published_routes(now, published), options=chosen)
    if any(not left.reasons for left in plan.unserved):  # cancelled: who is left out is told why all the same
        plan = explain_unserved(now, plan)
    plan = replace(plan, unserved=tuple(_in_words(now, left) for left in plan.unserved))
    return Repaired(now, plan, list_moves(now, event, published, plan))


def prepare_repair(
    problem: PlanningProblem, published: Places, event: Event, costs: MovingCosts
) -> PlanningProblem:
    """The problem as it is now, with what moving costs. Raises ProblemError as `repair_plan` does."""
    return with_moving_costs(apply_event(problem, event), published, costs)


def with_moving_costs(problem: PlanningProblem, published: Places, costs: MovingCosts) -> PlanningProblem:
    """Each published job knows where it stands. Whose technician cannot go costs nothing to give away."""
    return replace(problem, jobs=tuple(_priced(problem, job, published, costs) for job in problem.jobs))


def published_routes(problem: PlanningProblem, published: Places) -> dict[str, list[str]]:
    """The published routes of who is still there, what is under way first."""
    routes: dict[str, list[str]] = {person.id: [] for person in problem.technicians}
    for job, place in sorted(published.items(), key=lambda item: item[1].start):
        if place.technician in routes and job in problem.job_index:
            routes[place.technician].append(job)
    return routes


def read_published(data: object) -> dict[str, Place]:
    """Where each job stands in a plan's JSON. Raises ProblemError with the path."""
    sequences = parse_sequences(data)
    assert isinstance(data, Mapping)
    found: dict[str, Place] = {}
    for i, route in enumerate(data["routes"]):
        for k, stop in enumerate(route["stops"]):
            start = stop.get("start")
            if type(start) is not int:
                raise ProblemError(f"routes[{i}].stops[{k}].start", "정수여야 합니다")
            found[str(stop["job"])] = Place(str(route["technician"]), start)
    if len(found) != sum(map(len, sequences.values())):
        raise ProblemError("routes", f"'{PLAN_FORMAT}'의 작업은 한 번씩만 나와야 합니다")
    return found


def repaired_to_json(
    repaired: Repaired, event: Event, translate: Callable[[str], str] = str
) -> dict[str, Any]:
    """The plan as plain JSON values (`ondol-plan/1`), with the event and the moves as `repair`."""
    return plan_to_json(repaired.plan, translate) | {
        "repair": {
            "event": event_to_json(event),
            "moved": repaired.moved,
            "moves": [move_to_json(move, translate) for move in repaired.moves],
        }
    }


def _priced(problem: PlanningProblem, job: Job, published: Places, costs: MovingCosts) -> Job:
    place = published.get(job.id)
    if job.published is not None:
        free = replace(job.published, person_cost=0)
        return job if _may_go(problem, job, job.published.technician) else replace(job, published=free)
    if place is None:
        return job
    person = costs.person if _may_go(problem, job, place.technician) else 0
    moving = Published(place.technician, place.start, person, costs.later)
    return replace(job, published=moving, drop_cost=min(COST_LIMIT, job.drop_cost + person))


def _may_go(problem: PlanningProblem, job: Job, technician: str) -> bool:
    t = problem.technician_index.get(technician)
    return t is not None and problem.may_serve(t, problem.job_index[job.id])


def _in_words(problem: PlanningProblem, left: Unserved) -> Unserved:
    """Without the private skills of who is gone: he has not lost a licence, and nobody can have one more."""
    tokens = {gone_token(person.id) for person in problem.technicians}

    def asked(params: Params) -> list[str]:
        return str(params.get("skills", "")).split(", ")

    def public(params: Params) -> Params:
        if tokens.isdisjoint(asked(params)):
            return params
        return {**params, "skills": ", ".join(skill for skill in asked(params) if skill not in tokens)}

    def told(reason: Reason) -> Reason:
        if reason.code == "SKILL_MISSING" and gone_token(reason.technician or "") in asked(reason.params):
            return Reason("TECHNICIAN_GONE", "proof", reason.technician)
        repair = reason.repair and replace(reason.repair, params=public(reason.repair.params))
        return replace(reason, params=public(reason.params), repair=repair)

    kept = (repair for repair in left.repairs if tokens.isdisjoint(asked(repair.params)))
    return Unserved(left.job, tuple(told(reason) for reason in left.reasons), tuple(kept))
