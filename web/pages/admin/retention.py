"""How long each kind of data is kept, what the nightly run destroyed, and what is due."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Principal, Role
from core.i18n import _
from privacy.retention import MOST_COUNTED, states_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.admin.frame import look, show

router = APIRouter(prefix="/admin/retention", route_class=GuardedRoute)


@router.get("")
@allow(Role.ADMIN)
def show_retention(request: Request, principal: Principal = SignedIn) -> Response:
    """The table of kinds."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        states = states_of(session, company_id=principal.company_id, now=now)
        return {
            "most": MOST_COUNTED,
            "rows": [
                {
                    "state": state,
                    "name": _(state.kind.name),
                    "becomes": _(state.kind.becomes),
                    "href": f"/admin/settings/{state.kind.setting}",
                }
                for state in states
            ],
        }

    return show(request, "retention.html", look(request, read), section="/admin/retention")
