"""A ticket as the API shows it: the contract's names, Korean time, people masked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session

from billing.queries import charges_of_ticket
from billing.schemas import ChargeInfo
from core.actor import Principal
from core.clock import rfc3339_kst
from core.i18n import _
from customers.schemas import AddressInfo
from dispatch.checklist import ChecklistItem
from dispatch.detail_shapes import (
    ClockFacts,
    PartyFacts,
    PlacementFacts,
    TicketDetail,
    TimelineFacts,
    VisitFacts,
    WindowFacts,
)
from dispatch.list_queries import TicketItem
from dispatch.queries import ticket_detail
from happycall.queries import call_of_ticket
from happycall.schemas import CallBrief
from notifications.queries import list_notices
from notifications.schemas import NoticeInfo
from web.presenters.late_entry import late_entry_json
from web.presenters.masks import MASKED, OPEN, Masks, known_of, masks_for_ticket
from web.presenters.timeline import line_of
from web.presenters.timeline_facts import Names, names_in, reason_of

Show = Callable[[str], str]
"""Free text as this reader may see it."""
CLOCKS = ("contact", "promise", "handled")
PARTY_ORDER = ("resident", "requester", "payer")


def ticket_json(
    session: Session,
    *,
    principal: Principal,
    number: str,
    now: datetime,
    just_filed: bool = False,
    texts_whole: bool = False,
) -> dict[str, Any]:
    """The whole ticket, for GET and as the answer to every POST about it. Raises UnknownTicketError.

    Args:
        texts_whole: the demo's texts are shown as they were sent; nobody real can be read in them.
        just_filed: in this very transaction: nobody has billed, told, rung or unmasked anything yet.
    """
    detail = ticket_detail(session, company_id=principal.company_id, number=number, now=now)
    masks, charges, notices, call = (
        (MASKED, [], [], None) if just_filed else _beside(session, principal, detail.id, now=now)
    )
    visits = [_visit(visit) for visit in detail.visits]
    known = known_of(detail)
    show = partial(masks.words, known=known)
    sent = (OPEN if texts_whole else masks).sent
    names = names_in(session, detail)
    return {
        **_facts(detail, show),
        "parties": [_party(party, masks) for party in _ordered(detail.parties)],
        "address": masks.address(_full_address(detail.address)),
        "location": _location(detail.address),
        "service_point": _point(detail.placement, show),
        "placements": [_placement(placement, show) for placement in detail.placements],
        "clocks": {kind: _clock(detail.clock(kind)) for kind in CLOCKS},
        "visit": visits[-1] if visits else None,
        "visits": visits,
        "explanation": _explanation(detail, show),
        "charge": charge_json(charges[-1]) if charges else None,
        "charges": [charge_json(charge) for charge in charges],
        "messages": [_message(notice, partial(sent, known=known)) for notice in notices],
        "tasks": [
            {"id": task.id, "kind": task.kind, "recipient": task.recipient, "state": task.state}
            for task in detail.tasks
        ],
        "happy_call": {
            "id": call.id,
            "due_at": rfc3339_kst(call.due_at),
            "state": call.state,
            "reason": show(call.reason),
        }
        if call
        else None,
        "timeline": [_entry(entry, show, names) for entry in detail.timeline],
    }


def _beside(
    session: Session, principal: Principal, ticket_id: int, *, now: datetime
) -> tuple[Masks, list[ChargeInfo], list[NoticeInfo], CallBrief | None]:
    """What other rooms keep about a ticket."""
    return (
        masks_for_ticket(session, principal=principal, ticket_id=ticket_id, now=now),
        list(charges_of_ticket(session, ticket_id=ticket_id)),
        list(list_notices(session, ticket_id=ticket_id)),
        call_of_ticket(session, ticket_id=ticket_id),
    )


def ticket_item_json(item: TicketItem) -> dict[str, Any]:
    """A ticket in a list."""
    return {
        "number": item.number,
        "status": item.status,
        "priority": item.priority,
        "safety": item.safety,
        "symptom": item.symptom,
        "received_at": rfc3339_kst(item.received_at),
        "resident": MASKED.name(item.resident),
        "address": MASKED.address(_full_address(item.address)),
        "service_point": {"code": item.service_point.code, "name": item.service_point.name}
        if item.service_point
        else None,
        "technician": {"id": item.technician.id, "name": item.technician.name} if item.technician else None,
        "visit_state": item.visit_state,
        "window": _window(item.window),
        "planned_start": _moment(item.planned_start),
        "clocks": {kind: _clock(item.clock(kind)) for kind in CLOCKS},
        "escalated": item.escalated,
        "late_entry": item.late_entry,
        "owner": {"name": item.owner.name, "role": item.owner.role} if item.owner else None,
    }


def charge_json(charge: ChargeInfo) -> dict[str, Any]:
    """A bill: lines add up to the total."""
    return {
        "lines": [
            {
                "code": line.code,
                "label": line.label,
                "quantity": line.quantity,
                "amount": line.amount,
                "warranty": line.warranty,
            }
            for line in charge.lines
        ],
        "total": charge.total,
        "vat": charge.vat,
        "warranty_reason": charge.warranty_reason,
        "visit_fee_tier": charge.fee_tier,
    }


def _facts(detail: TicketDetail, show: Show) -> dict[str, Any]:
    return {
        "number": detail.number,
        "company": detail.company.code,
        "status": detail.status,
        "priority": detail.priority,
        "safety": detail.safety,
        "safety_hold": detail.safety_hold,
        "escalated": detail.escalated_at is not None,
        "transferred": detail.transferred_at is not None,
        "priority_care": detail.priority_care,
        "age_band": detail.age_band,
        "channel": detail.channel,
        "symptom": detail.symptom,
        "error_code": detail.error_code,
        "error_code_known": detail.error_code_known,
        "suspected_duplicate_of": detail.suspected_duplicate_of,
        "payer": detail.payer_role,
        "boiler": _boiler(detail),
        "received_at": rfc3339_kst(detail.received_at),
        "late_entry": late_entry_json(detail, show),
        "end_reason": show(detail.end_reason) if detail.end_reason else None,
        "owner": {"name": detail.owner.name, "role": detail.owner.role, "why": detail.owner.why}
        if detail.owner
        else None,
    }


def _boiler(detail: TicketDetail) -> dict[str, Any] | None:
    if detail.boiler is None:
        return None
    boiler = detail.boiler
    return {
        "model": boiler.model_code or boiler.model_text,
        "serial": boiler.serial,
        "installed_on": boiler.installed_on.isoformat() if boiler.installed_on else None,
    }


def _ordered(parties: Iterable[PartyFacts]) -> list[PartyFacts]:
    return sorted(parties, key=lambda party: PARTY_ORDER.index(party.role))


def _party(party: PartyFacts, masks: Masks) -> dict[str, Any]:
    return {
        "role": party.role,
        "name": masks.name(party.name),
        "phone": masks.phone(party.phone),
        "can_text": party.can_text,
        "language": party.language,
        "relationship": party.relationship or None,
    }


def _full_address(address: AddressInfo) -> str:
    return f"{address.normalised} {address.unit}".strip() or address.raw


def _location(address: AddressInfo) -> dict[str, Any]:
    return {"lat": address.lat, "lon": address.lon, "precision": address.precision}


def _point(placement: PlacementFacts | None, show: Show) -> dict[str, Any] | None:
    if placement is None:
        return None
    return {
        "code": placement.point.code,
        "name": placement.point.name,
        "travel_s": placement.travel_s,
        "travel_source": placement.travel_source,
        "state": placement.state,
        "answer_due_at": _moment(placement.answer_due_at),
        "reason": {"code": placement.reason_code, "text": show(placement.reason_text)},
    }


def _placement(placement: PlacementFacts, show: Show) -> dict[str, Any]:
    return {
        "service_point": placement.point.code,
        "rank": placement.rank,
        "travel_s": placement.travel_s,
        "travel_source": placement.travel_source,
        "state": placement.state,
        "reason": {"code": placement.reason_code, "text": show(placement.reason_text)},
        "at": rfc3339_kst(placement.at),
    }


def _clock(clock: ClockFacts | None) -> dict[str, Any]:
    if clock is None:
        return {}
    return {
        "started_at": rfc3339_kst(clock.started_at),
        "due_at": rfc3339_kst(clock.due_at),
        "stopped_at": _moment(clock.stopped_at),
        "state": clock.state,
        "evidence": clock.evidence,
    }


def _visit(visit: VisitFacts) -> dict[str, Any]:
    technician = visit.technician
    return {
        "technician": {"id": technician.id, "name": technician.name, "badge_number": technician.badge_number}
        if technician
        else None,
        "window": _window(visit.window),
        "planned_start": _moment(visit.planned_start),
        "planned_end": _moment(visit.planned_end),
        "state": visit.state,
        "pins": [
            name
            for name, pinned in (("technician", visit.pinned_technician), ("time", visit.pinned_time))
            if pinned
        ],
        "acknowledged_at": _moment(visit.acknowledged_at),
        "en_route_at": _moment(visit.en_route_at),
        "arrived_at": _moment(visit.arrived_at),
        "started_at": _moment(visit.started_at),
        "ended_at": _moment(visit.ended_at),
        "checklist": [_item(item, ticked=visit.ticked) for item in visit.checklist],
    }


def _item(item: ChecklistItem, *, ticked: dict[str, bool]) -> dict[str, Any]:
    return {
        "code": item.code,
        "label": _(item.label),
        "required": item.required,
        "done": bool(ticked.get(item.code)),
    }


def _explanation(detail: TicketDetail, show: Show) -> dict[str, Any]:
    return {
        "planned": detail.planned,
        "reasons": [
            {
                "code": reason.code,
                "kind": reason.kind,
                "technician": reason.technician,
                "text": show(reason.text),
                "repair": _repair(reason.repair, show),
            }
            for reason in detail.reasons
        ],
    }


def _repair(repair: Mapping[str, Any] | None, show: Show) -> dict[str, Any] | None:
    if not repair:
        return None
    return {
        "code": repair["code"],
        "text": show(repair["text"]),
        "tried": bool(repair.get("tried", False)),
    }


def _message(notice: NoticeInfo, sent: Show) -> dict[str, Any]:
    return {
        "id": notice.id,
        "event": notice.event,
        "generation": notice.generation,
        "recipient": notice.recipient,
        "channel": notice.channel,
        "state": notice.state,
        "bytes": notice.bytes,
        "language": notice.language,
        "subject": sent(notice.subject),
        "text": sent(notice.text),
        "problem": notice.problem,
        "created_at": rfc3339_kst(notice.created_at),
    }


def _entry(entry: TimelineFacts, show: Show, names: Names) -> dict[str, Any]:
    happened = entry.data.get("at")
    return {
        "at": rfc3339_kst(entry.at),
        "by": entry.by,
        "on_behalf_of": entry.on_behalf_of,
        "what": entry.what,
        "text": line_of(entry, names),
        "reason": show(reason_of(entry.what, entry.reason, entry.data)) or None,
        "source": entry.source,
        "happened_at": _moment(datetime.fromisoformat(happened)) if happened else None,
        "late_entry": bool(entry.data.get("late_entry")),
    }


def _window(window: WindowFacts | None) -> dict[str, str] | None:
    return {"start": rfc3339_kst(window.start), "end": rfc3339_kst(window.end)} if window else None


def _moment(at: datetime | None) -> str | None:
    return rfc3339_kst(at) if at else None
