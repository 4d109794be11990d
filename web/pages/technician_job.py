"""`/m/{number}`: one job on the technician's phone, one thing to do at a time."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from billing.changed_parts import parts_of
from billing.payments import balance_of
from core.actor import Principal, Role
from core.clock import operating_day
from core.dated import read_rules
from core.errors import DomainError, NotFoundError
from core.i18n import _
from core.visibility import Datum, opened_fields
from dispatch.approvals import ApprovalFacts, last_approval
from dispatch.boiler_at_home import OTHER_BOILER
from dispatch.cases import current_visit
from dispatch.correction_rules import ITEMS, SEVERITIES
from dispatch.detail_shapes import TicketDetail, VisitFacts
from dispatch.known_jobs import known_times
from dispatch.payer_calls import how_payer_is_asked
from dispatch.planning.slots import NoPointYetError, rank_slots
from dispatch.pricing import preview_bill
from dispatch.safety_script import script_steps
from dispatch.technician_job import TechnicianJob, part_codes, price_choices, technician_job
from dispatch.technician_shapes import KnownTime
from dispatch.words import symptom_words
from notifications.queries import list_notices
from web.context import caller_address, context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.posting import PostedForm
from web.pages.technician import ROLES, Whose, frame_of
from web.pages.technician_asides import FAMILY, after_absence, still_at
from web.pages.technician_forms import hold_until, read_lines
from web.pages.technician_lost import lost_values
from web.presenters.masks import Masks, known_of
from web.presenters.offers import weigh_offers
from web.presenters.payments import payment_lines, saved_flash
from web.presenters.technician import (
    HOLD_WORDS,
    OUTCOME_WORDS,
    address_line,
    boiler_line,
    boiler_models,
    code_words,
    masks_of_visit,
    people_lines,
    warranty_line,
)
from web.scope import reach_ticket
from web.templating import render_page
from web.typed_ids import read_id
from workforce.access_log import note_page, open_data
from workforce.schemas import TechnicianInfo

router = APIRouter(prefix="/m", route_class=GuardedRoute)

STEP_OF_STATE = {
    "planned": "call",
    "agreed": "depart",
    "en_route": "arrive",
    "arrived": "start",
    "in_progress": "complete",
}
SIDE_STEPS = {
    "call": ("planned", "agreed"),
    "agree": ("planned", "agreed"),
    "callback": ("planned", "agreed"),
    "solve": ("planned", "agreed"),
    "depart": ("planned", "agreed"),
    "absent": ("arrived",),
    "complete": ("arrived", "in_progress"),
    "hold": ("planned", "agreed", "en_route", "arrived", "in_progress"),
    "correction": ("arrived", "in_progress"),
    "boiler": ("planned", "agreed", "en_route", "arrived", "in_progress"),
}
"""What may be chosen instead of the next step, and in which states of the visit."""
OFFERS_SHOWN = 6
CALL_BACK_MINUTES = (15, 30, 60, 120)


@router.get("/{number}")
@allow(*ROLES)
def show_job(
    request: Request, number: str, do: str = "", paid: str = "", principal: Principal = SignedIn
) -> Response:
    """The job with the step that comes next, or with the one that was chosen (`do`).

    `paid`: the payment that was just written down.
    """
    context = context_of(request)
    typed = PostedForm(tuple(request.query_params.multi_items()))
    with context.database.transaction() as session:
        now = context.clock()
        try:
            _open_for_stand_in(session, request, principal, number, now)
            values = job_values(session, principal=principal, number=number, now=now, do=do, typed=typed)
            _note_own_visit(session, request, principal, values, now)
        except NotFoundError:
            lost = lost_values(session, principal=principal, number=number, now=now)
            if lost is None:
                raise
            return render_page(request, "technician/lost.html", lost)
    flash = saved_flash(values.get("payment_lines", ()), read_id(paid))
    return render_page(request, "technician/job.html", {**values, "flash": flash})


@router.get("/{number}/now")
@allow(*ROLES)
def show_now(
    request: Request, number: str, do: str = "", seen: str = "", principal: Principal = SignedIn
) -> Response:
    """The live part of the page: all of it where nothing is typed, else its head (`seen`) with a hint."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        try:
            values = job_values(
                session, principal=principal, number=number, now=now, do=do, typed=PostedForm()
            )
        except NotFoundError:
            lost = lost_values(session, principal=principal, number=number, now=now)
            if lost is None:
                raise
            part = "technician/_lost_head.html" if seen else "technician/_lost.html"
            return render_page(request, part, {**lost, "do": do, "seen": seen})
    values["changed"] = bool(seen) and seen != values["mark"]
    values["seen"] = seen or values["mark"]
    # Only the head of a page on which something is typed says what it has seen: the others follow as a whole,
    # also to a step at which something will be typed.
    return render_page(request, "technician/_head.html" if seen else "technician/_job.html", values)


def job_values(
    session: Session,
    *,
    principal: Principal,
    number: str,
    now: datetime,
    do: str,
    typed: PostedForm,
    error: DomainError | None = None,
) -> dict[str, Any]:
    """Everything the job's templates need. Raises NotFoundError when it is not the reader's to see."""
    reach_ticket(session, principal=principal, number=number)
    job = technician_job(session, company_id=principal.company_id, number=number, now=now)
    detail, visit = job.detail, job.detail.visit
    step = _step(detail, visit, do)
    masks = _masks(session, principal, detail, visit, now)
    whose = Whose(_technician(visit), (), is_own=principal.technician_id is not None)
    asked = (
        approval_values(session, visit.id, now=now) if visit and visit.state in SIDE_STEPS["complete"] else {}
    )
    mark = _mark(detail, visit)
    values = {
        **frame_of(session, whose, principal, view=None),
        **_facts(session, principal, job, masks, now=now),
        "approval": None,
        **asked,
        "job": job,
        "detail": detail,
        "visit": visit,
        "step": step,
        "do": do if step == do else "",
        "mark": mark,
        "seen": mark,
        "changed": False,
        "back": f"/m{whose.suffix}",
        "is_own": whose.is_own or principal.role is Role.TECHNICIAN,
        "form_key": secrets.token_urlsafe(18),
        "typed": typed,
        "error": error,
        "errors": {item.field: item.message for item in error.errors} if error else {},
        "absence": after_absence(session, detail, now=now),
        "still_at": still_at(session, principal, detail, now=now) if step == "ended" else None,
        "early": None,
        "far_ahead": None,
        "absent_early": False,
        "talk_pending": detail.talk_pending,
        "known": _known(session, detail.id, visit),
    }
    return values | _extra(session, job, masks, step=step, typed=typed, now=now)


def _known(session: Session, ticket_id: int, visit: VisitFacts | None) -> KnownTime | None:
    """What he last said he has seen of it, while he has not seen how it stands now."""
    if visit is None or visit.technician is None or visit.acknowledged_at is not None:
        return None
    known = known_times(session, technician_id=visit.technician.id, visits={visit.id: ticket_id})
    return known.get(visit.id)


def _facts(
    session: Session, principal: Principal, job: TechnicianJob, masks: Masks, *, now: datetime
) -> dict[str, Any]:
    detail = job.detail
    address = detail.address
    show = partial(masks.words, known=known_of(detail))
    return {
        "show": show,
        "masks": masks,
        "people": people_lines(detail.parties, masks),
        "address": address_line(address, masks),
        "way": address.normalised if masks.sees(Datum.ADDRESS) and address.normalised else None,
        "access_note": masks.door_note(job.household.access_note),
        "note": show(detail.note),
        "symptom": symptom_words(detail.symptom),
        "code": code_words(
            session, company_id=principal.company_id, code=detail.error_code, boiler=detail.boiler
        ),
        "boiler": boiler_line(detail.boiler, today=operating_day(now)),
        "warranty": warranty_line(job.estimate.warranty),
        "outcomes": {code: _(word) for code, word in OUTCOME_WORDS.items()},
        "holds": {code: _(word) for code, word in HOLD_WORDS.items()},
        "script": script_steps(symptom=detail.symptom) if detail.safety else (),
    }


def _extra(
    session: Session, job: TechnicianJob, masks: Masks, *, step: str, typed: PostedForm, now: datetime
) -> dict[str, Any]:
    """What one step alone needs."""
    detail, visit = job.detail, job.detail.visit
    if step == "agree":
        return _offers(session, detail, now=now)
    if step == "correction":
        return {"correction_items": ITEMS, "severities": SEVERITIES}
    if step in ("boiler", "callback", "hold"):
        return _choices(session, detail, now=now)
    if step == "complete" and visit is not None:
        prices = price_choices(session, company_id=detail.company.id, arrived_at=visit.arrived_at or now)
        if not any(typed.below("quantity.")):
            typed = asked_again(last_approval(session, visit_id=visit.id))
        return {
            "number": detail.number,
            "prices": prices,
            "typed": typed,
            **bill_values(session, detail.id, typed, now=now),
        }
    if step == "ended" and visit is not None and job.charge is not None:
        balance, show = balance_of(session, visit_id=visit.id), partial(masks.words, known=known_of(detail))
        lines = payment_lines(session, company_id=detail.company.id, balance=balance, show=show)
        receipt_from = read_rules(session, company_id=detail.company.id, at=now).cash_receipt_from
        values: dict[str, Any] = {"balance": balance, "payment_lines": lines, "receipt_from": receipt_from}
        return values | {"parts": parts_of(session, visit_id=visit.id)} | _told(session, detail, masks)
    return _told(session, detail, masks) if step in ("ended", "held") else {"told": []}


def _told(session: Session, detail: TicketDetail, masks: Masks) -> dict[str, Any]:
    if masks.sees(Datum.SENT_TEXT):
        told = [
            notice
            for notice in list_notices(session, ticket_id=detail.id)
            if notice.event == "VISIT_RESULT" and notice.recipient in FAMILY
        ]
        return {"told": [(notice, notice.text) for notice in told]}
    return {"told": []}


def _choices(session: Session, detail: TicketDetail, *, now: datetime) -> dict[str, Any]:
    """What the short forms let him choose from."""
    return {
        "other_boiler": [(key, _(words)) for key, words in OTHER_BOILER.items()],
        "boiler_models": boiler_models(session, company_id=detail.company.id),
        "call_backs": [(m, now + timedelta(minutes=m)) for m in CALL_BACK_MINUTES],
        "hold_days": [(n, hold_until(n, now)) for n in (1, 2, 3, 7)],
    }


def approval_values(session: Session, visit_id: int, *, now: datetime) -> dict[str, Any]:
    """What was asked of whoever pays, how, and the answer."""
    approval = last_approval(session, visit_id=visit_id)
    if approval is None or approval.state != "asked":
        return {"approval": approval}
    return {
        "approval": approval,
        "payer_asked": how_payer_is_asked(session, ticket_id=approval.ticket_id, now=now),
    }


def asked_again(approval: ApprovalFacts | None) -> PostedForm:
    """The form as it was when whoever pays was asked: what is agreed to is not typed twice."""
    if approval is None or approval.state == "withdrawn":
        return PostedForm()
    return PostedForm(tuple((f"quantity.{line.code}", str(line.quantity)) for line in approval.lines))


def bill_values(session: Session, ticket_id: int, typed: PostedForm, *, now: datetime) -> dict[str, Any]:
    """The bill as it would be with what is typed, or why it cannot be reckoned, and the limit for asking."""
    misuse = typed.get("misuse") == "1"
    try:
        bill = preview_bill(session, ticket_id=ticket_id, lines=read_lines(typed), misuse=misuse, now=now)
    except DomainError as error:
        return {"bill": None, "bill_error": error.detail, "bill_warranty": ""}
    visit = current_visit(session, ticket_id=ticket_id)
    assert visit is not None, "it has a bill"
    limit = read_rules(session, company_id=visit.company_id, at=now).approval_limit
    dear = bill.total > limit
    return {
        "bill": bill,
        "bill_error": "",
        "bill_warranty": warranty_line(bill.warranty),
        "part_codes": part_codes(session, company_id=visit.company_id, at=visit.arrived_at or now),
        "typed": typed,
        "approval_limit": limit,
        "payer_asked": how_payer_is_asked(session, ticket_id=ticket_id, now=now) if dear else "TEXT",
        **approval_values(session, visit.id or 0, now=now),
    }


def _offers(session: Session, detail: TicketDetail, *, now: datetime) -> dict[str, Any]:
    try:
        found = rank_slots(session, ticket_id=detail.id, now=now)
    except NoPointYetError as error:
        return {"offers": [], "more_offers": [], "no_offers": error.detail}
    offers = weigh_offers(found, clocks=detail.clocks, now=now)
    return {
        "offers": offers.slots[:OFFERS_SHOWN],
        "more_offers": offers.slots[OFFERS_SHOWN:],
        "late_warning": offers.warning,
        "no_offers": _("지금 갈 수 있는 시간이 없습니다. 서비스점 데스크에 알려 주세요."),
    }


def _step(detail: TicketDetail, visit: VisitFacts | None, do: str) -> str:
    if visit is None or visit.technician is None:
        return "ended" if visit is not None and visit.ended_at is not None else "nobody"
    if detail.status == "ON_HOLD":
        return "held"
    if visit.state not in STEP_OF_STATE:
        return "ended"
    if visit.state in SIDE_STEPS.get(do, ()) and not (do == "solve" and detail.safety):
        return do
    return "depart" if visit.window is not None and visit.state == "planned" else STEP_OF_STATE[visit.state]


def _mark(detail: TicketDetail, visit: VisitFacts | None) -> str:
    """Changes whenever the next step may be another one."""
    if visit is None:
        return detail.status
    window = f"{visit.window.start:%d%H%M}" if visit.window else ""
    who = visit.technician.id if visit.technician else 0
    return f"{detail.status}-{visit.id}-{visit.state}-{who}-{window}-{len(detail.attempts)}"


def _masks(
    session: Session, principal: Principal, detail: TicketDetail, visit: VisitFacts | None, now: datetime
) -> Masks:
    technician = _technician(visit)
    return masks_of_visit(
        session,
        principal=principal,
        ticket_id=detail.id,
        technician_id=technician.id if technician else None,
        ended_at=visit.ended_at if visit and detail.status != "ON_HOLD" else None,
        now=now,
    )


def _technician(visit: VisitFacts | None) -> TechnicianInfo | None:
    return visit.technician if visit else None


def _note_own_visit(
    session: Session, request: Request, principal: Principal, values: dict[str, Any], now: datetime
) -> None:
    """Whom a technician sees whole without asking stands in the access log as well."""
    if principal.technician_id is None or not values["masks"].is_open:
        return
    note_page(
        session,
        principal=principal,
        subject=("ticket", values["detail"].id),
        fields=opened_fields(principal.role),
        from_address=caller_address(request),
        now=now,
    )


def _open_for_stand_in(
    session: Session, request: Request, principal: Principal, number: str, now: datetime
) -> None:
    """A company-wide technician stands in for whoever's job he opens: he sees it whole, and it is logged."""
    if principal.role is not Role.TECHNICIAN or principal.technician_id is not None:
        return
    ticket_id = reach_ticket(session, principal=principal, number=number)
    masks = masks_of_visit(
        session, principal=principal, ticket_id=ticket_id, technician_id=None, ended_at=None, now=now
    )
    if masks.is_open:
        return
    open_data(
        session,
        principal=principal,
        subject=("ticket", ticket_id),
        fields=opened_fields(principal.role),
        reason=_("기사를 대신해 방문 화면을 열었습니다."),
        from_address=caller_address(request),
        now=now,
    )
    session.flush()
