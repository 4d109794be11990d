"""The timeline of a company's settings, page by page."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from core import audit
from core.actor import Principal, Role
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.admin.changes import WHAT, changes_of
from web.pages.admin.frame import look, show

router = APIRouter(prefix="/admin/history", route_class=GuardedRoute)

PAGE = 60


@router.get("")
@allow(Role.ADMIN)
def show_history(request: Request, before: int | None = None, principal: Principal = SignedIn) -> Response:
    """Every change of settings, newest first."""
    entries = look(
        request,
        lambda session, _now: audit.list_changes(
            session, company_id=principal.company_id, what=WHAT, before=before, limit=PAGE + 1
        ),
    )
    shown = entries[:PAGE]
    older = f"/admin/history?before={shown[-1].id}" if len(entries) > PAGE else None
    values = {"changes": changes_of(shown), "older": older, "newer": "/admin/history" if before else None}
    return show(request, "history.html", values, section="/admin/history")
