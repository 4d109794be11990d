"""When a technician who sets out will arrive: from where his last visit of the day ended, or from home."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core.clock import operating_day, operating_day_bounds
from core.dated import read_rules
from customers.places import places_of_households
from dispatch.cases import technician_of
from dispatch.models import Ticket, Visit
from dispatch.travel import place_at, travel_model
from geo.schemas import Point
from geo.travel import travel_seconds


def arrival(session: Session, *, visit: Visit, departed_at: datetime, now: datetime) -> datetime | None:
    """The estimated arrival; None when the home or the technician has no place on the map."""
    ticket = session.get_one(Ticket, visit.ticket_id)
    home = _place_of_home(session, ticket.household_id)
    origin = _origin(session, visit=visit, departed_at=departed_at)
    if home is None or origin is None:
        return None
    rules = read_rules(session, company_id=visit.company_id, at=now)
    return departed_at + timedelta(
        seconds=travel_seconds(origin, home, departed_at, model=travel_model(rules))
    )


def _origin(session: Session, *, visit: Visit, departed_at: datetime) -> Point | None:
    query = (
        select(Ticket.household_id)
        .join(Visit, col(Visit.ticket_id) == col(Ticket.id))
        .where(
            col(Visit.technician_id) == visit.technician_id,
            col(Visit.ended_at) >= operating_day_bounds(operating_day(departed_at))[0],
            col(Visit.ended_at) <= departed_at,
            col(Visit.arrived_at).is_not(None),
        )
        .order_by(col(Visit.ended_at).desc())
    )
    last = session.exec(query).first()
    if last is not None:
        return _place_of_home(session, last)
    technician = technician_of(session, visit=visit)
    return place_at(technician.home_lat, technician.home_lon, "") if technician else None


def _place_of_home(session: Session, household_id: int) -> Point | None:
    place = places_of_households(session, household_ids=[household_id]).get(household_id)
    return place_at(place.lat, place.lon, place.area_code) if place else None
