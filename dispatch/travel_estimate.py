"""When a technician who sets out will arrive: from the home where he was last that day, or from his own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from core.clock import operating_day, operating_day_bounds
from core.dated import read_rules
from core.wall import outside_the_wall
from customers.places import places_of_households
from dispatch.cases import technician_of
from dispatch.models import Ticket, Visit
from dispatch.travel import place_at, read_drives
from dispatch.visit_rules import EARLY_AT_NIGHT, EARLY_BY_DAY, is_night
from geo.schemas import Point


@dataclass(frozen=True)
class Early:
    """An expected arrival, and how long before the agreed time it is."""

    arrives_at: datetime
    by: timedelta


def arrival(session: Session, *, visit: Visit, departed_at: datetime, now: datetime) -> datetime | None:
    """The estimated arrival, by the drives of the plan; None when an end of the way is not on the map."""
    ticket = session.get_one(Ticket, visit.ticket_id)
    home = _place_of_home(session, ticket.household_id)
    origin = _origin(session, visit=visit, departed_at=departed_at)
    if home is None or origin is None:
        return None
    rules = read_rules(session, company_id=visit.company_id, at=now)
    day = operating_day(departed_at)
    (drive,) = read_drives(session, [(origin, home)], day=day, rules=rules)
    return departed_at + timedelta(seconds=drive.seconds)


def earlier_than_agreed(
    session: Session, *, visit_id: int, departed_at: datetime, now: datetime
) -> Early | None:
    """How much too early he would be there if he set out at a moment; None: in time, or nothing is agreed."""
    visit = session.get_one(Visit, visit_id)
    arrives_at = arrival(session, visit=visit, departed_at=departed_at, now=now)
    return early_arrival(session, visit=visit, arrives_at=arrives_at or departed_at, now=now)


def early_arrival(session: Session, *, visit: Visit, arrives_at: datetime, now: datetime) -> Early | None:
    """An arrival so long before the agreed time that the family must be asked or told; else None."""
    if visit.window_start is None:
        return None
    rules = read_rules(session, company_id=visit.company_id, at=now)
    night = is_night(arrives_at, opens=rules.visiting_from, closes=rules.visiting_to)
    by = visit.window_start - arrives_at
    return Early(arrives_at, by) if by > (EARLY_AT_NIGHT if night else EARLY_BY_DAY) else None


def _origin(session: Session, *, visit: Visit, departed_at: datetime) -> Point | None:
    # A home that he has not finished counts too: he sets out from there all the same.
    was_there = func.coalesce(Visit.ended_at, Visit.started_at, Visit.arrived_at)
    query = (
        select(Ticket.household_id)
        .join(Visit, col(Visit.ticket_id) == col(Ticket.id))
        .where(
            col(Visit.technician_id) == visit.technician_id,
            col(Visit.id) != visit.id,
            col(Visit.arrived_at).is_not(None),
            was_there >= operating_day_bounds(operating_day(departed_at))[0],
            was_there <= departed_at,
        )
        .order_by(was_there.desc())
    )
    with outside_the_wall(session):  # he may have been there for another maker
        last = session.exec(query).first()
        if last is not None:
            return _place_of_home(session, last)
    technician = technician_of(session, visit=visit)
    return place_at(technician.home_lat, technician.home_lon, "") if technician else None


def _place_of_home(session: Session, household_id: int) -> Point | None:
    place = places_of_households(session, household_ids=[household_id]).get(household_id)
    return place_at(place.lat, place.lon, place.area_code) if place else None
