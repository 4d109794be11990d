"""Who works and who answers: shifts with absences cut out, and the duty rota (당직)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from core.db import any_of
from core.errors import ConflictError
from core.i18n import _
from core.spans import Span, without
from workforce.models import Absence, DutyRota, Membership, Person, Shift
from workforce.queries import people_by_id, person_info, valid_at
from workforce.schemas import DutyInfo, PersonInfo, ShiftInfo


class NobodyAnswersError(ConflictError):
    """A company has neither a rota nor any standing member to own its work."""

    code = "nobody-answers"


# Put together once: every board asks them.
_SHIFTS = (
    columns(*Shift.__table__.columns)  # type: ignore[attr-defined]
    .where(
        any_of(Shift.service_point_id, "point_ids"),
        col(Shift.start_at) < bindparam("end"),
        col(Shift.end_at) > bindparam("start"),
    )
    .order_by(col(Shift.technician_id), col(Shift.start_at))
)
_ABSENCES = (
    columns(col(Absence.technician_id), col(Absence.start_at), col(Absence.end_at))
    .where(
        any_of(Absence.technician_id, "technician_ids"),
        col(Absence.start_at) < bindparam("end"),
        col(Absence.end_at) > bindparam("start"),
    )
    .order_by(col(Absence.start_at))
)

STAND_IN_ROLES = ("point", "dispatcher", "manager", "admin", "agent")
"""Who stands in, in this order, where no rota covers a moment."""


def list_shifts(session: Session, *, point_id: int, start: datetime, end: datetime) -> list[ShiftInfo]:
    """Shifts of a point that touch [start, end), absences cut out, by technician and start."""
    return list_shifts_of_points(session, point_ids=[point_id], start=start, end=end)


def list_shifts_of_points(
    session: Session, *, point_ids: Iterable[int], start: datetime, end: datetime
) -> list[ShiftInfo]:
    """The same for several points at once."""
    asked = {"point_ids": list(point_ids), "start": start, "end": end}
    shifts = session.execute(_SHIFTS, asked).all()
    away = _absences(session, technician_ids={s.technician_id for s in shifts}, start=start, end=end)
    return [piece for shift in shifts for piece in _cut(shift, away.get(shift.technician_id, []))]


def duty_at(session: Session, *, company_id: int, point_id: int | None, at: datetime) -> DutyInfo:
    """Who answers for a point (None: for the company's call desk) at a moment. Always a named person.

    Raises:
        NobodyAnswersError: the company has no rota and no member at all.
    """
    row = _rota_row(session, company_id=company_id, point_id=point_id, at=at)
    if row is None:
        stand_in = _stand_in(session, company_id=company_id, point_id=point_id, at=at)
        return DutyInfo(
            technician_id=None, desk=stand_in, escalation=stand_in, substitute_point_id=None, from_rota=False
        )
    people = people_by_id(session, person_ids=(row.desk_person_id, row.escalation_person_id))
    return DutyInfo(
        technician_id=row.technician_id,
        desk=people[row.desk_person_id],
        escalation=people[row.escalation_person_id],
        substitute_point_id=row.substitute_point_id,
        from_rota=True,
    )


def rota_people_at(session: Session, *, at: datetime) -> dict[tuple[int, int | None], tuple[int, int]]:
    """(desk person, escalation person) of every rota that holds at a moment, by (company, point or None)."""
    query = (
        select(DutyRota)
        .where(col(DutyRota.start_at) <= at, col(DutyRota.end_at) > at)
        .order_by(col(DutyRota.start_at), col(DutyRota.id))
    )
    return {
        (row.company_id, row.service_point_id): (row.desk_person_id, row.escalation_person_id)
        for row in session.exec(query)
    }


def duties_at(
    session: Session, *, company_id: int, point_ids: Iterable[int | None], at: datetime
) -> dict[int | None, DutyInfo]:
    """`duty_at` for many points at once (None: the call desk); each asked point is a key.

    Raises:
        NobodyAnswersError: the company has no rota and no member at all.
    """
    wanted = set(point_ids)
    query = (
        select(DutyRota)
        .where(
            col(DutyRota.company_id) == company_id,
            or_(
                col(DutyRota.service_point_id).is_(None), col(DutyRota.service_point_id).in_(wanted - {None})
            ),
            col(DutyRota.start_at) <= at,
            col(DutyRota.end_at) > at,
        )
        .order_by(col(DutyRota.id))
    )
    rows = {row.service_point_id: row for row in session.exec(query) if row.service_point_id in wanted}
    ids = {i for row in rows.values() for i in (row.desk_person_id, row.escalation_person_id)}
    people = people_by_id(session, person_ids=ids)
    found: dict[int | None, DutyInfo] = {
        point_id: DutyInfo(
            technician_id=row.technician_id,
            desk=people[row.desk_person_id],
            escalation=people[row.escalation_person_id],
            substitute_point_id=row.substitute_point_id,
            from_rota=True,
        )
        for point_id, row in rows.items()
    }
    for point_id in wanted - set(found):
        found[point_id] = duty_at(session, company_id=company_id, point_id=point_id, at=at)
    return found


def list_rota(
    session: Session, *, company_id: int, point_id: int | None, start: datetime, end: datetime
) -> list[DutyRota]:
    """Rota rows of a point (None: of the call desk) that touch [start, end), by start."""
    query = (
        select(DutyRota)
        .where(
            col(DutyRota.company_id) == company_id,
            _same_point(point_id),
            col(DutyRota.start_at) < end,
            col(DutyRota.end_at) > start,
        )
        .order_by(col(DutyRota.start_at), col(DutyRota.id))
    )
    return list(session.exec(query))


def _same_point(point_id: int | None) -> ColumnElement[bool]:
    column = col(DutyRota.service_point_id)
    return column.is_(None) if point_id is None else column == point_id


def _rota_row(session: Session, *, company_id: int, point_id: int | None, at: datetime) -> DutyRota | None:
    query = (
        select(DutyRota)
        .where(
            col(DutyRota.company_id) == company_id,
            _same_point(point_id),
            col(DutyRota.start_at) <= at,
            col(DutyRota.end_at) > at,
        )
        .order_by(col(DutyRota.id).desc())
    )
    return session.exec(query).first()


def _stand_in(session: Session, *, company_id: int, point_id: int | None, at: datetime) -> PersonInfo:
    query = (
        select(Person, Membership)
        .join(Membership, col(Membership.person_id) == col(Person.id))
        .where(
            col(Membership.company_id) == company_id,
            col(Membership.role).in_(STAND_IN_ROLES),
            or_(col(Membership.service_point_id).is_(None), col(Membership.service_point_id) == point_id),
            valid_at(at),
        )
    )
    found = list(session.exec(query))
    if not found:
        raise NobodyAnswersError(
            _("이 회사에는 담당자가 없습니다. 관리 화면에서 당직이나 직원을 넣어 주세요.")
        )
    found.sort(
        key=lambda pair: (
            pair[1].service_point_id is None,
            STAND_IN_ROLES.index(pair[1].role),
            pair[0].id or 0,
        )
    )
    return person_info(found[0][0])


def _absences(
    session: Session, *, technician_ids: Iterable[int], start: datetime, end: datetime
) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = {}
    asked = {"technician_ids": list(technician_ids), "start": start, "end": end}
    for technician_id, since, until in session.execute(_ABSENCES, asked):
        found.setdefault(technician_id, []).append((since, until))
    return found


def standby_spans(rows: Sequence[DutyRota]) -> list[tuple[int, Span]]:
    """Which technician is on duty (당직) when: a later row goes before an earlier one for the same time."""
    return [
        (row.technician_id, span)
        for row in rows
        if row.technician_id is not None
        for span in without(
            (row.start_at, row.end_at),
            [(later.start_at, later.end_at) for later in rows if (later.id or 0) > (row.id or 0)],
        )
    ]


def _cut(shift: Any, absences: list[Span]) -> list[ShiftInfo]:
    pieces = without((shift.start_at, shift.end_at), absences)
    return [
        ShiftInfo(
            technician_id=shift.technician_id,
            service_point_id=shift.service_point_id,
            kind=shift.kind,
            start_at=start,
            end_at=end,
            lunch_earliest=shift.lunch_earliest,
            lunch_latest=shift.lunch_latest,
            lunch_s=shift.lunch_s if _holds_lunch(shift, start, end) else 0,
            left_early=end < shift.end_at,
            came_late=start > shift.start_at,
        )
        for start, end in pieces
    ]


def _holds_lunch(shift: Any, start: datetime, end: datetime) -> bool:
    if shift.lunch_earliest is None or shift.lunch_latest is None:
        return False
    return bool(start <= shift.lunch_earliest and end >= shift.lunch_latest)
