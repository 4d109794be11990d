"""The page of one ticket: what to read out, what can be agreed now, and everything that happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Principal
from core.errors import DomainError
from core.i18n import _
from dispatch.call_desk import list_triage
from dispatch.detail_shapes import TicketDetail
from dispatch.queries import ticket_detail
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.agent.ticket_view import slot_values, ticket_values
from web.pages.agent.words import CALL_REASON, DESK_ROLES, DONE, PARTY_ROLES, SELF_FIX
from web.pages.posting import PostedForm
from web.presenters.advert_words import advert_doors, advert_standings
from web.scope import reach_ticket
from web.templating import render_page

router = APIRouter(prefix="/agent/tickets", route_class=GuardedRoute)


@router.get("/{number}")
@allow(*DESK_ROLES)
def show_ticket(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """The whole page; `act` opens one of its forms, `done` says what was just done."""
    return render_ticket(request, principal, number, act=request.query_params.get("act", ""))


@router.get("/{number}/live")
@allow(*DESK_ROLES)
def show_live(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """The part that changes by itself, as a fragment."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        detail = _reach(session, principal, number, now)
        values = ticket_values(session, principal=principal, detail=detail, now=now)
        return render_page(request, "agent/_ticket_live.html", {**values, **_extras()})


@router.get("/{number}/tasks")
@allow(*DESK_ROLES)
def show_tasks(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """What somebody must do for the ticket, as a fragment."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        detail = _reach(session, principal, number, now)
        values = ticket_values(session, principal=principal, detail=detail, now=now)
        return render_page(request, "agent/_tasks.html", {**values, **_extras()})


@router.get("/{number}/head")
@allow(*DESK_ROLES)
def show_head(request: Request, number: str, seen: str = "", principal: Principal = SignedIn) -> Response:
    """Number, clocks, the sentence to read out, as a fragment; whether the forms are for what was `seen`."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        detail = _reach(session, principal, number, now)
        values = ticket_values(session, principal=principal, detail=detail, now=now)
        if seen and seen != values["seen"]:
            values |= {"seen": seen, "changed": True}
        return render_page(request, "agent/_ticket_head.html", values)


@router.get("/{number}/windows")
@allow(*DESK_ROLES)
def show_windows(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """The windows that can be offered now, as a fragment."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        detail = _reach(session, principal, number, now)
        values = slot_values(session, detail=detail, now=now)
        return render_page(request, "agent/_slots.html", {"windows": values})


def render_ticket(
    request: Request,
    principal: Principal,
    number: str,
    *,
    act: str = "",
    posted: PostedForm | None = None,
    problem: DomainError | None = None,
) -> Response:
    """The page as it stands; with a `problem` the form `act` is open again with what was typed."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        detail = _reach(session, principal, number, now)
        code = request.query_params.get("done", "")
        done = DONE.get(code)
        errors = {item.field: item.message for item in problem.errors} if problem else {}
        values = {
            **ticket_values(session, principal=principal, detail=detail, now=now),
            "windows": slot_values(session, detail=detail, now=now),
            "next_case": _next_case(session, principal, detail, now) if code == "self-fix" else "",
            **_extras(),
            "adverts": _adverts(session, detail, now),
            "advert_doors": advert_doors(),
            "advert_door": "INTAKE" if request.query_params.get("done") == "filed" else "CALL",
            "act": act,
            "posted": posted or PostedForm(),
            "errors": errors,
            "problem": problem.detail if problem else None,
            "flash": [{"kind": "ok", "text": _(done)}] if done and problem is None else [],
        }
        status = problem.status if problem else 200
        return render_page(request, "agent/ticket.html", values, status_code=status)


def _next_case(session: Session, principal: Principal, detail: TicketDetail, now: datetime) -> str:
    """The way to whoever waits next for a talk about the self-fix card; to the desk when nobody does."""
    waiting = list_triage(session, company_id=principal.company_id, now=now, limit=2)
    after = next((item.number for item in waiting if item.number != detail.number), None)
    return f"/agent/tickets/{after}?act=fix#fix" if after else "/agent"


def _reach(session: Session, principal: Principal, number: str, now: datetime) -> TicketDetail:
    """The ticket with everything about it. Raises NotFoundError when it is not theirs to see."""
    reach_ticket(session, principal=principal, number=number)
    return ticket_detail(session, company_id=principal.company_id, number=number, now=now)


def _adverts(session: Session, detail: TicketDetail, now: datetime) -> list[dict[str, Any]]:
    """Each person of the case once, with how it stands about advertisements."""
    people = {party.contact_id: party for party in detail.parties}
    found = advert_standings(session, company_id=detail.company.id, contact_ids=people, now=now)
    return [
        {"id": i, "role": _(PARTY_ROLES[person.role]), "can_text": person.can_text, **found[i]}
        for i, person in people.items()
        if i in found
    ]


def _extras() -> dict[str, Any]:
    return {
        "results": [(code, _(label), _(what)) for code, label, what in SELF_FIX],
        "call_reason": _(CALL_REASON),
    }
