"""The demo's phones: the family's and the technicians'. Outside the demo they do not exist."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from core.actor import Principal
from core.errors import NotFoundError
from core.i18n import _
from core.phones import search_digits
from core.wall import across_the_company
from dispatch.list_queries import list_tickets
from dispatch.queries import ticket_detail
from dispatch.scopes import Scope, ticket_in_scope
from notifications.catalogue import Role as Recipient
from notifications.queries import FAMILY_ROLES, PhoneSearch, count_phones, list_phones
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, everyone
from web.presenters import phones as shown
from web.templating import render_page
from workforce.queries import get_company

router = APIRouter(prefix="/phones", route_class=GuardedRoute)

PAGE = 48
MOST = 480
STAFF_ROLES = (Recipient.TECHNICIAN, Recipient.POINT)
LIKE_A_NUMBER = re.compile(r"[\d\s().+\-·]{3,}")
FEWEST_DIGITS = 3
Text = Annotated[str, Query(max_length=200)]


@router.get("")
@everyone
def show_phones(
    request: Request,
    ticket: Text = "",
    q: Text = "",
    who: Text = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
    principal: Principal = SignedIn,
) -> Response:
    """Every phone that got a text, the newest first; `ticket`: the parties of one case side by side."""
    return _render(request, principal, "phones/phones.html", ticket=ticket, q=q, who=who, limit=limit)


@router.get("/list")
@everyone
def show_list(
    request: Request,
    ticket: Text = "",
    q: Text = "",
    who: Text = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
    principal: Principal = SignedIn,
) -> Response:
    """The phones alone, for the live page."""
    return _render(request, principal, "phones/_list.html", ticket=ticket, q=q, who=who, limit=limit)


def _render(
    request: Request,
    principal: Principal,
    template: str,
    *,
    ticket: str,
    q: str,
    who: str,
    limit: int,
) -> Response:
    context = context_of(request)
    if not context.settings.is_demo:
        raise NotFoundError(_("이 화면은 시연에서만 열립니다."))
    ticket, q, who = ticket.strip(), q.strip(), "staff" if who == "staff" else ""
    with context.database.reading() as session:
        now = context.clock()
        # The families are invented, and their phones no role's: everybody sees all of them.
        with across_the_company(session):
            company = get_company(session, company_id=principal.company_id)
            if q and ticket_in_scope(session, scope=Scope(company.id), number=q.upper()) is not None:
                ticket, q = q.upper(), ""
            if ticket:
                values = _of_ticket(session, company_id=company.id, number=ticket, now=now)
            else:
                values = _of_all(session, company_id=company.id, q=q, who=who, limit=limit, now=now)
    given = {"ticket": ticket, "q": q, "who": who, "limit": str(limit) if limit != PAGE else ""}
    query = urlencode({name: value for name, value in given.items() if value})
    values |= {"ticket_number": ticket, "q": q, "who": who, "company": company}
    return render_page(
        request, template, {**values, "here": f"/phones/list?{query}" if query else "/phones/list"}
    )


def _of_ticket(session: Session, *, company_id: int, number: str, now: datetime) -> dict[str, Any]:
    detail = ticket_detail(session, company_id=company_id, number=number, now=now)
    names = shown.staff_names(session, company_id=company_id, now=now)
    family, staff = shown.phones_of_ticket(session, detail=detail, names=names)
    return {"phones": family, "staff": staff, "more_url": None, "counts": None}


def _of_all(
    session: Session, *, company_id: int, q: str, who: str, limit: int, now: datetime
) -> dict[str, Any]:
    names = shown.staff_names(session, company_id=company_id, now=now) if who else {}
    asked: dict[str, Any] = {"company_id": company_id, "roles": STAFF_ROLES if who else FAMILY_ROLES}
    digits = search_digits(q) if LIKE_A_NUMBER.fullmatch(q) else ""
    search = PhoneSearch(digits=digits) if len(digits) >= FEWEST_DIGITS else None
    inboxes = list_phones(session, search=search, limit=limit + 1, **asked) if search else []
    if not inboxes:  # the end of a ticket's number looks like a phone's, too
        search = _search_words(session, company_id=company_id, q=q, names=names, now=now) if q else None
        inboxes = list_phones(session, search=search, limit=limit + 1, **asked)
    knows_all = search is None or len(search.ticket_ids) < MOST
    counts = count_phones(session, search=search, **asked) if knows_all else None
    phones = shown.phones_of_list(session, company_id=company_id, inboxes=inboxes[:limit], names=names)
    more = {"q": q, "who": who, "limit": str(min(limit + PAGE, MOST))}
    has_more = len(inboxes) > limit and limit < MOST
    query = urlencode({name: value for name, value in more.items() if value})
    return {
        "phones": phones,
        "staff": [],
        "more_url": f"/phones?{query}" if has_more else None,
        "counts": counts,
    }


def _search_words(
    session: Session, *, company_id: int, q: str, names: dict[str, str], now: datetime
) -> PhoneSearch:
    tickets = list_tickets(session, company_id=company_id, now=now, q=q, limit=MOST)
    staff = {phone for phone, name in names.items() if q in name}
    return PhoneSearch(phones=staff, ticket_ids={item.id for item in tickets.items})
