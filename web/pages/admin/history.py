"""The timeline of a company's settings, page by page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core import audit
from core.actor import Principal, Role
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.admin.changes import WHAT, changes_of
from web.pages.admin.frame import look, show
from web.pages.admin.subjects import names_of

router = APIRouter(prefix="/admin/history", route_class=GuardedRoute)

PAGE = 60


@router.get("")
@allow(Role.ADMIN)
def show_history(request: Request, before: int | None = None, principal: Principal = SignedIn) -> Response:
    """Every change of settings, newest first."""
    company_id = principal.company_id

    def read(session: Session, _now: datetime) -> dict[str, Any]:
        entries = audit.list_changes(session, company_id=company_id, what=WHAT, before=before, limit=PAGE + 1)
        shown = entries[:PAGE]
        names = names_of(session, company_id=company_id, entries=shown)
        older = f"/admin/history?before={shown[-1].id}" if len(entries) > PAGE else None
        return {"changes": changes_of(shown, names), "older": older}

    values = look(request, read) | {"newer": "/admin/history" if before else None}
    return show(request, "history.html", values, section="/admin/history")
