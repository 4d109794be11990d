"""Which point: found by its name, code or district, the one with the most waiting first."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from core.actor import Principal
from core.errors import NotFoundError
from core.i18n import _
from dispatch.point_desk import Waiting, waiting_by_point
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.point.reach import ROLES
from web.templating import render_page
from workforce.points import search_points

router = APIRouter(prefix="/point/pick", route_class=GuardedRoute)

SHOWN = 30


@router.get("")
@allow(*ROLES)
def show_points(request: Request, q: str = "", principal: Principal = SignedIn) -> Response:
    """Points to choose from: a list for the search field, a page of its own without scripts."""
    if principal.service_point_id is not None:
        raise NotFoundError(_("다른 서비스점은 고를 수 없습니다."))
    context = context_of(request)
    with context.database.reading() as session:
        points = search_points(session, company_id=principal.company_id, query=q.strip()[:100])
        waiting = waiting_by_point(session, company_id=principal.company_id)
    rows = [(point, waiting.get(point.id, Waiting())) for point in points]
    rows.sort(key=lambda row: (tuple(-n for n in row[1].weight), row[0].name))
    values = {"rows": rows[:SHOWN], "more": max(0, len(rows) - SHOWN), "q": q}
    template = "point/_points.html" if "HX-Request" in request.headers else "point/pick.html"
    return render_page(request, template, values)
