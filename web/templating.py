"""Jinja with gettext, Korean time and the frame that every page shares."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from core.actor import Principal, Role
from core.i18n import N_, _, get_language, gettext_now, ngettext_now, pgettext_now, set_language
from core.phones import displayed
from web.context import context_of
from web.display import register_display
from web.language import page_language
from web.presenters import family
from web.presenters.browsers import way_to
from web.presenters.offers import offer_value
from web.unmask_reasons import unmask_reasons

TEMPLATES = Path(__file__).parent / "templates"


def render_page(
    request: Request,
    template: str,
    values: Mapping[str, Any],
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A whole page or a fragment, in the person's language, with the frame's facts."""
    set_language(page_language(request))
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
        "me": _person(principal),
        "request": request,
        "nav": _navigation(principal, request.url.path, demo=context.settings.is_demo),
        "banner": banner,
        "flash": [],
        "lang": get_language(),
        "now": context.clock(),
        "now_kst": context.clock(),
        "demo": context.settings.is_demo,
        "has_provider": context.settings.has_provider,
        "tile_url": context.settings.map_tile_url,
        "path": request.url.path,
        "live_mark": getattr(request.state, "live_mark", context.live.mark),
    }


SCREENS: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("/agent", N_("접수"), frozenset({Role.AGENT, Role.DISPATCHER, Role.MANAGER, Role.ADMIN})),
    ("/dispatch", N_("배차"), frozenset({Role.DISPATCHER, Role.MANAGER, Role.ADMIN})),
    ("/point", N_("서비스점"), frozenset({Role.POINT, Role.DISPATCHER, Role.MANAGER, Role.ADMIN})),
    ("/m", N_("기사"), frozenset({Role.TECHNICIAN, Role.POINT, Role.DISPATCHER})),
    ("/qa", N_("해피콜"), frozenset({Role.QA, Role.MANAGER, Role.ADMIN})),
    ("/manager", N_("현황"), frozenset({Role.MANAGER, Role.ADMIN})),
    ("/manager/money", N_("정산"), frozenset({Role.MANAGER, Role.ADMIN})),
    ("/campaigns", N_("사전점검"), frozenset({Role.MANAGER, Role.ADMIN})),
    (
        "/messages",
        N_("문자"),
        frozenset({Role.AGENT, Role.DISPATCHER, Role.POINT, Role.QA, Role.MANAGER, Role.ADMIN}),
    ),
    ("/admin", N_("관리"), frozenset({Role.ADMIN})),
)
"""Path, name, and who finds it in the menu. The routes themselves enforce it."""

HOME = {
    Role.AGENT: "/agent",
    Role.DISPATCHER: "/dispatch",
    Role.POINT: "/point",
    Role.TECHNICIAN: "/m",
    Role.QA: "/qa",
    Role.MANAGER: "/manager",
    Role.ADMIN: "/admin",
}


def _navigation(principal: Principal | None, path: str, *, demo: bool) -> list[tuple[str, str, bool]]:
    if principal is None:
        return []
    shown = [(href, name) for href, name, roles in SCREENS if principal.role in roles]
    if demo:
        shown.append(("/phones", N_("휴대전화")))
    here = max((href for href, _name in shown if path.startswith(href)), key=len, default="")
    return [(href, _(name), href == here) for href, name in shown]


def _person(principal: Principal | None) -> dict[str, Any] | None:
    """The signed-in person as the frame shows them, under their maker's name and colour."""
    if principal is None:
        return None
    company = {
        "code": principal.company_code,
        "name": principal.company_name,
        "colour": principal.company_colour,
    }
    return {"name": principal.name, "login": principal.login, "role": principal.role, "company": company}


@cache
def environment() -> Environment:
    """The one Jinja environment: everything is escaped, an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        auto_reload=False,  # else every include of every page asks the disk whether it changed
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made.install_gettext_callables(gettext_now, ngettext_now, newstyle=True, pgettext=pgettext_now)  # type: ignore[attr-defined]
    register_display(made)
    made.filters["phone"] = phone_display
    made.filters["offer"] = offer_value
    made.filters.update(
        spoken_window=family.window_words,
        spoken_moment=family.moment_words,
        spoken_day=family.day_words,
        spoken_money=family.money_words,
        near=family.near_words,
        price_item=family.price_item_words,
        way_to=way_to,
    )
    made.globals["unmask_reasons"] = unmask_reasons
    return made


def phone_display(e164: str | None) -> str:
    """`010-1234-5678` from a stored number."""
    return displayed(e164) if e164 else ""
