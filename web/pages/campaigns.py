"""`/campaigns`: preseason check-ups as their manager plans, begins, halts and reads them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from campaigns import opinions, results, service
from campaigns.rules import season_of
from core.actor import Actor, Principal, Role
from core.clock import today_kst
from core.dated import read_rules
from core.errors import DomainError
from web.context import context_of
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.campaign_forms import (
    draft_from,
    opinion_from,
    typed_of,
    usual_values,
)
from web.pages.campaign_view import NOTHING_ASKED, Asked, campaign_values
from web.pages.posting import Posted, take_once
from web.presenters import campaigns as words
from web.said_once import go_and_say, render_and_say
from web.scope import must_be_company_wide
from web.templating import render_page
from workforce.queries import list_points

router = APIRouter(prefix="/campaigns", route_class=GuardedRoute)

ROLES = (Role.MANAGER, Role.ADMIN)
Reason = Annotated[str, Query(max_length=40)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


@router.get("")
@allow(*ROLES)
def show_all(request: Request, principal: Principal = SignedIn) -> Response:
    """Every campaign, and the legal opinions that they may rest on."""
    must_be_company_wide(request)
    context = context_of(request)
    with context.database.reading() as session:
        now, company_id = context.clock(), principal.company_id
        rules = read_rules(session, company_id=company_id, at=now)
        campaigns = service.list_campaigns(session, company_id=company_id)
        running = [each.id for each in campaigns if each.state == "running"]
        begun = results.begun(session, company_id=company_id, campaign_ids=running)
        values = {
            "campaigns": [(each, words.state_of(each, begun=each.id in begun)) for each in campaigns],
            "opinions": opinions.list_opinions(session, company_id=company_id),
            "season": words.season_words(rules),
            "in_season": season_of(today_kst(now), rules) is not None,
            "refusal_number": rules.advert_refusal_number,
        }
    return render_page(request, "campaigns/all.html", values)


@router.get("/new")
@allow(*ROLES)
def show_new(request: Request, principal: Principal = SignedIn) -> Response:
    """The form of a campaign, with the company's usual numbers."""
    return _form(request, principal, {})


@router.post("")
@allow(*ROLES)
def plan(request: Request, posted: Posted, principal: Principal = SignedIn, by: Actor = Author) -> Response:
    """Keep it as a draft: nothing is sent. Then its preview."""
    must_be_company_wide(request)
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            if not take_once(session, request, principal=principal, posted=posted, now=now):
                return RedirectResponse("/campaigns", status_code=303)
            draft = draft_from(posted)
            key = service.plan_campaign(session, company_id=principal.company_id, draft=draft, by=by, now=now)
    except DomainError as error:
        return _form(request, principal, typed_of(posted), error=error)
    return RedirectResponse(f"/campaigns/{key}", status_code=303)


@router.get("/opinions")
@allow(*ROLES)
def show_opinion_form(request: Request, principal: Principal = SignedIn) -> Response:
    """The form of a legal opinion, and everything that was recorded."""
    return _opinions(request, principal, {})


@router.post("/opinions")
@allow(*ROLES)
def record(request: Request, posted: Posted, principal: Principal = SignedIn, by: Actor = Author) -> Response:
    """Record an opinion: who gave it, what it covers, until when, and why it is recorded."""
    must_be_company_wide(request)
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            if take_once(session, request, principal=principal, posted=posted, now=now):
                draft = opinion_from(posted)
                opinions.record_opinion(session, company_id=principal.company_id, draft=draft, by=by, now=now)
    except DomainError as error:
        return _opinions(request, principal, typed_of(posted), error=error)
    return RedirectResponse("/campaigns/opinions", status_code=303)


@router.get("/{campaign_id}")
@allow(*ROLES)
def show_one(
    request: Request,
    campaign_id: int,
    reason: Reason = "",
    page: PageNumber = 1,
    principal: Principal = SignedIn,
) -> Response:
    """How it stands; whom it would invite, and with `reason` the homes that it does not for that reason."""
    return _page(request, principal, campaign_id, asked=Asked(reason, page))


@router.post("/{campaign_id}/{step}")
@allow(*ROLES)
def take(
    request: Request,
    campaign_id: int,
    step: str,
    posted: Posted,
    principal: Principal = SignedIn,
    by: Actor = Author,
) -> Response:
    """Start, pause, resume or stop it."""
    must_be_company_wide(request)
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            service.take_step(
                session,
                company_id=principal.company_id,
                campaign_id=campaign_id,
                step=step,
                reason=posted.get("reason"),
                by=by,
                now=context.clock(),
            )
    except service.UnknownCampaignError:
        raise
    except DomainError as error:
        return _page(request, principal, campaign_id, error=error, typed=posted.get("reason"))
    return go_and_say(f"/campaigns/{campaign_id}", step)


def _form(
    request: Request, principal: Principal, typed: dict[str, Any], *, error: DomainError | None = None
) -> Response:
    must_be_company_wide(request)
    context = context_of(request)
    with context.database.reading() as session:
        now, company_id = context.clock(), principal.company_id
        rules = read_rules(session, company_id=company_id, at=now)
        held = opinions.list_opinions(session, company_id=company_id)
        values = {
            "values": typed or usual_values(rules, now=now),
            "points": [
                (str(point.id), point.name)
                for point in list_points(session, company_id=company_id, day=today_kst(now))
            ],
            "opinions": [(str(each.id), each.reference) for each in held if each.holds_at(now)],
            "season": words.season_words(rules),
            "error": error,
            "errors": _errors(error),
        }
    return render_page(request, "campaigns/new.html", values, status_code=error.status if error else 200)


def _opinions(
    request: Request, principal: Principal, typed: dict[str, Any], *, error: DomainError | None = None
) -> Response:
    must_be_company_wide(request)
    context = context_of(request)
    with context.database.reading() as session:
        held = opinions.list_opinions(session, company_id=principal.company_id)
    values = {"opinions": held, "values": typed, "error": error, "errors": _errors(error)}
    status = error.status if error else 200
    return render_page(request, "campaigns/opinions.html", values, status_code=status)


def _page(
    request: Request,
    principal: Principal,
    campaign_id: int,
    *,
    asked: Asked = NOTHING_ASKED,
    error: DomainError | None = None,
    typed: str = "",
) -> Response:
    must_be_company_wide(request)
    context = context_of(request)
    with context.database.reading() as session:
        values = campaign_values(session, principal.company_id, campaign_id, asked=asked, now=context.clock())
    values |= {"error": error, "errors": _errors(error), "typed": typed}
    status = error.status if error else 200
    return render_and_say(request, "campaigns/one.html", values, said=words.SAID, status=status)


def _errors(error: DomainError | None) -> dict[str, str]:
    return {found.field: found.message for found in error.errors} if error else {}
