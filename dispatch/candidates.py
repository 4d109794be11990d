"""Which service points a ticket may go to, nearest by travel time first, and why one cannot take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from core.clock import operating_day, operating_day_bounds
from core.dated import CompanyRules
from dispatch import placement_rules
from dispatch.models import Visit
from dispatch.placement_rules import Reason
from dispatch.planning.board import horizon
from dispatch.travel import place_at, travel_model
from geo.schemas import Point
from geo.travel import rank_by_travel
from workforce.duty import list_shifts
from workforce.queries import is_point_closed, list_points, qualifications_on
from workforce.schemas import PointInfo


@dataclass(frozen=True)
class Candidate:
    """A point as seen from a home; rank 0 is the nearest."""

    point: PointInfo
    rank: int
    travel_s: int


def rank_points(
    session: Session, *, company_id: int, place: Point, rules: CompanyRules, now: datetime
) -> list[Candidate]:
    """Every point of the company that exists today, nearest by travel time first."""
    points = list_points(session, company_id=company_id, day=operating_day(now))
    places = [place_at(point.lat, point.lon, point.area_code) for point in points]
    ranked = rank_by_travel(place, places, now, model=travel_model(rules))
    return [Candidate(points[index], rank, seconds) for rank, (index, seconds) in enumerate(ranked)]


def why_not(
    session: Session,
    *,
    point: PointInfo,
    skills: frozenset[str],
    excluded_technician_id: int | None,
    rules: CompanyRules,
    now: datetime,
) -> Reason | None:
    """Why a point cannot take a job at all, by rules alone: closed, nobody qualified, its limit reached.

    None means that a free place in its plan decides.
    """
    closed = is_point_closed(session, point_id=point.id, at=now)
    if closed is not None:
        return placement_rules.reason_closed(closed)
    days = horizon(rules, now)
    if not _has_qualified(session, point, skills=skills, excluded=excluded_technician_id, days=days, now=now):
        return placement_rules.reason_unqualified(skills)
    if point.daily_limit is not None and not _has_room(session, point, days, point.daily_limit):
        return placement_rules.reason_limit(point.daily_limit)
    return None


def _has_qualified(
    session: Session,
    point: PointInfo,
    *,
    skills: frozenset[str],
    excluded: int | None,
    days: Sequence[date],
    now: datetime,
) -> bool:
    end = operating_day_bounds(days[-1])[1]
    shifts = list_shifts(session, point_id=point.id, start=now, end=end)
    for day in days:
        start, until = operating_day_bounds(day)
        crew = {s.technician_id for s in shifts if s.start_at < until and s.end_at > max(start, now)}
        crew.discard(excluded or 0)
        qualified = qualifications_on(session, technician_ids=sorted(crew), day=day) if crew else {}
        if any(skills <= codes for codes in qualified.values()):
            return True
    return False


def _has_room(session: Session, point: PointInfo, days: Sequence[date], limit: int) -> bool:
    for day in days:
        start, end = operating_day_bounds(day)
        query = select(func.count()).where(
            col(Visit.service_point_id) == point.id,
            col(Visit.planned_start) >= start,
            col(Visit.planned_start) < end,
            col(Visit.state) != "cancelled",
        )
        if session.exec(query).one() < limit:
            return True
    return False
