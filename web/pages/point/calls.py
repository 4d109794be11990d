"""Calls that the desk makes for a technician, and tasks that it finishes."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal
from core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from core.i18n import _
from core.visibility import opened_fields
from dispatch.cases import lock_case
from dispatch.escalation import finish_task
from dispatch.first_contact import record_attempt
from dispatch.queries import ticket_detail
from dispatch.tasks import list_tasks
from dispatch.visit_schemas import Outcome
from web.context import caller_address, context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.point.reach import HANDS, Desk, reach_item
from web.pages.point.taking import take
from web.pages.point.words import AGREEMENT_CALLS
from web.pages.posting import Posted
from web.pages.technician_forms import read_attempt
from workforce.access_log import open_data

router = APIRouter(prefix="/point/tickets/{number}", route_class=GuardedRoute)

OUTCOME_CHARS = 500


class CallFirstError(ConflictError):
    """A call for a visit time is done by making it, not by ticking it off."""

    code = "call-first"


@router.post("/numbers")
@allow(*HANDS)
def post_numbers(request: Request, number: str, posted: Posted, principal: Principal = SignedIn) -> Response:
    """Show the family's names and numbers to this reader for a while; who looked is written down."""
    context = context_of(request)
    with context.database.transaction() as session:
        now = context.clock()
        desk, item = reach_item(session, principal=principal, number=number, now=now)
        open_data(
            session,
            principal=principal,
            subject=("ticket", item.id),
            fields=opened_fields(principal.role),
            reason=posted.get("reason") or _("서비스점 창구가 고객에게 전화"),
            from_address=caller_address(request),
            now=now,
        )
    return RedirectResponse(desk.ticket(number, do="call"), status_code=303)


@router.post("/attempt")
@allow(*HANDS)
def post_attempt(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """A call was tried; with a window chosen the visit is agreed on the technician's behalf."""

    def act(session: Session, desk: Desk, ticket_id: int, now: datetime) -> str:
        lock_case(session, ticket_id=ticket_id)  # what is agreed meanwhile in another window is read
        detail = ticket_detail(session, company_id=desk.point.company_id, number=number, now=now)
        attempt = read_attempt(posted, detail=detail, now=now)
        if attempt.outcome is Outcome.SOLVED_BY_PHONE and not attempt.reason.strip():
            message = _("어떻게 해결했는지 적어 주세요.")
            raise InvalidError(message, errors=(FieldError("reason", message),))
        record_attempt(session, ticket_id=ticket_id, attempt=attempt, by=by, now=now)
        if attempt.outcome is Outcome.SOLVED_BY_PHONE:
            return "solved"
        return "agreed" if attempt.window is not None else "noted"

    return take(request, number, principal, posted, act, do="call")


@router.post("/tasks/{task_id}/done")
@allow(*HANDS)
def post_task_done(
    request: Request,
    number: str,
    task_id: int,
    posted: Posted,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """A task of this ticket is done; what came of it is written down."""

    def act(session: Session, desk: Desk, ticket_id: int, now: datetime) -> str:
        own = list_tasks(session, company_id=desk.point.company_id, ticket_id=ticket_id, state=None)
        task = next((found for found in own if found.id == task_id), None)
        if task is None:
            raise NotFoundError(_("이 접수의 할 일이 아닙니다. 화면을 새로 고쳐 주세요."))
        if task.kind in AGREEMENT_CALLS:
            raise CallFirstError(_("전화한 결과를 적으면 이 일은 저절로 끝납니다. 통화 결과를 적어 주세요."))
        outcome = posted.get("outcome").strip()[:OUTCOME_CHARS]
        if not outcome:
            message = _("어떻게 되었는지 적어 주세요.")
            raise InvalidError(message, errors=(FieldError(f"outcome-{task_id}", message),))
        finish_task(session, ticket_id=ticket_id, task_id=task_id, outcome=outcome, by=by, now=now)
        return "task"

    return take(request, number, principal, posted, act)
