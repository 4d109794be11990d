"""A plan of a board as times and reasons: what publishing writes down. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from core.clock import rfc3339_kst
from dispatch.planning.board_problem import BoardProblem
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.leaving_out import reasons_of
from geo.schemas import TravelSource
from scheduling.evaluator import evaluate_plan
from scheduling.explain import explain_unserved
from scheduling.plan import Plan, Route


@dataclass(frozen=True)
class PlannedStop:
    """One visit with its technician and times."""

    visit: BoardVisit
    technician_id: int
    arrive_at: datetime
    start_at: datetime
    end_at: datetime
    late: bool = False
    """It begins after the agreed window's end."""
    on_road: bool | None = None
    """Whether the road engine told the way to it; None: nobody reckoned one."""


@dataclass(frozen=True)
class PlannedCall:
    """From `at` on the technician stands still long enough to telephone the family of a visit."""

    visit_id: int
    technician_id: int
    at: datetime


@dataclass(frozen=True)
class Unplanned:
    """A visit left out, and why: `{code, kind, technician_id, technician, text, repair}` each."""

    visit: BoardVisit
    reasons: tuple[dict[str, Any], ...]
    repairs: tuple[dict[str, Any], ...] = ()
    """Small changes that would let it in, all tried: `{code, params, technician_id, technician}` each."""


@dataclass(frozen=True)
class DayDraft:
    """A plan of one day, not yet published. `stops` are in the order of the routes."""

    board: DayBoard
    stops: tuple[PlannedStop, ...]
    lunches: dict[int, datetime] = field(default_factory=dict)
    calls: tuple[PlannedCall, ...] = ()
    unplanned: tuple[Unplanned, ...] = ()
    cost: int | None = None
    baseline_cost: int | None = None

    @property
    def by_visit(self) -> dict[int, PlannedStop]:
        """Stops by visit id."""
        return {stop.visit.visit_id: stop for stop in self.stops}

    @property
    def travel_source(self) -> TravelSource | None:
        """Where its travel times come from; None without any drive."""
        told = [stop.on_road for stop in self.stops if stop.on_road is not None]
        return TravelSource.of(told) if told else None

    def routes(self) -> list[dict[str, Any]]:
        """The routes as a plan's row keeps them."""
        by_technician: dict[int, list[PlannedStop]] = {}
        for stop in self.stops:
            by_technician.setdefault(stop.technician_id, []).append(stop)
        return [
            {
                "technician_id": who,
                "lunch_start": rfc3339_kst(self.lunches[who]) if who in self.lunches else None,
                "calls": [
                    {"visit_id": call.visit_id, "at": rfc3339_kst(call.at)}
                    for call in self.calls
                    if call.technician_id == who
                ],
                "stops": [_stop_json(stop) for stop in sorted(stops, key=lambda s: s.start_at)],
            }
            for who, stops in by_technician.items()
        ]


def read_plan(bp: BoardProblem, plan: Plan, *, baseline_cost: int | None = None) -> DayDraft:
    """The draft of a plan of this problem. Unserved jobs get their reasons."""
    board = bp.board
    stops: list[PlannedStop] = []
    lunches: dict[int, datetime] = {}
    calls: list[PlannedCall] = []
    for route in plan.routes:
        who = bp.stretch_of(route.technician).technician_id
        if route.lunch_start is not None and route.stops:
            lunches[who] = board.moment(route.lunch_start)
        if route.breaks:  # gaps are the only breaks beside lunch
            owed = bp.calls[route.technician]
            calls += [
                PlannedCall(visit_id, who, board.moment(at))
                for visit_id, at in zip(owed, route.breaks, strict=True)
            ]
        stops += [
            PlannedStop(
                visit=bp.visits[stop.job],
                technician_id=who,
                arrive_at=board.moment(stop.arrive),
                start_at=board.moment(stop.start),
                end_at=board.moment(stop.end),
                late=stop.job in bp.late,
                on_road=on_road,
            )
            for stop, on_road in zip(route.stops, _ways_of(bp, route), strict=True)
        ]
    return DayDraft(
        board=board,
        stops=(*stops, *(_as_it_is(visit) for visit in bp.untouched)),
        lunches=lunches,
        calls=tuple(calls),
        unplanned=explain(bp, plan),
        cost=plan.cost,
        baseline_cost=baseline_cost,
    )


def draft_of(bp: BoardProblem, sequences: dict[str, list[str]] | None = None) -> DayDraft:
    """The draft of these routes, or of the published ones, timed anew."""
    return read_plan(bp, evaluate_plan(bp.problem, bp.sequences if sequences is None else sequences))


def explain(bp: BoardProblem, plan: Plan) -> tuple[Unplanned, ...]:
    """Why each unserved job was left out, and what would let it in."""
    if not plan.unserved:
        return ()
    explained = explain_unserved(bp.problem, plan)
    return tuple(Unplanned(bp.visits[left.job], *reasons_of(bp, left)) for left in explained.unserved)


def _ways_of(bp: BoardProblem, route: Route) -> list[bool]:
    """Of each stop, whether the road engine told the way to it from the one before."""
    starts = {technician.id: technician.start for technician in bp.problem.technicians}
    jobs, index = bp.problem.jobs, bp.problem.job_index
    at = [starts[route.technician], *(jobs[index[stop.job]].location for stop in route.stops)]
    return [bool(bp.on_road[before, here]) for before, here in pairwise(at)]


def _stop_json(stop: PlannedStop) -> dict[str, Any]:
    return {
        "visit_id": stop.visit.visit_id,
        "ticket_id": stop.visit.ticket_id,
        "arrive": rfc3339_kst(stop.arrive_at),
        "start": rfc3339_kst(stop.start_at),
        "end": rfc3339_kst(stop.end_at),
        "late": stop.late,
        "travel": None if stop.on_road is None else str(TravelSource.of([stop.on_road])),
    }


def _as_it_is(visit: BoardVisit) -> PlannedStop:
    assert visit.technician_id is not None
    start = visit.planned_start or visit.en_route_at or visit.received_at
    return PlannedStop(visit, visit.technician_id, start, start, visit.planned_end or start)
