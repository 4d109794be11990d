"""Log in, log out, change language or membership."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from core.errors import DomainError, TooManyError
from core.i18n import LANGUAGES, _
from notifications.devices import forget_devices_of_login
from web.context import context_of
from web.cookies import origin_of, set_pending, set_session
from web.identity import COOKIE, identify, refuse_cross_site
from web.language import LANGUAGE_COOKIE
from web.pages.demo_doors import demo_doors
from web.paths import own_path
from web.templating import HOME, render_page
from workforce import accounts
from workforce.accounts import LogIn

router = APIRouter()

LANGUAGE_LASTS_S = 365 * 86400


@router.get("/")
def start(request: Request) -> Response:
    """The person's own screen, or the log-in."""
    principal = identify(request)
    return RedirectResponse(HOME[principal.role] if principal else "/login", status_code=303)


@router.get("/login")
def open_login(request: Request, next: str = "/") -> Response:  # noqa: A002 - the field's usual name
    """The log-in form."""
    return show_login(request, target=next)


@router.post("/login")
def log_in(
    request: Request,
    login: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Check the password; on success on to the wanted page, or to the second factor that is owed."""
    refuse_cross_site(request)
    context = context_of(request)
    with context.database.everywhere.transaction() as session:
        found = accounts.sign_in(
            session,
            login=login.strip(),
            password=password,
            origin=origin_of(request),
            limits=context.try_limits,
            now=context.clock(),
        )
    if found.refused is not None:
        return show_login(request, login=login, target=next, error=found.refused)
    return let_in(request, found, target=next)


def let_in(request: Request, found: LogIn, *, target: str) -> Response:
    """On to the wanted page with a session, or to the second half. `found` is no refusal."""
    if found.session_token is not None:
        answer = RedirectResponse(own_path(target), status_code=303)
        return set_session(request, answer, found.session_token)
    where = f"/login/second?next={quote(own_path(target))}"
    return set_pending(request, RedirectResponse(where, status_code=303), found.pending_token or "")


@router.get("/login/once/{token}")
def log_in_once(request: Request, token: str) -> Response:
    """A one-time link made on the command line."""
    context = context_of(request)
    with context.database.everywhere.transaction() as session:
        found = accounts.use_login_link(
            session, token=token, origin=origin_of(request), limits=context.try_limits, now=context.clock()
        )
    if found.refused is not None:
        return show_login(request, error=found.refused)
    return let_in(request, found, target="/")


@router.post("/logout")
def log_out(request: Request) -> Response:
    """End this browser's session; who was logged in hears of no new job here any more."""
    refuse_cross_site(request)
    context = context_of(request)
    if cookie := request.cookies.get(COOKIE):
        with context.database.everywhere.transaction() as session:
            ended = accounts.end_session(session, token=cookie, now=context.clock())
            if ended is not None:
                forget_devices_of_login(session, session_id=ended)
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(COOKIE)
    return answer


@router.post("/language")
def choose_language(
    request: Request,
    lang: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Korean or English for this browser."""
    refuse_cross_site(request)
    answer = RedirectResponse(own_path(next), status_code=303)
    if lang in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, lang, max_age=LANGUAGE_LASTS_S, samesite="lax")
    return answer


def show_login(
    request: Request, *, login: str = "", target: str = "/", error: DomainError | None = None
) -> Response:
    """The log-in form, with what stands against the last try."""
    settings = context_of(request).settings
    values = {
        "next": own_path(target),
        "login": login,
        "error": error.detail if error else None,
        "makers": demo_doors(request),
        "provider": (settings.oidc_name or _("회사 계정")) if settings.has_provider else "",
    }
    status = error.status if error else 200
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooManyError) else {}
    return render_page(request, "session/login.html", values, status_code=status, headers=headers)
