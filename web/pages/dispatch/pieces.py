"""The console's parts by themselves, as live updates and filters fetch them."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from core.actor import Principal
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.looks import same_for_all
from web.pages.dispatch.map_view import map_values
from web.pages.dispatch.queue_view import queue_values, read_wish
from web.pages.dispatch.reach import CONSOLE_ROLES, read_reach, require_point
from web.pages.dispatch.timeline_view import block_values
from web.templating import render_page

router = APIRouter(prefix="/dispatch", route_class=GuardedRoute)


@router.get("/queue")
@allow(*CONSOLE_ROLES)
@same_for_all
def show_queue(request: Request, principal: Principal = SignedIn) -> Response:
    """The queue, filtered as the address says."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        reach = read_reach(session, request, principal=principal, now=now)
        values = queue_values(
            session, principal=principal, reach=reach, wish=read_wish(request, reach), now=now
        )
        return render_page(request, "dispatch/_queue.html", values)


@router.get("/lanes/{code}")
@allow(*CONSOLE_ROLES)
@same_for_all
def show_lanes(request: Request, code: str, principal: Principal = SignedIn) -> Response:
    """The lanes of one point."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        reach = read_reach(session, request, principal=principal, now=now)
        point = require_point(reach, code)
        block = block_values(session, principal=principal, reach=reach, point=point, now=now)
        return render_page(request, "dispatch/_block.html", {"block": block})


@router.get("/map.json")
@allow(*CONSOLE_ROLES)
@same_for_all
def show_map(request: Request, principal: Principal = SignedIn) -> Response:
    """Points, tickets and routes for the map."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        reach = read_reach(session, request, principal=principal, now=now)
        return JSONResponse(map_values(session, principal=principal, reach=reach, now=now))
