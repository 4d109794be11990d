"""Service points as an administrator looks after them: their facts, desk hours, closures and their end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import or_
from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from core.clock import operating_day
from core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from core.i18n import _
from core.phones import PhoneError, parse_phone
from workforce.capacity import announce_point_from
from workforce.models import OpeningHours, PointClosure, ServicePoint
from workforce.queries import point_info
from workforce.schemas import PointInfo

MAX_DAILY_LIMIT = 1000
KOREA = ((33.0, 39.0), (124.0, 132.0))
"""Latitude and longitude in which a Korean service point lies."""
PLANNED_WITH = {"kind", "area_code", "lat", "lon", "daily_limit"}
"""The fields that plans rest on."""


class ClosureOverError(ConflictError):
    """The closure has ended by itself already."""

    code = "closure-over"


@dataclass(frozen=True)
class HoursInfo:
    """Desk hours of one weekday (Monday 0 … Sunday 6, 7 public holidays) and the day they began to hold."""

    weekday: int
    opens: time
    closes: time
    valid_from: date


@dataclass(frozen=True)
class ClosureInfo:
    """A stretch in which a point takes nothing new."""

    id: int
    start_at: datetime
    end_at: datetime
    reason: str


def own_point(session: Session, *, company_id: int, code: str, lock: bool = False) -> ServicePoint:
    """The row of a company's point. Raises NotFoundError, also for another company's."""
    query = select(ServicePoint).where(
        col(ServicePoint.company_id) == company_id, col(ServicePoint.code) == code
    )
    row = session.exec(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFoundError(_("그런 서비스점이 없습니다."))
    return row


def search_points(session: Session, *, company_id: int, query: str = "") -> list[PointInfo]:
    """Every point of a company that was ever open, by code; `query` looks in code, name and address."""
    wanted = select(ServicePoint).where(col(ServicePoint.company_id) == company_id)
    for word in query.split():
        found = [
            col(column).icontains(word, autoescape=True)
            for column in (ServicePoint.code, ServicePoint.name, ServicePoint.address)
        ]
        wanted = wanted.where(or_(*found))
    return [point_info(row) for row in session.exec(wanted.order_by(col(ServicePoint.code)))]


def change_point(
    session: Session,
    *,
    company_id: int,
    code: str,
    name: str,
    kind: str,
    address: str,
    area_code: str,
    lat: float,
    lon: float,
    desk_phone: str,
    daily_limit: int | None,
    by: Actor,
    now: datetime,
) -> PointInfo:
    """Take over what the form says. Raises InvalidError with every bad field, NotFoundError."""
    row = own_point(session, company_id=company_id, code=code, lock=True)
    wanted = checked_point(
        name=name,
        kind=kind,
        address=address,
        lat=lat,
        lon=lon,
        desk_phone=desk_phone,
        daily_limit=daily_limit,
    )
    wanted["area_code"] = area_code
    refuse_taken_name(session, company_id=company_id, code=code, name=wanted["name"])
    changed = {key: [getattr(row, key), value] for key, value in wanted.items() if getattr(row, key) != value}
    for key, (_old, new) in changed.items():
        setattr(row, key, new)
    session.add(row)
    if changed:
        _note(session, row, what="ServicePointChanged", by=by, now=now, data=changed)
    if changed.keys() & PLANNED_WITH:
        _announce(session, row, first=operating_day(now), now=now)
    return point_info(row)


def refuse_taken_name(session: Session, *, company_id: int, code: str, name: str) -> None:
    """Two points of one spelling cannot be told apart on any screen. Raises InvalidError."""
    query = select(ServicePoint.code).where(
        col(ServicePoint.company_id) == company_id,
        col(ServicePoint.name) == name,
        col(ServicePoint.code) != code,
    )
    other = session.exec(query).first()
    if other is not None:
        message = _("{code} 서비스점의 이름과 같습니다. 시·도를 붙여 구분해 주세요. 예: 부산 북구").format(
            code=other
        )
        raise InvalidError(message, errors=(FieldError("name", message),))


def checked_point(
    *,
    name: str,
    kind: str,
    address: str,
    lat: float,
    lon: float,
    desk_phone: str,
    daily_limit: int | None,
) -> dict[str, Any]:
    """The fields as they are stored. Raises InvalidError with every bad one."""
    errors: list[FieldError] = []
    for field, text in (("name", name), ("address", address)):
        if not 0 < len(text.strip()) <= 200:
            errors.append(FieldError(field, _("1자에서 200자까지 적어 주세요.")))
    if kind not in ("direct", "designated"):
        errors.append(FieldError("kind", _("직영이나 지정점 가운데 하나를 골라 주세요.")))
    if not KOREA[0][0] <= lat <= KOREA[0][1] or not KOREA[1][0] <= lon <= KOREA[1][1]:
        errors.append(FieldError("lat", _("우리나라 안의 위치가 아닙니다. 지도에서 다시 눌러 주세요.")))
    if daily_limit is not None and not 0 <= daily_limit <= MAX_DAILY_LIMIT:
        errors.append(FieldError("daily_limit", _("0건에서 1,000건까지 적거나 비워 두세요.")))
    phone = ""
    try:
        phone = parse_phone(desk_phone).e164
    except PhoneError as error:
        errors.append(FieldError("desk_phone", error.detail))
    if errors:
        raise InvalidError(_("고칠 곳이 있습니다."), errors=tuple(errors))
    return {
        "name": name.strip(),
        "kind": kind,
        "address": address.strip(),
        "lat": lat,
        "lon": lon,
        "desk_phone": phone,
        "daily_limit": daily_limit,
    }


def set_end_of_point(
    session: Session,
    *,
    company_id: int,
    code: str,
    first_day_closed: date | None,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Close a point for good from a day on; None takes it back. Raises NotFoundError, InvalidError."""
    row = own_point(session, company_id=company_id, code=code, lock=True)
    if first_day_closed is not None and first_day_closed <= row.open_from:
        message = _("문을 연 날보다 뒤의 날짜를 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("day", message),))
    before = row.open_until.isoformat() if row.open_until else None
    row.open_until = first_day_closed
    session.add(row)
    after = first_day_closed.isoformat() if first_day_closed else None
    what = "ServicePointEnded" if first_day_closed else "ServicePointReopened"
    _note(session, row, what=what, by=by, now=now, data={"open_until": [before, after]}, reason=reason)
    _announce(session, row, first=operating_day(now), now=now)


def desk_hours(session: Session, *, point_id: int, day: date) -> list[HoursInfo]:
    """Desk hours that hold on a date, by weekday; a weekday that is missing is closed."""
    query = (
        select(OpeningHours)
        .where(
            col(OpeningHours.service_point_id) == point_id,
            col(OpeningHours.valid_from) <= day,
            or_(col(OpeningHours.valid_to).is_(None), col(OpeningHours.valid_to) > day),
        )
        .order_by(col(OpeningHours.weekday), col(OpeningHours.opens))
    )
    return [
        HoursInfo(weekday=row.weekday, opens=row.opens, closes=row.closes, valid_from=row.valid_from)
        for row in session.exec(query)
    ]


def set_desk_hours(
    session: Session,
    *,
    company_id: int,
    code: str,
    hours: dict[int, tuple[time, time]],
    valid_from: date,
    by: Actor,
    now: datetime,
) -> None:
    """Let new desk hours hold from a day on; the old ones stay on record until then.

    Args:
        hours: weekday 0-7 (7 public holidays) -> opens, closes; a missing weekday is closed, `closes`
            before `opens` runs over midnight.

    Raises:
        NotFoundError. InvalidError: a day opens and closes at the same time.
    """
    row = own_point(session, company_id=company_id, code=code, lock=True)
    same = [day for day, (opens, closes) in hours.items() if opens == closes]
    if same:
        message = _("여는 때와 닫는 때가 같습니다. 쉬는 날은 두 칸을 모두 비워 주세요.")
        raise InvalidError(message, errors=tuple(FieldError(f"opens_{day}", message) for day in same))
    later = select(OpeningHours).where(
        col(OpeningHours.service_point_id) == row.id,
        or_(col(OpeningHours.valid_to).is_(None), col(OpeningHours.valid_to) > valid_from),
    )
    for old in session.exec(later):
        old.valid_to = max(valid_from, old.valid_from)
        session.add(old)
    for weekday, (opens, closes) in hours.items():
        session.add(
            OpeningHours(
                service_point_id=row.id or 0,
                weekday=weekday,
                opens=opens,
                closes=closes,
                valid_from=valid_from,
            )
        )
    data = {
        "valid_from": valid_from.isoformat(),
        "hours": {str(day): [f"{o:%H:%M}", f"{c:%H:%M}"] for day, (o, c) in sorted(hours.items())},
    }
    _note(session, row, what="DeskHoursSet", by=by, now=now, data=data)
    _announce(session, row, first=valid_from, now=now)


def list_closures(session: Session, *, point_id: int, since: datetime) -> list[ClosureInfo]:
    """Closures that have not ended before `since`, by start."""
    query = (
        select(PointClosure)
        .where(col(PointClosure.service_point_id) == point_id, col(PointClosure.end_at) > since)
        .order_by(col(PointClosure.start_at))
    )
    return [
        ClosureInfo(id=row.id or 0, start_at=row.start_at, end_at=row.end_at, reason=row.reason)
        for row in session.exec(query)
        if row.end_at > row.start_at
    ]


def end_closure(
    session: Session, *, company_id: int, code: str, closure_id: int, by: Actor, now: datetime
) -> None:
    """Open again before the time: the closure ends now. Raises NotFoundError, ClosureOverError."""
    row = own_point(session, company_id=company_id, code=code)
    closure = session.get(PointClosure, closure_id, with_for_update=True)
    if closure is None or closure.service_point_id != row.id:
        raise NotFoundError(_("그런 휴무가 없습니다."))
    if closure.end_at <= now:
        raise ClosureOverError(_("이미 끝난 휴무입니다."))
    closure.end_at = max(now, closure.start_at)
    session.add(closure)
    _note(session, row, what="PointOpenedAgain", by=by, now=now, data={"closure_id": closure_id})
    _announce(session, row, first=operating_day(now), now=now)


def _announce(session: Session, row: ServicePoint, *, first: date, now: datetime) -> None:
    announce_point_from(session, company_id=row.company_id, point_id=row.id or 0, first=first, now=now)


def _note(
    session: Session,
    row: ServicePoint,
    *,
    what: str,
    by: Actor,
    now: datetime,
    data: Mapping[str, object],
    reason: str | None = None,
) -> None:
    audit.record(
        session,
        by=by,
        at=now,
        what=what,
        subject=("service_point", row.id or 0),
        company_id=row.company_id,
        reason=reason or None,
        data=dict(data),
    )
