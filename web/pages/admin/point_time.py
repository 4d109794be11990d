"""When a point's desk answers, and when it takes nothing new."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from core.clock import kst, today_kst
from core.i18n import _
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin import point_forms
from web.pages.admin.forms import press, show_form, submit
from web.pages.admin.frame import Done
from web.pages.admin.typed import FormFields, Typed
from workforce.points import desk_hours, end_closure, own_point, set_desk_hours
from workforce.queries import point_info
from workforce.rosters import close_point

router = APIRouter(prefix="/admin/points", route_class=GuardedRoute)

SECTION = "/admin/points"


@router.get("/{code}/hours")
@allow(Role.ADMIN)
def edit_hours(request: Request, code: str, principal: Principal = SignedIn) -> Response:
    """The week's desk hours."""
    return show_form(request, lambda session, now: _hours_form(session, principal, code, now))


@router.post("/{code}/hours")
@allow(Role.ADMIN)
def change_hours(
    request: Request,
    code: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Let new hours hold from a day on."""

    def act(session: Session, now: datetime) -> Done:
        valid_from = typed.day("valid_from", not_before=today_kst(now))
        hours: dict[int, tuple[time, time]] = {}
        for weekday in range(8):
            opens = typed.clock_time(f"opens_{weekday}", required=False)
            closes = typed.clock_time(f"closes_{weekday}", required=False)
            if opens is not None and closes is not None:
                hours[weekday] = (opens, closes)
            elif opens is not None or closes is not None:
                empty = "closes" if closes is None else "opens"
                typed.refuse(f"{empty}_{weekday}", _("두 칸을 모두 적거나 모두 비워 주세요."))
        typed.check()
        assert valid_from is not None
        set_desk_hours(
            session,
            company_id=principal.company_id,
            code=code,
            hours=hours,
            valid_from=valid_from,
            by=by,
            now=now,
        )
        return Done(f"{SECTION}/{code}", "hours")

    return submit(
        request, build=lambda session, now: _hours_form(session, principal, code, now), typed=typed, act=act
    )


@router.get("/{code}/closures")
@allow(Role.ADMIN)
def new_closure(request: Request, code: str, principal: Principal = SignedIn) -> Response:
    """The form of a closure."""
    return show_form(request, lambda session, now: _closure_form(session, principal, code, now))


@router.post("/{code}/closures")
@allow(Role.ADMIN)
def add_closure(
    request: Request,
    code: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Store it."""

    def act(session: Session, now: datetime) -> Done:
        row = own_point(session, company_id=principal.company_id, code=code)
        first, last = typed.day("first_day", not_before=today_kst(now)), typed.day("last_day")
        start, end = typed.clock_time("start"), typed.clock_time("end")
        reason = typed.text("reason", longest=100)
        if first and last and (last, end or time()) <= (first, start or time()):
            typed.refuse("last_day", _("다시 여는 때가 쉬기 시작하는 때보다 뒤여야 합니다."))
        typed.check()
        assert first and last and start is not None and end is not None
        close_point(
            session,
            point_id=row.id or 0,
            company_id=principal.company_id,
            start_at=max(kst(first, start.hour, start.minute), now),
            end_at=kst(last, end.hour, end.minute),
            reason=reason,
            by=by,
            now=now,
        )
        return Done(f"{SECTION}/{code}", "closure")

    return submit(
        request, build=lambda session, now: _closure_form(session, principal, code, now), typed=typed, act=act
    )


@router.post("/{code}/closures/{closure_id}/end")
@allow(Role.ADMIN)
def stop_closure(
    request: Request,
    code: str,
    closure_id: int,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Open again before the time."""

    def act(session: Session, now: datetime) -> Done:
        end_closure(
            session, company_id=principal.company_id, code=code, closure_id=closure_id, by=by, now=now
        )
        return Done(f"{SECTION}/{code}", "opened")

    return press(request, typed=typed, act=act)


def _hours_form(session: Session, principal: Principal, code: str, now: datetime) -> Any:
    row = own_point(session, company_id=principal.company_id, code=code)
    held = {h.weekday: h for h in desk_hours(session, point_id=row.id or 0, day=today_kst(now))}
    return point_forms.hours(point_info(row), held, today_kst(now))


def _closure_form(session: Session, principal: Principal, code: str, now: datetime) -> Any:
    row = own_point(session, company_id=principal.company_id, code=code)
    return point_forms.closure(point_info(row), today_kst(now))
