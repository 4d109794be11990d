"""Money of a ticket: whoever pays is asked before dear work; what came in, went back and was put right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from sqlmodel import Session

from billing.payment_schemas import Entry
from billing.payments import UnknownPaymentError, balance_of, no_bill
from core.actor import Actor, Principal, Role
from core.i18n import _
from core.wall import across_the_company
from dispatch import payments
from dispatch.approvals import ApprovalFacts, answer_approval, approvals_of_ticket, require_of_ticket
from dispatch.bill_correction import BilledVisit, billed_visits
from dispatch.dear_work import ask_for_work
from web.api.answers import act_once, read
from web.api.bodies import AnswerBody, ApprovalBody, PaymentBody, ReasonBody, RefundBody
from web.api.money_shapes import ApprovalListShape, ApprovalShape, BalanceListShape, BalanceShape
from web.identity import Author, GuardedRoute, SignedIn, allow, everyone
from web.presenters.money import approval_json, balance_json
from web.scope import reach_ticket

router = APIRouter(prefix="/tickets/{number}", tags=["money"], route_class=GuardedRoute)

RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
AT_THE_DOOR = (Role.TECHNICIAN, Role.POINT, Role.DISPATCHER)
ON_THE_LINE = (Role.AGENT, Role.DISPATCHER, Role.MANAGER, Role.ADMIN)
CASHIERS = (Role.POINT, Role.DISPATCHER)


@router.get("/approvals", summary="비용 동의를 구한 일", response_model=ApprovalListShape)
@everyone
def get_approvals(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """Every asking of the ticket and what came of it."""

    def look(session: Session, _now: datetime) -> dict[str, Any]:
        ticket_id = reach_ticket(session, principal=principal, number=number)
        found = approvals_of_ticket(session, ticket_id=ticket_id)
        return {"items": [approval_json(each) for each in found], "next_cursor": None}

    return read(request, look)


@router.post(
    "/approvals", status_code=201, summary="비싼 작업 전에 동의를 구한다", response_model=ApprovalShape
)
@allow(*AT_THE_DOOR)
def post_approval(
    request: Request, number: str, body: ApprovalBody, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Ask whoever pays about these lines, or note that he agreed on the phone or at the door."""

    def ask(session: Session, ticket_id: int, now: datetime) -> ApprovalFacts:
        return ask_for_work(
            session,
            ticket_id=ticket_id,
            lines=body.to_lines(),
            misuse=body.misuse,
            agreed_by_phone=body.agreed_by_phone,
            by=by,
            now=now,
        )

    def act(session: Session, now: datetime) -> dict[str, Any]:
        ticket_id = reach_ticket(session, principal=principal, number=number)
        with across_the_company(session):
            return approval_json(ask(session, ticket_id, now))

    return act_once(request, act, body=body, status=201)


@router.post(
    "/approvals/{approval_id}/answer", summary="비용 내실 분이 전화로 하신 답", response_model=ApprovalShape
)
@allow(*ON_THE_LINE)
def post_answer(
    request: Request,
    number: str,
    approval_id: RowId,
    body: AnswerBody,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Whoever pays is on the line and says whether the work may be done."""

    def act(session: Session, now: datetime) -> dict[str, Any]:
        ticket_id = reach_ticket(session, principal=principal, number=number)
        require_of_ticket(session, approval_id=approval_id, ticket_id=ticket_id)
        with across_the_company(session):
            answered = answer_approval(
                session, approval_id=approval_id, agrees=body.agrees, by=by, now=now, how="PHONE"
            )
            return approval_json(answered)

    return act_once(request, act, body=body)


@router.get("/payments", summary="청구와 받은 돈, 방문마다", response_model=BalanceListShape)
@allow(*AT_THE_DOOR, Role.MANAGER, Role.ADMIN)
def get_payments(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """What was billed, paid and is owed for each visit that this person answers for."""

    def look(session: Session, _now: datetime) -> dict[str, Any]:
        return {
            "items": [_balance(session, visit.id) for visit in _billed(session, principal, number)],
            "next_cursor": None,
        }

    return read(request, look)


@router.post("/payments", status_code=201, summary="돈을 받았거나 못 받았다", response_model=BalanceShape)
@allow(*AT_THE_DOOR)
def post_payment(
    request: Request, number: str, body: PaymentBody, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Money for a visit's bill, the newest one's without `visit_id`. A technician's is in his day's money."""

    def take(session: Session, visit_id: int, now: datetime) -> object:
        return payments.take_payment(
            session,
            visit_id=visit_id,
            entry=Entry(body.method, body.amount, body.receipt_number, body.reason),
            of_technician=body.of_technician,
            by=by,
            now=now,
        )

    return _change(request, principal, number, body, take, visit_id=body.visit_id)


@router.post(
    "/payments/{payment_id}/refunds",
    status_code=201,
    summary="받은 돈을 돌려준다",
    response_model=BalanceShape,
)
@allow(*CASHIERS)
def post_refund(
    request: Request,
    number: str,
    payment_id: RowId,
    body: RefundBody,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """(A part of) a payment goes back by the way it came."""

    def refund(session: Session, visit_id: int, now: datetime) -> object:
        return payments.refund_payment(
            session,
            visit_id=visit_id,
            payment_id=payment_id,
            amount=body.amount,
            reason=body.reason,
            of_technician=body.of_technician,
            by=by,
            now=now,
        )

    return _change(request, principal, number, body, refund, payment_id=payment_id)


@router.post(
    "/payments/{payment_id}/corrections",
    status_code=201,
    summary="잘못 적은 결제를 무른다",
    response_model=BalanceShape,
)
@allow(*CASHIERS)
def post_correction(
    request: Request,
    number: str,
    payment_id: RowId,
    body: ReasonBody,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """A row that undoes one that was entered wrongly; the right one is entered anew."""

    def correct(session: Session, visit_id: int, now: datetime) -> object:
        return payments.correct_payment(
            session, visit_id=visit_id, payment_id=payment_id, reason=body.reason, by=by, now=now
        )

    return _change(request, principal, number, body, correct, payment_id=payment_id)


def _change(
    request: Request,
    principal: Principal,
    number: str,
    body: PaymentBody | ReasonBody,
    change: Callable[[Session, int, datetime], object],
    *,
    visit_id: int | None = None,
    payment_id: int | None = None,
) -> Response:
    """One row of money in one transaction; answers with its visit's bill as it then stands."""

    def act(session: Session, now: datetime) -> dict[str, Any]:
        visits = _billed(session, principal, number)
        wanted = [
            visit
            for visit in visits
            if visit_id in (None, visit.id) and (payment_id is None or _holds(session, visit, payment_id))
        ]
        if not wanted:
            if visits and payment_id is not None:
                raise UnknownPaymentError(_("그런 결제가 없습니다."))
            raise no_bill()
        with across_the_company(session):
            change(session, wanted[-1].id, now)
            return _balance(session, wanted[-1].id)

    return act_once(request, act, body=body, status=201)


def _billed(session: Session, principal: Principal, number: str) -> list[BilledVisit]:
    """The billed visits that this person answers for: his own, his point's, or the company's.

    A bill stays with the point that made it, whoever has the ticket now. Raises NotFoundError.
    """
    own_point = None if principal.technician_id is not None else principal.service_point_id
    found = billed_visits(session, company_id=principal.company_id, number=number, point_id=own_point)
    mine = [visit for visit in found if principal.technician_id in (None, visit.technician_id)]
    if not mine:
        reach_ticket(session, principal=principal, number=number)
    return mine


def _balance(session: Session, visit_id: int) -> dict[str, Any]:
    return balance_json(visit_id, balance_of(session, visit_id=visit_id))


def _holds(session: Session, visit: BilledVisit, payment_id: int) -> bool:
    return any(row.id == payment_id for row in balance_of(session, visit_id=visit.id).payments)
