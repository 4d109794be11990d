"""The follow-up desk: the calls that are owed, one call with its script, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from billing.queries import charge_of_visit
from billing.rules import warranty_words
from core.actor import Actor, Principal, Role
from core.errors import ConflictError, DomainError, InvalidError
from core.i18n import _
from dispatch.list_queries import list_tickets
from dispatch.words import symptom_words
from happycall.attempts import record_attempt
from happycall.desk import desk_counts, hours_by_home, hours_now, next_call_id, verdict_of
from happycall.queries import coverage, get_call, list_calls
from happycall.schemas import CallInfo
from happycall.script import questions_asked, script_for
from notifications.queries import list_notices
from web.context import caller_address, context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.posting import Posted, take_once
from web.pages.qa_closing import closing_words
from web.pages.qa_forms import entered, read_attempt
from web.pages.qa_hours import ReasonNeededError, agree_later, asks_why, open_numbers, why_now
from web.pages.qa_over import is_by_me, over_words
from web.presenters import happy_call as words
from web.presenters.masks import masks_for_ticket
from web.templating import render_page

router = APIRouter(prefix="/qa", route_class=GuardedRoute)

ROLES = (Role.QA, Role.MANAGER, Role.ADMIN)
PAGE = 60
MOST_FOUND = 100
COVERAGE_DAYS = 7
LARGEST_ID = 2**63 - 1
CallId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Text = Annotated[str, Query(max_length=200)]
FIELD_OF = {"answers": "fixed"}
"""A field of the attempt -> the question that it is shown beside."""


@router.get("")
@allow(*ROLES)
def show_desk(
    request: Request,
    state: Text = "scheduled",
    q: Text = "",
    cursor: Text = "",
    principal: Principal = SignedIn,
) -> Response:
    """The calls that are owed, those due now first; other states and a search by number beside them."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        values = _list(session, principal, state=state, q=q, cursor=cursor, now=now)
        start = now - timedelta(days=COVERAGE_DAYS)
        values["coverage"] = coverage(session, company_id=principal.company_id, start=start, end=now)
        values["coverage_days"] = COVERAGE_DAYS
    return render_page(request, "qa/desk.html", values)


@router.get("/list")
@allow(*ROLES)
def show_list(
    request: Request,
    state: Text = "scheduled",
    q: Text = "",
    cursor: Text = "",
    principal: Principal = SignedIn,
) -> Response:
    """The list alone, for the live page."""
    context = context_of(request)
    with context.database.reading() as session:
        values = _list(session, principal, state=state, q=q, cursor=cursor, now=context.clock())
    return render_page(request, "qa/_list.html", values)


@router.get("/{happy_call_id}")
@allow(*ROLES)
def show_call(
    request: Request,
    happy_call_id: CallId,
    saved: str = "",
    asked: Annotated[str, Query(alias="with", max_length=20)] = "",
    principal: Principal = SignedIn,
) -> Response:
    """One call: whom to ring, the script, the bill as it was told, and after it what came of it."""
    context = context_of(request)
    with context.database.reading() as session:
        values = _call(session, principal, happy_call_id, now=context.clock())
    values |= {"saved": saved == "1", "entered": {"with": asked} if asked else {}}
    return render_page(request, "qa/call.html", values)


@router.get("/{happy_call_id}/state")
@allow(*ROLES)
def show_state(
    request: Request,
    happy_call_id: CallId,
    seen: Annotated[int, Query(ge=0)] = 0,
    principal: Principal = SignedIn,
) -> Response:
    """Whether somebody else has rung meanwhile: a small live piece beside a form that is being filled in."""
    context = context_of(request)
    with context.database.reading() as session:
        call = get_call(session, company_id=principal.company_id, happy_call_id=happy_call_id)
        by_me = is_by_me(session, principal=principal, call=call)
    return render_page(request, "qa/_state.html", {"call": call, "seen": seen, "by_me": by_me})


@router.post("/{happy_call_id}/dial")
@allow(*ROLES)
def post_dial(
    request: Request, happy_call_id: CallId, posted: Posted, principal: Principal = SignedIn
) -> Response:
    """Show whom to ring; that somebody looked, and why, is written down."""
    context = context_of(request)
    with context.database.transaction() as session:
        now = context.clock()
        call = get_call(session, company_id=principal.company_id, happy_call_id=happy_call_id)
        why, address = posted.get("why"), caller_address(request)
        try:
            open_numbers(session, principal=principal, call=call, why=why, from_address=address, now=now)
        except ReasonNeededError as error:
            return _again(request, principal, happy_call_id, error, {"why": why})
    role = urlencode({"with": posted.get("with")[:20]})
    return RedirectResponse(f"/qa/{happy_call_id}?{role}#who", status_code=303)


@router.post("/{happy_call_id}/attempts")
@allow(*ROLES)
def post_attempt(
    request: Request,
    happy_call_id: CallId,
    posted: Posted,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Write down a call. A second press of the same form changes nothing and shows the same page."""
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            company_id = principal.company_id
            call = get_call(session, company_id=company_id, happy_call_id=happy_call_id)
            attempt = read_attempt(posted, asked=questions_asked(script_for(session, happy_call=call)))
            attempt = agree_later(session, call=call, attempt=attempt, why=posted.get("back_why"), now=now)
            if take_once(session, request, principal=principal, posted=posted, now=now):
                why = why_now(session, principal=principal, call=call, typed=posted.get("why"), now=now)
                record_attempt(
                    session,
                    happy_call_id=happy_call_id,
                    company_id=company_id,
                    attempt=attempt.model_copy(update={"why_now": why}),
                    by=by,
                    now=now,
                )
    except (InvalidError, ConflictError) as error:
        return _again(request, principal, happy_call_id, error, entered(posted))
    return RedirectResponse(f"/qa/{happy_call_id}?saved=1", status_code=303)


def _again(
    request: Request, principal: Principal, call_id: int, error: DomainError, typed: Mapping[str, str]
) -> Response:
    """The page once more with what was typed and what is wrong beside it."""
    context = context_of(request)
    with context.database.reading() as session:
        errors = {FIELD_OF.get(it.field, it.field): it.message for it in error.errors}
        now = context.clock()
        call = get_call(session, company_id=principal.company_id, happy_call_id=call_id)
        if call.state != "scheduled":  # there are no fields any more: nothing beside them is to be put right
            values = _call(session, principal, call_id, now=now)
            values["over"] = over_words(session, principal=principal, call=call)
            return render_page(request, "qa/call.html", values, status_code=409)
        values = _call(session, principal, call_id, now=now, typed=typed, errors=errors)
    values |= {"entered": dict(typed), "error": error.detail}
    return render_page(request, "qa/call.html", values, status_code=error.status)


def _list(
    session: Session, principal: Principal, *, state: str, q: str, cursor: str, now: datetime
) -> dict[str, Any]:
    company_id, q = principal.company_id, q.strip()
    found = None
    if q:
        tickets = list_tickets(session, company_id=company_id, now=now, q=q, limit=MOST_FOUND)
        found = [item.id for item in tickets.items]
    page = list_calls(
        session,
        company_id=company_id,
        state=None if q else state,
        cursor=cursor or None,
        limit=PAGE,
        ticket_ids=found,
        newest_first=bool(q) or state != "scheduled",
    )
    hours = hours_by_home(session, company_id=company_id, now=now)
    rows = [words.row_of(call, hours=hours, now=now) for call in page.items]
    grouped = not q and state == "scheduled"
    query = {"state": state, **({"q": q} if q else {})}
    return {
        "state": state,
        "q": q,
        "counts": desk_counts(session, company_id=company_id, now=now),
        "groups": words.groups_of(rows, now=now) if grouped else [words.Group("", "", tuple(rows))],
        "rows": rows,
        "states": words.STATES,
        "is_open": hours[False].is_open,
        "hours": words.hours_words(hours[False], now=now),
        "here": "/qa/list?" + urlencode({**query, **({"cursor": cursor} if cursor else {})}),
        "next_url": f"/qa?{urlencode({**query, 'cursor': page.next_cursor})}" if page.next_cursor else None,
        "first_url": f"/qa?{urlencode(query)}" if cursor else None,
    }


def _call(
    session: Session,
    principal: Principal,
    call_id: int,
    *,
    now: datetime,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    company_id = principal.company_id
    call = get_call(session, company_id=company_id, happy_call_id=call_id)
    masks = masks_for_ticket(session, principal=principal, ticket_id=call.case.ticket_id, now=now)
    call = replace(call, reason=words.hide(call.reason, call.case, masks))
    hours = hours_now(session, company_id=company_id, now=now, case=call.case)
    script = script_for(session, happy_call=words.without_names(call, masks))
    return {
        "call": call,
        "what": symptom_words(call.case.symptom),
        "people": words.people_to_ask(call.case, masks),
        "is_open": masks.is_open,
        "asks_why": asks_why(session, principal=principal, call=call, now=now),
        "hours": hours,
        "hours_words": words.hours_words(hours, now=now),
        "desk_hours": hours_now(session, company_id=company_id, now=now),
        "questions": words.questions_of(script, entered=typed or {}, errors=errors or {}),
        "closing": closing_words(session, call=call, now=now),
        "offers": words.call_back_offers(hours, now=now),
        "attempts": [words.attempt_line(it, call.case, masks, now=now) for it in reversed(call.attempts)],
        "answers": words.answer_rows(call.answers) if call.answers else [],
        "verbatim": words.hide(call.answers.verbatim or "", call.case, masks) if call.answers else "",
        "follows": words.what_follows(call, verdict_of(session, call=call), now=now),
        "bill": _bill(session, call),
        "states": words.STATES,
        "next_id": next_call_id(session, company_id=company_id, now=now, after=call),
        "counts": desk_counts(session, company_id=company_id, now=now),
        "key": uuid4().hex,
        "saved": False,
        "entered": {},
        "errors": dict(errors or {}),
        "error": "",
        "over": "",
        "labels": words.field_labels(),
    }


def _bill(session: Session, call: CallInfo) -> dict[str, Any] | None:
    """The bill as the texts said it, and whether they arrived; None without a bill."""
    charge = charge_of_visit(session, visit_id=call.visit_id) if call.visit_id else None
    if charge is None:
        return None
    notices = list_notices(session, ticket_id=call.case.ticket_id)
    return {
        "lines": [
            {"name": it.label, "quantity": it.quantity, "amount": it.amount, "warranty": it.warranty}
            for it in charge.lines
        ],
        "total": charge.total,
        "why": warranty_words(charge.warranty_reason),
        "told": [
            {
                "who": _(words.ROLES[it.recipient]),
                "state": it.state,
                "at": it.settled_at or it.created_at,
            }
            for it in notices
            if it.event == "VISIT_RESULT" and it.recipient in words.ROLES
        ],
    }
