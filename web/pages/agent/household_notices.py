"""Who of a home is told by text and in which language, and a person's word on it written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from core.actor import Actor, Principal
from core.errors import DomainError, FieldError, InvalidError
from core.i18n import _
from customers.consents import Choice, Door
from customers.languages import UnknownLanguageError
from dispatch.advert_words import take_advert_word
from dispatch.notice_choices import Word, take_word
from dispatch.person_languages import take_language
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.agent.advert_form import read_advert_word
from web.pages.agent.household import render_household
from web.pages.agent.words import DESK_ROLES
from web.pages.posting import Posted, PostedForm, take_once
from web.typed_ids import read_id

Step = Callable[[Session, datetime], object]

router = APIRouter(prefix="/agent/households", route_class=GuardedRoute)


@router.post("/{household_id}/notices")
@allow(*DESK_ROLES)
def post_word(
    request: Request,
    household_id: int,
    posted: Posted,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Somebody of the home agrees to be told, or does not want it; honoured at once."""

    def step(session: Session, now: datetime) -> None:
        word = Word(
            contact_id=read_id(posted.get("contact")) or 0,
            decided_by_id=read_id(posted.get("decided_by")) or 0,
            choice=Choice.AGREED if posted.get("choice") == Choice.AGREED else Choice.REFUSED,
            door=Door.TEXT if posted.get("door") == Door.TEXT else Door.CALL,
            reason=posted.get("reason"),
        )
        if not word.reason.strip():
            message = _("뭐라고 하셨는지 적어 주세요.")
            raise InvalidError(message, errors=(FieldError("reason", message),))
        take_word(
            session,
            company_id=principal.company_id,
            household_id=household_id,
            word=word,
            by=by,
            now=now,
        )

    return _take(request, principal, household_id, posted, step)


@router.post("/{household_id}/adverts")
@allow(*DESK_ROLES)
def post_advert_word(
    request: Request,
    household_id: int,
    posted: Posted,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Somebody of the home wants advertisements, or none; told back to him by text."""

    def step(session: Session, now: datetime) -> None:
        take_advert_word(
            session,
            company_id=principal.company_id,
            household_id=household_id,
            by=by,
            now=now,
            **read_advert_word(posted),
        )

    return _take(request, principal, household_id, posted, step)


def _take(
    request: Request, principal: Principal, household_id: int, posted: PostedForm, step: Step
) -> Response:
    """One word in one transaction, then back to the page; a refusal shows in the form it came from."""
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            if take_once(session, request, principal=principal, posted=posted, now=now):
                step(session, now)
    except DomainError as error:
        if error.status in (401, 404):
            raise
        return render_household(request, principal, household_id, posted=posted, problem=error)
    return RedirectResponse(f"/agent/households/{household_id}#notices", status_code=303)


@router.post("/{household_id}/language")
@allow(*DESK_ROLES)
def post_language(
    request: Request,
    household_id: int,
    posted: Posted,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Somebody of the home is written to in this language from now on."""
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            if take_once(session, request, principal=principal, posted=posted, now=now):
                take_language(
                    session,
                    company_id=principal.company_id,
                    household_id=household_id,
                    contact_id=read_id(posted.get("contact")) or 0,
                    language=posted.get("language"),
                    by=by,
                    now=now,
                )
    except UnknownLanguageError as error:
        return render_household(request, principal, household_id, posted=posted, problem=error)
    return RedirectResponse(f"/agent/households/{household_id}#notices", status_code=303)
