"""The rows a board is made of, always read anew: a retry must see what others have committed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, func, literal, or_, union_all
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from core.db import any_of
from customers.places import places_of_households
from dispatch.models import Placement, Ticket, TicketClock, Visit, WishedWindow
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

_contact_due = (
    columns(func.max(TicketClock.due_at))
    .where(
        col(TicketClock.ticket_id) == col(Ticket.id),
        col(TicketClock.kind) == "contact",
        col(TicketClock.state) == "running",
        col(TicketClock.stage).in_(("started", "reminded")),
    )
    .correlate(Ticket)
    .scalar_subquery()
)
# Columns, not rows: a board is read for every new ticket.
_SHOWN: tuple[Any, ...] = (
    col(Visit.id).label("visit_id"),
    col(Visit.ticket_id),
    col(Ticket.number),
    col(Ticket.status),
    col(Visit.state),
    col(Ticket.symptom),
    col(Ticket.priority),
    col(Ticket.safety),
    col(Ticket.received_at),
    col(Visit.duration_s),
    col(Visit.technician_id),
    col(Visit.planned_start),
    col(Visit.planned_end),
    col(Visit.pinned_technician),
    col(Visit.pinned_time),
    col(Ticket.excluded_technician_id),
    col(Ticket.preferred_technician_id),
    col(Visit.told_technician_id),
    col(Visit.en_route_at),
    col(Visit.arrived_at),
    col(Visit.started_at),
    _contact_due.label("contact_due_at"),
)
"""The facts of a `BoardVisit` that are columns, by its own names."""
_NAMES = tuple(column.name for column in _SHOWN)
_READ_BESIDE: tuple[Any, ...] = (
    col(Visit.skills),
    col(Visit.window_start),
    col(Visit.window_end),
    col(Ticket.household_id),
    _accepted.label("told_yes"),
)


# Put together once, for the same reason.
_OPEN_VISITS: Select[Any] = (
    columns(*_SHOWN, *_READ_BESIDE)
    .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
    .where(
        col(Visit.service_point_id) == bindparam("point_id"),
        col(Visit.state).in_(OPEN_VISIT_STATES),
        col(Ticket.status).not_in(ENDED_STATUSES),
        or_(
            and_(
                col(Visit.planned_start).is_(None),
                col(Ticket.status) != "ON_HOLD",
                col(Ticket.service_point_id) == bindparam("point_id"),
            ),
            col(Visit.planned_start) < bindparam("until"),
            col(Visit.state).in_(UNDER_WAY_STATES),
        ),
    )
    .order_by(col(Visit.id))
)
_WISHES = (
    columns(col(WishedWindow.ticket_id), col(WishedWindow.start_at), col(WishedWindow.end_at))
    .where(any_of(WishedWindow.ticket_id, "ticket_ids"))
    .order_by(col(WishedWindow.start_at))
)
_BOOKED, _UNDER_WAY, _ENDED = 0, 1, 2
_ELSEWHERE: Any = union_all(
    columns(
        literal(_BOOKED).label("what"),
        col(Booking.visit_id).label("visit_id"),
        col(Booking.technician_id).label("technician_id"),
        col(Booking.start_at).label("start_at"),
        col(Booking.end_at).label("end_at"),
        col(Ticket.household_id).label("household_id"),
    )
    .join(Visit, col(Visit.id) == col(Booking.visit_id))
    .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
    .where(
        any_of(Booking.technician_id, "technician_ids"),
        col(Booking.start_at) < bindparam("until"),
        col(Booking.end_at) > bindparam("since"),
        col(Visit.state).in_(OPEN_VISIT_STATES),
    ),
    columns(
        literal(_UNDER_WAY),
        col(Visit.id),
        col(Visit.technician_id),
        col(Visit.en_route_at),
        col(Visit.ended_at),
        col(Ticket.household_id),
    )
    .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
    .where(any_of(Visit.technician_id, "technician_ids"), col(Visit.state).in_(UNDER_WAY_STATES)),
    columns(
        literal(_ENDED),
        col(Visit.id),
        col(Visit.technician_id),
        col(Visit.en_route_at),
        col(Visit.ended_at),
        col(Ticket.household_id),
    )
    .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
    .where(
        any_of(Visit.technician_id, "technician_ids"),
        col(Visit.state).in_(("completed", "absent")),
        col(Visit.ended_at) >= bindparam("today"),
    ),
).order_by("what", "end_at", "visit_id")
"""One way to the server for all three; of a visit under way the end is not known."""
_POINT_DAYS = (
    select(PointDay)
    .where(col(PointDay.service_point_id) == bindparam("point_id"), any_of(PointDay.day, "days"))
    .execution_options(populate_existing=True)
)
_SETTLED = columns(col(Plan.day), col(Plan.changes)).where(
    col(Plan.service_point_id) == bindparam("point_id"),
    any_of(Plan.day, "days"),
    col(Plan.state) == "published",
    col(Plan.origin).in_(AUTOMATIC_ORIGINS),
    col(Plan.made_at) > bindparam("since"),
)


def open_visits(session: Session, *, point: PointInfo, here: Point, end: datetime) -> list[BoardVisit]:
    """The point's open visits that are planned before `end` or not planned at all, by id.

    A home without coordinates is taken to be at the point (`here`): planning must not lose it.
    """
    rows = session.execute(_OPEN_VISITS, {"point_id": point.id, "until": end}).all()
    places = places_of_households(session, household_ids={row.household_id for row in rows})
    wishes = wishes_of(session, [row.ticket_id for row in rows])
    return [
        BoardVisit(
            **dict(zip(_NAMES, row, strict=False)),
            place=_place(places.get(row.household_id), here),
            skills=frozenset(row.skills),
            window=(row.window_start, row.window_end) if row.window_start and row.window_end else None,
            wished=wishes.get(row.ticket_id, ()),
            accepted=point.accepts_by_itself or row.told_yes,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Elsewhere:
    """What else holds some technicians, whichever maker asked, and where each was last."""

    busy: list[Busy]
    last: dict[int, Position]


def elsewhere_of(
    session: Session,
    *,
    technician_ids: Iterable[int],
    own: set[int],
    span: Window,
    today: datetime,
    rest_until: datetime | None,
    here: Point,
) -> Elsewhere:
    """Bookings in `span` and visits under way for anything but the visits in `own`; since when `today`
    began, where each technician ended his last visit, for whichever point.

    Args:
        rest_until: so long a visit under way holds its technician at least; None: it holds nobody.
    """
    asked = {"technician_ids": list(technician_ids), "since": span[0], "until": span[1], "today": today}
    rows = session.execute(_ELSEWHERE, asked).all()
    places = places_of_households(session, household_ids={row.household_id for row in rows})
    busy: list[Busy] = []
    last: dict[int, Position] = {}
    for what, visit_id, who, start, end, home in rows:
        place = _place(places.get(home), here)
        if what == _ENDED:
            last[who] = Position(place, end)
        elif visit_id not in own and what == _BOOKED:
            busy.append(Busy(who, start, end, place))
        elif visit_id not in own and rest_until is not None:
            busy.append(Busy(who, start or rest_until, rest_until, place))
    return Elsewhere(busy, last)


def point_days(session: Session, *, point_id: int, days: Sequence[date]) -> dict[date, PointDay]:
    """The version rows of these days, where they exist."""
    rows = session.execute(_POINT_DAYS, {"point_id": point_id, "days": list(days)})
    return {row.day: row for row in rows.scalars()}


def technicians_settled(
    session: Session, *, point_id: int, days: Sequence[date], since: datetime
) -> dict[date, frozenset[int]]:
    """Technicians whose route an automatic plan has changed since `since`, by day."""
    asked = {"point_id": point_id, "days": list(days), "since": since}
    found: dict[date, set[int]] = {day: set() for day in days}
    for day, changes in session.execute(_SETTLED, asked):
        found[day].update(
            side["technician_id"]
            for change in changes
            if change["what"] != "retimed"
            for side in (change["from"], change["to"])
            if side is not None and side["technician_id"] is not None
        )
    return {day: frozenset(technicians) for day, technicians in found.items()}


def wishes_of(session: Session, ticket_ids: Sequence[int]) -> dict[int, tuple[Window, ...]]:
    """The windows that families wished for, earliest first, by ticket."""
    found: dict[int, tuple[Window, ...]] = {}
    for ticket_id, start, end in session.execute(_WISHES, {"ticket_ids": list(ticket_ids)}):
        found[ticket_id] = (*found.get(ticket_id, ()), (start, end))
    return found


def _place(home: Any, here: Point) -> Point:
    return here if home is None else place_at(home.lat, home.lon, home.area_code)
