"""A technician's phone is told of new jobs: the browser says that it is there, and that he has seen one."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from core.errors import NotFoundError
from core.i18n import _
from core.wall import across_the_company
from dispatch.numbers import ticket_numbers
from dispatch.staff_ladder import note_tapped
from notifications.devices import forget_device, keep_device
from notifications.push_choice import sender_of
from notifications.queries import staff_notice
from web.assets import DIST_DIR, asset_url
from web.context import WebContext, context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.posting import Posted

SCOPE = "/m"
"""Also the beginning of other screens' paths: so the worker answers no request of any page."""
BRAND_COLOUR = "#b4491f"

public = APIRouter(prefix="/m")
"""A browser fetches these without cookies."""
router = APIRouter(prefix="/m", route_class=GuardedRoute)
NoticeId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@public.get("/worker.js")
def worker() -> Response:
    """The service worker, at an address that stays: a new version takes the place of the one before."""
    built = DIST_DIR / PurePosixPath(asset_url("worker.js")).name
    headers = {"Service-Worker-Allowed": SCOPE, "Cache-Control": "no-cache"}
    return FileResponse(built, media_type="text/javascript", headers=headers)


@public.get("/app.webmanifest")
def manifest() -> Response:
    """What the phone's home screen shows once the page is put there."""
    icon = {"src": asset_url("favicon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
    about = {
        "id": SCOPE,
        "name": _("온돌 기사"),
        "short_name": _("온돌"),
        "lang": "ko",
        "start_url": SCOPE,
        "scope": SCOPE,
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": BRAND_COLOUR,
        "icons": [icon],
    }
    headers = {"Cache-Control": "no-cache"}
    return JSONResponse(about, media_type="application/manifest+json", headers=headers)


@router.post("/devices", status_code=204)
@allow(Role.TECHNICIAN)
def post_device(request: Request, posted: Posted, principal: Principal = SignedIn) -> Response:
    """Tell him on this browser from now on; said again on every visit, for addresses change."""
    context = context_of(request)
    if principal.technician_id is None or push_key(context) is None:
        raise NotFoundError(_("이 계정으로는 알림을 켤 수 없습니다. 새 일은 문자로 알려 드립니다."))
    with context.database.transaction() as session:
        keep_device(
            session,
            company_id=principal.company_id,
            person_id=principal.person_id,
            endpoint=posted.get("endpoint"),
            public_key=posted.get("p256dh"),
            auth=posted.get("auth"),
            services=context.settings.push_hosts,
            now=context.clock(),
            session_id=principal.session_id,
        )
    return Response(status_code=204)


@router.post("/devices/end", status_code=204)
@allow(Role.TECHNICIAN)
def post_device_end(request: Request, posted: Posted, principal: Principal = SignedIn) -> Response:
    """Tell him here no more."""
    with context_of(request).database.transaction() as session:
        forget_device(
            session,
            company_id=principal.company_id,
            person_id=principal.person_id,
            endpoint=posted.get("endpoint"),
        )
    return Response(status_code=204)


@router.post("/told/{notice_id}", status_code=204)
@allow(Role.TECHNICIAN)
def post_told(
    request: Request, notice_id: NoticeId, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """He tapped the notification: he has seen it, and no text follows."""
    context = context_of(request)
    with context.database.transaction() as session:
        is_his = note_tapped(
            session,
            notice_id=notice_id,
            person_id=principal.person_id,
            technician_id=principal.technician_id or 0,
            by=by,
            now=context.clock(),
        )
    if not is_his:
        raise NotFoundError(_("이 알림은 다른 사람의 것입니다."))
    return Response(status_code=204)


@router.get("/told/{notice_id}")
@allow(Role.TECHNICIAN)
def open_told(request: Request, notice_id: NoticeId, principal: Principal = SignedIn) -> Response:
    """The job that a notification told of; his day when its case is nobody's to see any more."""
    with context_of(request).database.reading() as session:
        number = _number_told(session, principal, notice_id)
    return RedirectResponse(f"/m/{number}" if number else "/m", status_code=303)


def _number_told(session: Session, principal: Principal, notice_id: int) -> str:
    """The ticket that his notice was about; empty when the case was destroyed.

    Raises:
        NotFoundError: the notice was none of his.
    """
    with across_the_company(session):
        told = staff_notice(session, notice_id=notice_id, person_id=principal.person_id)
        if told is None or told.ticket_id is None:
            raise NotFoundError(_("이 알림은 다른 사람의 것입니다."))
        numbers = ticket_numbers(session, company_id=principal.company_id, ticket_ids=[told.ticket_id])
    return numbers.get(told.ticket_id, "")


def push_key(context: WebContext) -> str | None:
    """What a page subscribes with; None where technicians are told by text."""
    sender = sender_of(context.settings) if context.settings.sends_notices else None
    return sender.public_key if sender else None


def ask_values(context: WebContext, principal: Principal) -> dict[str, Any]:
    """What the day's page needs to offer it."""
    own = principal.role is Role.TECHNICIAN and principal.technician_id is not None
    return {"push_key": push_key(context) if own else None}
