"""The wordings of texts: a list by event, and an editor with the phones of everybody who reads them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from core.errors import DomainError, NotFoundError
from core.i18n import DEFAULT_LANGUAGE, _
from notifications.alimtalk import approved_since, list_templates
from notifications.catalogue import CATALOGUE, Event
from notifications.languages import in_language, language_of, reader_of
from notifications.schemas import BrandFacts
from notifications.surface import WordingError
from notifications.template_check import check_wording, preview
from notifications.template_source import SUBJECT
from notifications.template_store import (
    REASON_LONGEST,
    newest_versions,
    require_variant,
    store_wording,
)
from notifications.trial_texts import ask_for_trial
from web.finding import finder
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.forms import press, submit_page
from web.pages.admin.frame import Done, look, show
from web.pages.admin.message_text_screen import (
    SECTION,
    case_of,
    read_look,
    show_editor,
    texts_of,
)
from web.pages.admin.typed import FormFields, Typed
from web.presenters import message_texts as shown
from web.presenters.notice_words import LANGUAGE_NAMES
from web.scope import must_be_company_wide
from web.templating import render_page
from workforce.queries import get_company

router = APIRouter(prefix="/admin/texts", route_class=GuardedRoute)

TEXT_LONGEST = 4000


@router.get("")
@allow(Role.ADMIN)
def list_texts(
    request: Request,
    language: Annotated[Literal["ko", "en"], Query()] = "ko",
    q: Annotated[str, Query(max_length=100)] = "",
    principal: Principal = SignedIn,
) -> Response:
    """Every event with its readers in one language: whose wording it is, how long, since when.

    `q`: only those whose event, reader or text it fits.
    """

    def read(session: Session, _now: datetime) -> dict[str, Any]:
        company = get_company(session, company_id=principal.company_id)
        newest = newest_versions(session, company_id=principal.company_id)
        approvals = approved_since(session, company_id=principal.company_id)
        events = shown.event_rows(
            shown.brand_of(company), newest, approvals, language=language, fits=finder(q)
        )
        tabs = [
            (f"{SECTION}?language={code}", _(name), code == language, None)
            for code, name in LANGUAGE_NAMES.items()
        ]
        shows = bool(list_templates(session, company_id=company.id))
        return {
            "events": events,
            "of": sum(len(shown.readers_of(event, language)) for event in CATALOGUE),
            "q": q,
            "language": language,
            "languages": tabs,
            "has_jargon": language == DEFAULT_LANGUAGE,
            "shows_approvals": shows,
        }

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
    return show_editor(request, principal, told, variant, typed=None, version=version, case=case)


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
        again=lambda errors, general, status: show_editor(
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
        return show_editor(request, principal, told, variant, typed=typed)
    must_be_company_wide(request)
    values = look(
        request,
        lambda session, now: read_look(
            session, now, principal, told, variant, typed.raw("text"), case_of(typed)
        ),
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
        if reader_of(variant) == SUBJECT or not report.may_be_stored:
            raise WordingError(_("저장할 수 있는 문구만 시험 문자로 보낼 수 있습니다."))
        sample = shown.case_named(told, brand, case_of(typed))
        title = in_language(SUBJECT, language_of(variant))
        titles = texts_of(session, principal, told, language_of(variant))
        ask_for_trial(
            session,
            event=told,
            variant=variant,
            text=preview(event=told, variant=variant, text=text, sample=sample),
            subject=preview(event=told, variant=title, text=titles[title], sample=sample),
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
        return show_editor(
            request,
            principal,
            told,
            variant,
            typed=typed,
            errors=errors,
            general=general,
            status=error.status,
        )
    return show_editor(request, principal, told, variant, typed=typed, tried=True)


def _event(event: str, variant: str) -> Event:
    if event not in CATALOGUE:
        raise NotFoundError(_("그런 알림이 없습니다."))
    require_variant(Event(event), variant)
    return Event(event)
