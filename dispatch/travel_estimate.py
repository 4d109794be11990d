"""When a technician who sets out will arrive: from where the plan says that his way begins."""

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
from dispatch.planning.stretches import standby_shifts
from dispatch.travel import place_at, read_drives, technician_home
from dispatch.visit_rules import EARLY_AT_NIGHT, EARLY_BY_DAY, is_night
from geo.schemas import Point
from workforce.duty import list_rota, list_shifts, standby_spans
from workforce.queries import get_point
from workforce.schemas import TechnicianInfo


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
        select(Ticket.household_id, Visit.ended_at)
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
    technician = technician_of(session, visit=visit)
    if technician is None:
        return None
    with outside_the_wall(session):  # he may have been there for another maker
        last = session.exec(query).first()
        if last is not None:
            household_id, ended_at = last
            if ended_at is None or not _began_since(session, visit, technician, ended_at, until=departed_at):
                return _place_of_home(session, household_id)
    return technician_home(technician, get_point(session, point_id=visit.service_point_id))


def _began_since(
    session: Session, visit: Visit, technician: TechnicianInfo, since: datetime, *, until: datetime
) -> bool:
    """Whether another shift or duty of his has begun since: he comes from home again, as in the plan."""
    point_id = visit.service_point_id
    shifts = list_shifts(session, point_id=point_id, start=since, end=until)
    rota = list_rota(session, company_id=visit.company_id, point_id=point_id, start=since, end=until)
    shifts += standby_shifts(standby_spans(rota), shifts, point_id=point_id)
    return any(shift.technician_id == technician.id and since < shift.start_at for shift in shifts)


def _place_of_home(session: Session, household_id: int) -> Point | None:
    place = places_of_households(session, household_ids=[household_id]).get(household_id)
    return place_at(place.lat, place.lon, place.area_code) if place else None
