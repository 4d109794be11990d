"""Shifts as a pattern over many days, and a week of them as one picture."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from core.clock import kst, operating_day
from core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from core.i18n import _
from workforce.capacity import announce_point, announce_point_from, announce_span
from workforce.certificates import must_be_own_technician
from workforce.models import Absence, Shift
from workforce.rosters import ShiftOverlapsError

LONGEST_DAYS = 92
LONGEST_SHIFT = timedelta(hours=24)


class ShiftBegunError(ConflictError):
    """What has begun is record, not plan: enter an absence instead."""

    code = "shift-begun"


@dataclass(frozen=True)
class ShiftPattern:
    """Working hours that repeat on some weekdays of a stretch of days.

    `weekdays`: Monday 0 … Sunday 6. `ends` at or before `starts` runs into the next day. `lunch`:
    earliest and latest start and length in seconds, None for none.
    """

    first_day: date
    last_day: date
    weekdays: frozenset[int]
    starts: time
    ends: time
    lunch: tuple[time, time, int] | None = None

    def days(self) -> list[date]:
        """The dates it falls on."""
        count = (self.last_day - self.first_day).days + 1
        every = (self.first_day + timedelta(days=n) for n in range(count))
        return [day for day in every if day.weekday() in self.weekdays]


@dataclass(frozen=True)
class ShiftRow:
    """One shift, as the week's grid shows it."""

    id: int
    technician_id: int
    kind: str
    start_at: datetime
    end_at: datetime
    absent: str | None
    """Why the technician does not come after all, for the whole shift or a part of it."""


def add_shift_pattern(
    session: Session,
    *,
    company_id: int,
    point_id: int,
    technician_ids: Collection[int],
    pattern: ShiftPattern,
    by: Actor,
    now: datetime,
) -> tuple[int, int]:
    """Enter the shifts of a pattern. Returns how many were entered, and left out for another shift then.

    Raises:
        InvalidError: the pattern holds nothing or too much. NotFoundError: another company's technician.
        ShiftOverlapsError: somebody entered a shift for one of them at this very moment.
    """
    _check(pattern)
    entered = skipped = 0
    for technician_id in sorted(technician_ids):
        must_be_own_technician(session, technician_id=technician_id, company_id=company_id, at=now)
        wanted = [
            _shift(pattern, day, technician_id=technician_id, point_id=point_id, company_id=company_id)
            for day in pattern.days()
        ]
        free = _without_taken(session, wanted)
        _store(session, free)
        entered += len(free)
        skipped += len(wanted) - len(free)
        if free:
            _note(session, technician_id, company_id, point_id, pattern, len(free), by=by, now=now)
    if entered:
        first, last = pattern.first_day, pattern.last_day + timedelta(days=1)
        announce_point(session, company_id=company_id, point_id=point_id, first=first, last=last, now=now)
    return entered, skipped


def list_week(session: Session, *, point_id: int, first_day: date, days: int = 7) -> list[ShiftRow]:
    """The shifts of a point that begin on these Korean dates, by start; with absences that touch them."""
    start, end = kst(first_day), kst(first_day + timedelta(days=days))
    query = (
        select(Shift)
        .where(
            col(Shift.service_point_id) == point_id, col(Shift.start_at) >= start, col(Shift.start_at) < end
        )
        .order_by(col(Shift.start_at), col(Shift.id))
    )
    rows = list(session.exec(query))
    away = list(
        session.exec(
            select(Absence).where(
                col(Absence.technician_id).in_({row.technician_id for row in rows}),
                col(Absence.start_at) < end + LONGEST_SHIFT,
                col(Absence.end_at) > start,
            )
        )
    )
    return [
        ShiftRow(
            id=row.id or 0,
            technician_id=row.technician_id,
            kind=row.kind,
            start_at=row.start_at,
            end_at=row.end_at,
            absent=_why_absent(row, away),
        )
        for row in rows
    ]


def points_with_shifts(session: Session, *, company_id: int, start: datetime, end: datetime) -> set[int]:
    """The points of a company at which somebody works in [start, end)."""
    query = (
        select(Shift.service_point_id)
        .where(col(Shift.company_id) == company_id, col(Shift.start_at) < end, col(Shift.end_at) > start)
        .distinct()
    )
    return set(session.exec(query))


def remove_shift(session: Session, *, shift_id: int, company_id: int, by: Actor, now: datetime) -> ShiftRow:
    """Take back a shift that has not begun; the timeline keeps it. Raises NotFoundError, ShiftBegunError."""
    point_id, gone = _take_back(session, shift_id=shift_id, company_id=company_id, by=by, now=now)
    announce_span(
        session, company_id=company_id, point_id=point_id, start=gone.start_at, end=gone.end_at, now=now
    )
    return gone


def _take_back(
    session: Session, *, shift_id: int, company_id: int, by: Actor, now: datetime
) -> tuple[int, ShiftRow]:
    row = session.get(Shift, shift_id, with_for_update=True)
    if row is None or row.company_id != company_id:
        raise NotFoundError(_("그런 근무가 없습니다."))
    if row.start_at <= now:
        raise ShiftBegunError(_("이미 시작한 근무는 지울 수 없습니다. 쉬는 시간으로 넣어 주세요."))
    gone = ShiftRow(shift_id, row.technician_id, row.kind, row.start_at, row.end_at, None)
    session.delete(row)
    data = {"start_at": row.start_at.isoformat(), "end_at": row.end_at.isoformat()}
    audit.record(
        session,
        by=by,
        at=now,
        what="ShiftRemoved",
        subject=("technician", row.technician_id),
        company_id=company_id,
        data={**data, "service_point_id": row.service_point_id},
    )
    return row.service_point_id, gone


def remove_shifts_from(
    session: Session,
    *,
    technician_id: int,
    point_id: int,
    company_id: int,
    at: datetime,
    by: Actor,
    now: datetime,
) -> int:
    """Take back every shift at a point that begins at or after a moment, when somebody leaves it."""
    query = select(Shift.id).where(
        col(Shift.technician_id) == technician_id,
        col(Shift.service_point_id) == point_id,
        col(Shift.start_at) >= max(at, now),
    )
    ids = [shift_id for shift_id in session.exec(query) if shift_id is not None]
    for shift_id in ids:
        _take_back(session, shift_id=shift_id, company_id=company_id, by=by, now=now)
    if ids:
        first = operating_day(max(at, now))
        announce_point_from(session, company_id=company_id, point_id=point_id, first=first, now=now)
    return len(ids)


def _check(pattern: ShiftPattern) -> None:
    errors: list[FieldError] = []
    if pattern.last_day < pattern.first_day:
        errors.append(FieldError("last_day", _("끝나는 날이 시작하는 날보다 앞섭니다.")))
    elif (pattern.last_day - pattern.first_day).days >= LONGEST_DAYS:
        errors.append(FieldError("last_day", _("한 번에 92일까지 넣을 수 있습니다.")))
    elif not pattern.days():
        errors.append(FieldError("weekdays", _("그 기간에는 고른 요일이 없습니다.")))
    if pattern.lunch and pattern.lunch[1] < pattern.lunch[0]:
        errors.append(FieldError("lunch_latest", _("점심의 늦은 시작이 이른 시작보다 앞섭니다.")))
    if errors:
        raise InvalidError(_("고칠 곳이 있습니다."), errors=tuple(errors))


def _shift(pattern: ShiftPattern, day: date, *, technician_id: int, point_id: int, company_id: int) -> Shift:
    over = pattern.ends <= pattern.starts
    lunch = pattern.lunch
    return Shift(
        technician_id=technician_id,
        service_point_id=point_id,
        company_id=company_id,
        kind="night" if over else "day",
        start_at=kst(day, pattern.starts.hour, pattern.starts.minute),
        end_at=kst(day + timedelta(days=1 if over else 0), pattern.ends.hour, pattern.ends.minute),
        lunch_earliest=kst(day, lunch[0].hour, lunch[0].minute) if lunch else None,
        lunch_latest=kst(day, lunch[1].hour, lunch[1].minute) if lunch else None,
        lunch_s=lunch[2] if lunch else 0,
    )


def _without_taken(session: Session, wanted: list[Shift]) -> list[Shift]:
    """Those that meet no other shift of the technician, at this maker or another."""
    if not wanted:
        return []
    query = select(Shift.start_at, Shift.end_at).where(
        col(Shift.technician_id) == wanted[0].technician_id,
        col(Shift.start_at) < max(shift.end_at for shift in wanted),
        col(Shift.end_at) > min(shift.start_at for shift in wanted),
    )
    taken = list(session.exec(query))
    free: list[Shift] = []
    for shift in wanted:
        if all(shift.end_at <= start or shift.start_at >= end for start, end in taken):
            taken.append((shift.start_at, shift.end_at))
            free.append(shift)
    return free


def _store(session: Session, shifts: Iterable[Shift]) -> None:
    try:
        with session.begin_nested():
            session.add_all(shifts)
    except IntegrityError as error:
        raise ShiftOverlapsError(
            _("방금 다른 분이 같은 기사의 근무를 넣었습니다. 화면을 새로 열어 확인해 주세요.")
        ) from error


def _why_absent(row: Shift, away: list[Absence]) -> str | None:
    for absence in away:
        same = absence.technician_id == row.technician_id
        if same and absence.start_at < row.end_at and absence.end_at > row.start_at:
            return absence.reason or _("쉼")
    return None


def _note(
    session: Session,
    technician_id: int,
    company_id: int,
    point_id: int,
    pattern: ShiftPattern,
    count: int,
    *,
    by: Actor,
    now: datetime,
) -> None:
    audit.record(
        session,
        by=by,
        at=now,
        what="ShiftPatternAdded",
        subject=("technician", technician_id),
        company_id=company_id,
        data={
            "service_point_id": point_id,
            "first_day": pattern.first_day.isoformat(),
            "last_day": pattern.last_day.isoformat(),
            "weekdays": sorted(pattern.weekdays),
            "hours": [f"{pattern.starts:%H:%M}", f"{pattern.ends:%H:%M}"],
            "count": count,
        },
    )
