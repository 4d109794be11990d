"""What the desk does with a ticket, each a form of its page: note, window, cancel, re-open, escalate, …"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import cast

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal
from core.errors import DomainError, FieldError, InvalidError
from core.i18n import _
from dispatch import merging
from dispatch.advert_words import take_advert_word
from dispatch.approvals import answer_approval, require_of_ticket
from dispatch.cancellation import Fee, cancel_ticket
from dispatch.cases import lock_case
from dispatch.danger import name_danger
from dispatch.escalation import escalate_ticket, finish_task
from dispatch.first_contact import record_attempt
from dispatch.intake import join_call
from dispatch.places import find_by_name, pick_location, picks_house
from dispatch.queries import ticket_detail
from dispatch.reopening import reopen_ticket
from dispatch.safety_advice import note_read
from dispatch.schemas import SelfFixResult
from dispatch.triage import record_self_fix
from dispatch.visit_schemas import AgreedWindow, AttemptRequest, Outcome
from dispatch.wrong_numbers import replace_number
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.agent.advert_form import read_advert_word
from web.pages.agent.picked import Pick, read_pick
from web.pages.agent.ticket import render_ticket
from web.pages.agent.words import DESK_ROLES, SELF_FIX
from web.pages.posting import Posted, PostedForm, take_once
from web.pages.technician_forms import read_change
from web.presenters.offers import read_offer
from web.scope import reach_ticket, require_older
from web.typed_ids import read_id

router = APIRouter(prefix="/agent/tickets/{number}", route_class=GuardedRoute)

Step = Callable[[Session, int, datetime], object]


@router.post("/note")
@allow(*DESK_ROLES)
def post_note(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """A second call joins the ticket."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        note = _filled(posted, "note", _("통화 내용을 한 줄이라도 적어 주세요."))
        join_call(session, ticket_id=ticket_id, note=note, by=by, now=now)

    return take(request, principal, number, posted, step, act="note", done="noted")


@router.post("/window")
@allow(*DESK_ROLES)
def post_window(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The family on the line agrees to a window."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        lock_case(session, ticket_id=ticket_id)  # what is agreed meanwhile in another window is read
        visit = ticket_detail(session, company_id=principal.company_id, number=number, now=now).visit
        window = _window(posted)
        agreed = visit.promised if visit else None
        asked_by, why = read_change(posted, agreed=agreed, window=window, now=now)
        attempt = AttemptRequest(
            outcome=Outcome.CONNECTED,
            with_role=posted.get("with") or None,
            window=window,
            reason=why,
            asked_by=asked_by,
            note=why,
        )
        record_attempt(session, ticket_id=ticket_id, attempt=attempt, by=by, now=now)

    return take(request, principal, number, posted, step, act="window", done="window")


@router.post("/adverts")
@allow(*DESK_ROLES)
def post_advert_word(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Somebody of the case wants advertisements, or none; it never holds the case up."""

    def step(session: Session, _ticket_id: int, now: datetime) -> None:
        case = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
        take_advert_word(
            session,
            company_id=principal.company_id,
            household_id=case.household_id,
            by=by,
            now=now,
            **read_advert_word(posted),
        )

    return take(request, principal, number, posted, step, act="adverts", done="adverts")


@router.post("/cancellation")
@allow(*DESK_ROLES)
def post_cancellation(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The family does not want a visit any more."""
    fee: Fee = "WAIVED" if posted.get("fee") == "WAIVED" else "BY_RULE"

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        cancel_ticket(session, ticket_id=ticket_id, reason=posted.get("reason"), fee=fee, by=by, now=now)

    return take(request, principal, number, posted, step, act="cancel", done="cancelled")


@router.post("/approval")
@allow(*DESK_ROLES)
def post_approval(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Whoever pays is on the line and says whether the dear work may be done."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        approval_id = read_id(posted.get("approval")) or 0
        require_of_ticket(session, approval_id=approval_id, ticket_id=ticket_id)
        agrees = _filled(posted, "agrees", _("하라고 하셨는지 하지 말라고 하셨는지 골라 주세요.")) == "1"
        answer_approval(session, approval_id=approval_id, agrees=agrees, by=by, now=now, how="PHONE")

    return take(request, principal, number, posted, step, act="approval", done="approval")


@router.post("/advice")
@allow(*DESK_ROLES)
def post_advice(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Lines of the safety advice were read out."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        _filled(posted, "read", _("읽어 드린 줄에 표시해 주세요."))
        note_read(session, ticket_id=ticket_id, steps=posted.all("read"), by=by, now=now)

    return take(request, principal, number, posted, step, act="advice", done="advice")


@router.post("/danger")
@allow(*DESK_ROLES)
def post_danger(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """What the danger is, said after it was filed."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        name_danger(session, ticket_id=ticket_id, symptom=posted.get("symptom"), by=by, now=now)

    return take(request, principal, number, posted, step, act="danger", done="danger")


@router.post("/same-case")
@allow(*DESK_ROLES)
def post_same_case(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """A suspected duplicate is one: it ends, the older ticket goes on."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        require_older(session, principal=principal, ticket_id=ticket_id)
        merging.merge(session, ticket_id=ticket_id, by=by, now=now)

    return take(request, principal, number, posted, step, act="same", done="merged")


@router.post("/other-case")
@allow(*DESK_ROLES)
def post_other_case(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """A suspected duplicate is none: the mark goes."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        merging.rule_out(session, ticket_id=ticket_id, by=by, now=now)

    return take(request, principal, number, posted, step, act="same", done="other-case")


@router.post("/reopening")
@allow(*DESK_ROLES)
def post_reopening(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """An ended ticket goes on; perhaps without the technician who was there."""
    excluded = read_id(posted.get("exclude_technician"))

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        reopen_ticket(
            session,
            ticket_id=ticket_id,
            reason=posted.get("reason"),
            excluded_technician_id=excluded,
            by=by,
            now=now,
        )

    return take(request, principal, number, posted, step, act="reopen", done="reopened")


@router.post("/escalation")
@allow(*DESK_ROLES)
def post_escalation(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The escalation person on duty takes over."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        escalate_ticket(session, ticket_id=ticket_id, reason=posted.get("reason"), by=by, now=now)

    return take(request, principal, number, posted, step, act="escalate", done="escalated")


@router.post("/number")
@allow(*DESK_ROLES)
def post_number(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The right number of somebody whose number was another's."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        role, phone = posted.get("who"), posted.get("number")
        replace_number(session, ticket_id=ticket_id, role=role, number=phone, by=by, now=now)

    return take(request, principal, number, posted, step, act="number", done="number")


@router.post("/self-fix")
@allow(*DESK_ROLES)
def post_self_fix(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """What came of the self-fix card."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        said = posted.get("self_fix_result")
        if said not in [code for code, _label, _what in SELF_FIX]:
            message = _("결과를 골라 주세요.")
            raise InvalidError(message, errors=(FieldError("self_fix_result", message),))
        code, _at, version = posted.get("self_fix_card").partition("@")
        record_self_fix(
            session,
            ticket_id=ticket_id,
            card=code or None,
            card_version=read_id(version),
            result=cast("SelfFixResult", said),
            by=by,
            now=now,
        )

    return take(request, principal, number, posted, step, act="fix", done="self-fix")


@router.post("/location")
@allow(*DESK_ROLES)
def post_location(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The home was pointed out on the map, or the caller named its 동."""

    place, name = read_pick(posted), posted.get("place_name").strip()

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        pick = place
        if pick is None and name:
            named = find_by_name(session, ticket_id=ticket_id, name=name)
            pick = Pick(named.lat or 0.0, named.lon or 0.0, zoom=0)
        if pick is None:
            message = _("동 이름을 적거나 지도를 눌러 집의 위치를 골라 주세요.")
            raise InvalidError(message, errors=(FieldError("lat", message),))
        pick_location(
            session, ticket_id=ticket_id, lat=pick.lat, lon=pick.lon, zoom=pick.zoom, by=by, now=now
        )

    done = "located" if place is not None and picks_house(place.zoom) else "located-roughly"
    return take(request, principal, number, posted, step, act="map", done=done)


@router.post("/tasks/{task_id}")
@allow(*DESK_ROLES)
def post_task(
    request: Request,
    number: str,
    task_id: int,
    posted: Posted,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """A task is done; how is written down."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        outcome = _filled(posted, "outcome", _("어떻게 되었는지 적어 주세요."))
        finish_task(session, ticket_id=ticket_id, task_id=task_id, outcome=outcome, by=by, now=now)

    return take(request, principal, number, posted, step, act="tasks", done="task")


def take(
    request: Request,
    principal: Principal,
    number: str,
    posted: PostedForm,
    step: Step,
    *,
    act: str,
    done: str,
) -> Response:
    """One step in one transaction, then back to the page; a refusal shows in the form it came from."""
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            ticket_id = reach_ticket(session, principal=principal, number=number)
            if take_once(session, request, principal=principal, posted=posted, now=now):
                step(session, ticket_id, now)
    except DomainError as error:
        if error.status in (401, 403, 404):
            raise
        return render_ticket(request, principal, number, act=act, posted=posted, problem=error)
    return RedirectResponse(f"/agent/tickets/{number}?done={done}", status_code=303)


def _filled(posted: PostedForm, field: str, message: str) -> str:
    text = posted.get(field).strip()
    if not text:
        raise InvalidError(message, errors=(FieldError(field, message),))
    return text


def _window(posted: PostedForm) -> AgreedWindow:
    try:
        return read_offer(posted.get("window"))
    except ValueError:
        message = _("갈 수 있는 시간 가운데 하나를 골라 주세요.")
        raise InvalidError(message, errors=(FieldError("window", message),)) from None
