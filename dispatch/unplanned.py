"""Why a ticket is not planned, from the place where that was decided: placement, or the newest plans."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.clock import operating_day
from core.i18n import N_, _
from dispatch.detail_shapes import ReasonFacts, VisitFacts
from dispatch.models import Placement, Task, Ticket
from dispatch.placement_rules import said_again
from dispatch.planning.plan_models import Plan, PointDay
from dispatch.planning.reason_words import told
from dispatch.planning.ways_in import WaysIn, tell_ways
from dispatch.states import ENDED_STATUSES, OPEN_VISIT_STATES
from dispatch.tasks import MAP_PICK
from dispatch.tickets import ticket_key

_WAITS = {
    "SELF_FIXED": N_("방문 없이 해결된 접수입니다."),
    "COMPLETED": N_("방문을 마친 접수입니다."),
    "CLOSED": N_("끝난 접수입니다."),
    "CANCELLED": N_("취소된 접수입니다."),
    "EN_ROUTE": N_("기사가 가고 있습니다."),
    "ARRIVED": N_("기사가 도착해 있습니다."),
    "IN_PROGRESS": N_("기사가 작업하고 있습니다."),
    "ON_HOLD": N_("보류 중입니다. 다시 갈 때가 되면 일정에 넣습니다."),
    "ABSENT": N_("집에 아무도 없어 다시 약속해야 합니다."),
}
"""What a ticket waits for that no plan has to explain: recorded facts, never a guess."""


def is_planned(visit: VisitFacts | None) -> bool:
    """Whether somebody is to go at a known time."""
    return (
        visit is not None
        and visit.state in OPEN_VISIT_STATES
        and visit.technician is not None
        and visit.planned_start is not None
    )


def why_unplanned(
    session: Session, *, ticket: Ticket, visit: VisitFacts | None, now: datetime
) -> tuple[ReasonFacts, ...]:
    """The reasons, most telling first; none for a planned or ended ticket."""
    if ticket.status in ENDED_STATUSES or is_planned(visit):
        return ()
    if ticket.service_point_id is None:
        return _before_placement(session, ticket)
    return _from_plans(session, ticket, now=now)


def _before_placement(session: Session, ticket: Ticket) -> tuple[ReasonFacts, ...]:
    if ticket.status == "RECEIVED":
        text = _("직접 고쳐 보는 상담이 끝나면 서비스점을 정합니다.")
        return (ReasonFacts("IN_TRIAGE", "proof", text),)
    query = select(Task.kind).where(col(Task.ticket_id) == ticket.id, col(Task.state) == "open")
    if MAP_PICK in set(session.exec(query)):
        return (ReasonFacts("NO_LOCATION", "proof", _("주소만으로는 위치를 알 수 없습니다.")),)
    since = ticket.reopened_at or ticket.recorded_at
    passed = (
        select(Placement)
        .where(
            col(Placement.ticket_id) == ticket.id,
            col(Placement.state).in_(("PASSED_OVER", "DECLINED", "EXPIRED")),
            col(Placement.at) >= since,
        )
        .order_by(col(Placement.rank), col(Placement.id).desc())
    )
    reasons = [
        ReasonFacts(p.reason_code, "proof", said_again(p.reason_code, p.reason_text, travel_s=p.travel_s))
        for p in session.exec(passed)
    ]
    if not reasons:
        reasons = [ReasonFacts("NOT_PLACED", "best_guess", _("서비스점을 찾고 있습니다."))]
    return tuple(dict.fromkeys(reasons))


def _from_plans(session: Session, ticket: Ticket, *, now: datetime) -> tuple[ReasonFacts, ...]:
    found: dict[tuple[str, str, int | None], ReasonFacts] = {}
    for entry in _entries(session, ticket, now=now):
        for reason in map(_reason, entry.get("reasons", ())):
            found.setdefault((reason.code, reason.text, reason.technician_id), reason)
    if found:
        return tuple(found.values())
    kind = "proof" if ticket.status in _WAITS else "best_guess"
    return (ReasonFacts("NOT_YET_PLANNED", kind, no_reason_yet(ticket.status)),)


def ways_in(session: Session, *, ticket_id: int, now: datetime) -> WaysIn | None:
    """What would let an unplanned ticket in, for each who reads it; None while no plan has left it out."""
    entries = _entries(session, session.get_one(Ticket, ticket_id), now=now)
    return tell_ways(entries) if entries else None


def _entries(session: Session, ticket: Ticket, *, now: datetime) -> list[Mapping[str, Any]]:
    """What the plans of today and later say of a ticket that they leave out."""
    query = (
        select(Plan.unplanned)
        .join(PointDay, col(PointDay.plan_id) == col(Plan.id))
        .where(
            col(PointDay.service_point_id) == ticket.service_point_id,
            col(PointDay.day) >= operating_day(now),
        )
        .order_by(col(PointDay.day))
    )
    key = ticket_key(ticket)
    return [entry for left in session.exec(query) for entry in left if entry.get("ticket_id") == key]


def no_reason_yet(status: str) -> str:
    """What to say of a ticket that nobody is to visit, while no plan says why it is left out."""
    return _(_WAITS.get(status, N_("기사의 일정에 넣고 있습니다.")))


def _reason(kept: Mapping[str, Any]) -> ReasonFacts:
    raw = told(kept)
    return ReasonFacts(
        code=raw["code"],
        kind=raw["kind"],
        text=raw["text"],
        technician_id=raw.get("technician_id"),
        technician=raw.get("technician"),
        repair=raw.get("repair"),
    )
