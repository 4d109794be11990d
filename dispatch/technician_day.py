"""A technician's day as his phone shows it: the route in order, the way between stops, who waits for a call.

Raw facts; whoever shows them masks them. Only one company's work is shown, also of a technician of two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlmodel import Session, col, select

from core.clock import operating_day, operating_day_bounds
from core.dated import read_rules
from customers.schemas import HouseholdInfo
from dispatch.detail_shapes import ClockFacts
from dispatch.known_jobs import known_times
from dispatch.models import Placement, Ticket, Visit
from dispatch.planning.call_times import call_times
from dispatch.shown_clocks import list_clocks
from dispatch.states import OPEN_VISIT_STATES, UNDER_WAY_STATES
from dispatch.technician_jobs import read_facts
from dispatch.technician_shapes import Job, TechnicianDay
from dispatch.technician_today import shifts_of, standby_of, today_of
from dispatch.tickets import ticket_key
from dispatch.travel import place_at, read_drives, technician_home
from geo.schemas import Point
from geo.travel_times import Leg
from workforce.queries import get_point
from workforce.schemas import ShiftInfo, TechnicianInfo

Row = tuple[Visit, Ticket]


def technician_day(
    session: Session, *, company_id: int, technician: TechnicianInfo, day: date, now: datetime
) -> TechnicianDay:
    """The technician's visits of an operating day.

    Today reaches as far as `today_of` says, and also holds what is under way and what was missed; the later
    days begin where it ends.
    """
    today = today_of(session, technician=technician, now=now)
    is_today = day == operating_day(now)
    first, last = operating_day_bounds(day)
    start, end = (today.start, today.end) if is_today else (max(first, today.end), last)
    from_now = max(now, start) if is_today else start
    standby = standby_of(session, company_id=company_id, technician=technician, start=from_now, end=end)
    rows = _rows(session, company_id, technician, or_(*_ways(start, end, is_today=is_today)))
    clocks = contact_clocks(session, [ticket for _, ticket in rows], now=now)
    route, calls = _parted(rows, clocks, after=end)
    facts = read_facts(session, [*route, *calls], clocks, company_id=company_id, now=now)
    travel = _travel(session, technician, route, facts.homes, day=day, company_id=company_id, now=now)
    at = call_times(session, technician_id=technician.id, visits=_owed(rows, clocks), now=now)

    known = known_times(session, technician_id=technician.id, visits=_news(rows))

    def job(row: Row) -> Job:
        key = row[0].id or 0
        found = facts.job(*row, drive=travel.get(key))
        return replace(found, call_at=at.get(key), known=known.get(key))

    jobs = [job(row) for row in route]
    return TechnicianDay(
        day=day,
        open_jobs=tuple(job for job in jobs if job.is_open),
        ended_jobs=tuple(job for job in jobs if not job.is_open),
        shifts=today.shifts if is_today else _begun_on(session, technician, first, last, today.shifts),
        standby=standby if is_today else tuple(each for each in standby if each.start_at >= start),
        calls=tuple(job(row) for row in calls),
        begun=not is_today and start > first,
    )


def days_with_visits(
    session: Session, *, company_id: int, technician_id: int, first: date, last: date
) -> set[date]:
    """The operating days from `first` to `last` on which a visit of his ended."""
    query = select(Visit.ended_at).where(
        col(Visit.company_id) == company_id,
        col(Visit.technician_id) == technician_id,
        col(Visit.ended_at) >= operating_day_bounds(first)[0],
        col(Visit.ended_at) < operating_day_bounds(last)[1],
    )
    return {operating_day(at) for at in session.exec(query) if at is not None}


def _ways(start: datetime, end: datetime, *, is_today: bool) -> Iterator[ColumnElement[bool]]:
    """How a visit comes to be shown: by its time; today also what is left over, and calls owed for later."""
    planned, state = col(Visit.planned_start), col(Visit.state)
    yield and_(planned >= start, planned < end)
    yield and_(col(Visit.ended_at) >= start, col(Visit.ended_at) < end)
    if is_today:
        yield and_(state.in_(OPEN_VISIT_STATES), planned < start)
        yield state.in_(UNDER_WAY_STATES)
        yield and_(state == "planned", col(Visit.window_start).is_(None), planned >= end)


def _rows(
    session: Session, company_id: int, technician: TechnicianInfo, which: ColumnElement[bool]
) -> list[Row]:
    query = (
        select(Visit, Ticket)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(
            col(Visit.technician_id) == technician.id,
            col(Visit.company_id) == company_id,
            which,
            or_(col(Visit.state).not_in(OPEN_VISIT_STATES), is_his_to_know()),
        )
        .order_by(col(Visit.id))
    )
    return sorted(session.exec(query), key=lambda row: _order(row[0]))


def _parted(
    rows: Sequence[Row], clocks: Mapping[int, ClockFacts], *, after: datetime
) -> tuple[list[Row], list[Row]]:
    """The stops of the route; and those of later days that nobody has agreed with the family, while the hour
    to do so runs."""
    later = [row for row in rows if _is_silent(row[0], after)]
    route = [row for row in rows if not _is_silent(row[0], after)]
    return route, [row for row in later if (clock := clocks.get(ticket_key(row[1]))) and clock.runs]


def _news(rows: Sequence[Row]) -> dict[int, int]:
    """Ticket by visit of what he has not said he has seen."""
    ahead = (visit for visit, _ in rows if visit.state in ("planned", "agreed"))
    return {visit.id or 0: visit.ticket_id for visit in ahead if visit.acknowledged_at is None}


def _owed(rows: Sequence[Row], clocks: Mapping[int, ClockFacts]) -> list[Visit]:
    """Whose families he has to telephone while the hour runs; who is nowhere under way can do it now."""
    if not any(visit.state in UNDER_WAY_STATES for visit, _ in rows):
        return []
    silent = ((v, clocks.get(ticket_key(t))) for v, t in rows if v.state == "planned" and not v.window_start)
    return [visit for visit, clock in silent if clock is not None and clock.runs]


def _is_silent(visit: Visit, after: datetime) -> bool:
    return (
        visit.state == "planned"
        and visit.window_start is None
        and visit.planned_start is not None
        and visit.planned_start >= after
    )


def is_his_to_know() -> ColumnElement[bool]:
    """A designated point that has not answered yet has a tentative plan: its technicians are not told."""
    asked = exists().where(
        col(Placement.ticket_id) == col(Visit.ticket_id),
        col(Placement.service_point_id) == col(Visit.service_point_id),
        col(Placement.state) == "OFFERED",
    )
    return or_(~asked, col(Visit.state) != "planned", col(Visit.told_technician_id).is_not(None))


def _order(visit: Visit) -> tuple[bool, float, int]:
    """What is done first by when it happened, then what is under way, then the plan."""
    moment = visit.arrived_at or visit.en_route_at or visit.planned_start or visit.created_at
    return (visit.state in ("planned", "agreed"), moment.timestamp(), visit.id or 0)


def _is_stop(visit: Visit) -> bool:
    """Whether the technician is, or was, really there."""
    return visit.state in OPEN_VISIT_STATES or visit.arrived_at is not None


def _travel(
    session: Session,
    technician: TechnicianInfo,
    route: Sequence[Row],
    homes: Mapping[int, HouseholdInfo],
    *,
    day: date,
    company_id: int,
    now: datetime,
) -> dict[int, Leg]:
    """The drive to each stop from the one before, by visit id, as the plan reckons it."""
    stops = [row for row in route if _is_stop(row[0])]
    point_id = technician.service_point_id
    point = get_point(session, point_id=point_id) if stops and point_id is not None else None
    home = technician_home(technician, point) if point is not None else None
    places: list[tuple[int, Point | None]] = [(0, home)]
    for visit, ticket in stops:
        address = homes[ticket.household_id].address
        known = address.lat is not None and address.lon is not None
        place = place_at(address.lat or 0.0, address.lon or 0.0, address.area_code) if known else None
        places.append((visit.id or 0, place))
    ways = {
        visit_id: (before, here)
        for (_, before), (visit_id, here) in pairwise(places)
        if before is not None and here is not None
    }
    rules = read_rules(session, company_id=company_id, at=now)
    drives = read_drives(session, list(ways.values()), day=day, rules=rules)
    return dict(zip(ways, drives, strict=True))


def contact_clocks(session: Session, tickets: Sequence[Ticket], *, now: datetime) -> dict[int, ClockFacts]:
    """The newest contact clock by ticket id."""
    shown = list_clocks(session, tickets=tickets, now=now)
    return {key: clock for key, clocks in shown.items() for clock in clocks if clock.kind == "contact"}


def _begun_on(
    session: Session,
    technician: TechnicianInfo,
    start: datetime,
    end: datetime,
    besides: tuple[ShiftInfo, ...],
) -> tuple[ShiftInfo, ...]:
    shifts = shifts_of(session, technician=technician, start=start, end=end)
    # A night duty that began the evening before reaches past 05:00 and is still that day's.
    begins = start - timedelta(minutes=1)
    return tuple(shift for shift in shifts if shift.start_at >= begins and shift not in besides)
