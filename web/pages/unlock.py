"""A browser that nobody used for a while: its person's password, and on where they were."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from core.errors import DomainError
from web.context import context_of
from web.cookies import origin_of
from web.identity import COOKIE, find_caller, refuse_cross_site
from web.pages.session import show_login
from web.paths import own_path
from web.problems import answer as problem_answer
from web.templating import render_page
from workforce.own_account import NoSessionError, unlock_session

router = APIRouter(prefix="/unlock")


@router.get("")
def ask(request: Request, next: str = "/") -> Response:  # noqa: A002 - the field's usual name
    """The form; whoever is not locked goes on."""
    return _show(request, target=next)


@router.post("")
def unlock(
    request: Request,
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Check the password. A page's own script is answered without a page."""
    refuse_cross_site(request)
    context = context_of(request)
    try:
        with context.database.everywhere.transaction() as session:
            refused = unlock_session(
                session,
                token=request.cookies.get(COOKIE, ""),
                password=password,
                origin=origin_of(request),
                limits=context.try_limits,
                now=context.clock(),
            )
    except NoSessionError as error:
        if "HX-Request" in request.headers:
            return problem_answer(request, error)
        return show_login(request, target=next, error=error)
    if "HX-Request" in request.headers:
        return problem_answer(request, refused) if refused else Response(status_code=204)
    if refused is not None:
        return _show(request, target=next, error=refused)
    return RedirectResponse(own_path(next), status_code=303)


def _show(request: Request, *, target: str, error: DomainError | None = None) -> Response:
    caller = find_caller(request)
    if caller is None:
        return show_login(request, target=target)
    if not caller.locked:
        return RedirectResponse(own_path(target), status_code=303)
    values = {
        "next": own_path(target),
        "name": caller.principal.name,
        "login": caller.principal.login,
        "error": error.detail if error else None,
    }
    return render_page(request, "session/unlock.html", values, status_code=error.status if error else 200)
