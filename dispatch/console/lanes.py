"""The timeline screens: a lane a technician, with what happened and what is planned."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from core.clock import operating_day_bounds
from customers.places import places_of_households
from dispatch.models import Ticket, Visit
from dispatch.planning.plan_models import Plan, PointDay
from dispatch.states import UNDER_WAY_STATES
from workforce.duty import list_shifts_of_points
from workforce.queries import get_technicians
from workforce.schemas import ShiftInfo


@dataclass(frozen=True)
class LaneJob:
    """A job on a lane; `start` and `end` are what happened, else what is planned."""

    visit_id: int
    ticket_id: int
    number: str
    state: str
    status: str
    symptom: str
    priority: int
    safety: bool
    start: datetime
    end: datetime
    window: tuple[datetime, datetime] | None
    pinned: bool
    contacted: bool
    late: bool
    """It misses its agreed window, or already has."""
    lat: float | None
    lon: float | None


@dataclass(frozen=True)
class Lane:
    """One technician's operating day on the timeline, jobs by start."""

    technician_id: int
    technician_name: str
    service_point_id: int
    shifts: tuple[tuple[datetime, datetime], ...]
    lunch: tuple[datetime, datetime] | None
    home: tuple[float, float] | None
    jobs: tuple[LaneJob, ...]


def day_lanes(
    session: Session, *, company_id: int, point_ids: Collection[int], day: date, now: datetime
) -> list[Lane]:
    """A lane for everybody who works or has a visit at these points on this day, by point and name."""
    start, end = operating_day_bounds(day)
    shifts = list_shifts_of_points(session, point_ids=point_ids, start=start, end=end)
    visits = _visits_of_day(session, company_id, point_ids, start, end)
    owners = {v.technician_id: v.service_point_id for v, _t in visits if v.technician_id is not None}
    owners |= {s.technician_id: s.service_point_id for s in shifts}
    ids = list(owners)
    crew = get_technicians(session, technician_ids=ids, company_id=company_id)
    places = places_of_households(session, household_ids={t.household_id for _v, t in visits})
    lunches = _lunches(session, point_ids, day)
    by_technician: dict[int, list[tuple[Visit, Ticket]]] = {}
    for visit, ticket in visits:
        by_technician.setdefault(visit.technician_id or 0, []).append((visit, ticket))
    shifts_of: dict[int, list[ShiftInfo]] = {}
    for shift in shifts:
        shifts_of.setdefault(shift.technician_id, []).append(shift)
    lanes = []
    for who in ids:
        info = crew.get(who)
        own = shifts_of.get(who, [])
        jobs = [_lane_job(v, t, places.get(t.household_id), now) for v, t in by_technician.get(who, [])]
        lanes.append(
            Lane(
                technician_id=who,
                technician_name=info.name if info else "",
                service_point_id=owners[who],
                shifts=tuple((s.start_at, s.end_at) for s in own),
                lunch=_lunch(lunches.get(who), own),
                home=(info.home_lat, info.home_lon) if info else None,
                jobs=tuple(sorted(jobs, key=lambda job: job.start)),
            )
        )
    return sorted(lanes, key=lambda lane: (lane.service_point_id, lane.technician_name, lane.technician_id))


def window_of(visit: Visit) -> tuple[datetime, datetime] | None:
    if visit.window_start is None or visit.window_end is None:
        return None
    return visit.window_start, visit.window_end


def _visits_of_day(
    session: Session, company_id: int, point_ids: Collection[int], start: datetime, end: datetime
) -> list[tuple[Visit, Ticket]]:
    """Visits with a technician, planned for the day or begun on it; cancelled ones are history."""
    begun = func.coalesce(col(Visit.started_at), col(Visit.arrived_at), col(Visit.en_route_at))
    query = (
        select(Visit, Ticket)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(
            col(Visit.company_id) == company_id,
            col(Visit.service_point_id).in_(point_ids),
            col(Visit.technician_id).is_not(None),
            col(Visit.state) != "cancelled",
            or_(
                and_(col(Visit.planned_start) >= start, col(Visit.planned_start) < end),
                and_(begun >= start, begun < end),
            ),
        )
    )
    return list(session.exec(query))


def _lane_job(visit: Visit, ticket: Ticket, place: Any, now: datetime) -> LaneJob:
    begun = visit.started_at or visit.arrived_at or visit.en_route_at
    start = begun or visit.planned_start or visit.created_at
    end = visit.ended_at or visit.planned_end or start
    if visit.state in UNDER_WAY_STATES:
        end = max(end, now)
    window = window_of(visit)
    began_work = visit.arrived_at or visit.started_at
    expected = began_work or max(visit.planned_start or start, now if visit.state == "en_route" else start)
    return LaneJob(
        visit_id=visit.id or 0,
        ticket_id=ticket.id or 0,
        number=ticket.number,
        state=visit.state,
        status=ticket.status,
        symptom=ticket.symptom,
        priority=ticket.priority,
        safety=ticket.safety,
        start=start,
        end=max(start, end),
        window=window,
        pinned=visit.pinned_technician or visit.pinned_time,
        contacted=ticket.contacted_at is not None,
        late=window is not None and (expected > window[1] or (began_work is None and now > window[1])),
        lat=place.lat if place else None,
        lon=place.lon if place else None,
    )


def _lunches(session: Session, point_ids: Collection[int], day: date) -> dict[int, datetime]:
    query = (
        select(Plan.routes)
        .join(PointDay, col(PointDay.plan_id) == col(Plan.id))
        .where(col(PointDay.service_point_id).in_(point_ids), col(PointDay.day) == day)
    )
    return {
        route["technician_id"]: datetime.fromisoformat(route["lunch_start"])
        for routes in session.exec(query)
        for route in routes
        if route["lunch_start"]
    }


def _lunch(begins: datetime | None, shifts: list[ShiftInfo]) -> tuple[datetime, datetime] | None:
    lasting = max((shift.lunch_s for shift in shifts), default=0)
    if begins is None or not lasting:
        return None
    return begins, begins + timedelta(seconds=lasting)
