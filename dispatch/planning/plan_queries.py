"""Reads of plans: the contract's plan of a day, why a ticket stands where it does, the timeline screens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.wall import across_the_company
from dispatch.console.lanes import Lane, LaneJob, day_lanes, window_of
from dispatch.console.map_views import MapPoint, MapTicket, map_points, map_tickets
from dispatch.models import Ticket, Visit
from dispatch.planning.plan_models import Plan, PointDay
from dispatch.planning.reason_words import told
from workforce.queries import get_technicians

__all__ = [
    "Lane",
    "LaneJob",
    "MapPoint",
    "MapTicket",
    "PlanView",
    "RouteView",
    "StopView",
    "UnplannedView",
    "day_lanes",
    "map_points",
    "map_tickets",
    "plan_of",
]


@dataclass(frozen=True)
class StopView:
    """A stop of the published plan. `state` is the visit's now; `late`: it begins after the agreed window."""

    visit_id: int
    ticket_id: int
    number: str
    state: str
    arrive: datetime
    start: datetime
    end: datetime
    window: tuple[datetime, datetime] | None
    late: bool
    travel_source: str | None
    """Where the way to it comes from: `road` or `model`; None: not known."""


@dataclass(frozen=True)
class RouteView:
    """One technician's day."""

    technician_id: int
    technician_name: str
    lunch_start: datetime | None
    stops: tuple[StopView, ...]


@dataclass(frozen=True)
class UnplannedView:
    """A ticket left out, with its reasons as `{code, kind, technician, technician_id, text, repair}`."""

    ticket_id: int
    number: str
    reasons: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class PlanView:
    """The published plan of a point's operating day. Version 0: nothing has been planned yet."""

    point_id: int
    day: date
    version: int
    origin: str | None
    made_at: datetime | None
    made_by: str | None
    cost: int | None
    routes: tuple[RouteView, ...]
    unplanned: tuple[UnplannedView, ...]
    proposal_id: int | None
    """A newer plan of this day that waits for a person."""
    travel_source: str | None = None
    """Of the whole plan: `road`, `model` or `mixed`."""


def plan_of(session: Session, *, point_id: int, day: date) -> PlanView:
    """The published plan of a day: version, stops by technician, what is left out and why."""
    row = session.exec(
        select(PointDay).where(col(PointDay.service_point_id) == point_id, col(PointDay.day) == day)
    ).one_or_none()
    plan = session.get(Plan, row.plan_id) if row is not None and row.plan_id is not None else None
    if row is None or plan is None:
        return PlanView(point_id, day, 0, None, None, None, None, (), (), None)
    proposal = select(func.max(Plan.id)).where(
        col(Plan.service_point_id) == point_id, col(Plan.day) == day, col(Plan.state) == "proposed"
    )
    with across_the_company(session):  # numbers and times: a plan names no family
        cases = _cases(session, [stop["visit_id"] for route in plan.routes for stop in route["stops"]])
        unplanned = _unplanned(session, plan)
    crew = get_technicians(
        session,
        technician_ids=[route["technician_id"] for route in plan.routes],
        company_id=plan.company_id,
    )
    return PlanView(
        point_id=point_id,
        day=day,
        version=row.version,
        origin=plan.origin,
        made_at=plan.made_at,
        made_by=plan.made_by,
        cost=plan.cost,
        routes=tuple(
            RouteView(
                technician_id=route["technician_id"],
                technician_name=crew[route["technician_id"]].name if route["technician_id"] in crew else "",
                lunch_start=_moment(route["lunch_start"]),
                stops=tuple(_stop(stop, *cases[stop["visit_id"]]) for stop in route["stops"]),
            )
            for route in plan.routes
        ),
        unplanned=unplanned,
        proposal_id=session.exec(proposal).one(),
        travel_source=plan.travel_source,
    )


def _cases(session: Session, visit_ids: Iterable[int]) -> dict[int, tuple[Visit, str]]:
    query = (
        select(Visit, Ticket.number)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(col(Visit.id).in_(set(visit_ids)))
    )
    return {visit.id or 0: (visit, number) for visit, number in session.exec(query)}


def _stop(stop: dict[str, Any], visit: Visit, number: str) -> StopView:
    return StopView(
        visit_id=stop["visit_id"],
        ticket_id=stop["ticket_id"],
        number=number,
        state=visit.state,
        arrive=datetime.fromisoformat(stop["arrive"]),
        start=datetime.fromisoformat(stop["start"]),
        end=datetime.fromisoformat(stop["end"]),
        window=window_of(visit),
        late=bool(stop["late"]),
        travel_source=stop.get("travel"),
    )


def _unplanned(session: Session, plan: Plan) -> tuple[UnplannedView, ...]:
    ids = [left["ticket_id"] for left in plan.unplanned]
    tickets = session.exec(select(Ticket).where(col(Ticket.id).in_(ids)))
    numbers = {ticket.id: ticket.number for ticket in tickets}
    return tuple(
        UnplannedView(
            left["ticket_id"], numbers.get(left["ticket_id"], ""), tuple(map(told, left["reasons"]))
        )
        for left in plan.unplanned
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
