"""Which service points a ticket may go to, nearest by travel time first, and why one cannot take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists
from sqlmodel import Session, col, func, select

from core.clock import operating_day, operating_day_bounds
from core.dated import CompanyRules
from dispatch import placement_rules
from dispatch.intake_rules import CHECKUP
from dispatch.models import Ticket, Visit
from dispatch.placement_rules import Reason
from dispatch.planning.board import horizon
from dispatch.travel import place_at, read_times
from geo.schemas import Point, TravelSource
from workforce.duty import list_shifts
from workforce.queries import is_point_closed, list_points, qualifications_by_day
from workforce.schemas import PointInfo


@dataclass(frozen=True)
class Candidate:
    """A point as seen from a home; rank 0 is the nearest."""

    point: PointInfo
    rank: int
    travel_s: int
    travel_source: TravelSource


def rank_points(
    session: Session, *, company_id: int, place: Point, rules: CompanyRules, now: datetime
) -> list[Candidate]:
    """Every point of the company that exists today, nearest by travel time first."""
    points = list_points(session, company_id=company_id, day=operating_day(now))
    places = [place_at(point.lat, point.lon, point.area_code) for point in points]
    times = read_times(session, rules=rules, origins=[place], targets=places)
    ranked = enumerate(times.rank(place, places, now))
    return [Candidate(points[found.position], rank, found.seconds, found.source) for rank, found in ranked]


def why_not(session: Session, *, point: PointInfo, rules: CompanyRules, now: datetime) -> Reason | None:
    """Why a point takes no job at all now: it is closed, or its limit is reached. None: its plan decides."""
    closed = is_point_closed(session, point_id=point.id, at=now)
    if closed is not None:
        return placement_rules.reason_closed(closed)
    limit = point.daily_limit
    if limit is not None and not _has_room(session, point, horizon(rules, now), limit):
        return placement_rules.reason_limit(limit)
    return None


def has_qualified(
    session: Session,
    *,
    point: PointInfo,
    skills: frozenset[str],
    excluded_technician_id: int | None,
    rules: CompanyRules,
    now: datetime,
) -> bool:
    """Whether anybody with these qualifications works at the point from now to the last planned day."""
    days = horizon(rules, now)
    shifts = list_shifts(session, point_id=point.id, start=now, end=operating_day_bounds(days[-1])[1])
    crew = {shift.technician_id for shift in shifts} - {excluded_technician_id}
    held = qualifications_by_day(session, technician_ids=sorted(crew), days=days)
    return any(
        skills <= held[operating_day(max(now, shift.start_at))][shift.technician_id]
        for shift in shifts
        if shift.technician_id in crew
    )


def _has_room(session: Session, point: PointInfo, days: Sequence[date], limit: int) -> bool:
    for day in days:
        start, end = operating_day_bounds(day)
        query = select(func.count()).where(
            ~exists().where(col(Ticket.id) == col(Visit.ticket_id), col(Ticket.symptom) == CHECKUP),
            col(Visit.service_point_id) == point.id,
            col(Visit.planned_start) >= start,
            col(Visit.planned_start) < end,
            col(Visit.state) != "cancelled",
        )
        if session.exec(query).one() < limit:
            return True
    return False
