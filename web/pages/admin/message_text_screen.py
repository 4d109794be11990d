"""The screen of one wording: the text, the phones that show it, what may be put in, what went before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import Request, Response
from sqlmodel import Session

from core.actor import Principal
from core.i18n import _
from core.masking import mask_phone
from core.phones import displayed
from notifications.alimtalk import approved_since
from notifications.catalogue import CATALOGUE, Event
from notifications.languages import in_language, language_of, reader_of
from notifications.pieces import default_wording
from notifications.samples import Sample
from notifications.surface import WordingError
from notifications.template_check import check_wording, preview
from notifications.template_source import SUBJECT
from notifications.template_store import own_wordings, version_text, versions
from notifications.texts import normalise
from notifications.trial_texts import list_trials
from web.pages.admin.forms import new_key
from web.pages.admin.frame import look, show
from web.pages.admin.typed import Typed
from web.presenters import message_texts as shown
from workforce.queries import get_company, people_by_id

SECTION = "/admin/texts"


def case_of(typed: Typed) -> str:
    """Which case the preview shows."""
    return typed.raw("case")[:60]


def texts_of(session: Session, principal: Principal, event: Event, language: str) -> dict[str, str]:
    """The wording that holds for each reader of an event in one language."""
    own = own_wordings(session, company_id=principal.company_id, event=event)
    return {
        variant: own[variant].text if variant in own else default_wording(event, variant).text
        for variant in shown.readers_of(event, language)
    }


def show_editor(
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
    """The whole screen: with what was `typed`, with an earlier `version`, or with the wording that holds."""

    def read(session: Session, now: datetime) -> dict[str, Any]:
        known = versions(session, company_id=principal.company_id, event=event, variant=variant)
        text = typed.raw("text") if typed else _text_of(session, principal, event, variant, version)
        values = read_look(session, now, principal, event, variant, text, case_of(typed) if typed else case)
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
            "languages_tabs": [(*each, None) for each in values["languages"]],
            "readers_tabs": [(*each, None) for each in values["readers"]],
            "reader_names": shown.names_of(event),
            "phone": typed.raw("phone") if typed else (displayed(own_phone) if own_phone else ""),
            "trials": [
                (trial, mask_phone(trial.to_phone))
                for trial in list_trials(session, company_id=principal.company_id, event=event, now=now)
            ],
            "approval": approved_since(session, company_id=principal.company_id).get((event.value, variant)),
        }

    frame = {"errors": errors or {}, "general": general, "tried": tried, "key": new_key()}
    values = look(request, read) | frame
    return show(request, "message_text.html", values, section=SECTION, status=status)


def _text_of(session: Session, principal: Principal, event: Event, variant: str, version: int | None) -> str:
    if version is None:
        return texts_of(session, principal, event, language_of(variant))[variant]
    stored = version_text(
        session, company_id=principal.company_id, event=event, variant=variant, version=version
    )
    return stored or default_wording(event, variant).text


def read_look(
    session: Session, now: datetime, principal: Principal, event: Event, variant: str, text: str, case: str
) -> dict[str, Any]:
    """What the wording looks like and what stands against it."""
    company = get_company(session, company_id=principal.company_id)
    brand = shown.brand_of(company)
    sample = shown.case_named(event, brand, case)
    language = language_of(variant)
    readers = shown.readers_of(event, language)
    texts = texts_of(session, principal, event, language) | {variant: normalise(text)}
    report = check_wording(event=event, variant=variant, text=text, brand=brand)
    return {
        "event": event.value,
        "event_label": _(CATALOGUE[event].label),
        "variant": variant,
        "is_subject": reader_of(variant) == SUBJECT,
        "reader": shown.reader_name(variant),
        "languages": shown.in_other_languages(event, variant),
        "language": language,
        "readers": [
            (shown.href_of(event, each), _(shown.READERS[reader_of(each)]), each == variant)
            for each in readers
        ],
        "brand": brand,
        "sender": displayed(company.sender_number),
        "sample": sample,
        "sample_label": _(sample.label),
        "report": report,
        "ad_needs": shown.ad_needs(report),
        "screens": shown.screens_of(event, texts, edited=variant, sample=sample, order=readers),
        "subject": _subject(event, in_language(SUBJECT, language), texts, sample),
        "now": now,
    }


def _subject(event: Event, title: str, texts: Mapping[str, str], sample: Sample) -> str:
    try:
        return preview(event=event, variant=title, text=texts[title], sample=sample)
    except WordingError:
        return ""
