"""How many people work at several points."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from workforce.models import Shift


def crew_sizes(
    session: Session, *, point_ids: Iterable[int], start: datetime, end: datetime
) -> dict[int, int]:
    """How many technicians have a shift that touches [start, end), by point; each asked point is a key."""
    ids = set(point_ids)
    query = (
        select(Shift.service_point_id, func.count(func.distinct(Shift.technician_id)))
        .where(col(Shift.service_point_id).in_(ids), col(Shift.start_at) < end, col(Shift.end_at) > start)
        .group_by(col(Shift.service_point_id))
    )
    return {**dict.fromkeys(ids, 0), **dict(session.exec(query).all())}
