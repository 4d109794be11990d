"""One press of the desk in one transaction; a refusal shows the page again as it was typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Principal
from core.errors import DomainError, ForbiddenError, NotFoundError, UnauthorizedError
from core.wall import across_the_company
from web.context import context_of
from web.pages.point.reach import Desk, reach_item, require_still_here
from web.pages.point.ticket import ticket_values
from web.pages.posting import PostedForm, take_once
from web.templating import render_page

Act = Callable[[Session, Desk, int, datetime], str]
"""Does it for (session, desk, ticket id, now) and returns the code of the message that follows."""


def take(
    request: Request,
    number: str,
    principal: Principal,
    posted: PostedForm,
    act: Act,
    *,
    do: str = "",
    to_desk: bool = False,
) -> Response:
    """Do one thing with a ticket once, then go back to the desk (`to_desk`) or to the ticket's page.

    A second copy of the same press does nothing and goes to the same place, also when the ticket has left
    the point meanwhile.
    """
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            if not take_once(session, request, principal=principal, posted=posted, now=now):
                return _go(request, _again(request, number, to_desk=to_desk))
            desk, item = reach_item(session, principal=principal, number=number, now=now)
            require_still_here(request, desk)
            with across_the_company(session):
                done = act(session, desk, item.id, now)
    except (ForbiddenError, NotFoundError, UnauthorizedError):
        raise
    except DomainError as error:
        return _refused(request, number, principal, posted, error, do=do)
    target = (
        desk.address(done=done, number=number if done == "accepted" else None)
        if to_desk
        else desk.ticket(number, done=done)
    )
    return _go(request, target)


def _go(request: Request, target: str) -> Response:
    """On to a page; a form in a dialog would swap the page into itself, so the browser is sent there."""
    if "HX-Request" in request.headers:
        return Response(headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)


def _refused(
    request: Request, number: str, principal: Principal, posted: PostedForm, error: DomainError, *, do: str
) -> Response:
    context = context_of(request)
    with context.database.reading() as session:
        values = ticket_values(
            session,
            principal=principal,
            number=number,
            now=context.clock(),
            do=do,
            with_offers=True,
            typed=posted,
            error=error,
        )
    in_dialog = do == "decline" and "HX-Request" in request.headers
    template = "point/_decline_dialog.html" if in_dialog else "point/ticket.html"
    return render_page(request, template, {**values, "flash": []}, status_code=error.status)


def _again(request: Request, number: str, *, to_desk: bool) -> str:
    if not to_desk:
        return f"/point/tickets/{number}"
    point = request.query_params.get("point", "")
    return f"/point?point={point}" if point.isascii() and point.replace("-", "").isalnum() else "/point"
