"""What happens to a ticket's visit: contact, the steps of going there, and who goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from dispatch import by_hand, completion, first_contact, revisits, visits
from dispatch.placement import answer_placement
from web.api.bodies import (
    AcceptanceBody,
    AssignmentBody,
    AttemptBody,
    CompletedBody,
    HoldBody,
    StepBody,
)
from web.api.changes import Change, change_ticket
from web.api.shapes import TicketShape
from web.identity import Author, GuardedRoute, SignedIn, allow

router = APIRouter(prefix="/tickets/{number}", tags=["visits"], route_class=GuardedRoute)

STEP_ROLES = (Role.TECHNICIAN, Role.POINT, Role.DISPATCHER)


@router.post("/acceptance", summary="지정점이 받거나 돌려보낸다", response_model=TicketShape)
@allow(Role.POINT, Role.DISPATCHER)
def post_acceptance(
    request: Request,
    number: str,
    body: AcceptanceBody,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """The point's answer; a decline sends the ticket to the next point."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        answer_placement(
            session,
            ticket_id=ticket_id,
            decision=body.decision,
            reason=body.reason,
            by=by,
            now=now,
            point_id=principal.service_point_id,
        )

    return change_ticket(request, number, body, step)


@router.post(
    "/contact-attempts", status_code=201, summary="통화 시도와 결과를 남긴다", response_model=TicketShape
)
@allow(Role.TECHNICIAN, Role.POINT, Role.DISPATCHER, Role.AGENT)
def post_attempt(request: Request, number: str, body: AttemptBody, by: Actor = Author) -> Response:
    """A try to talk; CONNECTED with a window agrees the visit."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        first_contact.record_attempt(session, ticket_id=ticket_id, attempt=body.to_request(), by=by, now=now)

    return change_ticket(request, number, body, step, status=201)


@router.post("/visit/en-route", summary="출발", response_model=TicketShape)
@allow(*STEP_ROLES)
def post_en_route(
    request: Request, number: str, body: StepBody | None = None, by: Actor = Author
) -> Response:
    """The technician drives."""
    return change_ticket(request, number, body, _plain(visits.depart, body, by))


@router.post("/visit/arrived", summary="도착", response_model=TicketShape)
@allow(*STEP_ROLES)
def post_arrived(request: Request, number: str, body: StepBody | None = None, by: Actor = Author) -> Response:
    """The technician stands at the door."""
    return change_ticket(request, number, body, _plain(visits.arrive, body, by))


@router.post("/visit/started", summary="작업 시작", response_model=TicketShape)
@allow(*STEP_ROLES)
def post_started(request: Request, number: str, body: StepBody | None = None, by: Actor = Author) -> Response:
    """The work begins."""
    return change_ticket(request, number, body, _plain(visits.start, body, by))


@router.post("/visit/absent", summary="부재", response_model=TicketShape)
@allow(*STEP_ROLES)
def post_absent(request: Request, number: str, body: StepBody | None = None, by: Actor = Author) -> Response:
    """Nobody opened, after the wait and the calls that the rules ask for."""
    return change_ticket(request, number, body, _plain(visits.mark_absent, body, by))


@router.post("/visit/hold", summary="보류", response_model=TicketShape)
@allow(*STEP_ROLES)
def post_hold(request: Request, number: str, body: HoldBody | None = None, by: Actor = Author) -> Response:
    """The work waits: for a part, until somebody knows more, when the body does not say otherwise."""
    asked = body or HoldBody()

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        revisits.hold(
            session,
            ticket_id=ticket_id,
            reason=asked.reason,
            due=asked.due_at,
            by=by,
            now=now,
            at=asked.at,
            note=asked.note,
        )

    return change_ticket(request, number, body, step)


@router.post("/visit/completed", summary="완료: 점검표, 비용", response_model=TicketShape)
@allow(*STEP_ROLES)
def post_completed(
    request: Request, number: str, body: CompletedBody | None = None, by: Actor = Author
) -> Response:
    """The work is done: checklist, cost lines, both parties told."""
    said = body or CompletedBody()

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        completion.complete_visit(
            session, ticket_id=ticket_id, completion=said.to_request(), by=by, now=now, at=said.at
        )

    return change_ticket(request, number, body, step)


@router.post("/assignment", summary="사람이 직접 배정한다", response_model=TicketShape)
@allow(Role.DISPATCHER, Role.POINT, Role.MANAGER, Role.ADMIN)
def post_assignment(request: Request, number: str, body: AssignmentBody, by: Actor = Author) -> Response:
    """A person decides who goes and when, with a reason."""

    def step(session: Session, ticket_id: int, now: datetime) -> None:
        by_hand.assign_by_hand(
            session,
            ticket_id=ticket_id,
            technician_id=body.technician_id,
            start=body.start,
            reason=body.reason,
            pin=frozenset(body.pin),
            base_version=body.base_version,
            by=by,
            now=now,
        )

    return change_ticket(request, number, body, step)


def _plain(door: Callable[..., object], body: StepBody | None, by: Actor) -> Change:
    extra: dict[str, Any] = {"at": body.at if body else None}
    if body is not None and body.note and door is visits.mark_absent:
        extra["note"] = body.note
    return lambda session, ticket_id, now: door(session, ticket_id=ticket_id, by=by, now=now, **extra)
