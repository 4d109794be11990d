"""Time: shifts, absences, duty rotas and closures. A change is a new row with its author."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core import audit
from core.actor import Actor
from core.errors import ConflictError
from core.i18n import _
from workforce.models import Absence, DutyRota, PointClosure, Shift
from workforce.staff import bad_field


class ShiftOverlapsError(ConflictError):
    """The technician works elsewhere, perhaps for another maker, at that time."""

    code = "shift-overlaps"


def add_shift(
    session: Session,
    *,
    technician_id: int,
    point_id: int,
    company_id: int,
    start_at: datetime,
    end_at: datetime,
    lunch: tuple[datetime, datetime, int] | None,
    by: Actor,
    now: datetime,
) -> None:
    """Working time for a point. `lunch`: earliest and latest start, seconds.

    Raises:
        InvalidError: it ends before it begins. ShiftOverlapsError: booked elsewhere, also at another maker.
    """
    if end_at <= start_at:
        raise bad_field("end_at", _("끝나는 때가 시작하는 때보다 앞섭니다."))
    row = Shift(
        technician_id=technician_id,
        service_point_id=point_id,
        company_id=company_id,
        start_at=start_at,
        end_at=end_at,
        lunch_earliest=lunch[0] if lunch else None,
        lunch_latest=lunch[1] if lunch else None,
        lunch_s=lunch[2] if lunch else 0,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise ShiftOverlapsError(
            _("이 기사는 그 시간에 이미 다른 근무가 있습니다. 시간을 바꿔 주세요.")
        ) from error
    audit.record(
        session,
        by=by,
        at=now,
        what="ShiftAdded",
        subject=("technician", technician_id),
        company_id=company_id,
        data={"start_at": start_at.isoformat(), "end_at": end_at.isoformat()},
    )


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
    """A technician does not work after all. The caller asks for a re-plan."""
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
