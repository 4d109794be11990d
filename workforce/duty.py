"""Who works and who answers: shifts with absences cut out, and the duty rota (당직)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.db import any_of
from core.errors import ConflictError
from core.i18n import _
from core.spans import Span, without
from workforce.models import Absence, DutyRota, Membership, Person, Shift
from workforce.queries import person_info, valid_at
from workforce.schemas import DutyInfo, PersonInfo, ShiftInfo


class NobodyAnswersError(ConflictError):
    """A company has neither a rota nor any standing member to own its work."""

    code = "nobody-answers"


# Put together once: every board asks them.
_EVERY_SHIFT = (
    columns(
        *Shift.__table__.columns,  # type: ignore[attr-defined]
        col(Absence.start_at).label("away_from"),
        col(Absence.end_at).label("away_until"),
    )
    .outerjoin(
        Absence,
        and_(
            col(Absence.technician_id) == col(Shift.technician_id),
            col(Absence.start_at) < bindparam("end"),
            col(Absence.end_at) > bindparam("start"),
        ),
    )
    .where(
        col(Shift.start_at) < bindparam("end"),
        col(Shift.end_at) > bindparam("start"),
    )
    .order_by(col(Shift.technician_id), col(Shift.start_at), col(Shift.id), col(Absence.start_at))
)
"""A line for each shift and absence of the same person, one without an absence for who has none."""
_SHIFTS_OF_POINTS = _EVERY_SHIFT.where(any_of(Shift.service_point_id, "point_ids"))
_SHIFTS_OF_ONE = _EVERY_SHIFT.where(col(Shift.technician_id) == bindparam("technician_id"))
_desk, _escalation = aliased(Person), aliased(Person)
_DUTIES = (
    columns(
        col(DutyRota.service_point_id),
        col(DutyRota.technician_id),
        col(DutyRota.substitute_point_id),
        *(getattr(_desk, field.name) for field in fields(PersonInfo)),
        *(getattr(_escalation, field.name) for field in fields(PersonInfo)),
    )
    .join(_desk, col(_desk.id) == col(DutyRota.desk_person_id))
    .join(_escalation, col(_escalation.id) == col(DutyRota.escalation_person_id))
    .where(
        col(DutyRota.company_id) == bindparam("company_id"),
        or_(col(DutyRota.service_point_id).is_(None), any_of(DutyRota.service_point_id, "point_ids")),
        col(DutyRota.start_at) <= bindparam("at"),
        col(DutyRota.end_at) > bindparam("at"),
    )
    .order_by(col(DutyRota.id))
)
_PERSON = len(fields(PersonInfo))

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
    return _pieces(session.execute(_SHIFTS_OF_POINTS, asked))


def list_shifts_of_technician(
    session: Session, *, technician_id: int, start: datetime, end: datetime
) -> list[ShiftInfo]:
    """The same of one technician, at whichever point he works, the earliest first."""
    asked = {"technician_id": technician_id, "start": start, "end": end}
    return _pieces(session.execute(_SHIFTS_OF_ONE, asked))


def duty_at(session: Session, *, company_id: int, point_id: int | None, at: datetime) -> DutyInfo:
    """Who answers for a point (None: for the company's call desk) at a moment. Always a named person.

    Raises:
        NobodyAnswersError: the company has no rota and no member at all.
    """
    return duties_at(session, company_id=company_id, point_ids=(point_id,), at=at)[point_id]


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
    asked = {"company_id": company_id, "point_ids": list(wanted - {None}), "at": at}
    found: dict[int | None, DutyInfo] = {}
    for point_id, technician_id, substitute_point_id, *people in session.execute(_DUTIES, asked):
        if point_id in wanted:  # of several the one that was entered last
            found[point_id] = DutyInfo(
                technician_id=technician_id,
                desk=PersonInfo(*people[:_PERSON]),
                escalation=PersonInfo(*people[_PERSON:]),
                substitute_point_id=substitute_point_id,
                from_rota=True,
            )
    for point_id in wanted - found.keys():
        person = _stand_in(session, company_id=company_id, point_id=point_id, at=at)
        found[point_id] = DutyInfo(
            technician_id=None, desk=person, escalation=person, substitute_point_id=None, from_rota=False
        )
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


def _pieces(lines: Iterable[Any]) -> list[ShiftInfo]:
    by_shift = groupby(lines, key=attrgetter("id"))
    return [piece for _id, lines_of_shift in by_shift for piece in _cut(list(lines_of_shift))]


def _cut(lines: Sequence[Any]) -> list[ShiftInfo]:
    """What is left of one shift: `lines` are it beside each absence of its technician."""
    shift = lines[0]
    away = [(line.away_from, line.away_until) for line in lines if line.away_from is not None]
    pieces = without((shift.start_at, shift.end_at), away)
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
