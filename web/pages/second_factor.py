"""The second half of a log-in: a code of the authenticator app, or setting one up on the way in."""

from __future__ import annotations

from typing import Annotated, Any

import segno
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from core.actor import Role
from core.errors import DomainError, TooManyError
from core.secrets import SealBrokenError
from web.context import context_of
from web.cookies import PENDING_COOKIE, origin_of, set_device, set_session
from web.identity import refuse_cross_site
from web.pages.session import show_login
from web.paths import own_path
from web.presenters.browsers import is_handset
from web.templating import render_page
from workforce.pending import Pending, PendingOverError, find_pending, finish_log_in, offered_secret
from workforce.second_factor import address_of

router = APIRouter(prefix="/login/second")


@router.get("")
def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the field's usual name
    """The form of the code; for a first time with the picture that the app reads."""
    return _show(request, target=next)


@router.post("")
def take(
    request: Request,
    code: Annotated[str, Form(max_length=60)],
    device_name: Annotated[str, Form(max_length=60)] = "",
    remember: Annotated[str, Form(max_length=5)] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Take the code, and let them in; a first time is shown its recovery codes."""
    refuse_cross_site(request)
    context = context_of(request)
    try:
        with context.database.everywhere.transaction() as session:
            token = request.cookies.get(PENDING_COOKIE, "")
            days = find_pending(session, token=token, now=context.clock()).device_days
            done = finish_log_in(
                session,
                token=token,
                code=code,
                device_name=device_name if remember else None,
                origin=origin_of(request),
                seal=context.seal,
                limits=context.try_limits,
                now=context.clock(),
            )
    except PendingOverError as error:
        return show_login(request, target=next, error=error)
    except SealBrokenError:
        return _show_no_key(request)
    if done.refused is not None:
        return _show(request, target=next, error=done.refused)
    answer: Response = RedirectResponse(own_path(next), status_code=303)
    if done.codes:
        answer = render_page(
            request, "session/recovery_codes.html", {"codes": done.codes, "next": own_path(next)}
        )
    if done.device_token is not None:
        set_device(request, answer, done.device_token, days=days)
    return set_session(request, answer, done.session_token or "")


def qr_picture(address: str) -> str:
    """The address as a picture, in a `data:` address that the content policy allows."""
    return segno.make(address, error="m").svg_data_uri(scale=6, border=2)


def _show(request: Request, *, target: str, error: DomainError | None = None) -> Response:
    context, now = context_of(request), context_of(request).clock()
    values: dict[str, Any] = {"next": own_path(target), "error": error.detail if error else None}
    try:
        with context.database.everywhere.transaction() as session:
            token = request.cookies.get(PENDING_COOKIE, "")
            pending = find_pending(session, token=token, now=now)
            if not pending.has_factor:
                values |= _new_one(offered_secret(session, token=token, seal=context.seal, now=now), pending)
    except PendingOverError as over:
        return show_login(request, target=target, error=over)
    except SealBrokenError:
        return _show_no_key(request)
    own = pending.role == Role.TECHNICIAN or is_handset(request.headers.get("user-agent", ""))
    values |= {"days": pending.device_days, "own_device": own, "browser": origin_of(request).browser}
    template = "session/second.html" if pending.has_factor else "session/set_up.html"
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooManyError) else {}
    return render_page(request, template, values, status_code=error.status if error else 200, headers=headers)


def _show_no_key(request: Request) -> Response:
    """Without the key that it was sealed under nothing can be checked: somebody has to be asked."""
    return render_page(request, "session/no_key.html", {}, status_code=503)


def _new_one(secret: str, pending: Pending) -> dict[str, str]:
    address = address_of(secret, login=pending.login)
    spaced = " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
    return {"picture": qr_picture(address), "address": address, "secret": spaced}
