"""What a dispatcher decides about a ticket: who goes, from where, or nobody. Forms of the dialog."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal
from core.clock import operating_day
from core.errors import ConflictError, DomainError, ForbiddenError, NotFoundError, UnauthorizedError
from core.i18n import _
from dispatch.assignment import unpin
from dispatch.by_hand import assign_by_hand
from dispatch.cancellation import Fee, cancel_ticket
from dispatch.cases import lock_case
from dispatch.escalation import escalate_ticket, finish_task
from dispatch.first_contact import record_attempt
from dispatch.open_visits import find_open_visit
from dispatch.placement import answer_placement, move_ticket
from dispatch.planning.replans import ask_replan
from dispatch.queries import ticket_detail
from dispatch.reopening import reopen_ticket
from dispatch.technician_wishes import wish_technician
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.dispatch.overtaking import refuse_if_overtaken
from web.pages.dispatch.reach import CONSOLE_ROLES
from web.pages.dispatch.read_forms import read_chosen, read_number, read_pins, read_start, require_words
from web.pages.dispatch.ticket import render_dialog
from web.pages.posting import Posted, PostedForm, take_once
from web.pages.technician_forms import read_attempt
from web.scope import reach_ticket
from workforce.queries import get_point_by_code

router = APIRouter(prefix="/dispatch/tickets/{number}", route_class=GuardedRoute)

Step = Callable[[Session, int, datetime], object]


@router.post("/assignment")
@allow(*CONSOLE_ROLES)
def post_assignment(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """A person decides who goes and when."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        technician_id = read_chosen(posted, "technician_id")
        require_words(posted, "reason", _("왜 이렇게 정하는지 적어 주세요."))
        assign_by_hand(
            session,
            ticket_id=ticket_id,
            technician_id=technician_id,
            start=read_start(posted),
            reason=posted.get("reason").strip(),
            pin=read_pins(posted),
            base_version=read_number(posted, "base_version"),
            by=by,
            now=now,
        )

    return take(request, principal, number, posted, step, act="assign", said=_("기사와 시간을 정했습니다."))


@router.post("/unpinning")
@allow(*CONSOLE_ROLES)
def post_unpinning(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Planning may move the visit again."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        why = require_words(posted, "reason", _("왜 푸는지 적어 주세요."))
        visit = find_open_visit(session, ticket_id=ticket_id)
        if visit is None or visit.id is None:
            raise ConflictError(_("고정된 방문이 없습니다. 화면을 새로 고쳐 주세요."))
        unpin(session, visit_id=visit.id, reason=why, by=by, now=now)

    return take(request, principal, number, posted, step, act="unpin", said=_("고정을 풀었습니다."))


@router.post("/technician-wish")
@allow(*CONSOLE_ROLES)
def post_technician_wish(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Whom the family would like to come, and whom not."""
    stays = False

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        nonlocal stays
        stays = wish_technician(
            session,
            ticket_id=ticket_id,
            preferred_id=read_number(posted, "preferred"),
            excluded_id=read_number(posted, "excluded"),
            reason=posted.get("reason"),
            by=by,
            now=now,
        )

    def said() -> str:
        if stays:
            return _(
                "적었습니다. 이미 약속했거나 고정한 방문이라 기사는 그대로입니다. 기사를 다시 정해 주세요."
            )
        return _("적었습니다. 다음 계획부터 따릅니다.")

    return take(request, principal, number, posted, step, act="wish", said=said)


@router.post("/transfer")
@allow(*CONSOLE_ROLES)
def post_transfer(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The ticket goes to another point; its clocks go on."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        if principal.service_point_id is not None:
            raise ForbiddenError(_("다른 서비스점으로 옮기는 일은 회사 전체의 배차 담당자만 할 수 있습니다."))
        code = require_words(posted, "point", _("옮길 서비스점을 골라 주세요."))
        point = get_point_by_code(session, company_id=principal.company_id, code=code)
        move_ticket(
            session, ticket_id=ticket_id, point_id=point.id, reason=posted.get("reason"), by=by, now=now
        )

    return take(request, principal, number, posted, step, act="transfer", said=_("서비스점을 바꿨습니다."))


@router.post("/acceptance")
@allow(*CONSOLE_ROLES)
def post_acceptance(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The answer of a point that was asked, given for it."""
    decision: Literal["ACCEPT", "DECLINE"] = "DECLINE" if posted.get("decision") == "DECLINE" else "ACCEPT"

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        answer_placement(
            session,
            ticket_id=ticket_id,
            decision=decision,
            reason=posted.get("reason"),
            by=by,
            now=now,
            point_id=principal.service_point_id,
        )

    said = _("서비스점 대신 수락했습니다.") if decision == "ACCEPT" else _("다음 서비스점으로 넘겼습니다.")
    return take(request, principal, number, posted, step, act="accept", said=said)


@router.post("/attempt")
@allow(*CONSOLE_ROLES)
def post_attempt(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """A call to the family, written down for the technician or made by the desk."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        lock_case(session, ticket_id=ticket_id)  # what is agreed meanwhile in another window is read
        detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
        attempt = read_attempt(posted, detail=detail, now=now)
        record_attempt(session, ticket_id=ticket_id, attempt=attempt, by=by, now=now)

    return take(request, principal, number, posted, step, act="attempt", said=_("통화 결과를 적었습니다."))


@router.post("/cancellation")
@allow(*CONSOLE_ROLES)
def post_cancellation(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Nobody has to go any more."""
    fee: Fee = "WAIVED" if posted.get("fee") == "WAIVED" else "BY_RULE"

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        cancel_ticket(session, ticket_id=ticket_id, reason=posted.get("reason"), fee=fee, by=by, now=now)

    return take(request, principal, number, posted, step, act="cancel", said=_("접수를 취소했습니다."))


@router.post("/reopening")
@allow(*CONSOLE_ROLES)
def post_reopening(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """An ended ticket goes on, perhaps without the technician who was there."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        reopen_ticket(
            session,
            ticket_id=ticket_id,
            reason=posted.get("reason"),
            excluded_technician_id=read_number(posted, "exclude_technician"),
            by=by,
            now=now,
        )

    return take(
        request,
        principal,
        number,
        posted,
        step,
        act="reopen",
        said=_("다시 열었습니다. 기사를 다시 정합니다."),
    )


@router.post("/escalation")
@allow(*CONSOLE_ROLES)
def post_escalation(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The escalation person on duty takes over."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        escalate_ticket(session, ticket_id=ticket_id, reason=posted.get("reason"), by=by, now=now)

    return take(request, principal, number, posted, step, act="escalate", said=_("책임자에게 넘겼습니다."))


@router.post("/replan")
@allow(*CONSOLE_ROLES)
def post_replan(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """A better plan for the visit's day (or today) at its point."""

    def step(session: Session, _ticket_id: int, now: datetime) -> None:
        detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
        if detail.placement is None:
            raise ConflictError(_("아직 서비스점이 정해지지 않았습니다. 먼저 서비스점을 정해 주세요."))
        visit = detail.visit
        planned = visit.planned_start if visit is not None and visit.planned_start is not None else now
        day = operating_day(max(planned, now))
        ask_replan(session, point_id=detail.placement.point.id, day=day, by=by, now=now)

    said = _("다시 계획하도록 요청했습니다. 잠시 뒤 시간표 위에 결과가 나옵니다.")
    return take(request, principal, number, posted, step, act="replan", said=said)


@router.post("/tasks/{task_id}")
@allow(*CONSOLE_ROLES)
def post_task(
    request: Request,
    number: str,
    task_id: int,
    posted: Posted,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """A task is done."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        outcome = require_words(posted, "outcome", _("어떻게 되었는지 적어 주세요."))
        finish_task(session, ticket_id=ticket_id, task_id=task_id, outcome=outcome, by=by, now=now)

    return take(request, principal, number, posted, step, act="task", said=_("할 일을 마쳤습니다."))


def take(
    request: Request,
    principal: Principal,
    number: str,
    posted: PostedForm,
    step: Step,
    *,
    act: str,
    said: str | Callable[[], str],
) -> Response:
    """One decision in one transaction, then the dialog again; a refusal keeps what was typed."""
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            ticket_id = reach_ticket(session, principal=principal, number=number)
            if take_once(session, request, principal=principal, posted=posted, now=now):
                seen = read_number(posted, "seen")
                refuse_if_overtaken(
                    session, principal=principal, number=number, ticket_id=ticket_id, seen=seen, now=now
                )
                step(session, ticket_id, now)
    except (NotFoundError, UnauthorizedError):
        raise
    except DomainError as error:
        return render_dialog(request, principal, number, act=act, posted=posted, problem=error)
    if "HX-Request" in request.headers:
        return render_dialog(request, principal, number, said=said if isinstance(said, str) else said())
    return RedirectResponse(f"/dispatch?ticket={number}", status_code=303)
