"""Open tickets of whoever is on the line, shown while the form is typed: perhaps nothing is to be filed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Principal
from core.errors import DomainError
from core.phones import PhoneError, parse_phone
from customers.search import homes_at, search_households
from dispatch.call_desk import recent_cases
from dispatch.places import read_address
from dispatch.states import ENDED_STATUSES
from dispatch.where_is_it import answer_for_item
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.agent.intake_form import MAX_DIGITS
from web.pages.agent.rows import ticket_row
from web.pages.agent.words import DESK_ROLES
from web.pages.posting import Posted, PostedForm
from web.templating import render_page

router = APIRouter(prefix="/agent/new/open", route_class=GuardedRoute)

HOMES = 8
SHOWN = 5
"""A number or a building with more open tickets than this is searched for at the desk."""
NUMBERS_APART = ","


@router.post("")
@allow(*DESK_ROLES)
def show_open(request: Request, posted: Posted, principal: Principal = SignedIn) -> Response:
    """The open tickets behind a phone, an address or a chosen home, as a fragment."""
    context = context_of(request)
    with context.database.reading() as session:
        values = open_values(session, posted, company_id=principal.company_id, now=context.clock())
        return render_page(request, "agent/_open.html", values)


def open_values(session: Session, posted: PostedForm, *, company_id: int, now: datetime) -> dict[str, Any]:
    """Each open ticket with its state, its window and the sentence to read out.

    "Another case" is said of the tickets that are shown: it stays as long as no other one shows up.
    """
    homes = list(dict.fromkeys(_homes(session, posted, company_id=company_id)))
    found = recent_cases(session, company_id=company_id, household_ids=homes, since=now, now=now)
    cases = [case for home in homes for case in found.get(home, ()) if case.status not in ENDED_STATUSES]
    shown = [case.number for case in cases[:SHOWN]]
    return {
        "cases": [{**ticket_row(case, now), "say": answer_for_item(case, now)} for case in cases[:SHOWN]],
        "more": len(cases) > SHOWN,
        "numbers": NUMBERS_APART.join(shown),
        "is_other": set(shown) <= ruled_out(posted),
    }


def ruled_out(posted: PostedForm) -> set[str]:
    """The numbers of which the agent said that this is another case."""
    return set(posted.get("other_case").split(NUMBERS_APART)) - {""}


def left_open(posted: PostedForm) -> list[str]:
    """The numbers that were shown without being called another case, the likeliest first."""
    shown = [number for number in posted.get("shown_cases").split(NUMBERS_APART) if number]
    return [number for number in shown if number not in ruled_out(posted)]


def _homes(session: Session, posted: PostedForm, *, company_id: int) -> Iterator[int]:
    chosen = posted.get("household")
    if chosen.isascii() and chosen.isdigit() and len(chosen) <= MAX_DIGITS:
        yield int(chosen)
    yield from _homes_at(session, posted, company_id=company_id)
    for field in _phones(posted):
        try:
            digits = parse_phone(posted.get(field)).digits
        except PhoneError:
            continue
        for hit in search_households(session, company_id=company_id, query=digits, limit=HOMES):
            if hit.matched_by == "phone":
                yield hit.detail.household.id


def _homes_at(session: Session, posted: PostedForm, *, company_id: int) -> Iterator[int]:
    try:
        address = read_address(posted.get("resident_address"))
    except DomainError:
        return
    if address.precision != "none":
        yield from homes_at(session, company_id=company_id, address=address, limit=HOMES)


def _phones(posted: PostedForm) -> tuple[str, ...]:
    """What stands in a field that is hidden is not what was said."""
    return ("resident_phone", "requester_phone") if posted.get("caller") == "other" else ("resident_phone",)
