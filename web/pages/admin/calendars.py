"""The calendar that fees and clocks read: national holidays, and the company's own days."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core import audit
from core.actor import Actor, Principal, Role
from core.clock import today_kst
from core.dated_history import clear_calendar_day, list_calendar_days, set_calendar_day
from core.i18n import _
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.changes import changes_of
from web.pages.admin.fields import Entry
from web.pages.admin.forms import FormPage, new_key, press, show_form, submit
from web.pages.admin.frame import Done, look, show
from web.pages.admin.point_forms import weekday_names
from web.pages.admin.typed import FormFields, Typed

router = APIRouter(prefix="/admin/calendar", route_class=GuardedRoute)

SECTION = "/admin/calendar"


@router.get("")
@allow(Role.ADMIN)
def show_calendar(request: Request, year: int | None = None, principal: Principal = SignedIn) -> Response:
    """The days of a year."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        this = today_kst(now).year
        shown = year if year is not None and this - 10 <= year <= this + 10 else this
        names = ("CalendarDaySet", "CalendarDayCleared")
        changes = audit.list_changes(session, company_id=principal.company_id, what=names, limit=15)
        return {
            "year": shown,
            "days": list_calendar_days(session, company_id=principal.company_id, year=shown),
            "weekdays": weekday_names(),
            "today": today_kst(now),
            "changes": changes_of(changes),
            "key": new_key(),
        }

    return show(request, "calendar.html", look(request, read), section=SECTION)


@router.get("/new")
@allow(Role.ADMIN)
def new_day(request: Request) -> Response:
    """The form of a day."""
    return show_form(request, lambda _session, now: _form(now))


@router.post("/new")
@allow(Role.ADMIN)
def set_day(
    request: Request, typed: Typed = FormFields, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Store it."""

    def act(session: Session, now: datetime) -> Done:
        day = typed.day("day", not_before=today_kst(now))
        kind = typed.choice("kind", ("off", "work"))
        name = typed.text("name", longest=60)
        typed.check()
        assert day is not None
        set_calendar_day(
            session,
            company_id=principal.company_id,
            day=day,
            name=name,
            is_holiday=kind == "off",
            by=by,
            now=now,
        )
        return Done(f"{SECTION}?year={day.year}", "day")

    return submit(request, build=lambda _session, now: _form(now), typed=typed, act=act)


@router.post("/{day}/clear")
@allow(Role.ADMIN)
def clear_day(
    request: Request,
    day: date,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Back to what the national calendar says."""

    def act(session: Session, now: datetime) -> Done:
        clear_calendar_day(session, company_id=principal.company_id, day=day, by=by, now=now)
        return Done(f"{SECTION}?year={day.year}", "day")

    return press(request, typed=typed, act=act)


def _form(now: datetime) -> FormPage:
    today = today_kst(now).isoformat()
    return FormPage(
        title=_("회사의 날 넣기"),
        action=f"{SECTION}/new",
        section=SECTION,
        back=SECTION,
        lead=_(
            "늦게 정해진 임시공휴일이나 회사 창립일을 넣습니다. "
            "출장비의 휴일 요금과 시계가 이 달력을 함께 씁니다."
        ),
        entries=[
            Entry("day", _("날짜"), "date", attrs={"min": today}),
            Entry("name", _("무슨 날"), attrs={"placeholder": _("예: 임시공휴일, 창립기념일")}),
            Entry(
                "kind",
                _("어떤 날로 보나요?"),
                "choices",
                "off",
                options=[
                    ("off", _("쉬는 날"), _("휴일 출장비를 받습니다")),
                    ("work", _("일하는 날"), _("평일처럼 봅니다")),
                ],
                wide=True,
            ),
        ],
    )
