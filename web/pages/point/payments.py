"""What came in for a bill, entered, given back and put right by the desk; the point's money at one look."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from billing.day_close import closes_between, takings_between
from billing.payment_schemas import Entry, PaymentInfo, Takings
from billing.payments import balance_of
from core.actor import Actor, Principal
from core.clock import operating_day, today_kst
from core.dated import read_rules
from core.errors import DomainError, ForbiddenError, NotFoundError
from core.i18n import _
from dispatch import payments
from dispatch.bill_correction import BilledVisit
from dispatch.money_lists import list_receivables, month_of, read_month
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.point.desk import frame
from web.pages.point.reach import HANDS, ROLES, Desk, crew_of, reach_bill, read_desk
from web.pages.posting import Posted, PostedForm, take_once
from web.pages.technician_forms import read_won
from web.pages.technician_money import read_entry
from web.presenters.bills import PAY_METHODS
from web.presenters.masks import MASKED
from web.presenters.payments import payment_lines, saved_flash
from web.templating import render_page
from web.typed_ids import read_id
from workforce.queries import get_technicians

router = APIRouter(prefix="/point", route_class=GuardedRoute)

DAYS_BACK = 7
OLDEST_SHOWN = 50


@router.get("/money")
@allow(*ROLES)
def show_money(request: Request, principal: Principal = SignedIn) -> Response:
    """Who owes what since when, which technician has closed his day, and the month so far."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        desk = read_desk(session, request, principal=principal, now=now)
        values = _overview(session, desk, now=now)
    return render_page(request, "point/money.html", values)


@router.get("/tickets/{number}/bills/{visit_id}/payments")
@allow(*ROLES)
def show_payments(
    request: Request, number: str, visit_id: int, done: str = "", principal: Principal = SignedIn
) -> Response:
    """What came in for a bill, row by row; `done` names the row that was just written."""
    context = context_of(request)
    with context.database.reading() as session:
        values = _payments(session, principal, number, visit_id, now=context.clock())
    flash = saved_flash(values["lines"], read_id(done))
    return render_page(request, "point/payments.html", {**values, "flash": flash})


@router.post("/tickets/{number}/bills/{visit_id}/payments")
@allow(*HANDS)
def post_payment(
    request: Request,
    number: str,
    visit_id: int,
    posted: Posted,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Money that came to the desk (`act` empty), went back (`refund`), or was entered wrongly (`correct`)."""

    def act(session: Session, now: datetime) -> PaymentInfo:
        about: dict[str, Any] = {"visit_id": visit_id, "by": by, "now": now}
        row = about | {"payment_id": read_id(posted.get("payment")) or 0, "reason": posted.get("reason")}
        of_technician = posted.get("holder") == "technician"
        if posted.get("act") == "refund":
            amount = read_won(posted, "amount")
            return payments.refund_payment(session, **row, amount=amount, of_technician=of_technician)
        if posted.get("act") == "correct":
            return payments.correct_payment(session, **row, right=_right_entry(posted))
        return payments.take_payment(session, **about, entry=read_entry(posted), of_technician=of_technician)

    context, done = context_of(request), ""
    try:
        with context.database.transaction() as session:
            now = context.clock()
            reach_bill(session, principal=principal, number=number, visit_id=visit_id)
            if take_once(session, request, principal=principal, posted=posted, now=now):
                done = f"?done={act(session, now).id}"
    except (ForbiddenError, NotFoundError):
        raise
    except DomainError as error:
        with context.database.reading() as session:
            values = _payments(
                session, principal, number, visit_id, now=context.clock(), typed=posted, error=error
            )
        return render_page(request, "point/payments.html", values, status_code=error.status)
    return RedirectResponse(f"/point/tickets/{number}/bills/{visit_id}/payments{done}", status_code=303)


def _right_entry(posted: PostedForm) -> Entry | None:
    """What a wrong row should have been; None: it never was. Raises BadFormError."""
    return replace(read_entry(posted), reason="") if posted.get("method") else None


def _payments(
    session: Session,
    principal: Principal,
    number: str,
    visit_id: int,
    *,
    now: datetime,
    typed: PostedForm | None = None,
    error: DomainError | None = None,
) -> dict[str, Any]:
    desk, billed = reach_bill(session, principal=principal, number=number, visit_id=visit_id)
    balance = balance_of(session, visit_id=visit_id)
    taken_back = {row.corrects_id for row in balance.payments if row.kind == "correction"}
    followed = {row.corrects_id for row in balance.payments if row.id not in taken_back}
    return {
        **frame(desk, "money"),
        "number": number,
        "visit_id": visit_id,
        "balance": balance,
        "whole": [row.id for row in balance.payments if row.kind != "correction" and row.id not in followed],
        "holders": _holders(session, principal.company_id, billed),
        "lines": payment_lines(session, company_id=principal.company_id, balance=balance, show=MASKED.text),
        "methods": {code: _(name) for code, name in PAY_METHODS.items()},
        "receipt_from": read_rules(session, company_id=principal.company_id, at=now).cash_receipt_from,
        "typed": typed or PostedForm(),
        "form_key": secrets.token_urlsafe(18),
        "error": error,
        "errors": {found.field: found.message for found in error.errors} if error else {},
    }


def _holders(session: Session, company_id: int, billed: BilledVisit) -> list[tuple[str, str]]:
    """In whose hands money for a visit may be: the company's, or its technician's."""
    found = [("company", _("회사 계좌나 데스크"))]
    if billed.technician_id is not None:
        crew = get_technicians(session, technician_ids=[billed.technician_id], company_id=company_id)
        name = crew[billed.technician_id].name
        found.append(("technician", _("{name} 기사가 가지고 있음").format(name=name)))
    return found


def _overview(session: Session, desk: Desk, *, now: datetime) -> dict[str, Any]:
    company_id, today = desk.point.company_id, operating_day(now)
    first = today - timedelta(days=DAYS_BACK - 1)
    owed = list_receivables(
        session, company_id=company_id, limit=OLDEST_SHOWN, service_point_id=desk.point.id
    )
    month = read_month(
        session,
        company_id=company_id,
        first=month_of(today_kst(now)),
        now=now,
        service_point_id=desk.point.id,
    )
    return {
        **frame(desk, "money"),
        "owed": owed,
        "payers": {each.visit_id: MASKED.name(each.payer) for each in owed.bills},
        "said": {each.visit_id: MASKED.text(each.said) for each in owed.bills},
        "days": _days(session, desk, first=first, now=now),
        "month": month,
        "statement": month.points[0] if month.points else None,
    }


def _days(session: Session, desk: Desk, *, first: date, now: datetime) -> list[dict[str, Any]]:
    """Each technician's day on which something was taken or closed, the newest first."""
    company_id, today = desk.point.company_id, operating_day(now)
    taken = takings_between(session, company_id=company_id, first=first, last=today)
    closed = closes_between(session, company_id=company_id, first=first, last=today)
    names = {info.id: info.name for info in crew_of(session, desk, now=now)}
    keys = sorted(
        {key for key in (*taken, *closed) if key[0] in names}, key=lambda key: (key[1], names[key[0]])
    )
    return [
        {
            "day": day,
            "technician_id": technician_id,
            "name": names[technician_id],
            "takings": taken.get((technician_id, day), Takings()),
            "closed": closed.get((technician_id, day)),
            "is_today": day == today,
        }
        for technician_id, day in reversed(keys)
    ]
