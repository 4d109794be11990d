"""A ticket's dialog and the parts of it that are fetched by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from core.actor import Actor, Principal
from core.errors import DomainError, ForbiddenError, NotFoundError
from core.i18n import _
from dispatch.by_hand import BookedTimeError, HandAssignment, LicenceMissingError
from dispatch.console.candidates import (
    CrewMember,
    list_alternatives,
    outside_visiting_hours,
    preview_assignment,
)
from dispatch.console.limits import limits_passed
from dispatch.console.why import why_this_technician
from dispatch.open_visits import find_open_visit
from dispatch.queries import ticket_detail
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.dispatch.reach import CONSOLE_ROLES
from web.pages.dispatch.read_forms import read_chosen, read_pins, read_start
from web.pages.dispatch.ticket_view import (
    dialog_values,
    facts_values,
    other_point_values,
    window_values,
)
from web.pages.posting import Posted, PostedForm
from web.presenters.crew import crew_values
from web.scope import reach_ticket
from web.templating import render_page
from web.toasts import toast

router = APIRouter(prefix="/dispatch/tickets/{number}", route_class=GuardedRoute)


@router.get("")
@allow(*CONSOLE_ROLES)
def show_ticket(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """The dialog; without scripts the console opens with it."""
    if "HX-Request" not in request.headers:
        return RedirectResponse(f"/dispatch?ticket={number}", status_code=303)
    return render_dialog(request, principal, number)


@router.get("/facts")
@allow(*CONSOLE_ROLES)
def show_facts(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """The live half of the dialog."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        reach_ticket(session, principal=principal, number=number)
        detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
        values = facts_values(session, principal=principal, detail=detail, now=now)
        return render_page(request, "dispatch/_facts.html", values)


@router.get("/crew")
@allow(*CONSOLE_ROLES)
def show_crew(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """Who could go, with when and why not."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        reach_ticket(session, principal=principal, number=number)
        detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
        return render_page(request, "dispatch/_crew.html", crew_values(session, detail=detail, now=now))


@router.get("/why")
@allow(*CONSOLE_ROLES)
def show_why(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """Why this technician, and what each other would cost."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        ticket_id = reach_ticket(session, principal=principal, number=number)
        why = why_this_technician(session, ticket_id=ticket_id, now=now)
        return render_page(request, "dispatch/_why.html", {"why": why, "now": now})


@router.get("/other-points")
@allow(*CONSOLE_ROLES)
def show_other_points(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """The nearest other points with somebody qualified: for whoever may hand over to them."""
    if principal.service_point_id is not None:
        raise ForbiddenError(_("다른 서비스점으로 옮기는 일은 회사 전체의 배차 담당자만 할 수 있습니다."))
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        ticket_id = reach_ticket(session, principal=principal, number=number)
        values = other_point_values(session, ticket_id=ticket_id, now=now)
        return render_page(request, "dispatch/_other_points.html", values)


@router.get("/windows")
@allow(*CONSOLE_ROLES)
def show_windows(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """Windows that can be promised now, or why there are none."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        reach_ticket(session, principal=principal, number=number)
        detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
        try:
            values: dict[str, Any] = window_values(session, detail=detail, now=now)
        except DomainError as error:
            values = {"offers": [], "now": now, "why": error.detail}
        return render_page(request, "dispatch/_windows.html", values)


@router.post("/assignment/preview")
@allow(*CONSOLE_ROLES)
def post_preview(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """What the assignment would do to this visit and to others; nothing is kept."""
    context = context_of(request)
    values: dict[str, Any] = {"preview": None, "why": "", "moved": [], "drifting": 0, "now": context.clock()}
    values["instead"] = []
    values["limits"], values["hours"] = (), None
    try:
        with context.database.transaction() as session:
            now = context.clock()
            ticket_id = reach_ticket(session, principal=principal, number=number)
            found = preview_assignment(
                session,
                ticket_id=ticket_id,
                technician_id=read_chosen(posted, "technician_id"),
                start=read_start(posted),
                pin=read_pins(posted),
                by=by,
                now=now,
            )
            values["preview"] = found
            visit = find_open_visit(session, ticket_id=ticket_id)
            values.update(_moved(found, current=visit.technician_id if visit is not None else None))
            values["hours"] = outside_visiting_hours(
                session, ticket_id=ticket_id, start=found.start_at, now=now
            )
            detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
            end = found.start_at + timedelta(seconds=visit.duration_s if visit is not None else 0)
            values["limits"] = limits_passed(detail.clocks, start=found.start_at, end=end, now=now)
    except NotFoundError:
        raise
    except (BookedTimeError, LicenceMissingError) as error:
        values["why"] = error.detail
        values["instead"] = _instead(request, principal, number, read_chosen(posted, "technician_id"))
    except DomainError as error:
        values["why"] = error.detail
    return render_page(request, "dispatch/_preview.html", values)


def _instead(request: Request, principal: Principal, number: str, technician_id: int) -> list[CrewMember]:
    """What would do in place of a choice that was refused."""
    context = context_of(request)
    with context.database.reading() as session:
        ticket_id = reach_ticket(session, principal=principal, number=number)
        now = context.clock()
        return list_alternatives(session, ticket_id=ticket_id, technician_id=technician_id, now=now)


def render_dialog(
    request: Request,
    principal: Principal,
    number: str,
    *,
    act: str = "",
    posted: PostedForm | None = None,
    problem: DomainError | None = None,
    said: str = "",
) -> Response:
    """The dialog as it stands; with a `problem` the form `act` is open again with what was typed."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        reach_ticket(session, principal=principal, number=number)
        values = {
            **dialog_values(session, principal=principal, number=number, now=now),
            "act": act,
            "typed": posted,
            "problem": problem.detail if problem else None,
            "errors": {item.field: item.message for item in problem.errors} if problem else {},
            "said": said,
        }
        status = problem.status if problem else 200
        return render_page(request, "dispatch/_ticket.html", values, status_code=status, headers=toast(said))


def _moved(found: HandAssignment, *, current: int | None) -> dict[str, Any]:
    """What the decision moves; times of others that the hour of the day moves anyway are a number."""
    touched = {found.technician_id, current}
    own = [c for c in found.moved if c["what"] != "retimed" or c["to"]["technician_id"] in touched]
    return {"moved": [_with_minutes(change) for change in own], "drifting": len(found.moved) - len(own)}


def _with_minutes(change: dict[str, Any]) -> str:
    """The sentence of a change, and by how much a visit of the same technician begins later or earlier."""
    text = str(change["text"])
    if change["what"] != "retimed":
        return text
    before, after = (datetime.fromisoformat(change[side]["start"]) for side in ("from", "to"))
    minutes = round((after - before).total_seconds() / 60)
    words = _("{n}분 늦어짐") if minutes > 0 else _("{n}분 빨라짐")
    return f"{text} ({words.format(n=abs(minutes))})"
