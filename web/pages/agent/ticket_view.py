"""A ticket as the intake desk shows it: people as this reader may see them, codes in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session

from billing.rules import warranty_words
from billing.schemas import Estimate, WarrantyReason
from callcenter.cards import cards_for
from callcenter.error_codes import look_up_code
from core.actor import Principal
from core.dated import read_rules
from core.errors import DomainError
from core.i18n import _
from core.visibility import Datum
from dispatch.approvals import ApprovalFacts, open_approval
from dispatch.detail_shapes import PartyFacts, TicketDetail, VisitFacts
from dispatch.intake_rules import CHECKUP, UNKNOWN_DANGER
from dispatch.merging import merged_into, say_of, taken_in
from dispatch.planning.neighbour_slots import rank_slots_around
from dispatch.planning.slot_shapes import Slot
from dispatch.pricing import estimate_visit
from dispatch.safety_advice import lines_read
from dispatch.safety_script import script_steps
from dispatch.states import ENDED_STATUSES, UNDER_WAY_STATES
from dispatch.unplanned import ways_in
from dispatch.words import symptom_words
from notifications.catalogue import label_of
from notifications.queries import list_notices
from web.pages.agent.task_view import task_lines
from web.pages.agent.words import (
    PARTY_ROLES,
    PRECISIONS,
    SELF_FIX,
    age_words,
    danger_choices,
    relationship_words,
)
from web.presenters.bills import bills_of
from web.presenters.late_entry import late_entry_line
from web.presenters.masks import Masks, known_of, masks_for_case
from web.presenters.messages import went_astray
from web.presenters.notice_words import foreign_language
from web.presenters.offers import Offers, offers_in_order, waiting_words, weigh_offers
from web.presenters.timeline import timeline_items
from web.presenters.timeline_facts import names_in

SLOTS_SHOWN = 8
SEOUL_VIEW = "37.55,127.0,10"


def ticket_values(
    session: Session, *, principal: Principal, detail: TicketDetail, now: datetime
) -> dict[str, Any]:
    """Everything on the ticket's page except the offered windows."""
    masks = masks_for_case(
        session, principal=principal, ticket_id=detail.id, household_id=detail.household_id, now=now
    )
    ended = detail.status in ENDED_STATUSES
    show = partial(masks.words, known=known_of(detail))
    return {
        "show": show,
        "detail": detail,
        "seen": _mark(detail),
        "changed": False,
        "number": detail.number,
        "symptom": symptom_words(detail.symptom),
        "codes": _code_words(session, detail),
        "say": say_of(session, detail=detail, now=now),
        "merged_into": merged_into(detail),
        "taken_in": taken_in(session, detail=detail),
        "is_open": masks.is_open,
        "parties": [_party(party, detail, masks) for party in detail.parties],
        "address": masks.place(detail.address),
        "raw_address": masks.address(detail.address.raw),
        "precision": _(PRECISIONS.get(detail.address.precision, detail.address.precision)),
        "map_view": _map_view(detail),
        "needs_place": any(task.kind == "MAP_PICK" and task.state == "open" for task in detail.tasks),
        "note": show(detail.note),
        "late_line": late_entry_line(detail, show, now),
        "boiler": _boiler(detail),
        "ended": ended,
        "done": _done(detail) if ended else ("", None),
        "can_agree": not ended
        and not detail.safety
        and (detail.visit is None or detail.visit.state not in UNDER_WAY_STATES),
        "triage": _triage(session, detail, now),
        "script": script_steps(symptom=detail.symptom) if detail.safety and not ended else (),
        "dangers": danger_choices() if detail.symptom == UNKNOWN_DANGER and not ended else [],
        "advice": lines_read(detail.timeline) if detail.safety else {},
        "ways": None if detail.planned or ended else ways_in(session, ticket_id=detail.id, now=now),
        "passed": [p for p in detail.placements if p.state in ("PASSED_OVER", "DECLINED", "EXPIRED")],
        "clocks": {clock.kind: clock for clock in detail.clocks_meant},
        "tasks": task_lines(session, detail, masks, principal=principal, now=now),
        "notices": _notices(session, detail, masks),
        "bills": bills_of(session, detail),
        "approval": _approval(session, detail),
        "estimate": None if ended else _estimate(session, detail, now),
        "timeline": timeline_items(detail.timeline, show, names_in(session, detail, masks)),
        "age": age_words(detail.received_at, now),
        "with_default": "requester" if detail.party("requester") else "resident",
    }


def _mark(detail: TicketDetail) -> str:
    """What the open forms are for: another agreed time, somebody under way, or the end makes them untrue."""
    window = detail.visit.window if detail.visit else None
    under_way = detail.visit is not None and detail.visit.state in UNDER_WAY_STATES
    agreed = int(window.start.timestamp()) if window else 0
    return f"{agreed}-{int(under_way)}-{int(detail.status in ENDED_STATUSES)}"


def slot_values(session: Session, *, detail: TicketDetail, now: datetime) -> dict[str, Any]:
    """The windows that can be offered now, best first, or why there are none."""
    number, visit = detail.number, detail.visit
    under_way = visit is not None and visit.state in UNDER_WAY_STATES
    offers = Offers()
    why = ""
    if detail.status in ENDED_STATUSES or under_way or detail.safety:
        return {"slots": [], "why": "", "shown": False, "number": number, "point_id": None}
    if detail.status == "RECEIVED" and detail.triage:
        why = _("가까운 서비스점을 찾고 있습니다. 몇 초 안에 여기에 시간이 나옵니다.")
    elif detail.status != "RECEIVED":
        try:
            found = rank_slots_around(session, ticket_id=detail.id, now=now)
            offers = weigh_offers(_changes(found, visit), clocks=detail.clocks, now=now)
            why = waiting_words(detail.part_due_at)
        except DomainError as error:
            why = error.detail
    else:
        why = _("직접 고쳐 보시는 안내를 먼저 마치면 갈 수 있는 시간이 나옵니다.")
    return {
        "number": number,
        "slots": offers_in_order(offers.slots[:SLOTS_SHOWN]),
        "more": offers_in_order(offers.slots[SLOTS_SHOWN:]),
        "best": offers.best,
        "soonest": offers.soonest,
        "warning": offers.warning,
        "why": why,
        "shown": True,
        "parties": [(party.role, _(PARTY_ROLES[party.role])) for party in detail.parties],
        "with_default": "requester" if detail.party("requester") else "resident",
        "agreed": visit.promised if visit else None,
        "point_id": detail.placement.point.id if detail.placement else None,
    }


def _changes(found: Sequence[Slot], visit: VisitFacts | None) -> list[Slot]:
    """What can be agreed anew: the window that is agreed is no change to itself, whoever would come."""
    agreed = visit.promised if visit is not None else None
    return [slot for slot in found if agreed is None or (slot.start, slot.end) != (agreed.start, agreed.end)]


def _done(detail: TicketDetail) -> tuple[str, datetime | None]:
    """How an ended case ended, and when."""
    if merged_into(detail):
        return _("합친 때"), detail.cancelled_at
    if detail.cancelled_at is not None:
        return _("취소한 때"), detail.cancelled_at
    if detail.completed_at is not None:
        return _("수리를 마친 때"), detail.completed_at
    return _("끝난 때"), detail.closed_at


def _party(party: PartyFacts, detail: TicketDetail, masks: Masks) -> dict[str, Any]:
    return {
        "role": _(PARTY_ROLES[party.role]),
        "name": masks.name(party.name),
        "phone": masks.phone(party.phone),
        "tel": party.phone if masks.sees(Datum.PHONE) else None,
        "can_text": party.can_text,
        "speaks": foreign_language(party.language),
        "relationship": relationship_words(party.relationship) if party.relationship else "",
        "pays": detail.payer_role == party.role,
        "part": party.role,
        "wrong": party.wrong,
    }


def _code_words(session: Session, detail: TicketDetail) -> str:
    if not detail.error_code:
        return ""
    family = detail.boiler.family if detail.boiler else None
    meanings = look_up_code(session, company_id=detail.company.id, code=detail.error_code)
    own = [m for m in meanings if m.family == family] or meanings
    return " / ".join(dict.fromkeys(m.meaning for m in own))


def _boiler(detail: TicketDetail) -> dict[str, str] | None:
    boiler = detail.boiler
    if boiler is None:
        return None
    return {
        "model": boiler.model_name or boiler.model_code or boiler.model_text or _("모델 모름"),
        "serial": boiler.serial or "",
        "installed_on": boiler.installed_on.isoformat() if boiler.installed_on else "",
    }


def _triage(session: Session, detail: TicketDetail, now: datetime) -> dict[str, Any]:
    results = {code: _(label) for code, label, _what in SELF_FIX}
    done = [
        {"card": step.card, "result": results.get(step.result, _("안전 접수라 건너뜀")), "at": step.at}
        for step in detail.triage
    ]
    waits = detail.status == "RECEIVED" and not detail.triage and not detail.safety
    cards = cards_for(session, company_id=detail.company.id, symptom=detail.symptom, at=now) if waits else []
    return {"waits": waits, "cards": cards, "done": done}


def _notices(session: Session, detail: TicketDetail, masks: Masks) -> list[dict[str, Any]]:
    known = known_of(detail)
    return [
        {
            "event": notice.event,
            "label": _(label_of(notice.event)),
            "recipient": _(PARTY_ROLES.get(notice.recipient, notice.recipient)),
            "channel": notice.channel,
            "bytes": notice.bytes,
            "state": notice.state,
            "why": _(notice.withdrawn_reason) if notice.withdrawn_reason else "",
            "astray": went_astray(notice, detail),
            "held_until": notice.held_until if notice.state == "queued" else None,
            "text": masks.sent(notice.text, known=known),
            "at": notice.created_at,
        }
        for notice in reversed(list_notices(session, ticket_id=detail.id))
    ]


def _approval(session: Session, detail: TicketDetail) -> ApprovalFacts | None:
    """What the technician at the home asks of whoever pays, who may just be on the line."""
    visit = detail.visit
    if visit is None or visit.state not in ("arrived", "in_progress"):
        return None
    return open_approval(session, visit_id=visit.id)


def _estimate(session: Session, detail: TicketDetail, now: datetime) -> dict[str, Any]:
    window = detail.visit.promised if detail.visit else None
    found: Estimate = estimate_visit(
        session, ticket_id=detail.id, start=window.start if window else None, now=now
    )
    rules = read_rules(session, company_id=detail.company.id, at=now)
    # Until when the boiler's warranty runs says nothing of a visit that is free for another reason.
    until = found.warranty.until if found.warranty.reason is WarrantyReason.IN_WARRANTY else None
    unless = _("고객 잘못이 아니면 비용이 없습니다.")
    free = f"{warranty_words(found.warranty.reason)} {unless}"
    return {
        "fee": found.visit_fee,
        "fee_low": found.visit_fee_low,
        "fee_high": found.visit_fee_high,
        "low": found.total_low,
        "high": found.total_high,
        "limit": 0 if detail.symptom == CHECKUP else rules.approval_limit,
        "covered": found.warranty.covered,
        "why": free if found.warranty.covered else "",
        "until": until.isoformat() if until else "",
    }


def _map_view(detail: TicketDetail) -> str:
    address = detail.address
    if address.lat is None or address.lon is None:
        return SEOUL_VIEW
    zoom = {"sido": 9, "sgg": 12}.get(address.precision, 14)
    return f"{address.lat},{address.lon},{zoom}"
