"""Log in, log out, change language or membership."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from core.errors import DomainError
from core.i18n import LANGUAGES
from web.context import caller_address, context_of
from web.identity import COOKIE, identify, refuse_cross_site
from web.language import LANGUAGE_COOKIE
from web.pages.demo_doors import demo_doors
from web.paths import own_path
from web.templating import HOME, render_page
from workforce import accounts

router = APIRouter()

COOKIE_LASTS_S = 14 * 3600
LANGUAGE_LASTS_S = 365 * 86400


@router.get("/")
def start(request: Request) -> Response:
    """The person's own screen, or the log-in."""
    principal = identify(request)
    return RedirectResponse(HOME[principal.role] if principal else "/login", status_code=303)


@router.get("/login")
def show_login(request: Request, next: str = "/") -> Response:  # noqa: A002 - the field's usual name
    """The log-in form."""
    return _show_form(request, login="", target=next)


@router.post("/login")
def log_in(
    request: Request,
    login: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Check the password; on success on to the wanted page."""
    refuse_cross_site(request)
    context, now = context_of(request), context_of(request).clock()
    address = caller_address(request)
    try:
        with context.database.everywhere.transaction() as session:
            token = accounts.sign_in(
                session, login=login.strip(), password=password, from_address=address, now=now
            )
    except accounts.WrongPasswordError as error:
        with context.database.everywhere.transaction() as session:
            accounts.note_failed_try(session, login=login.strip(), from_address=address, now=now)
        return _refused(request, login=login, target=next, error=error)
    except accounts.LockedOutError as error:
        return _refused(request, login=login, target=next, error=error)
    return _with_cookie(RedirectResponse(own_path(next), status_code=303), token, request)


@router.get("/login/once/{token}")
def log_in_once(request: Request, token: str) -> Response:
    """A one-time link made on the command line."""
    context = context_of(request)
    with context.database.everywhere.transaction() as session:
        cookie = accounts.use_login_link(
            session, token=token, from_address=caller_address(request), now=context.clock()
        )
    return _with_cookie(RedirectResponse("/", status_code=303), cookie, request)


@router.post("/logout")
def log_out(request: Request) -> Response:
    """End this browser's session."""
    refuse_cross_site(request)
    context = context_of(request)
    if cookie := request.cookies.get(COOKIE):
        with context.database.everywhere.transaction() as session:
            accounts.end_session(session, token=cookie, now=context.clock())
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


def _refused(request: Request, *, login: str, target: str, error: DomainError) -> Response:
    return _show_form(request, login=login, target=target, error=error.detail, status=error.status)


def _show_form(
    request: Request, *, login: str, target: str, error: str | None = None, status: int = 200
) -> Response:
    values = {"next": own_path(target), "login": login, "error": error, "makers": demo_doors(request)}
    return render_page(request, "session/login.html", values, status_code=status)


def _with_cookie(answer: Response, token: str, request: Request) -> Response:
    secure = context_of(request).settings.base_url.startswith("https://")
    answer.set_cookie(COOKIE, token, max_age=COOKIE_LASTS_S, httponly=True, samesite="lax", secure=secure)
    return answer
