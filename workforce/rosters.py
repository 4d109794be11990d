"""Time: absences, duty rotas and closures. A change is a new row with its author."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core import audit
from core.actor import Actor
from core.errors import ConflictError
from core.i18n import _
from workforce.capacity import announce_span, announce_technician
from workforce.models import Absence, DutyRota, PointClosure
from workforce.staff import bad_field


class ShiftOverlapsError(ConflictError):
    """The technician works elsewhere, perhaps for another maker, at that time."""

    code = "shift-overlaps"


def add_absence(
    session: Session,
    *,
    technician_id: int,
    company_id: int,
    start_at: datetime,
    end_at: datetime,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """A technician does not work after all; every point he works for then plans anew."""
    if end_at <= start_at:
        raise bad_field("end_at", _("끝나는 때가 시작하는 때보다 앞섭니다."))
    session.add(
        Absence(
            technician_id=technician_id,
            start_at=start_at,
            end_at=end_at,
            reason=reason,
            entered_by=by.account_id,
        )
    )
    audit.record(
        session,
        by=by,
        at=now,
        what="AbsenceAdded",
        subject=("technician", technician_id),
        company_id=company_id,
        reason=reason,
    )
    announce_technician(session, technician_id=technician_id, start=start_at, end=end_at, now=now)


def set_duty(
    session: Session,
    *,
    company_id: int,
    point_id: int | None,
    start_at: datetime,
    end_at: datetime,
    technician_id: int | None,
    desk_person_id: int,
    escalation_person_id: int,
    substitute_point_id: int | None,
    by: Actor,
    now: datetime,
) -> None:
    """Who answers in a stretch of time. A later row for the same time goes before an earlier one."""
    if end_at <= start_at:
        raise bad_field("end_at", _("끝나는 때가 시작하는 때보다 앞섭니다."))
    session.add(
        DutyRota(
            company_id=company_id,
            service_point_id=point_id,
            start_at=start_at,
            end_at=end_at,
            technician_id=technician_id,
            desk_person_id=desk_person_id,
            escalation_person_id=escalation_person_id,
            substitute_point_id=substitute_point_id,
        )
    )
    audit.record(
        session,
        by=by,
        at=now,
        what="DutySet",
        subject=("service_point", point_id) if point_id else ("company", company_id),
        company_id=company_id,
        data={"start_at": start_at.isoformat(), "end_at": end_at.isoformat(), "desk": desk_person_id},
    )
    if point_id is not None:
        announce_span(session, company_id=company_id, point_id=point_id, start=start_at, end=end_at, now=now)


def close_point(
    session: Session,
    *,
    point_id: int,
    company_id: int,
    start_at: datetime,
    end_at: datetime,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """A point takes nothing new in a stretch of time; the reason is shown where it is passed over."""
    if end_at <= start_at:
        raise bad_field("end_at", _("끝나는 때가 시작하는 때보다 앞섭니다."))
    session.add(
        PointClosure(
            service_point_id=point_id,
            start_at=start_at,
            end_at=end_at,
            reason=reason.strip() or _("휴무"),
            entered_by=by.account_id,
        )
    )
    audit.record(
        session,
        by=by,
        at=now,
        what="PointClosed",
        subject=("service_point", point_id),
        company_id=company_id,
        reason=reason,
    )
