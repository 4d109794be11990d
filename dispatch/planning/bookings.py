"""Whose time the plans hold: one booking a visit; the database forbids two of a technician at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, exists, or_
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from core.clock import operating_day, operating_day_bounds
from core.db import any_of
from core.wall import outside_the_wall
from dispatch.models import Visit
from dispatch.planning.drafts import DayDraft, PlannedStop
from dispatch.planning.plan_changes import Change
from dispatch.planning.plan_models import Booking


def write_bookings(
    session: Session, drafts: Sequence[DayDraft], changes: Sequence[Change], now: datetime
) -> None:
    """Hold the technicians of these drafts for what has changed, and no longer for what was before."""
    session.flush()
    stops = [change.after for change in changes if change.after is not None]
    point_id = drafts[0].board.point_id
    asked = {
        "gone": [change.before.visit_id for change in changes],
        "technician_ids": list({stop.technician_id for stop in stops}),
        "now": now,
        "point_id": point_id,
        "today": operating_day_bounds(operating_day(now))[0],
    }
    with outside_the_wall(session):  # another maker's visit that has ended holds nobody either
        session.execute(_END_BOOKINGS, asked)
    if stops:
        held = _held_until(session, drafts, stops)
        session.execute(insert(Booking), [_booking(stop, point_id, held) for stop in stops])


def end_booking(session: Session, *, visit_id: int) -> None:
    """A visit no longer holds its technician."""
    session.execute(delete(Booking).where(col(Booking.visit_id) == visit_id))


_END_BOOKINGS = (
    delete(Booking)
    .where(
        or_(
            any_of(Booking.visit_id, "gone"),
            and_(
                any_of(Booking.technician_id, "technician_ids"),
                col(Booking.end_at) > bindparam("now"),
                exists().where(
                    col(Visit.id) == col(Booking.visit_id),
                    or_(
                        col(Visit.state).in_(("completed", "absent", "cancelled")),
                        and_(
                            col(Visit.state).in_(("planned", "agreed")),
                            col(Visit.planned_start) < bindparam("today"),
                            col(Visit.service_point_id) == bindparam("point_id"),
                        ),
                    ),
                ),
            ),
        )
    )
    .execution_options(synchronize_session=False)
)
"""Times that change; and what holds its technician no more, however long it was planned: what has ended,
and what the point's night never began (`board._missed`)."""
_BOOKED_LATER = (
    columns(col(Booking.technician_id), col(Booking.start_at))
    .where(
        any_of(Booking.technician_id, "technician_ids"),
        col(Booking.start_at) > bindparam("since"),
        col(Booking.service_point_id) != bindparam("point_id"),
    )
    .order_by(col(Booking.start_at).desc())
)


def _held_until(
    session: Session, drafts: Sequence[DayDraft], stops: Sequence[PlannedStop]
) -> dict[int, datetime]:
    """By visit id, until when a stop holds its technician who is late for his next duty elsewhere.

    The facts run into another point's booking: it stands until its own plan follows them, and no plan of this
    point has to wait for that.
    """
    ends = [(s.technician_id, s.end_at) for draft in drafts for s in draft.board.stretches if s.hard_end]
    late = [
        stop
        for stop in stops
        if any(who == stop.technician_id and stop.start_at < end < stop.end_at for who, end in ends)
    ]
    if not late:
        return {}
    asked = {
        "technician_ids": [stop.technician_id for stop in late],
        "point_id": drafts[0].board.point_id,
        "since": min(stop.start_at for stop in late),
    }
    with outside_the_wall(session):
        booked = session.execute(_BOOKED_LATER, asked).all()
    return {
        stop.visit.visit_id: start
        for stop in late
        for who, start in booked  # the earliest comes last
        if who == stop.technician_id and stop.start_at < start < stop.end_at
    }


def _booking(stop: PlannedStop, point_id: int, held: dict[int, datetime]) -> dict[str, object]:
    return {
        "visit_id": stop.visit.visit_id,
        "technician_id": stop.technician_id,
        "service_point_id": point_id,
        "start_at": stop.start_at,
        "end_at": held.get(stop.visit.visit_id, stop.end_at),
    }
