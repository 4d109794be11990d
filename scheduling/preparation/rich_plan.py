"""A plan in the words of the rich problem: people and their days, visits by two, calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scheduling.evaluator import MANDATORY_WEIGHT
from scheduling.plan import PLAN_FORMAT, Plan, Reason, Route, Stop, Unserved, reason_to_json
from scheduling.preparation.bars import bar_params, find_bar
from scheduling.preparation.calls import calls_of, gap_for
from scheduling.preparation.crews import has_crew
from scheduling.preparation.prepare import Prepared
from scheduling.problem import ordered_breaks


@dataclass(frozen=True)
class Visit:
    """One stop; `partner` is the other technician of a visit by two, `companion`: this one is the second."""

    job: str
    arrive: int
    start: int
    end: int
    partner: str | None = None
    companion: bool = False


@dataclass(frozen=True)
class PlacedCall:
    """The telephone call about a job, from `start` on."""

    job: str
    start: int


@dataclass(frozen=True)
class DayRoute:
    """One technician's day (numbered from 0); times in seconds. `breaks` are those beside lunch and calls."""

    technician: str
    day: int
    stops: tuple[Visit, ...]
    lunch_start: int | None
    breaks: tuple[int, ...]
    calls: tuple[PlacedCall, ...]


@dataclass(frozen=True)
class RichPlan:
    """Every job is on a route, or unserved. `cost` is the sum of the first seven.

    `wishes`: preferred technicians (below 0 what they are worth) and days of waiting; `missed`: calls that
    are missed, listed by job in `missed_calls`.
    """

    travel: int
    overtime: int
    lateness: int
    dropped: int
    moved: int
    wishes: int
    missed: int
    routes: tuple[DayRoute, ...]
    unserved: tuple[Unserved, ...]
    missed_calls: tuple[str, ...] = ()
    seconds: float = 0.0
    source: tuple[Prepared, Plan] | None = field(default=None, compare=False, repr=False)
    """The plan of the prepared problem behind it."""

    @property
    def parts(self) -> dict[str, int]:
        """What the cost is made of."""
        names = ("travel", "overtime", "lateness", "dropped", "moved", "wishes", "missed")
        return {name: getattr(self, name) for name in names}

    @property
    def cost(self) -> int:
        """The sum of its parts."""
        return sum(self.parts.values())


def restore(prepared: Prepared, plan: Plan) -> RichPlan:
    """A plan of the prepared problem, told in the rich one's words."""
    rich, problem = prepared.rich, prepared.problem
    calls = calls_of(prepared, plan.sequences)
    routes, missed = [], []
    for person, route in zip(problem.technicians, plan.routes, strict=True):
        told, left = _tell_route(prepared, route, [job for job, _ in calls.get(person.id, ())])
        routes.append(told)
        missed += left
    visits = [(route.technician, prepared.jobs[s.job], s.job) for route in plan.routes for s in route.stops]
    served = {job for _, job, _ in visits}
    priced = sum(
        problem.person_cost(problem.technician_index[shift], problem.job_index[name])
        for shift, _, name in visits
    )
    strangers = sum(
        prepared.stranger_cost(shift, job) for shift, job, name in visits if not prepared.is_companion(name)
    )
    return RichPlan(
        travel=plan.travel,
        overtime=plan.overtime,
        lateness=plan.lateness,
        dropped=sum(job.drop_cost for k, job in enumerate(rich.plain.jobs) if k not in served),
        moved=plan.moved - priced + strangers,
        wishes=sum(rich.wish_cost(job, *prepared.shifts[shift]) for shift, job, _ in visits),
        missed=sum(call.cost for job in missed if (call := rich.work[job].call) is not None),
        routes=tuple(routes),
        unserved=tuple(_tell_unserved(prepared, plan, served)),
        missed_calls=tuple(rich.plain.jobs[job].id for job in missed),
        seconds=plan.seconds,
        source=(prepared, plan),
    )


def rich_rank(prepared: Prepared, plan: RichPlan) -> int:
    """What is minimised: mandatory jobs left out weigh more than every cost."""
    jobs, index = prepared.rich.plain.jobs, prepared.rich.plain.job_index
    return sum(jobs[index[left.job]].mandatory for left in plan.unserved) * MANDATORY_WEIGHT + plan.cost


def rich_plan_to_json(plan: RichPlan, translate: Callable[[str], str] = str) -> dict[str, Any]:
    """The plan as plain JSON values (`ondol-plan/1`)."""
    return {
        "format": PLAN_FORMAT,
        "cost": plan.cost,
        **plan.parts,
        "seconds": round(plan.seconds, 3),
        "routes": [_route_json(route) for route in plan.routes],
        "missed_calls": list(plan.missed_calls),
        "unserved": [
            {"job": left.job, "reasons": [reason_to_json(reason, translate) for reason in left.reasons]}
            for left in plan.unserved
        ],
    }


def _route_json(route: DayRoute) -> dict[str, Any]:
    return {
        "technician": route.technician,
        "day": route.day,
        "stops": [
            {
                **{"job": stop.job, "arrive": stop.arrive, "start": stop.start, "end": stop.end},
                **({} if stop.partner is None else {"with": stop.partner, "companion": stop.companion}),
            }
            for stop in route.stops
        ],
        "lunch_start": route.lunch_start,
        "breaks": list(route.breaks),
        "calls": [{"job": call.job, "start": call.start} for call in route.calls],
    }


def _tell_route(prepared: Prepared, route: Route, calls: Sequence[int]) -> tuple[DayRoute, list[int]]:
    """The day of one technician, and the calls of his that have no gap."""
    technician, day = prepared.shifts[route.technician]
    jobs = prepared.rich.plain.jobs
    person = prepared.problem.technicians[prepared.problem.technician_index[route.technician]]
    pauses = [pause for pause in ordered_breaks(person) if pause is not person.lunch]
    begun = list(zip(pauses, route.breaks, strict=False))
    placed, missed = [], []
    for job in calls:
        call = prepared.rich.work[job].call
        assert call is not None, "only jobs with a call are asked about"
        wanted = gap_for(call, person.shift[0])
        found = next((k for k, (pause, _) in enumerate(begun) if pause == wanted), None)
        if found is not None:
            placed.append(PlacedCall(jobs[job].id, begun.pop(found)[1]))
        elif not route.stops:
            placed.append(PlacedCall(jobs[job].id, person.shift[0]))
        else:
            missed.append(job)
    stops = tuple(_tell_stop(prepared, stop) for stop in route.stops)
    breaks = tuple(begin for _, begin in begun)
    name = prepared.rich.plain.technicians[technician].id
    return DayRoute(name, day, stops, route.lunch_start, breaks, tuple(placed)), missed


def _tell_stop(prepared: Prepared, stop: Stop) -> Visit:
    job = prepared.rich.plain.jobs[prepared.jobs[stop.job]]
    visit = prepared.settled.crews.get(job.id)
    if visit is None:
        return Visit(job.id, stop.arrive, stop.start, stop.end)
    companion = prepared.is_companion(stop.job)
    other = prepared.shifts[visit.lead if companion else visit.companion][0]
    partner = prepared.rich.plain.technicians[other].id
    return Visit(job.id, stop.arrive, stop.start, stop.end, partner, companion)


def _tell_unserved(prepared: Prepared, plan: Plan, served: set[int]) -> Iterable[Unserved]:
    told = {prepared.jobs[left.job]: left.reasons for left in plan.unserved}
    for job, work in enumerate(prepared.rich.plain.jobs):
        if job in served:
            continue
        if prepared.rich.work[job].crew > 1:
            reason = (
                Reason("NO_PAIR_FREE", "best_guess")
                if has_crew(prepared, job)
                else Reason("NO_CREW", "proof")
            )
            yield Unserved(work.id, (reason,))
        else:
            reasons = (tell_reason(prepared, job, reason) for reason in told.get(job, ()))
            yield Unserved(work.id, tuple(_once(reasons)))


def tell_reason(prepared: Prepared, job: int, reason: Reason) -> Reason:
    """The person behind the day, the rule behind the prohibition, costs without the worth of wishes."""
    worth = worth_of_wishes(prepared, job)
    reason = replace(reason, params=_shifted(reason.params, worth))
    if reason.repair is not None:
        reason = replace(reason, repair=replace(reason.repair, params=_shifted(reason.repair.params, worth)))
    if reason.technician is None:
        return reason
    coming = prepared.coming(reason.technician, job)
    reason = replace(reason, technician=coming.person.id)
    if reason.code != "FORBIDDEN":
        return reason
    code = find_bar(coming)
    if code is not None:
        return replace(reason, code=code, params=bar_params(code, coming))
    parts = {"parts": ", ".join(sorted(coming.rules.parts))}
    return replace(reason, code="PARTS_USED_UP", kind="best_guess", params=parts)


def worth_of_wishes(prepared: Prepared, job: int) -> int:
    """What the best of a job's wishes is worth, at most 0: every cost of the prepared job is more by that."""
    work = prepared.rich.plain.jobs[job]
    return work.drop_cost - prepared.problem.jobs[prepared.problem.job_index[work.id]].drop_cost


def _shifted(params: Any, worth: int) -> dict[str, str | int]:
    """A cost of the prepared problem as one of the rich: there, what is worth something costs nothing."""
    costs = ("cost", "drop_cost")
    return {k: v + worth if k in costs and isinstance(v, int) else v for k, v in params.items()}


def _once(reasons: Iterable[Reason]) -> Iterable[Reason]:
    """Each technician's reasons, the same on several days once."""
    seen = set()
    for reason in reasons:
        key = (reason.technician, reason.code)
        if key not in seen:
            seen.add(key)
            yield reason
