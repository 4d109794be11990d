"""Dated numbers and calendar days with their whole history, for the people who look after them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import holidays
from sqlalchemy import or_
from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from core.errors import FieldError, InvalidError
from core.i18n import _
from core.models import DatedSetting, Holiday


@dataclass(frozen=True)
class SettingRow:
    """One row of a number's history. `own`: the company's; else the national default."""

    key: str
    value: Any
    valid_from: datetime
    source: str
    own: bool
    entered_at: datetime
    replaced: bool = False
    """A row for the same moment that was entered later counts instead."""


@dataclass(frozen=True)
class SettingHistory:
    """A number as it holds at a moment, with everything before and after, in the order in which it counts."""

    key: str
    current: SettingRow
    rows: tuple[SettingRow, ...]
    coming: tuple[SettingRow, ...]


@dataclass(frozen=True)
class CalendarDay:
    """A holiday, or a date made a working day. `origin`: `national`, `operator` or `company`."""

    day: date
    name: str
    is_holiday: bool
    origin: str


def list_settings(session: Session, *, company_id: int, at: datetime) -> dict[str, SettingHistory]:
    """Every number of a company by its key."""
    query = (
        select(DatedSetting)
        .where(or_(col(DatedSetting.company_id) == company_id, col(DatedSetting.company_id).is_(None)))
        .order_by(
            col(DatedSetting.company_id).nulls_first(), col(DatedSetting.valid_from), col(DatedSetting.id)
        )
    )
    rows: dict[str, list[SettingRow]] = {}
    for row in session.exec(query):
        rows.setdefault(row.key, []).append(
            SettingRow(
                key=row.key,
                value=row.value,
                valid_from=row.valid_from,
                source=row.source,
                own=row.company_id is not None,
                entered_at=row.entered_at,
            )
        )
    found = {}
    for key, entered in rows.items():
        history = _with_replaced(entered)
        past = [row for row in history if row.valid_from <= at]
        if past:
            coming = tuple(row for row in history if row.valid_from > at and row.own and not row.replaced)
            found[key] = SettingHistory(key, past[-1], history, coming)
    return found


def _with_replaced(entered: list[SettingRow]) -> tuple[SettingRow, ...]:
    last = {(row.own, row.valid_from): number for number, row in enumerate(entered)}
    return tuple(
        replace(row, replaced=last[row.own, row.valid_from] != number) for number, row in enumerate(entered)
    )


def list_calendar_days(session: Session, *, company_id: int, year: int) -> list[CalendarDay]:
    """Public holidays of a year with the operator's and the company's corrections, by date."""
    national = holidays.country_holidays("KR", years=[year], language="ko")
    days = {
        day: CalendarDay(day, name, True, "national") for day, name in national.items() if day.year == year
    }
    query = (
        select(Holiday)
        .where(
            or_(col(Holiday.company_id) == company_id, col(Holiday.company_id).is_(None)),
            col(Holiday.day) >= date(year, 1, 1),
            col(Holiday.day) <= date(year, 12, 31),
        )
        .order_by(col(Holiday.company_id).nulls_first(), col(Holiday.id))
    )
    for row in session.exec(query):
        known = row.day in national
        if row.is_holiday == known and not row.name:
            days.pop(row.day, None)
            if known:
                days[row.day] = CalendarDay(row.day, national[row.day], True, "national")
            continue
        origin = "operator" if row.company_id is None else "company"
        days[row.day] = CalendarDay(row.day, row.name, row.is_holiday, origin)
    return [days[day] for day in sorted(days)]


def set_calendar_day(
    session: Session, *, company_id: int, day: date, name: str, is_holiday: bool, by: Actor, now: datetime
) -> None:
    """Make a date a holiday of the company, or a working day; the newest word counts. Raises InvalidError."""
    if not 0 < len(name.strip()) <= 60:
        message = _("무슨 날인지 60자까지 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("name", message),))
    _enter(session, company_id, day, name.strip(), is_holiday, what="CalendarDaySet", by=by, now=now)


def clear_calendar_day(session: Session, *, company_id: int, day: date, by: Actor, now: datetime) -> None:
    """Let a date be again what the national calendar says."""
    national = day in holidays.country_holidays("KR", years=[day.year])
    _enter(session, company_id, day, "", national, what="CalendarDayCleared", by=by, now=now)


def _enter(
    session: Session,
    company_id: int,
    day: date,
    name: str,
    is_holiday: bool,
    *,
    what: str,
    by: Actor,
    now: datetime,
) -> None:
    session.add(
        Holiday(
            company_id=company_id,
            day=day,
            name=name,
            is_holiday=is_holiday,
            entered_at=now,
            entered_by=by.account_id,
        )
    )
    audit.record(
        session,
        by=by,
        at=now,
        what=what,
        subject=("company", company_id),
        company_id=company_id,
        data={"day": day.isoformat(), "name": name, "is_holiday": is_holiday},
    )
