"""Who goes, decided by hand within one's own point; a better plan asked for; proposals decided."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal
from core.clock import operating_day
from core.errors import (
    DomainError,
    FieldError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthorizedError,
)
from core.i18n import _
from core.wall import across_the_company
from dispatch.by_hand import PINS, assign_by_hand
from dispatch.planning.proposals import accept_proposal, list_proposals, reject_proposal
from dispatch.planning.replans import ask_replan
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.point.desk import frame
from web.pages.point.reach import HANDS, ROLES, Desk, read_desk, require_technician
from web.pages.point.taking import take
from web.pages.point.typed import read_moment, read_number
from web.pages.point.words import DAYS
from web.pages.posting import Posted, take_once
from web.templating import render_page

router = APIRouter(prefix="/point", route_class=GuardedRoute)

REASON_CHARS = 300


@router.post("/tickets/{number}/assignment")
@allow(*ROLES)
def post_assignment(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """One of our technicians goes, at a time or at his first good place."""

    def act(session: Session, desk: Desk, ticket_id: int, now: datetime) -> str:
        technician_id = read_number(posted, "technician_id")
        if technician_id is None:
            message = _("보낼 기사를 골라 주세요.")
            raise InvalidError(message, errors=(FieldError("technician_id", message),))
        require_technician(session, desk, technician_id, now=now)
        assign_by_hand(
            session,
            ticket_id=ticket_id,
            technician_id=technician_id,
            start=read_moment(posted, "start", required=False),
            reason=posted.get("reason")[:REASON_CHARS],
            pin=[name for name in posted.all("pin") if name in PINS],
            by=by,
            now=now,
        )
        return "assigned"

    return take(request, number, principal, posted, act, do="assign")


@router.post("/replans")
@allow(*HANDS)
def post_replan(
    request: Request, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Ask for a better plan of one of the three days."""
    context = context_of(request)
    index = min(read_number(posted, "day") or 0, DAYS - 1)
    with context.database.transaction() as session:
        now = context.clock()
        desk = read_desk(session, request, principal=principal, now=now)
        day = operating_day(now) + timedelta(days=index)
        if take_once(session, request, principal=principal, posted=posted, now=now):
            with across_the_company(session):
                ask_replan(session, point_id=desk.point.id, day=day, by=by, now=now)
    return RedirectResponse(desk.address(day=index or None, done="replan"), status_code=303)


@router.post("/proposals/{plan_id}")
@allow(*ROLES)
def post_proposal(
    request: Request, plan_id: int, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Take a changed plan of our own point, or put it away with a reason."""
    context = context_of(request)
    taken = posted.get("decision") == "accept"
    reason = posted.get("reason")[:REASON_CHARS]
    try:
        with context.database.transaction() as session:
            now = context.clock()
            desk = read_desk(session, request, principal=principal, now=now)
            company_id = desk.point.company_id
            _require_own(session, desk, plan_id)
            decide = accept_proposal if taken else reject_proposal
            with across_the_company(session):
                decide(session, plan_id=plan_id, company_id=company_id, reason=reason, by=by, now=now)
    except (ForbiddenError, NotFoundError, UnauthorizedError):
        raise
    except DomainError as error:
        values = frame(desk, "now") | {"error": error, "back": desk.address()}
        return render_page(request, "point/refused.html", values, status_code=error.status)
    done = "proposal-taken" if taken else "proposal-put-away"
    return RedirectResponse(desk.address(done=done), status_code=303)


def _require_own(session: Session, desk: Desk, plan_id: int) -> None:
    own = list_proposals(session, company_id=desk.point.company_id, point_ids=[desk.point.id])
    if plan_id not in {proposal.id for proposal in own}:
        raise NotFoundError(_("이미 처리했거나 없는 제안입니다. 화면을 새로 고쳐 주세요."))
