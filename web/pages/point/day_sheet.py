"""`/point/day-sheet`: the point's day as one printable file; whoever opens it says why."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from core.actor import Principal, Role
from core.clock import operating_day
from core.errors import InvalidError
from core.visibility import opened_fields
from web.context import caller_address, context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.point.desk import frame
from web.pages.point.reach import ROLES, Desk, read_desk
from web.pages.posting import Posted
from web.presenters.day_sheet import content_policy, render_day_sheet
from web.templating import render_page
from workforce.access_log import Act, note_each, open_data, reason_of_opening

router = APIRouter(prefix="/point/day-sheet", route_class=GuardedRoute)

FIELDS = opened_fields(Role.POINT)
"""The sheet shows all that a desk may open: the stop's door note and what was typed, too."""
MOST_DAYS_AHEAD = 2


@router.get("")
@allow(*ROLES)
def show_day_sheet(request: Request, day: int = 0, principal: Principal = SignedIn) -> Response:
    """The sheet for who said why a short while ago; else the question. `day`: days from today, 0 to 2.

    Each family on it has a line in the access log: after a leak they have to be told, one by one.
    """
    context = context_of(request)
    with context.database.transaction() as session:
        now = context.clock()
        desk = read_desk(session, request, principal=principal, now=now)
        reason = reason_of_opening(session, principal=principal, subject=_subject(desk), now=now)
        if reason is None:
            return _ask(request, desk, day=day)
        shown = operating_day(now) + timedelta(days=max(0, min(day, MOST_DAYS_AHEAD)))
        sheet = render_day_sheet(session, point=desk.point, day=shown, now=now)
        note_each(
            session,
            principal=principal,
            act=Act.DOWNLOADED,
            subjects=[("ticket", key) for key in sheet.ticket_ids],
            fields=FIELDS,
            reason=reason,
            from_address=caller_address(request),
            now=now,
        )
    name = f"{desk.point.code}_{shown.isoformat()}.html"
    return HTMLResponse(
        sheet.html,
        headers={
            "Content-Security-Policy": content_policy(),
            "Content-Disposition": f'inline; filename="{name}"',
        },
    )


@router.post("")
@allow(*ROLES)
def open_day_sheet(
    request: Request, posted: Posted, day: int = 0, principal: Principal = SignedIn
) -> Response:
    """Write down why, and show it."""
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            desk = read_desk(session, request, principal=principal, now=now)
            open_data(
                session,
                principal=principal,
                subject=_subject(desk),
                fields=FIELDS,
                reason=posted.get("reason"),
                from_address=caller_address(request),
                now=now,
            )
    except InvalidError as error:
        errors = {each.field: each.message for each in error.errors}
        return _ask(request, desk, day=day, errors=errors, reason=posted.get("reason"), status=422)
    return RedirectResponse(desk.address("/point/day-sheet", day=day or None), status_code=303)


def _ask(
    request: Request,
    desk: Desk,
    *,
    day: int,
    errors: dict[str, str] | None = None,
    reason: str = "",
    status: int = 200,
) -> Response:
    values = frame(desk, "now") | {"errors": errors or {}, "reason": reason, "day": day}
    return render_page(request, "point/day_sheet_ask.html", values, status_code=status)


def _subject(desk: Desk) -> tuple[str, int]:
    return "day_sheet", desk.point.id
