"""One ticket at the desk: the facts, who has it now, and what the desk can do with it."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Principal
from core.clock import today_kst
from core.errors import DomainError
from core.i18n import _
from dispatch.bill_correction import billed_visits
from dispatch.by_hand import PINS
from dispatch.detail_shapes import TicketDetail
from dispatch.merging import merged_into
from dispatch.planning.slots import NoPointYetError, rank_slots
from dispatch.queries import ticket_detail
from dispatch.safety_script import script_steps
from dispatch.states import ENDED_STATUSES, UNDER_WAY_STATES
from dispatch.tasks import CALL_LANDLINE, TaskInfo
from dispatch.words import symptom_words
from web.context import context_of
from web.display import time_text
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.point.desk import frame
from web.pages.point.reach import (
    HANDS,
    ROLES,
    Desk,
    NotPlacedError,
    PassedOnError,
    reach_item,
    require_still_here,
)
from web.pages.point.words import (
    AGREEMENT_CALLS,
    DECLINE_REASONS,
    OUTCOMES,
    OWNER_ROLES,
    PARTIES,
    age_words,
    bill_flash,
    done_flash,
    task_words,
)
from web.pages.posting import PostedForm
from web.presenters.bills import bills_of
from web.presenters.crew import crew_values
from web.presenters.late_entry import late_entry_line
from web.presenters.masks import Masks, known_of, masks_for_ticket
from web.presenters.offers import Offers, waiting_words, weigh_offers
from web.presenters.technician import address_line, boiler_line, code_words, people_lines
from web.presenters.timeline import timeline_items
from web.presenters.timeline_facts import names_in
from web.templating import render_page
from web.typed_ids import read_id
from workforce.queries import get_point

router = APIRouter(prefix="/point/tickets/{number}", route_class=GuardedRoute)

DOINGS = ("call", "assign", "decline")
"""What may be opened on the page at once."""
OFFERS_SHOWN = 6
CALL_BACK_MINUTES = (15, 30, 60, 120)


@router.get("")
@allow(*ROLES)
def show_ticket(
    request: Request,
    number: str,
    do: str = "",
    done: str = "",
    billed: str = "",
    principal: Principal = SignedIn,
) -> Response:
    """The ticket's page; over the desk, the same facts in a dialog. `billed`: the visit of a mended bill."""
    context = context_of(request)
    in_dialog = "HX-Request" in request.headers
    with context.database.reading() as session:
        now = context.clock()
        try:
            values = ticket_values(
                session, principal=principal, number=number, now=now, do=do, with_offers=not in_dialog
            )
        except PassedOnError as gone:
            return _passed_on(request, session, principal, number, gone)
    template = "point/_ticket_dialog.html" if in_dialog else "point/ticket.html"
    totals = {bill["visit_id"]: bill["total"] for bill in values["bills"]}
    visit_id = read_id(billed)
    flash = bill_flash(totals[visit_id]) if visit_id in totals else done_flash(done)
    return render_page(request, template, {**values, "flash": flash})


def _passed_on(
    request: Request, session: Session, principal: Principal, number: str, gone: PassedOnError
) -> Response:
    """Another point has it now; the bills of its visits stay with the desk that made them."""
    if "HX-Request" in request.headers:
        told = {"number": number, "why": gone.detail, "waits": False}
        return render_page(request, "point/_gone_dialog.html", told)
    point_id = principal.service_point_id
    assert point_id is not None, "only one's own point passes a ticket on"
    mine = billed_visits(session, company_id=principal.company_id, number=number, point_id=point_id)
    desk = Desk(get_point(session, point_id=point_id), chooses=False, acts=principal.role in HANDS)
    values = {**frame(desk, ""), "number": number, "bills": mine, "why": gone.detail, "flash": []}
    return render_page(request, "point/passed_on.html", values, status_code=200 if mine else gone.status)


@router.get("/head")
@allow(*ROLES)
def show_head(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """State, owner and clocks alone: they follow changes while something is being typed below.

    A ticket that leaves the point under an open page is no error: the page is told, and asks no more.
    """
    context = context_of(request)
    with context.database.reading() as session:
        try:
            values = ticket_values(
                session, principal=principal, number=number, now=context.clock(), do="", with_offers=False
            )
            require_still_here(request, values["desk"])
        except (PassedOnError, NotPlacedError) as gone:
            here = request.url.query
            told = {"number": number, "why": gone.detail, "waits": isinstance(gone, NotPlacedError)}
            told["source"] = request.url.path + (f"?{here}" if here else "")
            return render_page(request, "point/_ticket_gone.html", told)
    return render_page(request, "point/_ticket_head.html", values)


@router.get("/decline")
@allow(*ROLES)
def show_decline(request: Request, number: str, principal: Principal = SignedIn) -> Response:
    """Why the point cannot take it: a dialog over the desk, a page without scripts."""
    context = context_of(request)
    in_dialog = "HX-Request" in request.headers
    with context.database.reading() as session:
        now = context.clock()
        try:
            values = ticket_values(
                session, principal=principal, number=number, now=now, do="decline", with_offers=not in_dialog
            )
        except PassedOnError as gone:
            return _passed_on(request, session, principal, number, gone)
    template = "point/_decline_dialog.html" if in_dialog else "point/ticket.html"
    return render_page(request, template, {**values, "flash": []})


def ticket_values(
    session: Session,
    *,
    principal: Principal,
    number: str,
    now: datetime,
    do: str,
    with_offers: bool,
    typed: PostedForm | None = None,
    error: DomainError | None = None,
) -> dict[str, Any]:
    """Everything the ticket's templates need. Raises NotFoundError when it is not the reader's to see."""
    desk, item = reach_item(session, principal=principal, number=number, now=now)
    detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
    masks = masks_for_ticket(session, principal=principal, ticket_id=detail.id, now=now)
    ended = detail.status in ENDED_STATUSES
    visit = detail.visit
    under_way = visit is not None and visit.state in UNDER_WAY_STATES
    offered = item.placement_state == "OFFERED"
    values = {
        **frame(desk, ""),
        **_facts(session, detail, masks, now=now),
        "detail": detail,
        "merged_into": merged_into(detail),
        "item": item,
        "masks": masks,
        "visit": visit,
        "ended": ended,
        "under_way": under_way,
        "offered": offered,
        "answer": {"state": "running", "due_at": item.answer_due_at, "stopped_at": None}
        if item.answer_due_at
        else None,
        "can_call": desk.acts and not ended and not under_way,
        "can_assign": not ended and not under_way,
        "do": do if do in DOINGS else "",
        "declines": [(code, _(words)) for code, words in DECLINE_REASONS],
        "form_key": secrets.token_urlsafe(18),
        "typed": typed or PostedForm(),
        "error": error,
        "errors": {found.field: found.message for found in error.errors} if error else {},
    }
    if not with_offers:
        return values
    hands = _hands(session, detail, now=now) if values["can_assign"] else {}
    return values | _call_values(session, detail, values, now=now) | hands


def _facts(session: Session, detail: TicketDetail, masks: Masks, *, now: datetime) -> dict[str, Any]:
    owner = detail.owner
    code = code_words(session, company_id=detail.company.id, code=detail.error_code, boiler=detail.boiler)
    show = partial(hide_names, detail=detail, masks=masks)
    return {
        "show": show,
        "number": detail.number,
        "symptom": symptom_words(detail.symptom),
        "code": code,
        "people": people_lines(detail.parties, masks),
        "address": address_line(detail.address, masks),
        "boiler": boiler_line(detail.boiler, today=today_kst(now)),
        "age_band": age_words(detail.age_band),
        "note": show(detail.note),
        "late_line": late_entry_line(detail, show, now),
        "owner_role": _(OWNER_ROLES[owner.role]) if owner and owner.role in OWNER_ROLES else "",
        "clocks": {clock.kind: clock for clock in detail.clocks_meant},
        "script": script_steps(symptom=detail.symptom) if detail.safety else (),
        "tasks": [_task(task, detail, masks) for task in detail.tasks if task.state == "open"],
        "bills": bills_of(session, detail),
        "timeline": timeline_items(detail.timeline, show, names_in(session, detail, masks)),
    }


def _task(task: TaskInfo, detail: TicketDetail, masks: Masks) -> dict[str, Any]:
    words, mark = task_words(task.kind)
    known = detail.party(task.recipient) is not None
    return {
        "task": task,
        "words": words,
        "mark": mark,
        "detail": hide_names(task.detail, detail, masks),
        "to_read_out": task.kind == CALL_LANDLINE,
        "whom": _(PARTIES[task.recipient]) if known else "",
        "by_call": task.kind in AGREEMENT_CALLS,
    }


def hide_names(text: str, detail: TicketDetail, masks: Masks) -> str:
    """Free text as this reader may see it: until unmasked without numbers and without the family's names."""
    return masks.words(text, known=known_of(detail))


def _call_values(
    session: Session, detail: TicketDetail, values: dict[str, Any], *, now: datetime
) -> dict[str, Any]:
    """The call's outcomes, and windows in which somebody can really come."""
    offers = Offers()
    nobody = _("지금 갈 수 있는 시간이 없습니다. 기사를 바꾸거나 상황실에 알려 주세요.")
    why = waiting_words(detail.part_due_at) or nobody
    if values["can_call"]:
        try:
            found = rank_slots(session, ticket_id=detail.id, now=now)
            offers = weigh_offers(found, clocks=detail.clocks, now=now)
        except NoPointYetError as error:
            why = error.detail
    return {
        "outcomes": [(code, _(words), _(hint) if hint else None) for code, words, hint in OUTCOMES],
        "offers": offers.slots[:OFFERS_SHOWN],
        "more_offers": offers.slots[OFFERS_SHOWN:],
        "late_warning": offers.warning,
        "no_offers": why,
        "with_choices": [
            (person.role, person.name, person.relationship or person.role_label)
            for person in values["people"]
        ],
        "call_back_choices": [
            (m, _("{m}분 뒤 ({at})").format(m=m, at=time_text(now + timedelta(minutes=m))))
            for m in CALL_BACK_MINUTES
        ],
    }


def _hands(session: Session, detail: TicketDetail, *, now: datetime) -> dict[str, Any]:
    """The point's own technicians: who may go, and when each could begin."""
    current = detail.visit.technician.id if detail.visit and detail.visit.technician else None
    crew = crew_values(session, detail=detail, now=now)
    return {**crew, "current_technician": current, "pins": PINS}
