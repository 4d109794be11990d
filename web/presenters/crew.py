"""Who could go to a ticket, as a choice: the dispatcher and the point's desk see the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.clock import KST
from core.i18n import _
from dispatch.console.candidates import CrewMember, list_crew
from web.display import day_text
from workforce.certificates import qualification_words


def crew_values(session: Session, *, ticket_id: int, now: datetime) -> dict[str, Any]:
    """Who could go: for the choice of a technician."""
    crew = list_crew(session, ticket_id=ticket_id, now=now)
    return {"crew": [_member(member, now) for member in crew], "now": now}


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
