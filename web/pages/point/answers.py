"""The point's answer to an offer: it takes the ticket, or gives it back with a reason."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal
from core.errors import FieldError, InvalidError
from core.i18n import _
from dispatch.placement import answer_placement
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.point.reach import HANDS, Desk
from web.pages.point.taking import take
from web.pages.point.words import DECLINE_REASONS
from web.pages.posting import Posted, PostedForm

router = APIRouter(prefix="/point/tickets/{number}", route_class=GuardedRoute)

REASON_CHARS = 300


@router.post("/acceptance")
@allow(*HANDS)
def post_acceptance(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The ticket is ours."""

    def act(session: Session, desk: Desk, ticket_id: int, now: datetime) -> str:
        answer_placement(
            session,
            ticket_id=ticket_id,
            decision="ACCEPT",
            reason=None,
            by=by,
            now=now,
            point_id=desk.point.id,
        )
        return "accepted"

    return take(request, number, principal, posted, act, to_desk=True)


@router.post("/refusal")
@allow(*HANDS)
def post_refusal(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """We cannot take it; the next point is asked."""

    def act(session: Session, desk: Desk, ticket_id: int, now: datetime) -> str:
        answer_placement(
            session,
            ticket_id=ticket_id,
            decision="DECLINE",
            reason=read_refusal(posted),
            by=by,
            now=now,
            point_id=desk.point.id,
        )
        return "declined"

    return take(request, number, principal, posted, act, do="decline", to_desk=True)


def read_refusal(posted: PostedForm) -> str:
    """The chosen reason and what was added to it. Raises InvalidError when neither says anything."""
    words = dict(DECLINE_REASONS)
    code, more = posted.get("why"), posted.get("reason").strip()[:REASON_CHARS]
    if code not in words:
        message = _("맡을 수 없는 까닭을 골라 주세요.")
        raise InvalidError(message, errors=(FieldError("why", message),))
    if code == "other":
        if not more:
            message = _("맡을 수 없는 까닭을 적어 주세요.")
            raise InvalidError(message, errors=(FieldError("reason", message),))
        return more
    return f"{_(words[code])}: {more}" if more else _(words[code])
