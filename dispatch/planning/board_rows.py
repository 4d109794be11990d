"""The rows a board is made of, always read anew: a retry must see what others have committed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, exists, or_
from sqlmodel import Session, col, select

from customers.places import places_of_households
from dispatch.models import Placement, Ticket, Visit, WishedWindow
from dispatch.planning.board_shapes import BoardVisit, Busy, Window
from dispatch.planning.plan_models import Booking, Plan, PointDay
from dispatch.planning.stretches import Position
from dispatch.states import ENDED_STATUSES, OPEN_VISIT_STATES, UNDER_WAY_STATES
from dispatch.travel import place_at
from geo.schemas import Point
from workforce.schemas import PointInfo

AUTOMATIC_ORIGINS = ("solve", "change")

_accepted = exists().where(
    col(Placement.ticket_id) == col(Ticket.id),
    col(Placement.service_point_id) == col(Visit.service_point_id),
    col(Placement.state) == "ACCEPTED",
)


def open_visits(
    session: Session, *, point: PointInfo, here: Point, end: datetime, visit_id: int | None = None
) -> list[BoardVisit]:
    """The point's open visits that are planned before `end` or not planned at all, by id.

    A home without coordinates is taken to be at the point (`here`): planning must not lose it.
    """
    query = (
        select(Visit, Ticket, _accepted.label("accepted"))
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(
            col(Visit.service_point_id) == point.id,
            col(Visit.state).in_(OPEN_VISIT_STATES),
            col(Ticket.status).not_in(ENDED_STATUSES),
            or_(
                and_(
                    col(Visit.planned_start).is_(None),
                    col(Ticket.status) != "ON_HOLD",
                    col(Ticket.service_point_id) == point.id,
                ),
                col(Visit.planned_start) < end,
                col(Visit.state).in_(UNDER_WAY_STATES),
            ),
        )
        .order_by(col(Visit.id))
        .execution_options(populate_existing=True)
    )
    if visit_id is not None:
        query = query.where(col(Visit.id) == visit_id)
    rows = list(session.exec(query))
    places = places_of_households(session, household_ids={t.household_id for _, t, _ in rows})
    wishes = _wishes(session, [t.id for _, t, _ in rows])
    return [
        _board_visit(
            visit,
            ticket,
            place=_place(places.get(ticket.household_id), here),
            wished=wishes.get(ticket.id or 0, ()),
            accepted=point.accepts_by_itself or accepted,
        )
        for visit, ticket, accepted in rows
    ]


def held_elsewhere(
    session: Session, *, technician_ids: Iterable[int], own: set[int], span: Window, here: Point
) -> list[Busy]:
    """Bookings of these technicians for anything but the visits in `own`, whichever maker asked."""
    query = (
        select(Booking, Ticket.household_id)
        .join(Visit, col(Visit.id) == col(Booking.visit_id))
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(
            col(Booking.technician_id).in_(set(technician_ids)),
            col(Booking.start_at) < span[1],
            col(Booking.end_at) > span[0],
            col(Visit.state).in_(OPEN_VISIT_STATES),
        )
        .execution_options(populate_existing=True)
    )
    rows = [(booking, home) for booking, home in session.exec(query) if booking.visit_id not in own]
    places = places_of_households(session, household_ids={home for _, home in rows})
    return [
        Busy(booking.technician_id, booking.start_at, booking.end_at, _place(places.get(home), here))
        for booking, home in rows
    ]


def under_way_elsewhere(
    session: Session, *, technician_ids: Iterable[int], own: set[int], here: Point, until: datetime
) -> list[Busy]:
    """Visits under way for other points: they hold their technician until `until` at least."""
    query = (
        select(Visit.id, Visit.technician_id, Visit.en_route_at, Ticket.household_id)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(col(Visit.technician_id).in_(set(technician_ids)), col(Visit.state).in_(UNDER_WAY_STATES))
    )
    rows = [row for row in session.exec(query) if row[0] not in own]
    places = places_of_households(session, household_ids={row[3] for row in rows})
    return [
        Busy(who, since or until, until, _place(places.get(home), here))
        for _, who, since, home in rows
        if who is not None
    ]


def finished_today(
    session: Session, *, technician_ids: Iterable[int], since: datetime, here: Point
) -> dict[int, Position]:
    """Where each technician ended his last visit since `since`, for whichever point."""
    query = (
        select(Visit.technician_id, Visit.ended_at, Ticket.household_id)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(
            col(Visit.technician_id).in_(set(technician_ids)),
            col(Visit.state).in_(("completed", "absent")),
            col(Visit.ended_at) >= since,
        )
        .order_by(col(Visit.ended_at))
    )
    rows = list(session.exec(query))
    places = places_of_households(session, household_ids={row[2] for row in rows})
    return {
        who: Position(_place(places.get(home), here), ended)
        for who, ended, home in rows
        if who is not None and ended is not None
    }


def point_days(session: Session, *, point_id: int, days: Sequence[date]) -> dict[date, PointDay]:
    """The version rows of these days, where they exist."""
    query = (
        select(PointDay)
        .where(col(PointDay.service_point_id) == point_id, col(PointDay.day).in_(days))
        .execution_options(populate_existing=True)
    )
    return {row.day: row for row in session.exec(query)}


def technicians_settled(session: Session, *, point_id: int, day: date, since: datetime) -> frozenset[int]:
    """Technicians whose route an automatic plan has changed since `since`."""
    query = select(Plan.changes).where(
        col(Plan.service_point_id) == point_id,
        col(Plan.day) == day,
        col(Plan.state) == "published",
        col(Plan.origin).in_(AUTOMATIC_ORIGINS),
        col(Plan.made_at) > since,
    )
    return frozenset(
        side["technician_id"]
        for changes in session.exec(query)
        for change in changes
        if change["what"] != "retimed"
        for side in (change["from"], change["to"])
        if side is not None and side["technician_id"] is not None
    )


def _wishes(session: Session, ticket_ids: Sequence[int | None]) -> dict[int, tuple[Window, ...]]:
    query = (
        select(WishedWindow)
        .where(col(WishedWindow.ticket_id).in_(ticket_ids))
        .order_by(col(WishedWindow.start_at))
    )
    found: dict[int, tuple[Window, ...]] = {}
    for row in session.exec(query):
        found[row.ticket_id] = (*found.get(row.ticket_id, ()), (row.start_at, row.end_at))
    return found


def _place(home: Any, here: Point) -> Point:
    return here if home is None else place_at(home.lat, home.lon, home.area_code)


def _board_visit(
    visit: Visit, ticket: Ticket, *, place: Point, wished: tuple[Window, ...], accepted: bool
) -> BoardVisit:
    agreed = visit.window_start is not None and visit.window_end is not None
    return BoardVisit(
        visit_id=visit.id or 0,
        ticket_id=ticket.id or 0,
        number=ticket.number,
        status=ticket.status,
        state=visit.state,
        symptom=ticket.symptom,
        priority=ticket.priority,
        safety=ticket.safety,
        received_at=ticket.received_at,
        place=place,
        duration_s=visit.duration_s,
        skills=frozenset(visit.skills),
        technician_id=visit.technician_id,
        planned_start=visit.planned_start,
        planned_end=visit.planned_end,
        window=(visit.window_start, visit.window_end) if agreed else None,  # type: ignore[arg-type]
        wished=wished,
        pinned_technician=visit.pinned_technician,
        pinned_time=visit.pinned_time,
        excluded_technician_id=ticket.excluded_technician_id,
        told_technician_id=visit.told_technician_id,
        en_route_at=visit.en_route_at,
        arrived_at=visit.arrived_at,
        started_at=visit.started_at,
        accepted=accepted,
    )
