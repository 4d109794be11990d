"""How long each kind of data is kept, what the nightly run destroyed, and what is due."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from core.actor import Principal, Role
from core.clock import today_kst
from core.i18n import _
from privacy.retention import MOST_COUNTED, states_of
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.admin.frame import show
from web.scope import must_be_company_wide

router = APIRouter(prefix="/admin/retention", route_class=GuardedRoute)


@router.get("")
@allow(Role.ADMIN)
def show_retention(request: Request, principal: Principal = SignedIn) -> Response:
    """The table of kinds."""
    must_be_company_wide(request)
    context = context_of(request)
    # Outside the wall: what belongs to the installation is counted here too, and nothing but counts is read.
    with context.database.everywhere.reading() as session:
        states = states_of(session, company_id=principal.company_id, now=context.clock())
    rows = [
        {
            "state": state,
            "before": today_kst(state.before).isoformat(),
            "name": _(state.kind.name),
            "becomes": _(state.kind.becomes),
            "href": f"/admin/settings/{state.kind.setting}",
        }
        for state in states
    ]
    values = {"rows": rows, "most": MOST_COUNTED}
    return show(request, "retention.html", values, section="/admin/retention")
