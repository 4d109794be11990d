"""Where else somebody has the licence: the nearest other points for what nobody of one's own may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.clock import operating_day, operating_day_bounds
from core.dated import CompanyRules, read_rules
from dispatch.candidates import Candidate, rank_points, why_not
from dispatch.models import Ticket, Visit
from dispatch.open_visits import find_open_visit, skills_of
from dispatch.places import address_of
from dispatch.planning.board import horizon, load_horizon
from dispatch.planning.board_travel import reckon_with
from dispatch.planning.insertion import best_insertion, candidate_visit
from dispatch.travel import place_at
from geo.schemas import TravelSource
from workforce.duty import list_shifts_of_points
from workforce.queries import get_technicians, list_points, qualifications_by_day
from workforce.schemas import PointInfo

NO_LICENCE = frozenset({"NO_QUALIFIED_TECHNICIAN", "NO_TECHNICIAN", "NO_SHIFT"})
"""Reasons of a ticket left out that another point's people may answer."""
SHOWN = 3
LOOKED_AT = 40
"""So many points are looked through, nearest first: beyond them nobody drives."""


@dataclass(frozen=True)
class OtherPoint:
    """A point with somebody qualified at work. `earliest` None: no room on any planned day, or `why` not."""

    code: str
    name: str
    travel_s: int
    travel_source: TravelSource
    technicians: tuple[str, ...]
    earliest: datetime | None
    why: str
    """Why the point takes nothing now; empty: it does."""


def nearest_points(session: Session, *, ticket_id: int, now: datetime) -> list[tuple[PointInfo, int | None]]:
    """Every other point of the ticket's company with the seconds it takes to drive from there, nearest first.

    By name, and without a time, while nobody knows where the home is.
    """
    ticket = session.get_one(Ticket, ticket_id)
    address = address_of(session, ticket)
    if address.lat is None or address.lon is None:
        points = list_points(session, company_id=ticket.company_id, day=operating_day(now))
        by_name = sorted(points, key=lambda point: (point.name, point.id))
        return [(point, None) for point in by_name if point.id != ticket.service_point_id]
    rules = read_rules(session, company_id=ticket.company_id, at=now)
    place = place_at(address.lat, address.lon, address.area_code)
    ranked = rank_points(session, company_id=ticket.company_id, place=place, rules=rules, now=now)
    return [(each.point, each.travel_s) for each in ranked if each.point.id != ticket.service_point_id]


def list_other_points(session: Session, *, ticket_id: int, now: datetime) -> list[OtherPoint]:
    """The nearest other points where somebody qualified works on a planned day; empty without a location."""
    ticket = session.get_one(Ticket, ticket_id)
    address = address_of(session, ticket)
    if address.lat is None or address.lon is None:
        return []
    rules = read_rules(session, company_id=ticket.company_id, at=now)
    place = place_at(address.lat, address.lon, address.area_code)
    ranked = rank_points(session, company_id=ticket.company_id, place=place, rules=rules, now=now)
    others = [each for each in ranked if each.point.id != ticket.service_point_id][:LOOKED_AT]
    visit = find_open_visit(session, ticket_id=ticket_id)
    skills = frozenset(visit.skills) if visit is not None else skills_of(rules, ticket.symptom)
    crews = _qualified(session, others, skills, ticket=ticket, rules=rules, now=now)
    with_crew = [each for each in others if crews.get(each.point.id)][:SHOWN]
    ids = {who for each in with_crew for who in crews[each.point.id]}
    names = get_technicians(session, technician_ids=ids, company_id=ticket.company_id)
    return [
        _other(
            session, each, ticket, visit, rules, sorted(names[who].name for who in crews[each.point.id]), now
        )
        for each in with_crew
    ]


def _qualified(
    session: Session,
    points: Sequence[Candidate],
    skills: frozenset[str],
    *,
    ticket: Ticket,
    rules: CompanyRules,
    now: datetime,
) -> dict[int, set[int]]:
    """Technicians with all these licences who work on a planned day, by point."""
    days = horizon(rules, now)
    ids = [each.point.id for each in points]
    shifts = list_shifts_of_points(session, point_ids=ids, start=now, end=operating_day_bounds(days[-1])[1])
    crew = {shift.technician_id for shift in shifts} - {ticket.excluded_technician_id}
    held = qualifications_by_day(session, technician_ids=sorted(crew), days=days)
    found: dict[int, set[int]] = {}
    for shift in shifts:
        day = operating_day(max(now, shift.start_at))
        if shift.technician_id in crew and skills <= held[day][shift.technician_id]:
            found.setdefault(shift.service_point_id, set()).add(shift.technician_id)
    return found


def _other(
    session: Session,
    candidate: Candidate,
    ticket: Ticket,
    visit: Visit | None,
    rules: CompanyRules,
    names: Sequence[str],
    now: datetime,
) -> OtherPoint:
    point = candidate.point
    closed = why_not(session, point=point, rules=rules, now=now)
    earliest = None
    if closed is None:
        boards = load_horizon(session, point_id=point.id, now=now)
        seen = candidate_visit(session, ticket=ticket, point=point, rules=rules, visit=visit)
        found = best_insertion(reckon_with(session, boards, seen.place), seen)
        earliest = found.start_at if found is not None else None
    return OtherPoint(
        code=point.code,
        name=point.name,
        travel_s=candidate.travel_s,
        travel_source=candidate.travel_source,
        technicians=tuple(names),
        earliest=earliest,
        why=closed.text if closed is not None else "",
    )
