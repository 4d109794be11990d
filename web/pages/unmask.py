"""Unmasking: a click with a reason and a line in the access log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from core.actor import Principal
from core.visibility import opened_fields
from customers.queries import household_detail
from web.context import caller_address, context_of
from web.identity import GuardedRoute, SignedIn, everyone
from web.paths import own_path
from web.scope import reach_ticket
from web.unmask_reasons import reason_words
from workforce.access_log import open_data

router = APIRouter(prefix="/unmask", route_class=GuardedRoute)


@router.post("/ticket/{number}")
@everyone
def unmask_ticket(
    request: Request,
    number: str,
    reason: Annotated[str, Form()] = "",
    reason_code: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/",
    principal: Principal = SignedIn,
) -> Response:
    """Show a ticket's people to this reader for a while."""
    context = context_of(request)
    with context.database.transaction() as session:
        ticket_id = reach_ticket(session, principal=principal, number=number)
        open_data(
            session,
            principal=principal,
            subject=("ticket", ticket_id),
            fields=opened_fields(principal.role),
            reason=reason_words(reason_code, reason),
            from_address=caller_address(request),
            now=context.clock(),
        )
    return RedirectResponse(own_path(back), status_code=303)


@router.post("/household/{household_id}")
@everyone
def unmask_household(
    request: Request,
    household_id: int,
    reason: Annotated[str, Form()] = "",
    reason_code: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/",
    principal: Principal = SignedIn,
) -> Response:
    """Show a household to this reader for a while."""
    context = context_of(request)
    with context.database.transaction() as session:
        household_detail(session, company_id=principal.company_id, household_id=household_id)
        open_data(
            session,
            principal=principal,
            subject=("household", household_id),
            fields=opened_fields(principal.role),
            reason=reason_words(reason_code, reason),
            from_address=caller_address(request),
            now=context.clock(),
        )
    return RedirectResponse(own_path(back), status_code=303)
