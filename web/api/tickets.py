"""Tickets: file, read, list, and what people decide about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from callcenter.error_codes import ErrorCodeBook
from core.actor import Actor, Principal, Role
from core.wall import across_the_company
from dispatch import cancellation, escalation, intake, reopening, triage
from dispatch.late_entry import require_paper
from dispatch.list_queries import list_tickets
from dispatch.placement import keep_at_point
from dispatch.schemas import FiledTicket, TicketRequest
from web.api.answers import act_once, read
from web.api.bodies import CancellationBody, JoinBody, ReasonBody, ReopeningBody, SelfFixBody
from web.api.changes import change_ticket
from web.api.shapes import TicketListShape, TicketShape
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow, everyone
from web.presenters.ticket import ticket_item_json, ticket_json
from web.scope import reach_ticket
from workforce.queries import get_point_by_code

router = APIRouter(prefix="/tickets", tags=["tickets"], route_class=GuardedRoute)

INTAKE_ROLES = (Role.AGENT, Role.DISPATCHER, Role.MANAGER, Role.ADMIN)


@router.post(
    "",
    status_code=201,
    summary="접수. Idempotency-Key를 붙이면 다시 보내도 한 건",
    response_model=TicketShape,
)
@allow(*INTAKE_ROLES)
def post_ticket(
    request: Request, body: TicketRequest, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """File a ticket. Placing and planning follow by themselves within seconds."""

    def act(session: Session, now: datetime) -> dict[str, Any]:
        filed = _file(session, body, principal=principal, by=by, now=now)
        return ticket_json(session, principal=principal, number=filed.number, now=now, just_filed=True)

    return act_once(request, act, body=body, status=201)


@router.post(
    "/on-paper", status_code=201, summary="종이로 받아 둔 접수를 나중에 입력", response_model=TicketShape
)
@allow(*INTAKE_ROLES, Role.POINT)
def post_paper_ticket(
    request: Request, body: TicketRequest, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """File what was taken on paper: `received_at` and `late_entry_reason` are required (else 422).

    The role `point` files here alone, and the ticket stays with that desk's own point.
    """

    def act(session: Session, now: datetime) -> dict[str, Any]:
        require_paper(body)
        with across_the_company(session):  # the home and its people may be known from another point
            filed = _file(session, body, principal=principal, by=by, now=now)
            if principal.role is Role.POINT and principal.service_point_id is not None:
                keep_at_point(
                    session, ticket_id=filed.id, point_id=principal.service_point_id, by=by, now=now
                )
        return ticket_json(session, principal=principal, number=filed.number, now=now)

    return act_once(request, act, body=body, status=201)


def _file(
    session: Session, body: TicketRequest, *, principal: Principal, by: Actor, now: datetime
) -> FiledTicket:
    filed = intake.file_ticket(
        session,
        request=body,
        company_id=principal.company_id,
        codes=ErrorCodeBook(),
        by=by,
        now=now,
    )
    session.flush()
    return filed


@router.get("", summary="접수 목록: 최근 것부터", response_model=TicketListShape)
@everyone
def get_tickets(
    request: Request,
    status: str | None = None,
    service_point: str | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    late_entry: bool | None = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    principal: Principal = SignedIn,
) -> Response:
    """A page of the tickets that this person may see. `late_entry`: entered later than received, or not."""

    def look(session: Session, now: datetime) -> dict[str, Any]:
        point_id = principal.service_point_id
        if service_point:
            asked = get_point_by_code(session, company_id=principal.company_id, code=service_point)
            point_id = asked.id if point_id in (None, asked.id) else 0
        page = list_tickets(
            session,
            company_id=principal.company_id,
            now=now,
            status=status,
            service_point_id=point_id,
            technician_id=principal.technician_id,
            q=q,
            late_entry=late_entry,
            cursor=cursor,
            limit=limit,
        )
        return {"items": [ticket_item_json(item) for item in page.items], "next_cursor": page.next_cursor}

    return read(request, look)


@router.get("/{number}", summary="접수 하나, 모든 사실과 함께", response_model=TicketShape)
@everyone
def get_ticket(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """One ticket."""

    def look(session: Session, now: datetime) -> dict[str, Any]:
        reach_ticket(session, principal=principal, number=number)
        return ticket_json(
            session,
            principal=principal,
            number=number,
            now=now,
            texts_whole=context_of(request).settings.is_demo,
        )

    return read(request, look)


@router.post("/{number}/self-fix", summary="자가조치 결과", response_model=TicketShape)
@allow(*INTAKE_ROLES)
def post_self_fix(request: Request, number: str, body: SelfFixBody, by: Actor = Author) -> Response:
    """What came of the self-help card; FAILED sends the ticket on."""
    return change_ticket(
        request,
        number,
        body,
        lambda session, ticket_id, now: triage.record_self_fix(
            session, ticket_id=ticket_id, card=body.card, result=body.result, by=by, now=now
        ),
    )


@router.post("/{number}/calls", summary="같은 일로 다시 온 전화", response_model=TicketShape)
@allow(*INTAKE_ROLES)
def post_call(request: Request, number: str, body: JoinBody, by: Actor = Author) -> Response:
    """A second call joins the open ticket."""
    return change_ticket(
        request,
        number,
        body,
        lambda session, ticket_id, now: intake.join_call(
            session, ticket_id=ticket_id, note=body.note, by=by, now=now
        ),
    )


@router.post("/{number}/cancellation", summary="취소", response_model=TicketShape)
@allow(*INTAKE_ROLES, Role.POINT)
def post_cancellation(request: Request, number: str, body: CancellationBody, by: Actor = Author) -> Response:
    """Nobody has to come any more."""
    return change_ticket(
        request,
        number,
        body,
        lambda session, ticket_id, now: cancellation.cancel_ticket(
            session, ticket_id=ticket_id, reason=body.reason, by=by, now=now, fee=body.fee
        ),
    )


@router.post("/{number}/reopening", summary="다시 열기", response_model=TicketShape)
@allow(*INTAKE_ROLES, Role.QA)
def post_reopening(request: Request, number: str, body: ReopeningBody, by: Actor = Author) -> Response:
    """The family was not served: the same case again."""
    return change_ticket(
        request,
        number,
        body,
        lambda session, ticket_id, now: reopening.reopen_ticket(
            session,
            ticket_id=ticket_id,
            reason=body.reason,
            by=by,
            now=now,
            excluded_technician_id=body.exclude_technician,
        ),
    )


@router.post("/{number}/escalation", summary="책임자에게 넘기기", response_model=TicketShape)
@everyone
def post_escalation(request: Request, number: str, body: ReasonBody, by: Actor = Author) -> Response:
    """A named person above takes over."""
    return change_ticket(
        request,
        number,
        body,
        lambda session, ticket_id, now: escalation.escalate_ticket(
            session, ticket_id=ticket_id, reason=body.reason, by=by, now=now
        ),
    )
