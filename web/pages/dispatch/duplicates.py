"""What a dispatcher says of a suspected duplicate: one case or two."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal
from core.i18n import _
from dispatch import merging
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.dispatch.actions import take
from web.pages.dispatch.reach import CONSOLE_ROLES
from web.pages.posting import Posted
from web.scope import require_older

router = APIRouter(prefix="/dispatch/tickets/{number}", route_class=GuardedRoute)


@router.post("/same-case")
@allow(*CONSOLE_ROLES)
def post_same_case(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """It is the same case: this ticket ends, the older one goes on."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        require_older(session, principal=principal, ticket_id=ticket_id)
        merging.merge(session, ticket_id=ticket_id, by=by, now=now)

    said = _("하나로 합쳤습니다. 앞선 접수로 이어 갑니다.")
    return take(request, principal, number, posted, step, act="same", said=said)


@router.post("/other-case")
@allow(*CONSOLE_ROLES)
def post_other_case(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """It is another case: the mark goes."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        merging.rule_out(session, ticket_id=ticket_id, by=by, now=now)

    said = _("다른 건으로 두었습니다. 중복 의심 표시를 지웠습니다.")
    return take(request, principal, number, posted, step, act="same", said=said)
