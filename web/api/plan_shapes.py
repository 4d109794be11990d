"""What the API answers about plans, free times, points and technicians; see `web/api/shapes.py`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel

from web.api.shapes import LegSource, TechnicianNameShape, TravelSource, VisitState, WindowShape


class SlotShape(BaseModel):
    """A window in which a technician really fits."""

    start: datetime
    end: datetime
    technician_id: int
    added_travel_s: int
    travel_source: TravelSource
    reachable: bool
    overtime: bool
    touched: int
    most_later_s: int
    standby_at: datetime | None
    service_point_id: int
    neighbour: str
    score: float


class StopShape(BaseModel):
    """A visit in a plan."""

    number: str
    ticket: str
    technician_id: int
    state: VisitState
    arrive: datetime
    start: datetime
    end: datetime
    window: WindowShape | None
    late: bool
    travel_source: LegSource | None


class RouteShape(BaseModel):
    """A technician's day."""

    technician: TechnicianNameShape
    lunch_start: datetime | None
    stops: list[StopShape]


class UnplannedShape(BaseModel):
    """A ticket that is left out, and why."""

    number: str
    ticket: str
    reasons: list[dict[str, Any]]


class PlanShape(BaseModel):
    """The published plan of a point's day."""

    service_point: str
    day: date
    version: int
    origin: str | None
    made_at: datetime | None
    cost: int | None
    routes: list[RouteShape]
    stops: list[StopShape]
    unplanned: list[UnplannedShape]
    proposal: int | None
    travel_source: TravelSource | None
    """Where the times of its ways come from; null: nobody drives, or planned before this was kept."""


class ReplanShape(BaseModel):
    """A better plan was asked for."""

    service_point: str
    day: date
    state: Literal["asked"]


class PointShape(BaseModel):
    """An open service point."""

    id: int
    code: str
    name: str
    kind: Literal["direct", "designated"]
    address: str
    location: dict[Literal["lat", "lon"], float | None]
    daily_limit: int | None
    state: Literal["open"]


class PointListShape(BaseModel):
    """Every open point that this person may see."""

    items: list[PointShape]
    next_cursor: str | None


class TechnicianShape(BaseModel):
    """A technician at work for a point."""

    id: int
    name: str
    badge_number: str
    service_point_id: int
    state: Literal["active"]


class TechnicianListShape(BaseModel):
    """Technicians that this person may see."""

    items: list[TechnicianShape]
    next_cursor: str | None
