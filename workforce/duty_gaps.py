"""Where a duty rota (당직) covers nobody, and how a gap is filled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import or_
from sqlmodel import Session, col, select

from core.actor import Actor
from core.clock import kst, today_kst
from core.errors import InvalidError
from core.i18n import _
from workforce.duty import NobodyAnswersError, duty_at
from workforce.models import DutyRota, Membership, Person, ServicePoint, Technician
from workforce.queries import valid_at
from workforce.rosters import set_duty
from workforce.schemas import PersonInfo
from workforce.staff import bad_field

LOOK_AHEAD = timedelta(days=14)
FILLED_DAYS = 28
"""A press fills further than is shown, so that tomorrow is not red again."""
LONGEST_DAYS = 92


@dataclass(frozen=True)
class Gap:
    """A stretch that no rota covers."""

    start_at: datetime
    end_at: datetime


@dataclass(frozen=True)
class DutyRow:
    """A row of a rota with its people by name, and the ids of those that a new row may keep."""

    id: int
    start_at: datetime
    end_at: datetime
    technician: str | None
    desk: str
    escalation: str
    substitute: str | None
    technician_id: int | None
    escalation_id: int
    substitute_id: int | None


@dataclass(frozen=True)
class DutyPattern:
    """The same hours on every day of a stretch; `ends` at or before `starts` runs into the next day."""

    first_day: date
    last_day: date
    starts: time
    ends: time


def find_gaps(spans: Iterable[tuple[datetime, datetime]], *, start: datetime, end: datetime) -> list[Gap]:
    """What [start, end) has beside the spans, in order."""
    gaps: list[Gap] = []
    reached = start
    for begins, ends in sorted(spans):
        if begins >= end:
            break
        if begins > reached:
            gaps.append(Gap(reached, begins))
        reached = max(reached, ends)
    if reached < end:
        gaps.append(Gap(reached, end))
    return gaps


def gaps_of_company(
    session: Session, *, company_id: int, now: datetime, days: int = LOOK_AHEAD.days
) -> dict[int | None, list[Gap]]:
    """The gaps from now on, today and the days after: of the call desk (None) and of every open point."""
    end = kst(today_kst(now) + timedelta(days=days))
    spans: dict[int | None, list[tuple[datetime, datetime]]] = {None: []}
    points = select(ServicePoint.id).where(
        col(ServicePoint.company_id) == company_id,
        or_(col(ServicePoint.open_until).is_(None), col(ServicePoint.open_until) > today_kst(now)),
    )
    for point_id in session.exec(points):
        spans[point_id] = []
    rows = select(DutyRota.service_point_id, DutyRota.start_at, DutyRota.end_at).where(
        col(DutyRota.company_id) == company_id, col(DutyRota.start_at) < end, col(DutyRota.end_at) > now
    )
    for row_point, begins, ends in session.exec(rows):
        if row_point in spans:
            spans[row_point].append((begins, ends))
    return {key: find_gaps(found, start=now, end=end) for key, found in spans.items()}


def list_duty(
    session: Session, *, company_id: int, point_id: int | None, start: datetime, end: datetime
) -> list[DutyRow]:
    """Rota rows that touch [start, end) with names, by start."""
    column = col(DutyRota.service_point_id)
    query = (
        select(DutyRota)
        .where(
            col(DutyRota.company_id) == company_id,
            column.is_(None) if point_id is None else column == point_id,
            col(DutyRota.start_at) < end,
            col(DutyRota.end_at) > start,
        )
        .order_by(col(DutyRota.start_at), col(DutyRota.id))
    )
    rows = list(session.exec(query))
    people = {row.desk_person_id for row in rows} | {row.escalation_person_id for row in rows}
    names = dict(session.exec(select(Person.id, Person.name).where(col(Person.id).in_(people))).all())
    technicians = dict(
        session.exec(
            select(Technician.id, Person.name)
            .join(Person, col(Person.id) == col(Technician.person_id))
            .where(col(Technician.id).in_({row.technician_id for row in rows}))
        ).all()
    )
    points = dict(
        session.exec(
            select(ServicePoint.id, ServicePoint.name).where(
                col(ServicePoint.id).in_({row.substitute_point_id for row in rows})
            )
        ).all()
    )
    return [
        DutyRow(
            id=row.id or 0,
            start_at=row.start_at,
            end_at=row.end_at,
            technician=technicians.get(row.technician_id),
            desk=names[row.desk_person_id],
            escalation=names[row.escalation_person_id],
            substitute=points.get(row.substitute_point_id),
            technician_id=row.technician_id,
            escalation_id=row.escalation_person_id,
            substitute_id=row.substitute_point_id,
        )
        for row in rows
    ]


def duty_candidates(
    session: Session, *, company_id: int, point_id: int | None, at: datetime
) -> list[PersonInfo]:
    """Who can answer: the point's own people first, then those of the whole company, by name."""
    wanted = col(Membership.service_point_id).is_(None)
    if point_id is not None:
        wanted = or_(wanted, col(Membership.service_point_id) == point_id)  # type: ignore[assignment]
    query = (
        select(Person, Membership.service_point_id)
        .join(Membership, col(Membership.person_id) == col(Person.id))
        .where(col(Membership.company_id) == company_id, wanted, valid_at(at))
        .order_by(col(Membership.service_point_id).nulls_last(), col(Person.name), col(Person.id))
    )
    found = {
        row.id or 0: PersonInfo(id=row.id or 0, name=row.name, phone=row.phone)
        for row, _point in session.exec(query)
    }
    return list(found.values())


def add_duty_pattern(
    session: Session,
    *,
    company_id: int,
    point_id: int | None,
    pattern: DutyPattern,
    technician_id: int | None,
    desk_person_id: int,
    escalation_person_id: int,
    substitute_point_id: int | None,
    by: Actor,
    now: datetime,
) -> int:
    """A row of the rota for every day of the pattern; a newer row goes before an older one.

    Raises:
        InvalidError: the days are turned round or too many, or somebody does not belong here.
    """
    count = (pattern.last_day - pattern.first_day).days + 1
    if not 1 <= count <= LONGEST_DAYS:
        raise bad_field("last_day", _("시작하는 날부터 92일 안의 날짜를 적어 주세요."))
    allowed = {p.id for p in duty_candidates(session, company_id=company_id, point_id=point_id, at=now)}
    for field, person_id in (("desk", desk_person_id), ("escalation", escalation_person_id)):
        if person_id not in allowed:
            raise bad_field(field, _("이 창구의 사람 가운데에서 골라 주세요."))
    over = pattern.ends <= pattern.starts
    for n in range(count):
        day = pattern.first_day + timedelta(days=n)
        set_duty(
            session,
            company_id=company_id,
            point_id=point_id,
            start_at=kst(day, pattern.starts.hour, pattern.starts.minute),
            end_at=kst(day + timedelta(days=int(over)), pattern.ends.hour, pattern.ends.minute),
            technician_id=technician_id,
            desk_person_id=desk_person_id,
            escalation_person_id=escalation_person_id,
            substitute_point_id=substitute_point_id,
            by=by,
            now=now,
        )
    return count


def fill_gaps(session: Session, *, company_id: int, point_id: int | None, by: Actor, now: datetime) -> int:
    """Fill every gap of the coming weeks: with whom the last row named, else with who stands in.

    Returns how many rows were added. Raises InvalidError when there is nobody to name.
    """
    found = gaps_of_company(session, company_id=company_id, now=now, days=FILLED_DAYS)
    gaps = found.get(point_id, [])
    for gap in gaps:
        names = _names_for(session, company_id=company_id, point_id=point_id, before=gap.start_at, now=now)
        set_duty(
            session,
            company_id=company_id,
            point_id=point_id,
            start_at=gap.start_at,
            end_at=gap.end_at,
            technician_id=names[0],
            desk_person_id=names[1],
            escalation_person_id=names[2],
            substitute_point_id=names[3],
            by=by,
            now=now,
        )
    return len(gaps)


def _names_for(
    session: Session, *, company_id: int, point_id: int | None, before: datetime, now: datetime
) -> tuple[int | None, int, int, int | None]:
    """Technician, desk, escalation, substitute: of the row before, if its people still work here."""
    column = col(DutyRota.service_point_id)
    query = (
        select(DutyRota)
        .where(
            col(DutyRota.company_id) == company_id,
            column.is_(None) if point_id is None else column == point_id,
            col(DutyRota.start_at) < before,
        )
        .order_by(col(DutyRota.end_at).desc(), col(DutyRota.id).desc())
    )
    row = session.exec(query).first()
    here = {p.id for p in duty_candidates(session, company_id=company_id, point_id=point_id, at=now)}
    if row is not None and {row.desk_person_id, row.escalation_person_id} <= here:
        return row.technician_id, row.desk_person_id, row.escalation_person_id, row.substitute_point_id
    try:
        duty = duty_at(session, company_id=company_id, point_id=point_id, at=now)
    except NobodyAnswersError as error:
        raise InvalidError(_("당직을 맡을 사람이 없습니다. 먼저 사람을 넣어 주세요.")) from error
    return None, duty.desk.id, duty.escalation.id, None
