"""Visit steps that a dispatcher writes down for a technician; the timeline names both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal
from core.clock import kst, operating_day
from core.errors import NotFoundError
from core.i18n import _
from dispatch import visits
from dispatch.completion import complete_visit
from dispatch.visit_schemas import HoldReason
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.dispatch.actions import take
from web.pages.dispatch.reach import CONSOLE_ROLES
from web.pages.posting import Posted
from web.pages.technician_forms import read_completion, read_hold_day

router = APIRouter(prefix="/dispatch/tickets/{number}/visit", route_class=GuardedRoute)

HOLD_ENDS_AT_HOUR = 9
PLAIN: dict[str, Callable[..., object]] = {
    "departed": visits.depart,
    "arrived": visits.arrive,
    "started": visits.start,
}


@router.post("/absent")
@allow(*CONSOLE_ROLES)
def post_absent(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Nobody opened."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        visits.mark_absent(session, ticket_id=ticket_id, by=by, now=now, note=posted.get("note"))

    return take(request, principal, number, posted, step, act="step", said=_("부재로 적었습니다."))


@router.post("/hold")
@allow(*CONSOLE_ROLES)
def post_hold(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The work waits."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        days = read_hold_day(posted)
        due = kst(operating_day(now) + timedelta(days=days), HOLD_ENDS_AT_HOUR) if days else None
        visits.hold(
            session,
            ticket_id=ticket_id,
            reason=cast(HoldReason, posted.get("reason")),
            due=due,
            by=by,
            now=now,
            note=posted.get("note"),
        )

    return take(request, principal, number, posted, step, act="step", said=_("보류로 적었습니다."))


@router.post("/completed")
@allow(*CONSOLE_ROLES)
def post_completed(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """The work is done: ticks and cost lines; the bill goes out."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        complete_visit(session, ticket_id=ticket_id, completion=read_completion(posted), by=by, now=now)

    return take(request, principal, number, posted, step, act="complete", said=_("완료로 적었습니다."))


@router.post("/{step_name}")
@allow(*CONSOLE_ROLES)
def post_step(
    request: Request,
    number: str,
    step_name: str,
    posted: Posted,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Set out, arrived, begun."""
    door = PLAIN.get(step_name)
    if door is None:
        raise NotFoundError(_("그런 단계가 없습니다."))

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        door(session, ticket_id=ticket_id, by=by, now=now)

    return take(request, principal, number, posted, step, act="step", said=_("기사 대신 적었습니다."))
