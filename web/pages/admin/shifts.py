"""Shifts: a point's week as a grid, patterns over many days, time off."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from core.clock import kst, today_kst
from core.dated import read_calendar
from core.errors import NotFoundError
from core.i18n import _
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, new_key, press, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.night_question import are_nights, ask_about_nights, nights_entry
from web.pages.admin.point_forms import weekday_names
from web.pages.admin.typed import FormFields, Typed
from web.typed_ids import read_id
from workforce.certificates import must_be_own_technician
from workforce.points import own_point, search_points
from workforce.queries import get_technicians, list_technicians
from workforce.rosters import add_absence
from workforce.schemas import TechnicianInfo
from workforce.shift_patterns import ShiftPattern, add_shift_pattern, list_week, remove_shift

router = APIRouter(prefix="/admin/shifts", route_class=GuardedRoute)

SECTION = "/admin/shifts"


@router.get("")
@allow(Role.ADMIN)
def show_week(
    request: Request, point: str = "", week: date | None = None, principal: Principal = SignedIn
) -> Response:
    """Seven days of one point."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        today = today_kst(now)
        points = [
            p
            for p in search_points(session, company_id=principal.company_id)
            if p.open_until is None or p.open_until > today
        ]
        if point:
            chosen = own_point(session, company_id=principal.company_id, code=point)
        first = week if week is not None and 2000 < week.year < 2100 else today
        monday = first - timedelta(days=first.weekday())
        point_id = (chosen.id or 0) if point else (points[0].id if points else 0)
        calendar = read_calendar(session, company_id=principal.company_id)
        rows = list_week(session, point_id=point_id, first_day=monday)
        people = {
            t.id: t
            for t in list_technicians(session, company_id=principal.company_id, at=now, point_id=point_id)
        }
        left = {row.technician_id for row in rows} - set(people)
        people |= get_technicians(session, technician_ids=left, company_id=principal.company_id)
        cells: dict[tuple[int, date], list[Any]] = {}
        for row in rows:
            cells.setdefault((row.technician_id, today_kst(row.start_at)), []).append(row)
        days = [monday + timedelta(days=n) for n in range(7)]
        return {
            "points": points,
            "chosen": next((p for p in points if p.id == point_id), None),
            "days": [(day, weekday_names()[day.weekday()], calendar.is_day_off(day)) for day in days],
            "people": sorted(people.values(), key=lambda t: t.name),
            "cells": cells,
            "today": today,
            "previous": monday - timedelta(days=7),
            "next": monday + timedelta(days=7),
            "monday": monday,
            "key": new_key(),
        }

    return show(request, "shifts.html", look(request, read), section=SECTION)


@router.get("/new")
@allow(Role.ADMIN)
def new_shifts(request: Request, point: str, principal: Principal = SignedIn) -> Response:
    """The form of a pattern."""
    return show_form(request, lambda session, now: _pattern_form(session, principal, point, now))


@router.post("/new")
@allow(Role.ADMIN)
def add(
    request: Request,
    point: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Enter it; days on which somebody works already are left out and counted."""

    def act(session: Session, now: datetime) -> Done:
        row = own_point(session, company_id=principal.company_id, code=point)
        crew = {
            t.id for t in list_technicians(session, company_id=principal.company_id, at=now, point_id=row.id)
        }
        chosen = {key for value in typed.many("technicians") if (key := read_id(value)) is not None}
        if not chosen:
            typed.refuse("technicians", _("기사를 한 명 이상 골라 주세요."))
        if chosen - crew:
            raise NotFoundError(_("그런 기사가 없습니다."))
        pattern = _read_pattern(typed, today=today_kst(now))
        ask_about_nights(typed, pattern, people=len(chosen))
        entered, skipped = add_shift_pattern(
            session,
            company_id=principal.company_id,
            point_id=row.id or 0,
            technician_ids=chosen,
            pattern=pattern,
            by=by,
            now=now,
        )
        to = f"{SECTION}?point={point}&week={pattern.first_day.isoformat()}"
        if entered and skipped:
            return Done(to, "shifts", (entered, skipped))
        return Done(to, "shifts-all", (entered,)) if entered else Done(to, "shifts-none", (skipped,))

    return submit(
        request,
        build=lambda session, now: _pattern_form(session, principal, point, now, nights=are_nights(typed)),
        typed=typed,
        act=act,
    )


@router.post("/{shift_id}/remove")
@allow(Role.ADMIN)
def remove(
    request: Request,
    shift_id: int,
    point: str = "",
    week: date | None = None,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Take back a shift that has not begun."""

    def act(session: Session, now: datetime) -> Done:
        remove_shift(session, shift_id=shift_id, company_id=principal.company_id, by=by, now=now)
        code = own_point(session, company_id=principal.company_id, code=point).code if point else ""
        return Done(f"{SECTION}?point={code}&week={week.isoformat() if week else ''}", "shift-removed")

    return press(request, typed=typed, act=act)


@router.get("/absence")
@allow(Role.ADMIN)
def new_absence(request: Request, technician: int, point: str, principal: Principal = SignedIn) -> Response:
    """The form of time off."""
    return show_form(request, lambda session, now: _absence_form(session, principal, technician, point, now))


@router.post("/absence")
@allow(Role.ADMIN)
def store_absence(
    request: Request,
    technician: int,
    point: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Store it."""

    def act(session: Session, now: datetime) -> Done:
        must_be_own_technician(session, technician_id=technician, company_id=principal.company_id, at=now)
        first, last = typed.day("first_day", not_before=today_kst(now)), typed.day("last_day")
        start, end = typed.clock_time("start"), typed.clock_time("end")
        reason = typed.text("reason", longest=100)
        if first and last and start is not None and end is not None and (last, end) <= (first, start):
            typed.refuse("last_day", _("끝나는 때가 시작하는 때보다 뒤여야 합니다."))
        typed.check()
        assert first and last and start is not None and end is not None
        add_absence(
            session,
            technician_id=technician,
            company_id=principal.company_id,
            start_at=kst(first, start.hour, start.minute),
            end_at=kst(last, end.hour, end.minute),
            reason=reason,
            by=by,
            now=now,
        )
        return Done(f"{SECTION}?point={point}&week={first.isoformat()}", "absence")

    return submit(
        request,
        build=lambda session, now: _absence_form(session, principal, technician, point, now),
        typed=typed,
        act=act,
    )


def _read_pattern(typed: Typed, *, today: date) -> ShiftPattern:
    first, last = typed.day("first_day", not_before=today), typed.day("last_day")
    starts, ends = typed.clock_time("starts"), typed.clock_time("ends")
    weekdays = frozenset(int(value) for value in typed.many("weekdays") if value in set("0123456"))
    if not weekdays:
        typed.refuse("weekdays", _("요일을 하나 이상 골라 주세요."))
    minutes = typed.integer("lunch_minutes", low=0, high=180, required=False) or 0
    earliest = typed.clock_time("lunch_earliest", required=minutes > 0)
    latest = typed.clock_time("lunch_latest", required=minutes > 0)
    typed.check()
    assert first and last and starts is not None and ends is not None
    lunch = (earliest, latest, minutes * 60) if minutes and earliest and latest else None
    return ShiftPattern(first, last, weekdays, starts, ends, lunch)


def _pattern_form(
    session: Session, principal: Principal, code: str, now: datetime, *, nights: bool = False
) -> FormPage:
    row = own_point(session, company_id=principal.company_id, code=code)
    crew = list_technicians(session, company_id=principal.company_id, at=now, point_id=row.id)
    today = today_kst(now)
    notes = (
        [] if crew else [("warn", _("이 서비스점에는 기사가 없습니다. 먼저 사람에서 기사를 넣어 주세요."))]
    )
    return FormPage(
        title=_("{name} 근무 넣기").format(name=row.name),
        action=f"{SECTION}/new?point={code}",
        section=SECTION,
        back=f"{SECTION}?point={code}",
        submit=_("근무 넣기"),
        notes=notes,
        lead=_(
            "고른 기간의 고른 요일마다 넣습니다. "
            "그 시간에 이미 근무가 있는 날은 건너뛰고 몇 건인지 알려 드립니다."
        ),
        entries=[
            *([nights_entry()] if nights else []),
            Entry(
                "technicians",
                _("기사"),
                "many",
                [t.id for t in crew] if len(crew) <= 12 else [],
                options=[(t.id, t.name) for t in crew],
                wide=True,
            ),
            Entry(
                "weekdays",
                _("요일"),
                "many",
                [0, 1, 2, 3, 4],
                options=list(enumerate(weekday_names()[:7])),
                wide=True,
            ),
            Entry("first_day", _("첫날"), "date", today.isoformat(), attrs={"min": today.isoformat()}),
            Entry(
                "last_day",
                _("끝날"),
                "date",
                (today + timedelta(days=27)).isoformat(),
                attrs={"min": today.isoformat()},
            ),
            Entry("starts", _("시작"), "time", "09:00"),
            Entry("ends", _("끝"), "time", "18:00", hint=_("시작보다 이르면 다음 날까지(야간)")),
            Entry(
                "lunch_minutes",
                _("점심"),
                "number",
                60,
                hint=_("없으면 0"),
                unit=_("분"),
                required=False,
                wide=True,
            ),
            Entry("lunch_earliest", _("점심을 시작할 수 있는 때: 부터"), "time", "11:30", required=False),
            Entry("lunch_latest", _("까지"), "time", "13:00", required=False),
        ],
    )


def _absence_form(
    session: Session, principal: Principal, technician_id: int, code: str, now: datetime
) -> FormPage:
    must_be_own_technician(session, technician_id=technician_id, company_id=principal.company_id, at=now)
    person: TechnicianInfo = get_technicians(
        session, technician_ids=[technician_id], company_id=principal.company_id
    )[technician_id]
    own_point(session, company_id=principal.company_id, code=code)
    day = today_kst(now).isoformat()
    return FormPage(
        title=_("{name} 기사의 쉬는 시간").format(name=person.name),
        action=f"{SECTION}/absence?technician={technician_id}&point={code}",
        section=SECTION,
        back=f"{SECTION}?point={code}",
        submit=_("쉬는 시간 넣기"),
        lead=_("그동안은 새 방문이 잡히지 않습니다. 이미 약속한 방문은 배차 화면에서 옮겨 주세요."),
        entries=[
            Entry("first_day", _("쉬기 시작하는 날"), "date", day, attrs={"min": day}),
            Entry("start", _("시각"), "time", "00:00"),
            Entry("last_day", _("다시 일하는 날"), "date", "", attrs={"min": day}),
            Entry("end", _("시각"), "time", "00:00"),
            Entry("reason", _("이유"), wide=True, attrs={"placeholder": _("예: 연차, 병가, 교육")}),
        ],
    )
