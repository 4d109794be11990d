"""The desk itself: what it is asked, whom it calls, what nobody has, and its technicians' day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Principal
from core.clock import rfc3339_kst
from core.dated import read_rules
from core.errors import NotFoundError
from core.i18n import _
from core.phones import parse_phone
from dispatch.list_queries import TicketItem
from dispatch.planning.proposals import list_proposals
from dispatch.planning.replans import replan_of
from dispatch.point_desk import (
    Danger,
    DeskTask,
    Offer,
    Unplanned,
    list_dangers,
    list_desk_tasks,
    list_lost,
    list_offers,
    list_unplanned,
)
from dispatch.words import symptom_words
from web.context import context_of
from web.display import when_text
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.point.lanes import day_board
from web.pages.point.reach import ROLES, Desk, NoPointError, reach_item, read_desk
from web.pages.point.words import (
    AGREEMENT_CALLS,
    OWNER_ROLES,
    PARTIES,
    TELLING_CALLS,
    VISIT_STATES,
    done_flash,
    task_words,
)
from web.presenters.masks import MASKED
from web.presenters.proposals import proposal_cards, replan_words
from web.templating import render_page
from workforce.duty import duty_at
from workforce.duty_gaps import LOOK_AHEAD, find_gaps, list_duty
from workforce.points import list_closures
from workforce.queries import get_point, get_technicians

router = APIRouter(prefix="/point", route_class=GuardedRoute)

PARTS = ("now", "work", "lanes")


@router.get("")
@allow(*ROLES)
def show_desk(
    request: Request, day: int = 0, done: str = "", number: str = "", principal: Principal = SignedIn
) -> Response:
    """The whole screen. `done`, `number`: what was done a moment ago, and with which ticket."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        try:
            desk = read_desk(session, request, principal=principal, now=now)
        except NoPointError as error:
            return render_page(request, "point/nobody.html", {"error": error})
        values = frame(desk, "now")
        for part in PARTS:
            values |= _load(session, desk, part, principal=principal, day=day, now=now)
        flash = done_flash(done)
        if done == "accepted" and number:
            flash = _taken_flash(session, principal, number, now=now) or flash
    return render_page(request, "point/desk.html", {**values, "flash": flash})


def _taken_flash(
    session: Session, principal: Principal, number: str, *, now: datetime
) -> list[dict[str, str]]:
    """Where a ticket is that was taken a moment ago: who goes when, and its page."""
    try:
        desk, item = reach_item(session, principal=principal, number=number, now=now)
    except NotFoundError:  # gone again, or an address made up by hand
        return []
    if item.technician is not None and item.planned_start is not None:
        text = _("{number} 접수를 맡았습니다. {technician} 기사가 {when}쯤 갑니다.").format(
            number=item.number, technician=item.technician.name, when=when_text(item.planned_start, now)
        )
    else:
        text = _("{number} 접수를 맡았습니다. 갈 기사와 시간을 정하고 있습니다.").format(number=item.number)
    return [{"kind": "ok", "text": text, "href": desk.ticket(item.number), "link": _("접수 열기")}]


@router.get("/parts/{part}")
@allow(*ROLES)
def show_part(request: Request, part: str, day: int = 0, principal: Principal = SignedIn) -> Response:
    """One live part of the screen; an unknown one is the first."""
    part = part if part in PARTS else PARTS[0]
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        desk = read_desk(session, request, principal=principal, now=now)
        values = frame(desk, "now") | _load(session, desk, part, principal=principal, day=day, now=now)
    return render_page(request, f"point/_{part}.html", values)


def frame(desk: Desk, active: str) -> dict[str, Any]:
    """What each page of the desk shows around its own."""
    pages = (
        ("now", "/point", _("지금 할 일")),
        ("tickets", "/point/tickets", _("우리 접수")),
        ("rota", "/point/rota", _("당직·근무")),
        ("money", "/point/money", _("돈")),
        *([("paper", "/point/paper", _("종이 접수"))] if desk.acts else []),
    )
    return {
        "desk": desk,
        "pages": [(desk.address(path), name, code == active, None) for code, path, name in pages],
    }


def _load(
    session: Session, desk: Desk, part: str, *, principal: Principal, day: int, now: datetime
) -> dict[str, Any]:
    if part == "now":
        return duty_values(session, desk, now=now)
    if part == "work":
        return _work(session, desk, now=now)
    return _lanes(session, desk, principal=principal, day=day, now=now)


def _lanes(session: Session, desk: Desk, *, principal: Principal, day: int, now: datetime) -> dict[str, Any]:
    """A day's lanes, the proposals that wait for it, and how the reader's own re-plan stands."""
    board = day_board(session, desk, index=day, now=now)
    proposals = list_proposals(session, company_id=desk.point.company_id, point_ids=[desk.point.id])
    company_id = desk.point.company_id
    own = replan_of(session, company_id=company_id, account_id=principal.account_id, now=now)
    return {
        "board": board,
        "proposals": proposal_cards(
            session, [one for one in proposals if one.day == board.day], company_id=company_id, now=now
        ),
        "replan": replan_words(own, desk.point.name, now)
        if own is not None and own.point_id == desk.point.id
        else None,
    }


def duty_values(session: Session, desk: Desk, *, now: datetime) -> dict[str, Any]:
    """Who answers for the point at this minute, whether it takes new tickets, where the rota has gaps."""
    point = desk.point
    duty = duty_at(session, company_id=point.company_id, point_id=point.id, at=now)
    crew = get_technicians(
        session,
        technician_ids=[duty.technician_id] if duty.technician_id else [],
        company_id=point.company_id,
    )
    rows = list_duty(session, company_id=point.company_id, point_id=point.id, start=now, end=now + LOOK_AHEAD)
    closures = list_closures(session, point_id=point.id, since=now)
    substitute = get_point(session, point_id=duty.substitute_point_id) if duty.substitute_point_id else None
    return {
        "duty": duty,
        "on_duty": crew.get(duty.technician_id or 0),
        "substitute": substitute.name if substitute else "",
        "gaps": find_gaps(((r.start_at, r.end_at) for r in rows), start=now, end=now + LOOK_AHEAD),
        "closure": next((c for c in closures if c.start_at <= now), None),
    }


def _work(session: Session, desk: Desk, *, now: datetime) -> dict[str, Any]:
    company_id, point_id = desk.point.company_id, desk.point.id
    limit = read_rules(session, company_id=company_id, at=now).accept_limit_s
    offers = list_offers(session, company_id=company_id, point_id=point_id, now=now)
    asked = {offer.item.id for offer in offers}
    tasks = [
        _task_row(desk, found)
        for found in list_desk_tasks(session, company_id=company_id, point_id=point_id, now=now)
    ]
    dangers = list_dangers(session, company_id=company_id, point_id=point_id, now=now)
    unplanned = [
        found
        for found in list_unplanned(session, company_id=company_id, point_id=point_id, now=now)
        if found.item.id not in asked
    ]
    shown = [offer.item.number for offer in offers] + [danger.item.number for danger in dangers]
    shown += [row["number"] for row in tasks] + [found.item.number for found in unplanned]
    alarms = {danger.alarm.id for danger in dangers if danger.alarm}
    return {
        "dangers": [_danger_row(desk, danger) for danger in dangers],
        "offers": [_offer_row(offer) for offer in offers],
        "accept_limit_s": limit,
        "calls": [row for row in tasks if row["is_call"]],
        "duties": [row for row in tasks if not row["is_call"] and row["task"].id not in alarms],
        "unplanned": [_unplanned_row(found) for found in unplanned],
        "lost": [
            replace(one, reason=MASKED.words(one.reason, names=one.names))
            for one in list_lost(session, point_id=desk.point.id, now=now)
        ],
        # What is its own, and each ticket shown here: it may leave for another point.
        "live_topics": " ".join(
            (f"point:{point_id}", *(f"ticket:{number}" for number in dict.fromkeys(shown)))
        ),
    }


def item_row(item: TicketItem) -> dict[str, Any]:
    """A ticket in a list: what is wrong, whereabouts, for whom, who has it now. Masked."""
    owner = item.owner
    return {
        "number": item.number,
        "status": item.status,
        "symptom": symptom_words(item.symptom),
        "priority": item.priority,
        "safety": item.safety,
        "item": item,
        "asked": item.placement_state == "OFFERED",
        "who": MASKED.name(item.resident),
        "where": MASKED.address(item.address.normalised or item.address.raw),
        "owner": owner.name if owner else "",
        "owner_role": _(OWNER_ROLES[owner.role]) if owner and owner.role in OWNER_ROLES else "",
        "owner_why": owner.why if owner else "",
        "contact": item.clock("contact"),
    }


def _hidden(text: str, item: TicketItem) -> str:
    """What somebody typed about this home, as a list shows it."""
    return MASKED.words(text, names=[item.resident])


def _offer_row(offer: Offer) -> dict[str, Any]:
    clock = {"state": "running", "due_at": offer.answer_due_at, "stopped_at": None}
    return item_row(offer.item) | {
        "reason": _hidden(offer.reason, offer.item),
        "travel_s": offer.travel_s,
        "answer": clock if offer.answer_due_at else None,
        # The same paper every time it is shown: a second press is the same answer.
        "key": f"accept-{offer.item.number}-{rfc3339_kst(offer.asked_at)}",
    }


def _danger_row(desk: Desk, danger: Danger) -> dict[str, Any]:
    item, alarm = danger.item, danger.alarm
    words = VISIT_STATES.get(item.visit_state or "none")
    phones = [(who.name, parse_phone(who.phone)) for who in danger.ring if who.phone]
    return item_row(item) | {
        "alarm": _hidden(alarm.detail, item) if alarm else "",
        "technician": item.technician.name if item.technician else "",
        "visit": _(words) if words else "",
        "ring": [{"name": name, "phone": phone.display, "tel": phone.digits} for name, phone in phones],
        "href": desk.ticket(item.number),
        "assign": desk.ticket(item.number, do="assign"),
    }


def _task_row(desk: Desk, found: DeskTask) -> dict[str, Any]:
    task = found.task
    words, mark = task_words(task.kind)
    return item_row(found.item) | {
        "task": task,
        "words": words,
        "mark": mark,
        # What is to be read out names the family: it stands on the ticket's page, behind the same mask.
        "detail": _hidden(task.detail, found.item) if task.kind not in TELLING_CALLS else "",
        "clock": found.item.clock("contact") if task.kind == "CONTACT_CALL" else None,
        "whom": _(PARTIES[task.recipient]) if task.recipient in PARTIES else "",
        "task_owner": task.owner.name,
        "is_call": task.kind in (*AGREEMENT_CALLS, *TELLING_CALLS),
        "href": desk.ticket(found.item.number, do="call" if task.kind in AGREEMENT_CALLS else None),
    }


def _unplanned_row(found: Unplanned) -> dict[str, Any]:
    return item_row(found.item) | {"reasons": [_hidden(why, found.item) for why in found.reasons]}
