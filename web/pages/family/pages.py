"""What a family looks at: where things stand, other times, what it costs, what to try, whom to ring."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from billing.queries import charges_of_ticket
from callcenter.cards import Card, cards_for
from core.dated import read_rules
from core.errors import DomainError
from dispatch.approvals import approvals_of_ticket
from dispatch.correction_notices import correction_notices_of
from dispatch.correction_rules import ITEMS
from dispatch.family_notices import advert_switch, switches
from dispatch.family_steps import offer_windows, why_no_more_times
from dispatch.family_view import FamilyView, Stage, family_view
from dispatch.pricing import estimate_visit
from happycall.wishes import call_ahead
from notifications.messages import Window
from web.context import context_of
from web.pages.family import checkup
from web.pages.family.door import FamilyRoute, invited_of, no_such_page, show, visitor_of
from web.presenters.family import SAID, after_refusal, fee_anyway, headline, next_words, steps_of
from workforce.photos import photo_of

router = APIRouter(prefix="/t/{token}", route_class=FamilyRoute)
elsewhere = APIRouter(prefix="/t", route_class=FamilyRoute)

TO_TRY = (Stage.ARRANGING, Stage.AGREED, Stage.MISSED)


@router.get("")
def show_home(request: Request, said: str = "") -> Response:
    """Where things stand; `said` names what was just done. Of an invitation, what it is about."""
    if invited_of(request) is not None:
        return checkup.page(request, said=said)
    if visitor_of(request).link.adverts_alone:
        return texts(request, said=said)
    return home(request, said=said)


def home(request: Request, *, said: str = "", error: DomainError | None = None) -> Response:
    """The first page, also after something was done or could not be done."""
    with context_of(request).database.reading() as session:
        now = context_of(request).clock()
        view = family_view(session, link=visitor_of(request).link)
        values = {
            "view": view,
            "said": SAID.get(said, ""),
            "headline": headline(view, now=now),
            "next_words": next_words(view, now=now),
            "steps": [] if view.link.pays_alone else steps_of(view),
            **_ways(session, view, request),
        }
    return show(request, "family/home.html", values, error=error)


def _ways(session: Session, view: FamilyView, request: Request) -> dict[str, Any]:
    """Which further pages there is something on."""
    alone = view.link.pays_alone
    return {
        "bills": bool(charges_of_ticket(session, ticket_id=view.link.ticket_id)),
        "card": not alone and card_of(session, view, request) is not None,
        "corrections": not alone and bool(correction_notices_of(session, ticket_id=view.link.ticket_id)),
        "call": None if alone else _call(session, view, request),
    }


def _call(session: Session, view: FamilyView, request: Request) -> Any:
    if not view.is_over:
        return None
    now = context_of(request).clock()
    return call_ahead(session, company_id=view.company.id, ticket_id=view.link.ticket_id, now=now)


def card_of(session: Session, view: FamilyView, request: Request) -> Card | None:
    """What the family may try meanwhile; never for a danger, and not once somebody is at work."""
    if view.safety or view.stage not in TO_TRY:
        return None
    now = context_of(request).clock()
    found = cards_for(session, company_id=view.company.id, symptom=view.symptom, at=now)
    return found[0] if found else None


@router.get("/photo")
def show_photo(request: Request) -> Response:
    """The technician who comes, as long as he comes: nobody's picture stays open afterwards."""
    with context_of(request).database.reading() as session:
        view = family_view(session, link=visitor_of(request).link)
        seen = view.comer is not None and view.stage is not Stage.DONE and not view.link.pays_alone
        found = photo_of(session, technician_id=view.comer.id) if view.comer is not None and seen else None
    if found is None:
        raise no_such_page()
    return Response(found, media_type="image/jpeg")


@router.get("/time")
def show_times(request: Request) -> Response:
    """Other times that can be kept."""
    return times(request)


def times(request: Request, *, error: DomainError | None = None) -> Response:
    """The times as they can be kept now; `error` when the one that was pressed is gone."""
    with context_of(request).database.reading() as session:
        link = visitor_of(request).link
        view = family_view(session, link=link)
        if not view.may_choose:
            return home(request, error=error or no_such_page())
        now = context_of(request).clock()
        often = why_no_more_times(session, link=link, now=now)
        windows = [] if often else offer_windows(session, link=link, now=now)
    values = {"view": view, "windows": windows, "often": often, "form_key": new_form_key()}
    return show(request, "family/time.html", values, error=error)


def sure_of_time(request: Request, window: Window) -> Response:
    """Once more before an appointment is given up for another; nothing is changed."""
    with context_of(request).database.reading() as session:
        view = family_view(session, link=visitor_of(request).link)
    if not view.may_choose:
        return home(request, error=no_such_page())
    return show(
        request, "family/time_sure.html", {"view": view, "window": window, "form_key": new_form_key()}
    )


@router.get("/away")
def show_away(request: Request) -> Response:
    """Whether to call the visit off, because nobody will be at home."""
    with context_of(request).database.reading() as session:
        view = family_view(session, link=visitor_of(request).link)
    if not view.may_put_off:
        return home(request)
    return show(request, "family/away.html", {"view": view, "form_key": new_form_key()})


@router.get("/cost")
def show_cost(request: Request) -> Response:
    """The bill, line by line; before there is one, what the visit may cost. What was asked beforehand."""
    with context_of(request).database.reading() as session:
        link = visitor_of(request).link
        view = family_view(session, link=link)
        bills = charges_of_ticket(session, ticket_id=link.ticket_id)
        estimate, limit = None, 0
        if not bills and not view.is_over:
            start = view.window.start if view.window else None
            now = context_of(request).clock()
            estimate = estimate_visit(session, ticket_id=link.ticket_id, start=start, now=now)
            limit = read_rules(session, company_id=view.company.id, at=now).approval_limit
        told = {
            "asked": [
                each
                for each in approvals_of_ticket(session, ticket_id=link.ticket_id)
                if each.state in ("refused", "agreed") or each == view.asked
            ],
            "after_refusal": after_refusal(view),
        }
    values = {"view": view, "bills": bills, "estimate": estimate, "limit": limit, **told}
    return show(request, "family/cost.html", values)


@router.get("/approval")
def show_approval(request: Request) -> Response:
    """What dear work would cost, and whether it may be done; only whoever pays may answer."""
    with context_of(request).database.reading() as session:
        view = family_view(session, link=visitor_of(request).link)
    if view.asked is None:
        return home(request)
    values = {
        "view": view,
        "asked": view.asked,
        "fee_anyway": fee_anyway(view.asked),
        "form_key": new_form_key(),
    }
    return show(request, "family/approval.html", values)


@router.get("/try")
def show_card(request: Request) -> Response:
    """What may be tried meanwhile."""
    with context_of(request).database.reading() as session:
        view = family_view(session, link=visitor_of(request).link)
        card = None if view.link.pays_alone else card_of(session, view, request)
    if card is None:
        return home(request)
    return show(request, "family/card.html", {"view": view, "card": card})


@router.get("/correction")
def show_correction(request: Request) -> Response:
    """What the technician found wrong, in plain words."""
    with context_of(request).database.reading() as session:
        link = visitor_of(request).link
        found = [] if link.pays_alone else correction_notices_of(session, ticket_id=link.ticket_id)
    if not found:
        return home(request)
    return show(request, "family/correction.html", {"notices": found, "items": ITEMS})


@router.get("/call")
def show_call(request: Request) -> Response:
    """When to ring to ask how it was, or not at all."""
    return call(request)


def call(request: Request, *, error: DomainError | None = None) -> Response:
    """The same; `error` when the time that was pressed is gone."""
    with context_of(request).database.reading() as session:
        view = family_view(session, link=visitor_of(request).link)
        ahead = None if view.link.pays_alone else _call(session, view, request)
    if ahead is None:
        return home(request, error=error)
    values = {"ahead": ahead, "checkup": view.case.checkup, "form_key": new_form_key()}
    return show(request, "family/call.html", values, error=error)


@router.get("/complaint")
def show_complaint(request: Request) -> Response:
    """Where to write what was not right."""
    return complaint(request)


def complaint(request: Request, *, error: DomainError | None = None) -> Response:
    """The same; `error` when nothing was written."""
    return show(request, "family/complaint.html", {"form_key": new_form_key()}, error=error)


@router.get("/texts")
def show_texts(request: Request) -> Response:
    """Who gets the texts of the case, and where to change that."""
    if not visitor_of(request).link.pays_alone:
        return texts(request)
    return home(request)


@router.get("/texts/{whose}")
def show_no_more_texts(request: Request, whose: str) -> Response:
    """What is lost with the texts of these people, before they stop; nothing is changed here."""
    link = visitor_of(request).link
    with context_of(request).database.reading() as session:
        own = [] if link.adverts_alone else switches(session, link=link)
    switch = next((each for each in own if each.whose == whose and each.is_told), None)
    if switch is None:
        raise no_such_page()
    return show(request, "family/texts_off.html", {"switch": switch, "form_key": new_form_key()})


def texts(request: Request, *, said: str = "") -> Response:
    """The same; once the case is over it is the whole page, and advertisements are all there is to decide."""
    link, now = visitor_of(request).link, context_of(request).clock()
    with context_of(request).database.reading() as session:
        values = {
            "switches": [] if link.adverts_alone else switches(session, link=link),
            "adverts": advert_switch(session, link=link, now=now),
            "alone": link.adverts_alone,
            "said": SAID.get(said, ""),
            "form_key": new_form_key(),
        }
    return show(request, "family/texts.html", values)


@elsewhere.get("/{token}/{_rest:path}")
def show_nothing() -> Response:
    """No such page, said under the maker's number."""
    raise no_such_page()


def new_form_key() -> str:
    """Names one form, so that the same sending twice is taken once."""
    return secrets.token_urlsafe(12)
