"""When technicians are away, for those who look at a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from workforce.models import Absence


@dataclass(frozen=True)
class AbsenceInfo:
    """A stretch in which a technician does not work."""

    technician_id: int
    start_at: datetime
    end_at: datetime
    reason: str
    id: int = 0


def list_absences(
    session: Session, *, technician_ids: Iterable[int], start: datetime, end: datetime
) -> list[AbsenceInfo]:
    """Absences of these technicians that touch [start, end), by start."""
    query = (
        select(Absence)
        .where(
            col(Absence.technician_id).in_(set(technician_ids)),
            col(Absence.start_at) < end,
            col(Absence.end_at) > start,
        )
        .order_by(col(Absence.start_at), col(Absence.id))
    )
    return [
        AbsenceInfo(a.technician_id, a.start_at, a.end_at, a.reason, a.id or 0) for a in session.exec(query)
    ]
