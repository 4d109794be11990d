"""The cookies of a log-in: of this site alone, out of reach of scripts, over TLS where there is TLS."""

from __future__ import annotations

from fastapi import Request, Response

from web.context import caller_address, context_of
from web.identity import COOKIE
from web.presenters.browsers import browser_words
from workforce.accounts import SESSION_LASTS, Origin

DEVICE_COOKIE = "ondol_device"
PENDING_COOKIE = "ondol_pending"
PROVIDER_COOKIE = "ondol_provider"
PENDING_LASTS_S = 600


def set_session(request: Request, answer: Response, token: str) -> Response:
    """The session's own; half a log-in is over with it."""
    _set(request, answer, COOKIE, token, lasts_s=int(SESSION_LASTS.total_seconds()))
    answer.delete_cookie(PENDING_COOKIE, path="/login")
    return answer


def set_device(request: Request, answer: Response, token: str, *, days: int) -> Response:
    """The remembered device's; it goes with the log-in form alone."""
    _set(request, answer, DEVICE_COOKIE, token, lasts_s=days * 86400, path="/login")
    return answer


def set_pending(request: Request, answer: Response, token: str) -> Response:
    """Of a log-in that owes its second factor."""
    _set(request, answer, PENDING_COOKIE, token, lasts_s=PENDING_LASTS_S, path="/login")
    return answer


def set_provider_state(request: Request, answer: Response, state: str) -> Response:
    """Binds the way back from the identity provider to the browser that went there."""
    _set(request, answer, PROVIDER_COOKIE, state, lasts_s=PENDING_LASTS_S, path="/login")
    return answer


def origin_of(request: Request) -> Origin:
    """Where a log-in comes from."""
    return Origin(
        address=caller_address(request),
        browser=browser_words(request.headers.get("user-agent", "")),
        device_token=request.cookies.get(DEVICE_COOKIE),
    )


def _set(request: Request, answer: Response, name: str, value: str, *, lasts_s: int, path: str = "/") -> None:
    secure = context_of(request).settings.is_https
    answer.set_cookie(name, value, max_age=lasts_s, path=path, httponly=True, samesite="lax", secure=secure)
