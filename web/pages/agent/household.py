"""A home: its people, its boilers and everything that was ever reported there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Principal
from core.errors import DomainError
from core.i18n import _
from core.visibility import Datum
from customers.consents import list_choices, refusing
from customers.queries import household_detail
from customers.schemas import BoilerInfo, HouseholdDetail, MemberInfo
from dispatch.call_desk import cases_of_household
from dispatch.list_queries import TicketItem
from dispatch.words import symptom_words
from web.context import caller_address, context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.agent.words import AGE_BANDS, DESK_ROLES, PRECISIONS, relationship_words
from web.pages.posting import PostedForm
from web.presenters.advert_words import advert_doors, advert_standings
from web.presenters.masks import Masks, masks_for_household
from web.presenters.notice_words import LANGUAGE_NAMES, notice_people
from web.templating import render_page
from workforce.access_log import note_page

router = APIRouter(prefix="/agent/households", route_class=GuardedRoute)

REPEAT_WITHIN = timedelta(days=90)
REPEATS = 3
"""So many cases of one fault within the time are flagged: the repair does not hold."""


@router.get("/{household_id}")
@allow(*DESK_ROLES)
def show_household(request: Request, household_id: int, principal: Principal = SignedIn) -> Response:
    """The home's page."""
    return render_household(request, principal, household_id)


def render_household(
    request: Request,
    principal: Principal,
    household_id: int,
    *,
    posted: PostedForm | None = None,
    problem: DomainError | None = None,
) -> Response:
    """The page as it stands; with a `problem` the form of somebody's word is open again."""
    context = context_of(request)
    with context.database.transaction() as session:
        now = context.clock()
        detail = household_detail(session, company_id=principal.company_id, household_id=household_id)
        home = detail.household
        masks = masks_for_household(session, principal=principal, household_id=home.id, now=now)
        note_page(
            session,
            principal=principal,
            subject=("household", home.id),
            fields=("history",),
            from_address=caller_address(request),
            now=now,
        )
        cases = cases_of_household(session, company_id=principal.company_id, household_id=home.id, now=now)
        values = {
            "id": home.id,
            "is_open": masks.is_open,
            "address": masks.place(home.address),
            "precision": _(PRECISIONS.get(home.address.precision, home.address.precision)),
            "care": home.priority_care,
            "age_band": next((_(text) for code, text in AGE_BANDS if code == home.age_band), ""),
            "access_note": masks.door_note(home.access_note),
            "members": [_member(m, masks) for m in detail.members],
            "boilers": [_boiler(b) for b in detail.boilers],
            "cases": [_case(item) for item in cases],
            "repeats": find_repeats(cases, now=now),
            "told": _told(session, detail, masks, now),
            "advert_doors": advert_doors(),
            "languages": [(code, _(name)) for code, name in LANGUAGE_NAMES.items()],
            "posted": posted or PostedForm(),
            "problem": problem.detail if problem else None,
        }
        status = problem.status if problem else 200
        return render_page(request, "agent/household.html", values, status_code=status)


def _told(session: Session, detail: HouseholdDetail, masks: Masks, now: datetime) -> list[dict[str, Any]]:
    home, ids = detail.household, {member.contact.id for member in detail.members}
    choices = list_choices(session, company_id=home.company_id, contact_ids=ids)
    refused = refusing(session, company_id=home.company_id, household_id=home.id, contact_ids=ids)
    adverts = advert_standings(session, company_id=home.company_id, contact_ids=ids, now=now)
    return notice_people(detail, choices, refused, adverts, masks)


def find_repeats(cases: Sequence[TicketItem], *, now: datetime) -> list[tuple[str, int]]:
    """Faults reported again and again in the last 90 days: (words, how often)."""
    recent = Counter(
        item.symptom
        for item in cases
        if item.received_at > now - REPEAT_WITHIN and item.status != "CANCELLED"
    )
    return [(symptom_words(code), n) for code, n in recent.most_common() if n >= REPEATS]


def _member(member: MemberInfo, masks: Masks) -> dict[str, Any]:
    contact = member.contact
    return {
        "name": masks.name(contact.name),
        "phone": masks.phone(contact.phone),
        "tel": contact.phone if masks.sees(Datum.PHONE) else None,
        "can_text": contact.can_text,
        "refused": contact.notices_refused_at is not None,
        "relationship": relationship_words(member.relationship),
    }


def _boiler(boiler: BoilerInfo) -> dict[str, str]:
    return {
        "model": boiler.model_name or boiler.model_text or _("모델 모름"),
        "code": boiler.model_code or "",
        "serial": boiler.serial or "",
        "installer": boiler.installer or "",
        "installed_on": _day(boiler.installed_on),
        "warranty_start": _day(boiler.warranty_start),
    }


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _case(item: TicketItem) -> dict[str, Any]:
    return {
        "number": item.number,
        "status": item.status,
        "priority": item.priority,
        "safety": item.safety,
        "symptom": symptom_words(item.symptom),
        "received_at": item.received_at,
        "technician": item.technician.name if item.technician else "",
        "point": item.service_point.name if item.service_point else "",
    }
