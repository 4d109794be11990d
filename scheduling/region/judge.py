"""The judge of a region: routes and lendings in, exact costs and every broken rule out. It trusts nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scheduling.evaluator import MANDATORY_WEIGHT, InfeasibleError, Violation, evaluate_plan
from scheduling.plan import Plan, Reason, Sequences
from scheduling.problem import PlanningProblem
from scheduling.region.model import Lending, Region
from scheduling.region.part import build_alone
from scheduling.region.rules import (
    is_lendable,
    is_overflow,
    is_qualified,
    keeps_begun,
    may_leave,
    same_company,
    within_lending_limit,
    within_shift,
    within_taking_limit,
    works_for_one,
)


@dataclass(frozen=True)
class Overflow:
    """A job of the point `home` that a technician of `point` serves, and why."""

    job: str
    home: str
    point: str
    technician: str
    reason: Reason | None = None


@dataclass(frozen=True)
class Lent:
    """A technician of the point `home` who works for `point` from `start` to `finish` (seconds), and why."""

    technician: str
    home: str
    point: str
    kept: int
    start: int
    finish: int
    jobs: tuple[str, ...]
    reason: Reason | None = None


@dataclass(frozen=True)
class RegionPlan:
    """One plan a point, by its own technicians' routes: jobs of others are on them, and the point's own jobs
    that are nowhere are its `unserved`. `cost` is everything, with what overflow and lending cost.
    """

    plans: Mapping[str, Plan]
    overflow: tuple[Overflow, ...]
    lent: tuple[Lent, ...]
    border_cost: int
    seconds: float = 0.0
    alone_cost: int | None = None
    """What the points' own plans cost before anything crossed a border; None when it did not come so far."""

    @property
    def cost(self) -> int:
        """The sum of all points and of what crossing borders costs."""
        return sum(plan.cost for plan in self.plans.values()) + self.border_cost

    @property
    def sequences(self) -> dict[str, list[str]]:
        """Job ids in order, for each technician of the region."""
        return {name: jobs for plan in self.plans.values() for name, jobs in plan.sequences.items()}

    @property
    def served(self) -> int:
        """How many jobs are on a route."""
        return sum(len(route.stops) for plan in self.plans.values() for route in plan.routes)


def check_region(
    region: Region, sequences: Sequences, lendings: Mapping[str, Lending] | None = None
) -> list[Violation]:
    """Every broken rule, of the points' days and of their borders; an empty list: the plan may be worked."""
    lent = lendings or {}
    found = _check_names(region, sequences, lent)
    return found or _examine(region, sequences, lent)[0]


def judge_region(
    region: Region, sequences: Sequences, lendings: Mapping[str, Lending] | None = None
) -> RegionPlan:
    """The cheapest plan with these routes and lendings. Raises InfeasibleError when a rule is broken."""
    lent = lendings or {}
    violations = _check_names(region, sequences, lent)
    plans: dict[str, Plan] = {}
    if not violations:
        violations, plans = _examine(region, sequences, lent)
    if violations:
        raise InfeasibleError(violations)
    return assemble(region, plans, lent)


def assemble(region: Region, plans: Mapping[str, Plan], lendings: Mapping[str, Lending]) -> RegionPlan:
    """The region's plan of judged plans of its points."""
    overflow, lent = [], []
    for plan in plans.values():
        for route in plan.routes:
            name = route.technician
            home = region.points[region.employer[name]].id
            for k, stop in enumerate(route.stops):
                if is_overflow(region, name, k, stop.job, lendings):
                    owner = region.points[region.home[stop.job]].id
                    overflow.append(Overflow(stop.job, owner, home, name))
            lending = lendings.get(name)
            if lending is not None:
                begin = (
                    route.stops[lending.kept - 1].end if lending.kept else region.technicians[name].shift[0]
                )
                jobs = tuple(stop.job for stop in route.stops[lending.kept :])
                lent.append(Lent(name, home, lending.to, lending.kept, begin, route.finish, jobs))
    rules = region.rules
    border = len(overflow) * rules.overflow_cost + len(lent) * rules.lending_cost
    return RegionPlan(plans, tuple(overflow), tuple(lent), border)


def _without_served(region: Region, plan: Plan, served: set[str]) -> Plan:
    """A point's plan whose jobs that others serve are not left out."""
    left = tuple(item for item in plan.unserved if item.job not in served)
    return replace(plan, unserved=left, dropped=sum(region.jobs[item.job].drop_cost for item in left))


def region_rank(region: Region, plan: RegionPlan) -> int:
    """What is minimised: mandatory jobs left out weigh more than every cost."""
    left = [item.job for own in plan.plans.values() for item in own.unserved]
    return sum(region.jobs[job].mandatory for job in left) * MANDATORY_WEIGHT + plan.cost


def _check_names(region: Region, sequences: Sequences, lent: Mapping[str, Lending]) -> list[Violation]:
    """Unknown names, and jobs that are served twice."""
    strangers = [name for name in (*sequences, *lent) if name not in region.technicians]
    unknown = [job for route in sequences.values() for job in route if job not in region.jobs]
    counted = Counter(job for route in sequences.values() for job in route)
    return [
        *(Violation("UNKNOWN_TECHNICIAN", name) for name in strangers),
        *(Violation("UNKNOWN_JOB", None, job) for job in unknown),
        *(Violation("SERVED_TWICE", None, job) for job, count in counted.items() if count > 1),
    ]


def _examine(
    region: Region, sequences: Sequences, lent: Mapping[str, Lending]
) -> tuple[list[Violation], dict[str, Plan]]:
    """Every broken rule of known names, and the plan of each point whose days break none."""
    found: list[Violation] = []
    plans: dict[str, Plan] = {}
    served = {job for route in sequences.values() for job in route}
    for p, point in enumerate(region.points):
        problem, own = _point_problem(region, p, sequences)
        found += _check_taken(region, p, sequences, lent)
        found += _check_order(region, p, sequences)
        try:
            plan = evaluate_plan(problem, own)
        except InfeasibleError as error:
            found += error.violations
            continue
        finish = {route.technician: route.finish for route in plan.routes}
        found += _check_lent(region, p, sequences, lent, finish)
        plans[point.id] = _without_served(region, plan, served)
    return found, plans


def _point_problem(
    region: Region, point: int, sequences: Sequences
) -> tuple[PlanningProblem, dict[str, list[str]]]:
    """A point's problem with the jobs of others on its routes, and these routes."""
    own = {t.id: list(sequences.get(t.id, ())) for t in region.points[point].technicians}
    guests = [region.jobs[job] for route in own.values() for job in route if region.home[job] != point]
    # A guest pinned to somebody breaks a rule of the border, checked by its own name, as its order is.
    return build_alone(region, point, [replace(job, technician=None, after=None) for job in guests]), own


def _check_order(region: Region, point: int, sequences: Sequences) -> list[Violation]:
    """Guests that come after a job which is not before them on their route."""
    routes = {person.id: sequences.get(person.id, ()) for person in region.points[point].technicians}
    return [
        Violation("ORDER_BROKEN", name, job)
        for name, route in routes.items()
        for k, job in enumerate(route)
        if region.home[job] != point and region.jobs[job].after not in (None, *route[:k])
    ]


def _check_taken(
    region: Region, point: int, sequences: Sequences, lendings: Mapping[str, Lending]
) -> list[Violation]:
    found, taken = [], 0
    for person in region.points[point].technicians:
        for k, job in enumerate(sequences.get(person.id, ())):
            if is_overflow(region, person.id, k, job, lendings):
                taken += 1
                if not may_leave(region, job):
                    found.append(Violation("MAY_NOT_LEAVE", person.id, job))
    if not within_taking_limit(region, point, taken):
        found.append(Violation("TOO_MANY_TAKEN"))
    return found


def _check_lent(
    region: Region,
    point: int,
    sequences: Sequences,
    lendings: Mapping[str, Lending],
    finish: Mapping[str, int],
) -> list[Violation]:
    found = []
    if not within_lending_limit(region, point, lendings):
        found.append(Violation("TOO_MANY_LENT"))
    for name, lending in lendings.items():
        if region.employer[name] != point:
            continue
        route: Sequence[str] = sequences.get(name, ())
        rules = {
            "OTHER_COMPANY": same_company(region, point, region.point_index.get(lending.to, point)),
            "NOT_LENDABLE": is_lendable(region, name),
            "PREFIX_BROKEN": keeps_begun(region, lending, route),
            "WORKS_FOR_OTHERS": works_for_one(region, lending, route),
            "SKILL_MISSING": is_qualified(region, lending, route),
            "LENT_OVERTIME": within_shift(region, name, finish[name]),
        }
        found += [Violation(code, name) for code, kept in rules.items() if not kept]
    return found
