"""Paper comes back in: a ticket that the point took on paper, and what was done on paper for any ticket."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from callcenter.error_codes import ErrorCodeBook
from core.actor import Actor, Principal
from core.dated import read_rules
from core.errors import DomainError, ForbiddenError, NotFoundError, UnauthorizedError
from core.i18n import _
from core.wall import across_the_company
from dispatch.intake import file_ticket, read_late_problems
from dispatch.late_entry import require_paper
from dispatch.paper_record import record_paper
from dispatch.placement import keep_at_point
from dispatch.states import ENDED_STATUSES
from dispatch.words import symptom_words
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.agent.intake_form import PLACES, errors_by_field, require_whole, to_request
from web.pages.agent.words import AGE_BANDS, relationship_choices, symptom_choices
from web.pages.late_forms import late_values
from web.pages.paper_forms import STEPS, paper_errors, paper_values, read_paper, says_anything
from web.pages.point.desk import frame
from web.pages.point.reach import HANDS, Desk, crew_of, reach_item, read_desk
from web.pages.posting import Posted, PostedForm, take_once
from web.presenters.masks import MASKED
from web.templating import render_page

router = APIRouter(prefix="/point", route_class=GuardedRoute)

RECORD_PLACES = (
    *(name for name, _label in STEPS),
    *("visit_day", "technician_id", "tick", "done_note"),
    *(f"call_{part}_{n}" for n in range(3) for part in ("at", "outcome", "with", "window", "until")),
)


@router.get("/paper")
@allow(*HANDS)
def show_new(request: Request, principal: Principal = SignedIn) -> Response:
    """An empty form for a ticket that was taken on paper."""
    return _new_page(request, principal, PostedForm())


@router.post("/paper")
@allow(*HANDS)
def post_new(
    request: Request, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """File it at the point, with what was done since where the form says so: all of it, or nothing."""
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            desk = read_desk(session, request, principal=principal, now=now)
            if not take_once(session, request, principal=principal, posted=posted, now=now):
                return RedirectResponse(desk.address("/point/tickets"), status_code=303)
            with across_the_company(session):
                number = _file(session, desk, posted, by=by, now=now)
    except (ForbiddenError, NotFoundError, UnauthorizedError):
        raise
    except DomainError as error:
        return _new_page(request, principal, posted, problem=error)
    return RedirectResponse(desk.ticket(number, done="paper"), status_code=303)


@router.get("/tickets/{number}/paper")
@allow(*HANDS)
def show_record(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """What was done on paper for this ticket: an empty form."""
    return _record_page(request, principal, number, PostedForm())


@router.post("/tickets/{number}/paper")
@allow(*HANDS)
def post_record(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Calls and the steps of the visit, each with its own past time, in one go."""
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            desk, item = reach_item(session, principal=principal, number=number, now=now)
            if take_once(session, request, principal=principal, posted=posted, now=now):
                with across_the_company(session):
                    record_paper(session, ticket_id=item.id, record=read_paper(posted), by=by, now=now)
    except (ForbiddenError, NotFoundError, UnauthorizedError):
        raise
    except DomainError as error:
        return _record_page(request, principal, number, posted, problem=error)
    return RedirectResponse(desk.ticket(number, done="paper-record"), status_code=303)


def _file(session: Session, desk: Desk, posted: PostedForm, *, by: Actor, now: datetime) -> str:
    company_id = desk.point.company_id
    asked = to_request(session, posted=posted, home=None, company_id=company_id, now=now)
    late = read_late_problems(session, request=asked, company_id=company_id, now=now)
    require_whole(asked, located=None, now=now, more=late)
    require_paper(asked)
    filed = file_ticket(session, request=asked, company_id=company_id, codes=ErrorCodeBook(), by=by, now=now)
    keep_at_point(session, ticket_id=filed.id, point_id=desk.point.id, by=by, now=now)
    if says_anything(posted):
        record_paper(session, ticket_id=filed.id, record=read_paper(posted), by=by, now=now)
    return filed.number


def _new_page(
    request: Request, principal: Principal, posted: PostedForm, *, problem: DomainError | None = None
) -> Response:
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        desk = read_desk(session, request, principal=principal, now=now)
        rules = read_rules(session, company_id=principal.company_id, at=now)
        errors = _new_errors(problem, posted)
        values = {
            **frame(desk, "paper"),
            **late_values(posted, rules, now),
            **_record_values(session, desk, safety=True, now=now),
            "posted": posted,
            "errors": errors,
            "problem": problem.detail if problem else "",
            "places": (*PLACES, *RECORD_PLACES),
            "labels": {name: _(label) for name, label in PLACES.items()},
            "symptoms": [(one["code"], one["text"]) for one in symptom_choices()],
            "relationships": relationship_choices(),
            "age_bands": [(code, _(label)) for code, label in AGE_BANDS],
            "with_record": says_anything(posted),
        }
        status = problem.status if problem else 200
        return render_page(request, "point/paper_new.html", values, status_code=status)


def _new_errors(problem: DomainError | None, posted: PostedForm) -> dict[str, str]:
    if problem is None:
        return {}
    own = {item.field for item in problem.errors}
    if any(field.startswith("calls.") for field in own) or own & set(RECORD_PLACES):
        return paper_errors(problem)
    return errors_by_field(problem, posted=posted)


def _record_page(
    request: Request,
    principal: Principal,
    number: str,
    posted: PostedForm,
    *,
    problem: DomainError | None = None,
) -> Response:
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        desk, item = reach_item(session, principal=principal, number=number, now=now)
        values = {
            **frame(desk, ""),
            **_record_values(session, desk, safety=item.safety or item.safety_hold, now=now),
            "item": item,
            "number": number,
            "symptom": symptom_words(item.symptom),
            "who": MASKED.name(item.resident),
            "where": MASKED.address(item.address.normalised or item.address.raw),
            "ended": item.status in ENDED_STATUSES,
            "technician_id": item.technician.id if item.technician else "",
            "posted": posted,
            "errors": paper_errors(problem) if problem else {},
            "problem": problem.detail if problem else "",
            "places": RECORD_PLACES,
        }
        status = problem.status if problem else 200
        return render_page(request, "point/paper.html", values, status_code=status)


def _record_values(session: Session, desk: Desk, *, safety: bool, now: datetime) -> dict[str, Any]:
    crew = crew_of(session, desk, now=now)
    return {
        **paper_values(session, company_id=desk.point.company_id, safety=safety, now=now),
        "paper_crew": [(info.id, info.name) for info in crew],
        "form_key": secrets.token_urlsafe(18),
        "record_labels": {name: _(label) for name, label in STEPS},
    }
