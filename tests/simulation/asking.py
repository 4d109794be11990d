"""Questions to a world in plain SQL, and what always holds of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from core.clock import operating_day, operating_day_bounds
from simulation.shapes import DAYS_AHEAD, DAYS_BEFORE


def one(session: Session, query: str, **values: Any) -> Any:
    """The only value of the only row."""
    return session.execute(text(query), values).scalar_one()


def rows(session: Session, query: str, **values: Any) -> list[Any]:
    """Every row."""
    return list(session.execute(text(query), values).all())


def require_duty(session: Session, *, now: datetime) -> None:
    """Every minute of the horizon has a duty row for each point and both call desks."""
    day = operating_day(now)
    start = operating_day_bounds(day - timedelta(days=DAYS_BEFORE))[0]
    end = operating_day_bounds(day + timedelta(days=DAYS_AHEAD))[1]
    desks: dict[Any, list[tuple[datetime, datetime]]] = {}
    query = "SELECT company_id, service_point_id, start_at, end_at FROM duty_rota ORDER BY start_at"
    for company_id, point_id, opens, closes in rows(session, query):
        desks.setdefault((company_id, point_id), []).append((opens, closes))
    assert len(desks) == 182
    for stretches in desks.values():
        reached = start
        for opens, closes in stretches:
            if opens <= reached:
                reached = max(reached, closes)
        assert reached >= end


def require_sound_bookings(session: Session) -> None:
    """Nobody is booked twice at one time, or outside a shift."""
    overlaps = one(
        session,
        "SELECT count(*) FROM booking a JOIN booking b ON a.technician_id = b.technician_id"
        " AND a.visit_id < b.visit_id AND a.start_at < b.end_at AND b.start_at < a.end_at",
    )
    assert overlaps == 0
    outside = one(
        session,
        "SELECT count(*) FROM booking b WHERE NOT EXISTS (SELECT 1 FROM shift s"
        " WHERE s.technician_id = b.technician_id AND s.service_point_id = b.service_point_id"
        " AND s.start_at <= b.start_at AND s.end_at >= b.end_at)",
    )
    assert outside == 0
