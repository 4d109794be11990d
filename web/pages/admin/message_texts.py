"""The wordings of texts: a list by event, and an editor with the phones of everybody who reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from core.errors import DomainError, NotFoundError
from core.i18n import _
from core.masking import mask_phone
from core.phones import parse_phone
from notifications.catalogue import CATALOGUE, Event
from notifications.pieces import default_wording
from notifications.schemas import BrandFacts
from notifications.surface import WordingError
from notifications.template_check import check_wording, preview
from notifications.template_source import SUBJECT
from notifications.template_store import (
    REASON_LONGEST,
    newest_versions,
    own_wordings,
    require_variant,
    store_wording,
    version_text,
    versions,
)
from notifications.texts import normalise
from notifications.trial_texts import ask_for_trial, list_trials
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.forms import new_key, press, submit_page
from web.pages.admin.frame import Done, look, must_be_company_wide, show
from web.pages.admin.typed import FormFields, Typed
from web.presenters import message_texts as shown
from web.templating import render_page
from workforce.queries import get_company, people_by_id

router = APIRouter(prefix="/admin/texts", route_class=GuardedRoute)

SECTION = "/admin/texts"
TEXT_LONGEST = 4000

approvals_of: Callable[[Session, int], shown.Approvals] | None = None
"""Who knows how 알림톡 stands for a company's wordings; without one the screens do not speak of it."""


@router.get("")
@allow(Role.ADMIN)
def list_texts(request: Request, principal: Principal = SignedIn) -> Response:
    """Every event with its readers: whose wording it is, how long, since when."""

    def read(session: Session, _now: datetime) -> dict[str, Any]:
        company = get_company(session, company_id=principal.company_id)
        newest = newest_versions(session, company_id=principal.company_id)
        events = shown.event_rows(shown.brand_of(company), newest, _approvals(session, principal))
        return {"events": events, "shows_approvals": approvals_of is not None}

    return show(request, "message_texts.html", look(request, read), section=SECTION)


@router.get("/{event}/{variant}")
@allow(Role.ADMIN)
def edit_text(
    request: Request,
    event: str,
    variant: str,
    version: Annotated[int | None, Query(ge=0, le=1_000_000)] = None,
    case: Annotated[str, Query(max_length=60)] = "usual",
    principal: Principal = SignedIn,
) -> Response:
    """The editor, with the wording that holds; `version`: with an earlier one, 0 for the package's."""
    told = _event(event, variant)
    return _editor(request, principal, told, variant, typed=None, version=version, case=case)


@router.post("/{event}/{variant}")
@allow(Role.ADMIN)
def store_text(
    request: Request,
    event: str,
    variant: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Store what was written as the next version."""
    told = _event(event, variant)

    def act(session: Session, now: datetime) -> Done:
        text = typed.text("text", longest=TEXT_LONGEST)
        reason = typed.text("reason", longest=REASON_LONGEST)
        based_on = typed.integer("based_on", low=0, high=1_000_000) or 0
        typed.check()
        company = get_company(session, company_id=principal.company_id)
        store_wording(
            session,
            company_id=principal.company_id,
            event=told,
            variant=variant,
            text=text,
            based_on=based_on,
            brand=shown.brand_of(company),
            reason=reason,
            by=by,
            now=now,
        )
        return Done(shown.href_of(told, variant), "text")

    return submit_page(
        request,
        typed=typed,
        act=act,
        again=lambda errors, general, status: _editor(
            request, principal, told, variant, typed=typed, errors=errors, general=general, status=status
        ),
    )


@router.post("/{event}/{variant}/preview")
@allow(Role.ADMIN)
def preview_text(
    request: Request,
    event: str,
    variant: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
) -> Response:
    """What was written so far, on the phones: the part alone for the script, the whole page without one."""
    told = _event(event, variant)
    if "HX-Request" not in request.headers:
        return _editor(request, principal, told, variant, typed=typed)
    must_be_company_wide(request)
    values = look(
        request,
        lambda session, now: _look(session, now, principal, told, variant, typed.raw("text"), _case(typed)),
    )
    return render_page(request, "admin/_message_text_look.html", values)


@router.post("/{event}/{variant}/trial")
@allow(Role.ADMIN)
def try_text(
    request: Request,
    event: str,
    variant: str,
    typed: Typed = FormFields,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Send what was written to one phone; the page stays as it was typed."""
    told = _event(event, variant)

    def act(session: Session, now: datetime) -> Done:
        company = get_company(session, company_id=principal.company_id)
        brand = shown.brand_of(company)
        phone = typed.text("phone", longest=40)
        typed.check()
        text = typed.raw("text")
        report = check_wording(event=told, variant=variant, text=text, brand=brand)
        if variant == SUBJECT or not report.may_be_stored:
            raise WordingError(_("저장할 수 있는 문구만 시험 문자로 보낼 수 있습니다."))
        sample = shown.case_named(told, brand, _case(typed))
        texts = _texts(session, principal, told)
        ask_for_trial(
            session,
            event=told,
            variant=variant,
            text=preview(event=told, variant=variant, text=text, sample=sample),
            subject=preview(event=told, variant=SUBJECT, text=texts[SUBJECT], sample=sample),
            to_phone=phone,
            sender=BrandFacts(company.id, company.sender_number),
            by=by,
            now=now,
        )
        return Done(shown.href_of(told, variant), "trial")

    try:
        press(request, typed=typed, act=act)
    except NotFoundError:
        raise
    except DomainError as error:
        errors = {item.field: item.message for item in error.errors}
        general = "" if errors else error.detail
        return _editor(
            request,
            principal,
            told,
            variant,
            typed=typed,
            errors=errors,
            general=general,
            status=error.status,
        )
    return _editor(request, principal, told, variant, typed=typed, tried=True)


def _event(event: str, variant: str) -> Event:
    if event not in CATALOGUE:
        raise NotFoundError(_("그런 알림이 없습니다."))
    require_variant(Event(event), variant)
    return Event(event)


def _case(typed: Typed) -> str:
    return typed.raw("case")[:60]


def _approvals(session: Session, principal: Principal) -> shown.Approvals:
    return approvals_of(session, principal.company_id) if approvals_of is not None else {}


def _texts(session: Session, principal: Principal, event: Event) -> dict[str, str]:
    """The wording that holds for each reader of an event."""
    own = own_wordings(session, company_id=principal.company_id, event=event)
    return {
        variant: own[variant].text if variant in own else default_wording(event, variant).text
        for variant in shown.readers_of(event)
    }


def _editor(
    request: Request,
    principal: Principal,
    event: Event,
    variant: str,
    *,
    typed: Typed | None,
    version: int | None = None,
    case: str = "usual",
    errors: Mapping[str, str] | None = None,
    general: str = "",
    status: int = 200,
    tried: bool = False,
) -> Response:
    def read(session: Session, now: datetime) -> dict[str, Any]:
        known = versions(session, company_id=principal.company_id, event=event, variant=variant)
        text = typed.raw("text") if typed else _text_of(session, principal, event, variant, version)
        values = _look(session, now, principal, event, variant, text, _case(typed) if typed else case)
        newest = known[0].version if known else 0
        own_phone = people_by_id(session, person_ids=[principal.person_id])[principal.person_id].phone
        brand = values["brand"]
        return values | {
            "text": text,
            "reason": typed.raw("reason") if typed else "",
            "based_on": (typed.raw("based_on") if typed else "") or newest,
            "loaded": None if typed or version is None or version == newest else version,
            "versions": known,
            "own": bool(known and known[0].text),
            "offers": shown.offers_of(event, variant, brand),
            "case_options": [(each.code, _(each.label)) for each in shown.cases_of(event, brand)],
            "readers_tabs": [(*each, None) for each in values["readers"]],
            "reader_names": {code: _(name) for code, name in shown.READERS.items()},
            "phone": typed.raw("phone") if typed else (parse_phone(own_phone).display if own_phone else ""),
            "trials": [
                (trial, mask_phone(trial.to_phone))
                for trial in list_trials(session, company_id=principal.company_id, event=event, now=now)
            ],
            "approval": _approvals(session, principal).get((event.value, variant)),
        }

    frame = {"errors": errors or {}, "general": general, "tried": tried, "key": new_key()}
    values = look(request, read) | frame
    return show(request, "message_text.html", values, section=SECTION, status=status)


def _text_of(session: Session, principal: Principal, event: Event, variant: str, version: int | None) -> str:
    if version is None:
        return _texts(session, principal, event)[variant]
    stored = version_text(
        session, company_id=principal.company_id, event=event, variant=variant, version=version
    )
    return stored or default_wording(event, variant).text


def _look(
    session: Session, now: datetime, principal: Principal, event: Event, variant: str, text: str, case: str
) -> dict[str, Any]:
    """What the wording looks like and what stands against it."""
    company = get_company(session, company_id=principal.company_id)
    brand = shown.brand_of(company)
    sample = shown.case_named(event, brand, case)
    texts = _texts(session, principal, event) | {variant: normalise(text)}
    report = check_wording(event=event, variant=variant, text=text, brand=brand)
    return {
        "event": event.value,
        "event_label": _(CATALOGUE[event].label),
        "variant": variant,
        "is_subject": variant == SUBJECT,
        "reader": _(shown.READERS[variant]),
        "readers": [
            (shown.href_of(event, each), _(shown.READERS[each]), each == variant)
            for each in shown.readers_of(event)
        ],
        "brand": brand,
        "sender": parse_phone(company.sender_number).display,
        "sample": sample,
        "sample_label": _(sample.label),
        "report": report,
        "ad_needs": shown.ad_needs(report),
        "screens": shown.screens_of(
            event, texts, edited=variant, sample=sample, order=shown.readers_of(event)
        ),
        "subject": _subject(event, texts, sample),
        "now": now,
    }


def _subject(event: Event, texts: Mapping[str, str], sample: Any) -> str:
    try:
        return preview(event=event, variant=SUBJECT, text=texts[SUBJECT], sample=sample)
    except WordingError:
        return ""
