"""A new ticket on one page: who and where on the left, what is wrong on the right, filed once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session, col, select

from callcenter.cards import cards_for
from callcenter.error_codes import ErrorCodeBook
from core.actor import Actor, Principal
from core.dated import read_rules
from core.errors import DomainError
from core.i18n import DEFAULT_LANGUAGE, _
from core.models import ReplayedRequest
from core.phones import PhoneError, parse_phone
from core.visibility import Datum
from customers.rules import SearchBy, parse_search
from dispatch import merging
from dispatch.intake import file_ticket, read_late_problems
from dispatch.intake_rules import SAFETY_SYMPTOMS
from dispatch.places import pick_location
from dispatch.safety_advice import note_read
from dispatch.safety_script import script_steps
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.agent.intake_form import (
    NOTICE_WORDS,
    PLACES,
    KnownHome,
    caller_of,
    errors_by_field,
    is_safety_form,
    known_address,
    read_home,
    require_whole,
    to_request,
)
from web.pages.agent.open_cases import left_open, ruled_out
from web.pages.agent.picked import lacks_place, read_pick
from web.pages.agent.words import (
    AGE_BANDS,
    DESK_ROLES,
    SELF_FIX,
    UNMASK_REASON,
    danger_choices,
    relationship_choices,
    relationship_words,
    symptom_choices,
    window_choices,
)
from web.pages.late_forms import late_missing, late_values
from web.pages.posting import KEY_FIELD, KEY_LENGTH, Posted, PostedForm, take_once
from web.presenters.masks import Masks, masks_for_household
from web.presenters.notice_words import LANGUAGE_NAMES
from web.templating import render_page

router = APIRouter(prefix="/agent/new", route_class=GuardedRoute)

FORM = "agent/new.html"
TARGET = "target"
REPLACED_BY_HOME = (
    *("household", "known", "caller", "resident_phone", "resident_name", "resident_address"),
    KEY_FIELD,
)
SHORTEST = 2
"""A single letter is no search."""


@router.get("")
@allow(*DESK_ROLES)
def show_form(request: Request, principal: Principal = SignedIn) -> Response:
    """An empty form; `household`, `caller`, `symptom`, `safety`, what was searched (`q`) fill it; `paper`."""
    known = ("household", "caller", "symptom", "safety", "paper")
    fields = [(name, request.query_params.get(name, "")) for name in known]
    fields += _from_search(request.query_params.get("q", ""))
    return show_again(request, principal, PostedForm(tuple(fields)), errors={})


@router.post("")
@allow(*DESK_ROLES)
def post_form(
    request: Request, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """File the ticket and go to its page; the same press twice leads to the same ticket."""
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            target = _file_once(session, request, posted, principal=principal, by=by, now=context.clock())
    except DomainError as error:
        errors = errors_by_field(error, posted=posted)
        return show_again(request, principal, posted, errors=errors, problem=error)
    return RedirectResponse(target, status_code=303)


@router.post("/known")
@allow(*DESK_ROLES)
def show_known(request: Request, posted: Posted, principal: Principal = SignedIn) -> Response:
    """The form for a home that was picked by a phone: its people are filled in, what else was typed stays."""
    known = posted.get("known")
    kept = tuple((name, value) for name, value in posted.fields if name not in REPLACED_BY_HOME)
    with context_of(request).database.reading() as session:
        home = read_home(session, company_id=principal.company_id, text=known)
    caller = caller_of(posted, home) if home is not None else posted.get("caller")
    fields = (("household", known), ("caller", caller), *kept)
    return show_again(request, principal, PostedForm(fields), errors={})


@router.post("/guide")
@allow(*DESK_ROLES)
def show_guide(request: Request, posted: Posted, principal: Principal = SignedIn) -> Response:
    """What to read out for the chosen symptom: the self-fix cards, or the safety script."""
    context = context_of(request)
    with context.database.reading() as session:
        values = guide_values(session, posted, company_id=principal.company_id, now=context.clock())
        return render_page(request, "agent/_guide.html", {**values, "posted": posted})


def is_danger(session: Session, posted: PostedForm, *, company_id: int) -> bool:
    """The red button, the symptom, or the number that the boiler shows says so."""
    code = posted.get("error_code")
    if is_safety_form(posted) or not code:
        return is_safety_form(posted)
    meaning = ErrorCodeBook().look_up(session, company_id=company_id, family=None, code=code)
    return bool(meaning and meaning.safety)


@router.post("/guide/place")
@allow(*DESK_ROLES)
def show_guide_place(request: Request, posted: Posted, principal: Principal = SignedIn) -> Response:
    """Whether somebody can be sent to the address as it is written so far, as a fragment of the guide."""
    with context_of(request).database.reading() as session:
        values = {"lacks_place": _lacks_place(session, posted, company_id=principal.company_id)}
        return render_page(request, "agent/_guide_place.html", values)


def guide_values(session: Session, posted: PostedForm, *, company_id: int, now: datetime) -> dict[str, Any]:
    """The cards or the script of a form as it stands; a code that means danger turns it into the script."""
    symptom = posted.get("symptom")
    danger = is_danger(session, posted, company_id=company_id)
    cards = (
        [] if danger or not symptom else cards_for(session, company_id=company_id, symptom=symptom, at=now)
    )
    return {
        "danger": danger,
        "script": script_steps(symptom=symptom) if danger else (),
        "dangers": danger_choices() if posted.get("safety") == "1" and symptom not in SAFETY_SYMPTOMS else [],
        "read": posted.all("read"),
        "lacks_place": danger and _lacks_place(session, posted, company_id=company_id),
        "cards": cards,
        "results": [(code, _(label), _(what)) for code, label, what in SELF_FIX],
        "symptom": symptom,
    }


def _lacks_place(session: Session, posted: PostedForm, *, company_id: int) -> bool:
    home = read_home(session, company_id=company_id, text=posted.get("household"))
    return lacks_place(posted, known_address(posted, home))


def _file_once(
    session: Session,
    request: Request,
    posted: PostedForm,
    *,
    principal: Principal,
    by: Actor,
    now: datetime,
) -> str:
    if not take_once(session, request, principal=principal, posted=posted, now=now):
        kept = _claim_of(session, principal, posted)
        return str(kept.answer.get(TARGET, "/agent")) if kept else "/agent"
    company_id = principal.company_id
    home = read_home(session, company_id=company_id, text=posted.get("household"))
    asked = to_request(session, posted=posted, home=home, company_id=company_id, now=now)
    located = known_address(posted, home)
    late = read_late_problems(session, request=asked, company_id=company_id, now=now)
    require_whole(asked, located=located, now=now, missing=late_missing(posted), more=late)
    filed = file_ticket(
        session,
        request=asked,
        company_id=company_id,
        codes=ErrorCodeBook(),
        by=by,
        now=now,
        located=located,
    )
    if filed.suspected_duplicate_of in ruled_out(posted):
        merging.rule_out(session, ticket_id=filed.id, by=by, now=now)
    elif filed.suspected_duplicate_of is None and (seen := left_open(posted)):
        merging.suspect(session, ticket_id=filed.id, number=seen[0], by=by, now=now)
    if filed.safety:
        note_read(session, ticket_id=filed.id, steps=posted.all("read"), by=by, now=now)
    place = read_pick(posted)
    if filed.needs_map_pick and place is not None:
        pick_location(
            session, ticket_id=filed.id, lat=place.lat, lon=place.lon, zoom=place.zoom, by=by, now=now
        )
    target = f"/agent/tickets/{filed.number}?done=filed"
    claim = _claim_of(session, principal, posted)
    if claim is not None:
        claim.answer = {TARGET: target}
        session.add(claim)
    return target


def _claim_of(session: Session, principal: Principal, posted: PostedForm) -> ReplayedRequest | None:
    key = posted.get(KEY_FIELD)[:KEY_LENGTH]
    query = select(ReplayedRequest).where(
        col(ReplayedRequest.company_id) == principal.company_id,
        col(ReplayedRequest.account_id) == principal.account_id,
        col(ReplayedRequest.key) == key,
    )
    return session.exec(query).one_or_none() if key else None


def _from_search(query: str) -> list[tuple[str, str]]:
    """What the agent searched for fills the field that it is: a phone, a name, or an address."""
    plain = query.strip()
    if len(plain) < SHORTEST:
        return []
    try:
        parse_phone(plain)
    except PhoneError:
        ways = parse_search(plain).tries
        if not ways or ways[0] is SearchBy.PHONE_TAIL:
            return []
        return [("resident_name" if ways[0] is SearchBy.NAME else "resident_address", plain)]
    return [("resident_phone", plain), ("searched", "1")]


def show_again(
    request: Request,
    principal: Principal,
    posted: PostedForm,
    *,
    errors: dict[str, str],
    problem: DomainError | None = None,
) -> Response:
    """The form with what was typed, and what is wrong with it."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        home = read_home(session, company_id=principal.company_id, text=posted.get("household"))
        masks = None
        if home is not None:
            household_id = home.detail.household.id
            masks = masks_for_household(session, principal=principal, household_id=household_id, now=now)
        rules = read_rules(session, company_id=principal.company_id, at=now)
        values = {
            **guide_values(session, posted, company_id=principal.company_id, now=now),
            "posted": posted,
            "home": _home(home, masks) if home and masks else None,
            "symptoms": symptom_choices(),
            "relationships": relationship_choices(),
            "languages": [(code, _(name)) for code, name in LANGUAGE_NAMES.items()],
            "notice_words": [(code, _(label)) for code, label in NOTICE_WORDS],
            "age_bands": [(code, _(label)) for code, label in AGE_BANDS],
            "windows": window_choices(rules, now),
            **late_values(posted, rules, now),
            "errors": errors,
            "places": tuple(PLACES),
            "labels": {name: _(label) for name, label in PLACES.items()},
            "problem": problem.detail if problem else None,
            "unmask_reason": _(UNMASK_REASON),
        }
        return render_page(request, FORM, values, status_code=problem.status if problem else 200)


def _home(home: KnownHome, masks: Masks) -> dict[str, Any]:
    """The known home as this reader sees it; raw values for the fields only once it is unmasked."""
    detail = home.detail
    boiler = detail.boilers[0] if len(detail.boilers) == 1 else None
    place = home.address
    resident = home.resident.contact if home.resident else None
    return {
        "id": detail.household.id,
        "is_open": masks.is_open,
        "address": masks.place(place),
        "resident_name": masks.name(resident.name) if resident else "",
        "resident_phone": masks.phone(resident.phone) if resident else "",
        "resident_id": resident.id if resident else None,
        "language": resident.language if resident and resident.language != DEFAULT_LANGUAGE else "",
        "raw_address": place.raw if masks.sees(Datum.ADDRESS) else "",
        "can_text": resident.can_text if resident else False,
        "precision": place.precision,
        "care": detail.household.priority_care,
        "age_band": detail.household.age_band or "",
        "members": [
            {
                "id": m.contact.id,
                "name": masks.name(m.contact.name),
                "phone": masks.phone(m.contact.phone),
                "relationship": relationship_words(m.relationship),
            }
            for m in detail.members
            if resident is None or m.contact.id != resident.id
        ],
        "boiler": {
            "model": (boiler.model_code or boiler.model_text) if boiler else "",
            "serial": (boiler.serial or "") if boiler else "",
            "installed_on": boiler.installed_on.isoformat() if boiler and boiler.installed_on else "",
        },
        "boilers": [b.model_name or b.model_text or b.serial or "" for b in detail.boilers],
    }
