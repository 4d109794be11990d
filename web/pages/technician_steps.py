"""What the technician presses on a job: the call's outcome, the steps of the visit, the end of the work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal
from core.errors import DomainError, ForbiddenError, NotFoundError, UnauthorizedError
from core.wall import across_the_company
from dispatch import visits
from dispatch.cases import lock_case
from dispatch.completion import complete_visit
from dispatch.first_contact import record_attempt
from dispatch.queries import ticket_detail
from dispatch.scopes import ticket_in_scope
from dispatch.visit_rules import early_by
from dispatch.visit_schemas import HoldReason, Outcome
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.posting import Posted, PostedForm, take_once
from web.pages.technician import ROLES
from web.pages.technician_asides import still_at, too_early
from web.pages.technician_forms import hold_until, read_attempt, read_completion, read_hold_day
from web.pages.technician_job import bill_values, job_values
from web.pages.technician_lost import lost_values
from web.paths import own_path
from web.scope import reach_ticket, scope_of
from web.templating import render_page

router = APIRouter(prefix="/m/{number}", route_class=GuardedRoute)

Act = Callable[[Session, int, datetime], object]


@router.post("/acknowledged")
@allow(*ROLES)
def post_acknowledged(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """He has seen a new or changed job; one that is another's by now is said to be gone."""
    answer = take_step(request, number, principal, posted, _plain(visits.acknowledge, by))
    is_gone = answer.headers.get("location", "").startswith("/m?gone=")
    if is_gone or answer.status_code != 303:
        return answer
    return RedirectResponse(own_path(posted.get("back") or "/m"), status_code=303)


@router.post("/attempt")
@allow(*ROLES)
def post_attempt(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """A call was tried: what came of it, and with a window chosen the visit is agreed."""

    def act(session: Session, ticket_id: int, now: datetime) -> None:
        lock_case(session, ticket_id=ticket_id)  # what is agreed meanwhile in another window is read
        detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
        attempt = read_attempt(posted, detail=detail, now=now)
        record_attempt(session, ticket_id=ticket_id, attempt=attempt, by=by, now=now)

    outcome = posted.get("outcome")
    do = {Outcome.CONNECTED: "agree", Outcome.SOLVED_BY_PHONE: "solve", Outcome.CALL_BACK: "callback"}
    at_door = posted.get("back") == "absent"
    return take_step(
        request,
        number,
        principal,
        posted,
        act,
        do="absent" if at_door else next((step for kind, step in do.items() if kind == outcome), "call"),
        then="absent" if at_door else "",
    )


@router.post("/departed")
@allow(*ROLES)
def post_departed(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """He sets out; the family is told. Still at another home, or far too early, he is asked first."""
    said = posted.get("anyway")
    if said != "early" and (question := _ask_before_leaving(request, principal, number, said=said)):
        return question
    return take_step(request, number, principal, posted, _plain(visits.depart, by), do="depart")


@router.post("/arrived")
@allow(*ROLES)
def post_arrived(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """He stands at the door. Much earlier than agreed, he is asked first whether the family knows."""
    said = posted.get("anyway")
    if not said and (question := _ask_whether_they_know(request, principal, number)):
        return question
    called = {"called": True, "here": False}.get(said)

    def act(session: Session, ticket_id: int, now: datetime) -> None:
        visits.arrive(session, ticket_id=ticket_id, by=by, now=now, family_called=called)

    return take_step(request, number, principal, posted, act)


@router.post("/started")
@allow(*ROLES)
def post_started(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The work begins."""
    return take_step(request, number, principal, posted, _plain(visits.start, by))


@router.post("/absent")
@allow(*ROLES)
def post_absent(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Nobody opened. Before the agreed time he is asked first: nobody had to be at home yet."""
    sure = posted.get("anyway") == "early"
    if not sure and (question := _ask_before_absence(request, principal, number, posted)):
        return question

    def act(session: Session, ticket_id: int, now: datetime) -> None:
        note = posted.get("note")
        visits.mark_absent(session, ticket_id=ticket_id, by=by, now=now, note=note, early_confirmed=sure)

    return take_step(request, number, principal, posted, act, do="absent")


@router.post("/hold")
@allow(*ROLES)
def post_hold(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The work waits for a part or for the family."""

    def act(session: Session, ticket_id: int, now: datetime) -> None:
        days = read_hold_day(posted)
        due = hold_until(days, now) if days else None
        visits.hold(
            session,
            ticket_id=ticket_id,
            reason=cast(HoldReason, posted.get("reason")),
            due=due,
            by=by,
            now=now,
            note=posted.get("note"),
        )

    return take_step(request, number, principal, posted, act, do="hold")


@router.post("/bill")
@allow(*ROLES)
def post_bill(request: Request, number: str, posted: Posted, principal: Principal = SignedIn) -> Response:
    """The bill as it would be now: a part of the page with scripts, the whole page without."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        is_part = "HX-Request" in request.headers
        if not _reaches(session, principal, number):
            lost = lost_values(session, principal=principal, number=number, now=now)
            if lost is not None:
                return render_page(request, f"technician/{'_lost_bill' if is_part else 'lost'}.html", lost)
        ticket_id = reach_ticket(session, principal=principal, number=number)
        if is_part:
            values = {"number": number, "errors": {}, **bill_values(session, ticket_id, posted, now=now)}
            return render_page(request, "technician/_bill.html", values)
        page = job_values(session, principal=principal, number=number, now=now, do="complete", typed=posted)
    return render_page(request, "technician/job.html", page)


@router.post("/completed")
@allow(*ROLES)
def post_completed(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The work is done: ticks, cost lines, the bill goes out."""

    def act(session: Session, ticket_id: int, now: datetime) -> None:
        complete_visit(session, ticket_id=ticket_id, completion=read_completion(posted), by=by, now=now)

    return take_step(request, number, principal, posted, act, do="complete")


@router.get("/{step}")
@allow(*ROLES)
def back_to_job(number: str, step: str) -> Response:
    """An address that a refused form left behind, opened again: the job as it stands."""
    del step
    return RedirectResponse(f"/m/{quote(number, safe='')}", status_code=303)


def _ask_before_leaving(request: Request, principal: Principal, number: str, *, said: str) -> Response | None:
    """Whether he is done at the other home, unless he said so; then whether he means to go this early."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        if not _reaches(session, principal, number):
            return None
        detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
        other = None if said else still_at(session, principal, detail, now=now)
        early = too_early(session, detail, now=now) if other is None else None
        if other is None and early is None:
            return None
        values = job_values(
            session, principal=principal, number=number, now=now, do="depart", typed=PostedForm()
        )
    asked = {"still_at": other, "far_ahead": early}
    return render_page(request, "technician/job.html", {**values, **asked})


def _ask_whether_they_know(request: Request, principal: Principal, number: str) -> Response | None:
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        if not _reaches(session, principal, number):
            return None
        values = job_values(session, principal=principal, number=number, now=now, do="", typed=PostedForm())
    visit = values["visit"]
    if values["step"] != "arrive" or visit is None or visit.window is None:
        return None
    early = early_by(at=now, window_start=visit.window.start)
    return render_page(request, "technician/job.html", {**values, "early": early}) if early else None


def _ask_before_absence(
    request: Request, principal: Principal, number: str, posted: PostedForm
) -> Response | None:
    """Asked once waiting and calling are done; before that the form says what still lacks."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        if not _reaches(session, principal, number):
            return None
        values = job_values(session, principal=principal, number=number, now=now, do="absent", typed=posted)
    needs, visit = values["job"].absence, values["visit"]
    if needs is None or not needs.is_met(now) or visit.window is None or now >= visit.window.start:
        return None
    return render_page(request, "technician/job.html", {**values, "absent_early": True})


def _reaches(session: Session, principal: Principal, number: str) -> bool:
    return ticket_in_scope(session, scope=scope_of(principal), number=number) is not None


def _plain(door: Callable[..., object], by: Actor) -> Act:
    return lambda session, ticket_id, now: door(session, ticket_id=ticket_id, by=by, now=now)


def take_step(
    request: Request,
    number: str,
    principal: Principal,
    posted: PostedForm,
    act: Act,
    *,
    do: str = "",
    then: str = "",
) -> Response:
    """One step in one transaction, then the job's page; a refusal shows the form again as it was typed."""
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            ticket_id = reach_ticket(session, principal=principal, number=number)
            if take_once(session, request, principal=principal, posted=posted, now=now):
                with across_the_company(session):
                    act(session, ticket_id, now)
            still_his = _reaches(session, principal, number)
    except NotFoundError:
        with context.database.reading() as session:
            if lost_values(session, principal=principal, number=number, now=context.clock()) is None:
                raise
        still_his = False
    except (ForbiddenError, UnauthorizedError):
        raise
    except DomainError as error:
        with context.database.reading() as session:
            values = job_values(
                session,
                principal=principal,
                number=number,
                now=context.clock(),
                do=do,
                typed=posted,
                error=error,
            )
        return render_page(request, "technician/job.html", values, status_code=error.status)
    if not still_his:  # the family chose a time at which somebody else comes, or a desk gave it to another
        return RedirectResponse(f"/m?gone={number}", status_code=303)
    suffix = f"?do={then}" if then else ""
    return RedirectResponse(f"/m/{number}{suffix}", status_code=303)
