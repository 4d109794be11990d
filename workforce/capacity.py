"""Telling planning what has changed: each touched point once, with the days."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from core.clock import operating_day
from core.events import publish
from workforce.events import CapacityChanged
from workforce.models import Shift

LONGEST_LOOK_AHEAD = timedelta(days=92)
"""No plan reaches further: what holds without an end is announced for so long."""


def announce_point(
    session: Session, *, company_id: int, point_id: int, first: date, last: date, now: datetime
) -> None:
    """These operating days of a point are to be planned anew; what is past is left out."""
    today = operating_day(now)
    if last < today:
        return
    publish(
        session,
        CapacityChanged(
            company_id=company_id,
            at=now,
            service_point_id=point_id,
            first_day=max(first, today).isoformat(),
            last_day=last.isoformat(),
        ),
    )


def announce_point_from(
    session: Session, *, company_id: int, point_id: int, first: date, now: datetime
) -> None:
    """The same from a day on, without an end."""
    last = max(first, operating_day(now)) + LONGEST_LOOK_AHEAD
    announce_point(session, company_id=company_id, point_id=point_id, first=first, last=last, now=now)


def announce_span(
    session: Session, *, company_id: int, point_id: int, start: datetime, end: datetime, now: datetime
) -> None:
    """The days of a point that [start, end) touches."""
    first, last = operating_day(start), operating_day(end - timedelta(microseconds=1))
    announce_point(session, company_id=company_id, point_id=point_id, first=first, last=last, now=now)


def announce_technician(
    session: Session, *, technician_id: int, start: datetime, end: datetime, now: datetime
) -> None:
    """A technician's part of [start, end) is another: at every point, of every maker, where he works then."""
    session.flush()
    query = (
        select(Shift.company_id, Shift.service_point_id)
        .where(
            col(Shift.technician_id) == technician_id, col(Shift.start_at) < end, col(Shift.end_at) > start
        )
        .distinct()
        .order_by(col(Shift.service_point_id))
    )
    for company_id, point_id in session.exec(query).all():
        announce_span(session, company_id=company_id, point_id=point_id, start=start, end=end, now=now)


def announce_licences(session: Session, *, technician_id: int, first: date, now: datetime) -> None:
    """What a technician may do is another from a day on."""
    start = now + timedelta(days=max(0, (first - operating_day(now)).days))
    announce_technician(
        session, technician_id=technician_id, start=start, end=start + LONGEST_LOOK_AHEAD, now=now
    )
