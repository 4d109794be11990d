"""The map: points with what is open there, and open tickets where they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func
from sqlmodel import Session, col, select

from customers.places import places_of_households
from dispatch.models import Ticket
from dispatch.states import ENDED_STATUSES
from workforce.queries import list_points


@dataclass(frozen=True)
class MapPoint:
    """A service point on the map with what is open there."""

    id: int
    code: str
    name: str
    lat: float
    lon: float
    open_tickets: int
    unplanned_tickets: int


@dataclass(frozen=True)
class MapTicket:
    """An open ticket on the map."""

    ticket_id: int
    number: str
    status: str
    priority: int
    safety: bool
    service_point_id: int | None
    lat: float
    lon: float


def map_points(session: Session, *, company_id: int, day: date) -> list[MapPoint]:
    """Every point of a company with its open tickets, by code."""
    waiting = col(Ticket.status).in_(("RECEIVED", "UNASSIGNED", "REOPENED"))
    query = (
        select(Ticket.service_point_id, func.count(), func.count().filter(waiting))
        .where(col(Ticket.company_id) == company_id, col(Ticket.status).not_in(ENDED_STATUSES))
        .group_by(col(Ticket.service_point_id))
    )
    counts = {point_id: (total, left) for point_id, total, left in session.exec(query)}
    return [
        MapPoint(p.id, p.code, p.name, p.lat, p.lon, *counts.get(p.id, (0, 0)))
        for p in list_points(session, company_id=company_id, day=day)
    ]


def map_tickets(
    session: Session, *, company_id: int, point_ids: Collection[int] | None = None, limit: int = 2000
) -> list[MapTicket]:
    """Open tickets with a known place, newest first; of some points only, if told."""
    columns = (
        Ticket.id,
        Ticket.number,
        Ticket.status,
        Ticket.priority,
        Ticket.safety,
        Ticket.service_point_id,
        Ticket.household_id,
    )
    query = (
        select(*columns)  # type: ignore[call-overload]
        .where(col(Ticket.company_id) == company_id, col(Ticket.status).not_in(ENDED_STATUSES))
        .order_by(col(Ticket.id).desc())
        .limit(limit)
    )
    if point_ids is not None:
        query = query.where(col(Ticket.service_point_id).in_(point_ids))
    tickets = session.execute(query).all()
    places = places_of_households(session, household_ids={t.household_id for t in tickets})
    return [
        MapTicket(
            ticket_id=t.id,
            number=t.number,
            status=t.status,
            priority=t.priority,
            safety=t.safety,
            service_point_id=t.service_point_id,
            lat=places[t.household_id].lat,
            lon=places[t.household_id].lon,
        )
        for t in tickets
        if t.household_id in places
    ]
