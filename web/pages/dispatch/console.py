"""The console's page: queue, timeline and map on one screen."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from core.actor import Principal
from core.i18n import _
from dispatch.scopes import ticket_in_scope
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.dispatch.proposals import bar_values
from web.pages.dispatch.queue_view import queue_values, read_wish
from web.pages.dispatch.reach import CONSOLE_ROLES, read_reach
from web.pages.dispatch.timeline_view import timeline_values
from web.pages.dispatch.words import MAP_LEGEND
from web.scope import scope_of
from web.templating import render_page

router = APIRouter(prefix="/dispatch", route_class=GuardedRoute)


@router.get("")
@allow(*CONSOLE_ROLES)
def show_console(
    request: Request, ticket: str = "", day: str = "", principal: Principal = SignedIn
) -> Response:
    """The whole screen; `?ticket=` opens a ticket's dialog, `?point=` narrows, `?day=` looks ahead."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        reach = read_reach(session, request, principal=principal, now=now)
        known = bool(ticket) and ticket_in_scope(session, scope=scope_of(principal), number=ticket)
        wish = read_wish(request, reach)
        wish = wish if known else replace(wish, opened="")
        gone = _("그런 접수가 없습니다. 번호를 확인하고 대기열에서 찾아 주세요.")
        values = {
            "reach": reach,
            **queue_values(session, principal=principal, reach=reach, wish=wish, now=now),
            **timeline_values(session, principal=principal, reach=reach, now=now, day=day),
            **bar_values(session, principal=principal, reach=reach, now=now),
            "legend": MAP_LEGEND,
            "map_src": reach.address("/dispatch/map.json"),
            "map_topics": " ".join(f"point:{n}" for n in reach.narrowed_ids or ()) or "ticket plan",
            "open_ticket": ticket if known else "",
            "no_ticket": bool(ticket) and not known,
            "flash": [{"kind": "warn", "text": gone}] if ticket and not known else [],
        }
        return render_page(request, "dispatch/console.html", values)
