"""A technician's day as his phone shows it: the route in order, the way between stops, who waits for a call.

Raw facts; whoever shows them masks them. Only one company's work is shown, also of a technician of two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlmodel import Session, col, func, select

from billing.schemas import WarrantyAnswer
from core.clock import operating_day, operating_day_bounds
from core.dated import read_rules
from customers.queries import list_details
from dispatch.detail_shapes import ClockFacts, PartyFacts, WindowFacts
from dispatch.models import ContactAttempt, Placement, Ticket, TicketParty, Visit
from dispatch.pricing import estimate_visit
from dispatch.shown_clocks import list_clocks
from dispatch.states import OPEN_VISIT_STATES, UNDER_WAY_STATES
from dispatch.technician_shapes import Job, TechnicianDay
from dispatch.technician_today import shifts_of, today_of
from dispatch.tickets import ticket_key
from dispatch.travel import place_at, read_drives
from geo.schemas import Point
from geo.travel_times import Leg
from workforce.schemas import ShiftInfo, TechnicianInfo

PARTY_ORDER = ("resident", "requester", "payer")


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
    ways = [and_(col(Visit.planned_start) >= start, col(Visit.planned_start) < end)]
    ways.append(and_(col(Visit.ended_at) >= start, col(Visit.ended_at) < end))
    if is_today:
        ways.append(and_(col(Visit.state).in_(OPEN_VISIT_STATES), col(Visit.planned_start) < start))
        ways.append(col(Visit.state).in_(UNDER_WAY_STATES))
    rows = _rows(session, company_id, technician, or_(*ways))
    travel = _travel(session, company_id, technician, [row for row in rows if _is_stop(row[0])], day, now)
    jobs = _jobs(session, rows, travel, company_id=company_id, now=now)
    shifts = shifts_of(session, technician=technician, start=first, end=last)
    return TechnicianDay(
        day=day,
        open_jobs=tuple(job for job in jobs if job.is_open),
        ended_jobs=tuple(job for job in jobs if not job.is_open),
        shifts=today.shifts if is_today else _begun_on(shifts, first, besides=today.shifts),
        calls=tuple(_calls(session, company_id, technician, after=end, now=now)) if is_today else (),
        begun=not is_today and start > first,
    )


def _rows(
    session: Session, company_id: int, technician: TechnicianInfo, which: ColumnElement[bool]
) -> list[tuple[Visit, Ticket]]:
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


def _calls(
    session: Session, company_id: int, technician: TechnicianInfo, *, after: datetime, now: datetime
) -> list[Job]:
    """Visits of later days that nobody has agreed with the family, while the hour to do so runs."""
    silent = and_(
        col(Visit.state) == "planned", col(Visit.window_start).is_(None), col(Visit.planned_start) >= after
    )
    rows = _rows(session, company_id, technician, silent)
    clocks = contact_clocks(session, [ticket for _, ticket in rows], now=now)
    running = {key for key, clock in clocks.items() if clock.runs}
    return _jobs(session, [row for row in rows if row[1].id in running], {}, company_id=company_id, now=now)


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
    company_id: int,
    technician: TechnicianInfo,
    stops: Sequence[tuple[Visit, Ticket]],
    day: date,
    now: datetime,
) -> dict[int, Leg]:
    """The drive to each stop from the one before, by visit id, as the plan reckons it."""
    homes = list_details(session, company_id=company_id, household_ids={t.household_id for _, t in stops})
    places: list[tuple[int, Point | None]] = [(0, place_at(technician.home_lat, technician.home_lon, ""))]
    for visit, ticket in stops:
        address = homes[ticket.household_id].household.address
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


def _jobs(
    session: Session,
    rows: Sequence[tuple[Visit, Ticket]],
    travel: dict[int, Leg],
    *,
    company_id: int,
    now: datetime,
) -> list[Job]:
    tickets = {ticket_key(ticket): ticket for _, ticket in rows}
    homes = list_details(
        session, company_id=company_id, household_ids={ticket.household_id for ticket in tickets.values()}
    )
    parties = _parties(session, tickets)
    clocks = contact_clocks(session, list(tickets.values()), now=now)
    tries = _attempts(session, tickets)
    jobs = []
    for visit, ticket in rows:
        home = homes[ticket.household_id]
        boiler = next((b for b in home.boilers if b.id == ticket.boiler_id), None)
        key = ticket_key(ticket)
        jobs.append(
            Job(
                visit_id=visit.id or 0,
                ticket_id=key,
                number=ticket.number,
                status=ticket.status,
                state=visit.state,
                sequence=visit.sequence,
                symptom=ticket.symptom,
                error_code=ticket.error_code,
                priority=ticket.priority,
                safety=ticket.safety,
                priority_care=ticket.priority_care,
                age_band=ticket.age_band,
                note=ticket.note,
                received_at=ticket.received_at,
                escalated=ticket.escalated_at is not None,
                reopened=ticket.reopened_at is not None,
                service_point_id=visit.service_point_id,
                window=_window(visit),
                planned_start=visit.planned_start,
                planned_end=visit.planned_end,
                travel_s=drive.seconds if (drive := travel.get(visit.id or 0)) else None,
                travel_source=drive.source if drive else None,
                pinned_time=visit.pinned_time,
                hold_reason=visit.hold_reason,
                acknowledged_at=visit.acknowledged_at,
                en_route_at=visit.en_route_at,
                arrived_at=visit.arrived_at,
                started_at=visit.started_at,
                ended_at=visit.ended_at,
                household=home.household,
                boiler=boiler,
                parties=tuple(parties.get(key, ())),
                contact=clocks.get(key),
                attempts=tries.get(key, 0),
                warranty=_warranty(session, visit, now=now),
            )
        )
    return jobs


def _warranty(session: Session, visit: Visit, *, now: datetime) -> WarrantyAnswer | None:
    if visit.state not in OPEN_VISIT_STATES:
        return None
    start = visit.window_start or visit.planned_start
    return estimate_visit(session, ticket_id=visit.ticket_id, start=start, now=now).warranty


def _window(visit: Visit) -> WindowFacts | None:
    if visit.window_start is None or visit.window_end is None:
        return None
    return WindowFacts(visit.window_start, visit.window_end)


def contact_clocks(session: Session, tickets: Sequence[Ticket], *, now: datetime) -> dict[int, ClockFacts]:
    """The newest contact clock by ticket id."""
    shown = list_clocks(session, tickets=tickets, now=now)
    return {key: clock for key, clocks in shown.items() for clock in clocks if clock.kind == "contact"}


def _parties(session: Session, ticket_ids: Iterable[int]) -> dict[int, list[PartyFacts]]:
    query = select(TicketParty).where(col(TicketParty.ticket_id).in_(list(ticket_ids)))
    found: dict[int, list[PartyFacts]] = {}
    for row in sorted(session.exec(query), key=lambda row: PARTY_ORDER.index(row.role)):
        facts = PartyFacts(
            role=row.role,
            name=row.name,
            phone=row.phone,
            phone_raw=row.phone_raw,
            can_text=row.can_text,
            relationship=row.relationship,
            contact_id=row.contact_id,
        )
        found.setdefault(row.ticket_id, []).append(facts)
    return found


def _attempts(session: Session, ticket_ids: Iterable[int]) -> dict[int, int]:
    query = (
        select(ContactAttempt.ticket_id, func.count())
        .where(col(ContactAttempt.ticket_id).in_(list(ticket_ids)))
        .group_by(col(ContactAttempt.ticket_id))
    )
    return dict(session.exec(query).all())


def _begun_on(
    shifts: Iterable[ShiftInfo], start: datetime, *, besides: tuple[ShiftInfo, ...]
) -> tuple[ShiftInfo, ...]:
    # A night duty that began the evening before reaches past 05:00 and is still that day's.
    begins = start - timedelta(minutes=1)
    return tuple(shift for shift in shifts if shift.start_at >= begins and shift not in besides)
