"""Money on the technician's phone: asking before dear work, taking what is paid, closing the day."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from billing.day_close import close_day, closes_between, takings_between
from billing.payment_schemas import Entry, Method, Takings
from billing.payments import no_bill
from billing.queries import charges_of_ticket
from core.actor import Actor, Principal
from core.clock import operating_day
from core.errors import DomainError, FieldError, ForbiddenError, NotFoundError
from core.i18n import _
from dispatch import payments
from dispatch.approvals import ApprovalFacts
from dispatch.cases import current_visit
from dispatch.dear_work import ask_for_work
from dispatch.technician_day import days_with_visits
from dispatch.wrong_entries import ask_to_put_right
from web.context import context_of
from web.display import won_text
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.posting import Posted, PostedForm, take_once
from web.pages.technician import ROLES, Whose, frame_of
from web.pages.technician_forms import BadFormError, read_completion, read_won
from web.pages.technician_job import job_values
from web.pages.technician_steps import take_step
from web.presenters.bills import PAY_METHODS
from web.scope import reach_ticket
from web.templating import render_page
from web.typed_ids import read_id
from workforce.queries import get_technicians
from workforce.schemas import TechnicianInfo

day_router = APIRouter(prefix="/m/money", route_class=GuardedRoute)
"""Stands before `/m/{number}`: a ticket's number is never `money`."""
router = APIRouter(prefix="/m/{number}", route_class=GuardedRoute)

DAYS_BACK = 7
EARLIEST = date(2000, 1, 1)


@router.post("/approval")
@allow(*ROLES)
def post_approval(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Whoever pays is asked, or (`by_phone`) has agreed already; what is typed stays on the form."""
    context = context_of(request)
    error: DomainError | None = None
    asked: ApprovalFacts | None = None
    by_phone = posted.get("by_phone") == "1"
    try:
        with context.database.transaction() as session:
            now = context.clock()
            ticket_id = reach_ticket(session, principal=principal, number=number)
            completion = read_completion(posted)
            asked = ask_for_work(
                session,
                ticket_id=ticket_id,
                lines=completion.lines,
                misuse=completion.misuse,
                agreed_by_phone=by_phone,
                by=by,
                now=now,
            )
    except (ForbiddenError, NotFoundError):
        raise
    except DomainError as refused:
        error = refused
    with context.database.reading() as session:
        values = job_values(
            session,
            principal=principal,
            number=number,
            now=context.clock(),
            do="complete",
            typed=posted,
            error=error,
        )
    if error is not None or asked is None:
        return render_page(request, "technician/job.html", values, status_code=error.status if error else 200)
    said = _("저장했습니다: {sum} 동의받음") if by_phone else _("비용 내시는 분께 여쭙습니다: {sum}")
    flash = [{"kind": "ok", "text": said.format(sum=won_text(asked.total))}]
    return render_page(request, "technician/job.html", {**values, "flash": flash})


@router.post("/payment")
@allow(*ROLES)
def post_payment(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """What was paid at the door, or that it was not, and why."""

    written: list[int] = []

    def act(session: Session, ticket_id: int, now: datetime) -> None:
        visit_id = _billed_visit(session, ticket_id, posted)
        row = payments.take_payment(session, visit_id=visit_id, entry=read_entry(posted), by=by, now=now)
        written.append(row.id)

    answer = take_step(request, number, principal, posted, act)
    if written and answer.headers.get("location") == f"/m/{number}":
        return RedirectResponse(f"/m/{number}?paid={written[-1]}", status_code=303)
    return answer


@router.post("/mistake")
@allow(*ROLES)
def post_mistake(
    request: Request, number: str, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """He mistyped the bill or a payment: the desk that may put it right is asked; no row changes here."""

    def act(session: Session, ticket_id: int, now: datetime) -> None:
        visit_id, words = _billed_visit(session, ticket_id, posted), posted.get("mistake")
        ask_to_put_right(session, ticket_id=ticket_id, visit_id=visit_id, words=words, by=by, now=now)

    return take_step(request, number, principal, posted, act)


def read_entry(posted: PostedForm) -> Entry:
    """Money as it was typed. Raises BadFormError."""
    if posted.get("method") not in PAY_METHODS:
        text = _("어떻게 받았는지 골라 주세요.")
        raise BadFormError(text, errors=(FieldError("method", text),))
    return Entry(
        cast(Method, posted.get("method")),
        read_won(posted, "amount"),
        receipt_number=posted.get("receipt_number"),
        reason=posted.get("reason"),
    )


@day_router.get("")
@allow(*ROLES)
def show_money(
    request: Request,
    day: str = "",
    technician: int | None = None,
    done: str = "",
    principal: Principal = SignedIn,
) -> Response:
    """What he took on an operating day, to be counted and closed; `done` once it is."""
    context = context_of(request)
    with context.database.reading() as session:
        values = _money(session, principal, technician, day, now=context.clock())
    closed, flash = values["closed"], []
    if done == "closed" and closed is not None:
        text = _("저장했습니다: {sum}, 하루 마감").format(sum=won_text(closed.counted.total))
        flash = [{"kind": "ok", "text": text}]
    return render_page(request, "technician/money.html", {**values, "flash": flash})


@day_router.post("/close")
@allow(*ROLES)
def post_close(
    request: Request, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """He has counted: what there is, and why it differs from what was entered."""
    context = context_of(request)
    if principal.technician_id is None:
        raise ForbiddenError(_("마감은 기사 본인이 합니다."))
    day = posted.get("day")
    try:
        with context.database.transaction() as session:
            now = context.clock()
            him = _technician(session, principal, None)
            if take_once(session, request, principal=principal, posted=posted, now=now):
                close_day(
                    session,
                    company_id=principal.company_id,
                    technician_id=him.id,
                    service_point_id=him.service_point_id,
                    day=_read_day(day, now),
                    counted=Takings(
                        *(read_won(posted, name, signed=True) for name in ("cash", "card", "transfer"))
                    ),
                    reason=posted.get("reason")[:300],
                    by=by,
                    now=now,
                )
    except (ForbiddenError, NotFoundError):
        raise
    except DomainError as error:
        with context.database.reading() as session:
            values = _money(session, principal, None, day, now=context.clock(), typed=posted, error=error)
        return render_page(request, "technician/money.html", values, status_code=error.status)
    return RedirectResponse(f"/m/money?day={_read_day(day, now).isoformat()}&done=closed", status_code=303)


def _billed_visit(session: Session, ticket_id: int, posted: PostedForm) -> int:
    """The visit whose bill lay before him: a newer one may be another's by now. Raises NotFoundError."""
    if not posted.get("visit"):
        return _visit_id(session, ticket_id)
    visit_id = read_id(posted.get("visit"))
    billed = (charge.visit_id for charge in charges_of_ticket(session, ticket_id=ticket_id))
    if visit_id is None or visit_id not in billed:
        raise no_bill()
    return visit_id


def _visit_id(session: Session, ticket_id: int) -> int:
    visit = current_visit(session, ticket_id=ticket_id)
    if visit is None:
        raise NotFoundError(_("아직 방문이 없는 접수입니다."))
    return visit.id or 0


def _money(
    session: Session,
    principal: Principal,
    technician_id: int | None,
    asked: str,
    *,
    now: datetime,
    typed: PostedForm | None = None,
    error: DomainError | None = None,
) -> dict[str, Any]:
    him = _technician(session, principal, technician_id)
    day, today = _read_day(asked, now), operating_day(now)
    whose = Whose(him, (), is_own=principal.technician_id is not None)
    about: dict[str, Any] = {"company_id": principal.company_id, "technician_id": him.id, "last": today}
    first = today - timedelta(days=DAYS_BACK - 1)
    closes = closes_between(session, first=min(first, day), **about)
    taken = takings_between(session, first=min(first, day), **about)
    worked = days_with_visits(session, first=first, **about)
    shown = {today, day} | worked | {each for _who, each in (*closes, *taken)}
    listed = [each for n in range(DAYS_BACK) if (each := today - timedelta(days=n)) in shown]
    return {
        **frame_of(session, whose, principal, view="money"),
        "whose": whose,
        "day": day,
        "days": [(each, closes.get((him.id, each)), taken.get((him.id, each))) for each in listed],
        "takings": taken.get((him.id, day), Takings()),
        "closed": closes.get((him.id, day)),
        "may_close": principal.technician_id is not None,
        "form_key": secrets.token_urlsafe(18),
        "typed": typed or PostedForm(),
        "error": error,
        "errors": {item.field: item.message for item in error.errors} if error else {},
    }


def _technician(session: Session, principal: Principal, asked: int | None) -> TechnicianInfo:
    """Himself; for a desk whomever it chose among its own. Raises NotFoundError."""
    wanted = principal.technician_id or asked
    if wanted is not None:
        found = get_technicians(session, technician_ids=[wanted], company_id=principal.company_id)
        him = found.get(wanted)
        own_point = principal.service_point_id
        if him is not None and (principal.technician_id or own_point in (None, him.service_point_id)):
            return him
    raise NotFoundError(_("그런 기사가 없습니다. 목록에서 다시 골라 주세요."))


def _read_day(written: str, now: datetime) -> date:
    """The day that is asked for, today when none or one ahead; nobody took anything before `EARLIEST`."""
    try:
        return min(max(date.fromisoformat(written), EARLIEST), operating_day(now))
    except ValueError:
        return operating_day(now)
