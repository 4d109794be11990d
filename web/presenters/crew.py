"""Who could go to a ticket, as a choice: the dispatcher and the point's desk see the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.clock import KST, operating_day
from core.i18n import _
from dispatch.console.candidates import CrewMember, list_crew
from dispatch.detail_shapes import TicketDetail
from web.display import day_text
from workforce.certificates import qualification_words
from workforce.duty import duty_at


def crew_values(session: Session, *, detail: TicketDetail, now: datetime) -> dict[str, Any]:
    """Who could go: for the choice of a technician; in danger, whom to ring when nobody can."""
    crew = list_crew(session, ticket_id=detail.id, now=now)
    called = None
    goes = any(m.can_go and m.earliest and operating_day(m.earliest) == operating_day(now) for m in crew)
    if detail.safety and detail.placement is not None and not goes:
        point_id = detail.placement.point.id
        called = duty_at(session, company_id=detail.company.id, point_id=point_id, at=now)
    members = [_member(member, now) for member in crew]
    return {"crew": members, "safety": detail.safety, "called": called, "now": now}


def _jobs_words(member: CrewMember, now: datetime) -> str:
    return _("{day} 방문 {n}건").format(day=day_text(member.jobs_on, now), n=member.jobs)


def _member(member: CrewMember, now: datetime) -> dict[str, Any]:
    start = member.earliest.astimezone(KST).strftime("%Y-%m-%dT%H:%M") if member.earliest else ""
    return {
        "id": member.technician_id,
        "name": member.name,
        "missing": [qualification_words(code) for code in member.missing],
        "excluded": member.excluded,
        "works": bool(member.works_on),
        "works_then": member.jobs_on in member.works_on,
        "jobs": _jobs_words(member, now),
        "moves": member.moves,
        "earliest": member.earliest,
        "start_value": start,
        "added_travel_s": member.added_travel_s,
        "is_current": member.is_current,
        "can_go": member.can_go,
    }
