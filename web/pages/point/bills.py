"""`/point/tickets/{number}/bills/{visit_id}`: a written bill is corrected, what was beside what will be."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from billing.queries import charge_of_visit
from billing.schemas import FEES, ChargeInfo
from core.actor import Actor, Principal
from core.errors import DomainError, FieldError, ForbiddenError, InvalidError, NotFoundError
from core.i18n import _
from core.wall import across_the_company
from dispatch.bill_correction import OtherBillError, correct_bill, preview_correction
from dispatch.queries import ticket_detail
from dispatch.scopes import ticket_in_scope
from dispatch.technician_job import price_choices
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.point.desk import frame
from web.pages.point.reach import HANDS, reach_bill
from web.pages.point.words import bill_flash
from web.pages.posting import Posted, PostedForm, take_once
from web.pages.technician_forms import read_lines
from web.presenters.bills import bill_rows
from web.presenters.technician import warranty_line
from web.scope import scope_of
from web.templating import render_page
from web.typed_ids import read_id

router = APIRouter(prefix="/point/tickets/{number}/bills/{visit_id}", route_class=GuardedRoute)

REASON_CHARS = 300


@router.get("")
@allow(*HANDS)
def show_bill(
    request: Request, number: str, visit_id: int, done: str = "", principal: Principal = SignedIn
) -> Response:
    """The bill as it is, with its quantities to be changed."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        values = _values(session, principal, number, visit_id, None, now=now)
    flash = bill_flash(values["charge"].total) if done else []
    return render_page(request, "point/bill.html", {**values, "flash": flash})


@router.post("/preview")
@allow(*HANDS)
def post_preview(
    request: Request, number: str, visit_id: int, posted: Posted, principal: Principal = SignedIn
) -> Response:
    """The bill as it would be: a part of the page with scripts, the whole page without."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        values = _values(session, principal, number, visit_id, posted, now=now)
    part = "point/_bill_after.html" if "HX-Request" in request.headers else "point/bill.html"
    return render_page(request, part, values)


@router.post("")
@allow(*HANDS)
def post_bill(
    request: Request,
    number: str,
    visit_id: int,
    posted: Posted,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """The bill is corrected, with a reason; the family hears the new one."""
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            desk, visit = reach_bill(session, principal=principal, number=number, visit_id=visit_id)
            if take_once(session, request, principal=principal, posted=posted, now=now):
                with across_the_company(session):
                    correct_bill(
                        session,
                        ticket_id=visit.ticket_id,
                        visit_id=visit_id,
                        seen=_seen(posted),
                        lines=read_lines(posted),
                        misuse=posted.get("misuse") == "1",
                        reason=_reason(posted),
                        paid_because=posted.get("misuse_reason")[:REASON_CHARS],
                        by=by,
                        now=now,
                    )
    except (ForbiddenError, NotFoundError):
        raise
    except DomainError as error:
        with context.database.reading() as session:
            values = _values(session, principal, number, visit_id, posted, now=context.clock(), error=error)
        return render_page(request, "point/bill.html", values, status_code=error.status)
    with context.database.reading() as session:
        stays = _has_ticket(session, principal, number)
    here = f"/point/tickets/{number}/bills/{visit_id}?done=bill"
    return RedirectResponse(desk.ticket(number, billed=visit_id) if stays else here, status_code=303)


def _has_ticket(session: Session, principal: Principal, number: str) -> bool:
    """Whether the reader can open the ticket itself; its bill stays with the point that made it."""
    return ticket_in_scope(session, scope=scope_of(principal), number=number) is not None


def _seen(posted: PostedForm) -> int | None:
    """The bill that the form was opened on; None: not said; 0, which is no bill, for what cannot be read."""
    written = posted.get("seen")
    if not written:
        return None
    return read_id(written) or 0


def _reason(posted: PostedForm) -> str:
    reason = posted.get("reason").strip()[:REASON_CHARS]
    if not reason:
        message = _("청구서를 고치는 이유를 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("reason", message),))
    return reason


def _values(
    session: Session,
    principal: Principal,
    number: str,
    visit_id: int,
    posted: PostedForm | None,
    *,
    now: datetime,
    error: DomainError | None = None,
) -> dict[str, Any]:
    """Everything the page needs. Raises as `reach_bill`."""
    desk, billed = reach_bill(session, principal=principal, number=number, visit_id=visit_id)
    detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
    visit = next(each for each in detail.visits if each.id == visit_id)
    charge = charge_of_visit(session, visit_id=visit_id)
    assert charge is not None, "a billed visit has its bill"
    typed = posted
    if typed is None or isinstance(error, OtherBillError):  # what was typed rests on a bill that is no more
        reason = posted.get("reason") if posted else ""
        typed = _as_billed(charge, misuse=visit.misuse, reason=reason)
    prices = price_choices(session, company_id=principal.company_id, arrived_at=visit.arrived_at or now)
    return {
        **frame(desk, ""),
        "number": number,
        "visit": visit,
        "charge": charge,
        "seen": posted.get("seen") if posted and not isinstance(error, OtherBillError) else charge.id,
        "has_ticket": _has_ticket(session, principal, number),
        "was": bill_rows(charge),
        "prices": prices,
        "typed": typed,
        "form_key": secrets.token_urlsafe(18),
        "error": error,
        "errors": {found.field: found.message for found in error.errors} if error else {},
        "flash": [],
        **_after(session, billed.ticket_id, visit_id, typed, now=now),
    }


def _as_billed(charge: ChargeInfo, *, misuse: bool, reason: str) -> PostedForm:
    """The form with what stands on the bill now."""
    lines = [line for line in charge.lines if line.code not in FEES]
    quantities = ((f"quantity.{line.code}", str(line.quantity)) for line in lines)
    said = (
        ("misuse", "1" if misuse else ""),
        ("misuse_reason", charge.paid_because),
        ("reason", reason),
    )
    return PostedForm((*quantities, *said))


def _after(
    session: Session, ticket_id: int, visit_id: int, typed: PostedForm, *, now: datetime
) -> dict[str, Any]:
    try:
        bill = preview_correction(
            session,
            ticket_id=ticket_id,
            visit_id=visit_id,
            lines=read_lines(typed),
            misuse=typed.get("misuse") == "1",
            now=now,
        )
    except DomainError as error:
        return {"after": None, "after_error": error.detail}
    words = warranty_line(bill.warranty)
    return {"after": bill, "after_rows": bill_rows(bill), "after_why": words, "after_error": ""}
