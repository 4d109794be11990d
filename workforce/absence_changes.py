"""A technician works after all: an absence that was entered is taken back, or ends early."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from core.errors import ConflictError, NotFoundError
from core.i18n import _
from workforce.absences import AbsenceInfo
from workforce.capacity import announce_technician
from workforce.models import Absence


class AbsenceOverError(ConflictError):
    """The absence has ended already."""

    code = "absence-over"


def end_absence(
    session: Session,
    *,
    absence_id: int,
    technician_ids: set[int],
    company_id: int,
    by: Actor,
    now: datetime,
) -> AbsenceInfo:
    """Take an absence back (before it begins) or end it now; the timeline keeps it. Returns what it was.

    Args:
        technician_ids: whose absences the caller may change.

    Raises:
        NotFoundError: unknown, or somebody else's. AbsenceOverError.
    """
    query = select(Absence).where(col(Absence.id) == absence_id).with_for_update()
    row = session.exec(query).one_or_none()
    if row is None or row.technician_id not in technician_ids:
        raise NotFoundError(_("그런 결근이 없습니다. 화면을 새로 고쳐 주세요."))
    if row.end_at <= now:
        raise AbsenceOverError(_("이미 끝난 결근입니다."))
    was = AbsenceInfo(row.technician_id, row.start_at, row.end_at, row.reason)
    if row.start_at >= now:
        session.delete(row)
    else:
        row.end_at = now
        session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        at=now,
        what="AbsenceEnded",
        subject=("technician", was.technician_id),
        company_id=company_id,
        reason=was.reason,
        data={"start_at": was.start_at.isoformat(), "end_at": was.end_at.isoformat()},
    )
    announce_technician(
        session, technician_id=was.technician_id, start=max(was.start_at, now), end=was.end_at, now=now
    )
    return was
