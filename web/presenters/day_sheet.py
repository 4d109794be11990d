"""A point's day on paper: whom each technician visits in which order, for when the network is down.

Everything stands in the one file, names and numbers open: whoever shows it has asked for a reason before.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlmodel import Session

from core.clock import kst
from core.i18n import _, get_language
from core.phones import displayed
from customers.rules import Relationship, relationship_label
from customers.schemas import BoilerInfo
from dispatch.cases import parties_of
from dispatch.checklist import checklist_for
from dispatch.intake_rules import SYMPTOMS
from dispatch.list_queries import TicketItem
from dispatch.point_desk import list_offers, list_unplanned
from dispatch.technician_day import technician_day
from dispatch.technician_jobs import PARTY_ORDER
from dispatch.technician_shapes import Job
from dispatch.words import LATE_REASONS, symptom_words
from web.display import date_text, time_text
from web.presenters.masks import OPEN
from web.presenters.technician import OUTCOME_WORDS, ROLE_WORDS
from web.templating import TEMPLATES, environment
from workforce.queries import list_technicians
from workforce.schemas import PointInfo

TEMPLATE = "point/day_sheet.html"
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True)
class DaySheet:
    """The page of an operating day as one file without anything from outside; the tickets that it shows."""

    html: str
    ticket_ids: tuple[int, ...]


def render_day_sheet(session: Session, *, point: PointInfo, day: date, now: datetime) -> DaySheet:
    """A point's day, everything open."""
    routes, shown = [], []
    crew = list_technicians(session, company_id=point.company_id, at=now)
    own = {one.id: one for one in crew if one.service_point_id == point.id}
    for technician in sorted(own.values(), key=lambda one: (one.name, one.id)):
        found = technician_day(session, company_id=point.company_id, technician=technician, day=day, now=now)
        jobs = [job for job in found.open_jobs if job.service_point_id == point.id]
        shown += [job.ticket_id for job in jobs]
        if jobs or found.shifts:
            routes.append(
                {
                    "name": technician.name,
                    "phone": _display(technician.phone),
                    "shifts": [(shift.start_at, shift.end_at) for shift in found.shifts],
                    "stops": [_stop(job) for job in jobs],
                    "done": sum(job.service_point_id == point.id for job in found.ended_jobs),
                }
            )
    waiting = _waiting(session, point, now=now)
    values = {
        "point": point,
        "desk_phone": _display(point.desk_phone),
        "day": day,
        "heading": date_text(kst(day, 12)),
        "made_at": f"{date_text(now)} {time_text(now)}",
        "lang": get_language(),
        "routes": routes,
        "waiting": [_waiting_row(session, item) for item in waiting],
        **_form_words(),
    }
    html = environment().get_template(TEMPLATE).render(values)
    return DaySheet(html, (*shown, *(item.id for item in waiting)))


@cache
def content_policy() -> str:
    """What a browser may do with the page: use its own style, and nothing else."""
    source = (TEMPLATES / TEMPLATE).read_text(encoding="utf-8")
    style = _STYLE.search(source)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'"


def _form_words() -> dict[str, list[str]]:
    """What the blank form offers to tick: the words of the screens into which it is entered afterwards."""
    return {
        "late_reasons": [_(words) for words in LATE_REASONS.values()],
        "symptoms": [symptom_words(code) for code in SYMPTOMS],
        "outcomes": [_(words) for words in OUTCOME_WORDS.values()],
        "checklist": [item.label for item in checklist_for(safety=True)],
    }


def _stop(job: Job) -> dict[str, Any]:
    home = job.household
    return {
        "number": job.number,
        "window": job.window,
        "planned_start": job.planned_start,
        "travel_min": round(job.travel_s / 60) if job.travel_s is not None else None,
        "state": job.state,
        "symptom": symptom_words(job.symptom),
        "error_code": job.error_code or "",
        "safety": job.safety,
        "care": job.priority_care,
        "address": OPEN.place(home.address),
        "access_note": home.access_note,
        "people": [_person(p.role, p.name, p.phone, p.relationship) for p in job.parties],
        "boiler": _boiler(job.boiler),
        "note": job.note,
        "free": job.warranty is not None and job.warranty.covered,
    }


def _waiting(session: Session, point: PointInfo, *, now: datetime) -> list[TicketItem]:
    """Tickets that nobody is to visit yet: what waits for an answer first."""
    told = {"company_id": point.company_id, "point_id": point.id}
    offers = [offer.item for offer in list_offers(session, **told, now=now)]
    asked = {item.id for item in offers}
    unplanned = [found.item for found in list_unplanned(session, **told, now=now)]
    return [*offers, *(item for item in unplanned if item.id not in asked)]


def _waiting_row(session: Session, item: TicketItem) -> dict[str, Any]:
    parties = parties_of(session, ticket_id=item.id)
    people: Iterable[str] = (role for role in PARTY_ORDER if role in parties)
    return {
        "number": item.number,
        "symptom": symptom_words(item.symptom),
        "safety": item.safety,
        "address": OPEN.place(item.address),
        "people": [
            _person(role, parties[role].name, parties[role].phone, parties[role].relationship)
            for role in people
        ],
        "asked": item.placement_state == "OFFERED",
    }


def _person(role: str, name: str, phone: str, relationship: str) -> dict[str, str]:
    known = relationship in {each.value for each in Relationship} and role != "resident"
    return {
        "role": _(ROLE_WORDS[role]) if role in ROLE_WORDS else role,
        "name": OPEN.name(name),
        "relationship": relationship_label(Relationship(relationship)) if known else "",
        "phone": _display(phone),
    }


def _boiler(boiler: BoilerInfo | None) -> str:
    if boiler is None:
        return ""
    parts = [boiler.model_name or boiler.model_code or boiler.model_text, boiler.serial or ""]
    if boiler.installed_on:
        parts.append(_("{year}년 설치").format(year=boiler.installed_on.year))
    return ", ".join(part for part in parts if part)


def _display(e164: str) -> str:
    return displayed(e164)
