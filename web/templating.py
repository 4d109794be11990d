"""Jinja with gettext, Korean time and the frame that every page shares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from core.actor import Principal, Role
from core.clock import KST, rfc3339_kst
from core.i18n import N_, _, get_language, gettext_now, ngettext_now, set_language
from core.phones import parse_phone
from web.assets import asset_url
from web.context import context_of

TEMPLATES = Path(__file__).parent / "templates"
WEEKDAYS = ("월", "화", "수", "목", "금", "토", "일")


def render_page(
    request: Request,
    template: str,
    values: Mapping[str, Any],
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A whole page or a fragment, in the person's language, with the frame's facts."""
    set_language(request.cookies.get("ondol_lang", "ko"))
    html = environment().get_template(template).render({**frame(request), **values})
    return HTMLResponse(html, status_code=status_code, headers=dict(headers or {}))


def frame(request: Request) -> dict[str, Any]:
    """What the layout needs on every page."""
    context = context_of(request)
    principal: Principal | None = getattr(request.state, "principal", None)
    banner = []
    if not context.settings.sends_notices:
        banner.append(_("문자가 꺼져 있습니다(NOTICES=off). 고객과 기사에게 아무 문자도 나가지 않습니다."))
    return {
        "me": principal,
        "company": getattr(request.state, "company", None),
        "nav": _navigation(principal, request.url.path, demo=context.settings.is_demo),
        "banner": banner,
        "flash": [],
        "lang": get_language(),
        "now": context.clock(),
        "demo": context.settings.is_demo,
        "tile_url": context.settings.map_tile_url,
        "path": request.url.path,
        "live_mark": str(context.live.mark),
    }


SCREENS: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("/agent", N_("접수"), frozenset({Role.AGENT, Role.DISPATCHER, Role.MANAGER, Role.ADMIN})),
    ("/dispatch", N_("배차"), frozenset({Role.DISPATCHER, Role.MANAGER, Role.ADMIN})),
    ("/point", N_("서비스점"), frozenset({Role.POINT, Role.DISPATCHER, Role.MANAGER, Role.ADMIN})),
    ("/m", N_("기사"), frozenset({Role.TECHNICIAN, Role.POINT, Role.DISPATCHER})),
    ("/qa", N_("해피콜"), frozenset({Role.QA, Role.MANAGER, Role.ADMIN})),
    ("/admin", N_("관리"), frozenset({Role.ADMIN})),
)
"""Path, name, and who finds it in the menu. The routes themselves enforce it."""

HOME = {
    Role.AGENT: "/agent",
    Role.DISPATCHER: "/dispatch",
    Role.POINT: "/point",
    Role.TECHNICIAN: "/m",
    Role.QA: "/qa",
    Role.MANAGER: "/dispatch",
    Role.ADMIN: "/admin",
}


def _navigation(principal: Principal | None, path: str, *, demo: bool) -> list[dict[str, Any]]:
    if principal is None:
        return []
    shown = [(href, name) for href, name, roles in SCREENS if principal.role in roles]
    if demo:
        shown.append(("/phones", "휴대전화"))
    return [{"href": href, "label": _(name), "active": path.startswith(href)} for href, name in shown]


@cache
def environment() -> Environment:
    """The one Jinja environment: everything is escaped, an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made.install_gettext_callables(gettext_now, ngettext_now, newstyle=True)  # type: ignore[attr-defined]
    made.globals["asset"] = asset_url
    made.filters.update(
        kst_time=kst_time,
        kst_date=kst_date,
        kst_moment=kst_moment,
        window=window_text,
        won=won,
        minutes=minutes,
        phone=phone_display,
        rfc3339=rfc3339_kst,
    )
    return made


def kst_time(at: datetime | None) -> str:
    """`14:05`."""
    return at.astimezone(KST).strftime("%H:%M") if at else "–"


def kst_date(at: datetime | date | None) -> str:
    """`12월 1일(화)`, in English `Tue 1 Dec`."""
    if at is None:
        return "–"
    day = at.astimezone(KST).date() if isinstance(at, datetime) else at
    if get_language() == "en":
        return f"{day:%a} {day.day} {day:%b}"
    return f"{day.month}월 {day.day}일({WEEKDAYS[day.weekday()]})"


def kst_moment(at: datetime | None) -> str:
    """Date and time together."""
    return f"{kst_date(at)} {kst_time(at)}" if at else "–"


def window_text(start: datetime | None, end: datetime | None) -> str:
    """`12월 1일(화) 14:00~16:00`."""
    if start is None or end is None:
        return "–"
    return f"{kst_date(start)} {kst_time(start)}~{kst_time(end)}"


def won(amount: int | None) -> str:
    """`32,000원`."""
    if amount is None:
        return "–"
    return f"₩{amount:,}" if get_language() == "en" else f"{amount:,}원"


def minutes(seconds: int | float | None) -> str:
    """`14분`, `1시간 5분`."""
    if seconds is None:
        return "–"
    total = max(0, round(seconds / 60))
    hours, rest = divmod(total, 60)
    if get_language() == "en":
        return f"{hours} h {rest} min" if hours else f"{rest} min"
    return f"{hours}시간 {rest}분" if hours else f"{rest}분"


def phone_display(e164: str | None) -> str:
    """`010-1234-5678` from a stored number."""
    return parse_phone(e164).display if e164 else "–"
