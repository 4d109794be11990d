"""`/messages`: what was sent to whom, whether it arrived, what waits; and sending once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlmodel import Session

from core.actor import Principal, Role
from core.clock import kst, today_kst
from core.i18n import _
from core.phones import PhoneError, parse_phone
from dispatch.message_facts import tickets_found, tickets_of_point
from notifications.catalogue import CATALOGUE, label_of
from notifications.message_list import (
    MessageFilter,
    count_states,
    list_messages,
    waiting,
)
from notifications.queries import list_troubles
from notifications.schemas import NoticeInfo
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.looks import same_for_all
from web.presenters import messages as words
from web.presenters.masks import MASKED
from web.presenters.message_subjects import subjects_of
from web.presenters.phones import staff_names
from web.scope import scope_of
from web.templating import render_page
from workforce.queries import people_by_id

router = APIRouter(prefix="/messages", route_class=GuardedRoute)

ROLES = (Role.AGENT, Role.DISPATCHER, Role.POINT, Role.QA, Role.MANAGER, Role.ADMIN)
OF_A_POINT = timedelta(days=60)
"""How far back a point's desk reads: its cases of two months."""
LATE = timedelta(minutes=5)
"""A text that waits longer is shown as trouble."""
Text = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True)
class Asked:
    """What the address asks for; empty fields ask for everything."""

    q: str = ""
    event: str = ""
    state: str = ""
    channel: str = ""
    day: str = ""
    cursor: str = ""

    def query(self, **changes: str) -> str:
        """As the end of an address, with its question mark."""
        values = {name: value for name, value in {**self.__dict__, **changes}.items() if value}
        return f"?{urlencode(values)}" if values else ""


def read_asked(
    q: Text = "", event: Text = "", state: Text = "", channel: Text = "", day: Text = "", cursor: Text = ""
) -> Asked:
    """Only what there is: a word that nobody knows is left out."""
    return Asked(
        q=q.strip(),
        event=event if event in CATALOGUE else "",
        state=state if state in words.STATES else "",
        channel=channel if channel in words.CHANNELS else "",
        day=day if _day(day) else "",
        cursor=cursor,
    )


Wanted = Annotated[Asked, Depends(read_asked)]


@router.get("")
@allow(*ROLES)
def show_messages(request: Request, asked: Wanted, principal: Principal = SignedIn) -> Response:
    """What was sent, the newest first; a search, and what waits above it."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        values = _list(session, principal, asked, now) | _now(session, principal, now)
    choices = {
        "events": [(event.value, _(label_of(event.value))) for event in CATALOGUE],
        "states": [(code, _(name)) for code, name in words.STATES.items()],
        "channels": [(code, _(name)) for code, name in words.CHANNELS.items()],
    }
    return render_page(request, "messages/messages.html", {**values, **choices})


@router.get("/list")
@allow(*ROLES)
@same_for_all
def show_list(request: Request, asked: Wanted, principal: Principal = SignedIn) -> Response:
    """The list alone, for the live page."""
    context = context_of(request)
    with context.database.reading() as session:
        values = _list(session, principal, asked, context.clock())
    return render_page(request, "messages/_list.html", values)


@router.get("/now")
@allow(*ROLES)
@same_for_all
def show_now(request: Request, principal: Principal = SignedIn) -> Response:
    """What waits, for the live page."""
    context = context_of(request)
    with context.database.reading() as session:
        values = _now(session, principal, context.clock())
    return render_page(request, "messages/_now.html", values)


def _list(session: Session, principal: Principal, asked: Asked, now: datetime) -> dict[str, Any]:
    company_id = principal.company_id
    staff = staff_names(session, company_id=company_id, now=now)
    page = list_messages(
        session,
        company_id=company_id,
        wanted=_filter(session, principal, asked, staff, now),
        cursor=asked.cursor,
    )
    staff |= named(session, page.items)
    cases, _homes = subjects_of(session, company_id=company_id, notices=page.items)
    rows = [words.row_of(it, case=cases.get(it.id), masks=MASKED, staff=staff, now=now) for it in page.items]
    return {
        "asked": asked,
        "rows": rows,
        "here": f"/messages/list{asked.query()}",
        "next_url": f"/messages{asked.query(cursor=page.next_cursor)}" if page.next_cursor else None,
        "first_url": f"/messages{asked.query(cursor='')}" if asked.cursor else None,
    }


def _filter(
    session: Session, principal: Principal, asked: Asked, staff: dict[str, str], now: datetime
) -> MessageFilter:
    day = _day(asked.day)
    scope, only = scope_of(principal), None
    if scope.service_point_id is not None:
        only = tickets_of_point(session, scope=scope, since=now - OF_A_POINT)
    found: dict[str, Any] = {}
    if asked.q:
        found = {
            "phones": [*_phones_of(asked.q), *(phone for phone, name in staff.items() if asked.q in name)],
            "ticket_ids": tickets_found(session, company_id=principal.company_id, q=asked.q),
        }
    return MessageFilter(
        event=asked.event,
        state=asked.state,
        channel=asked.channel,
        start=kst(day) if day else None,
        end=kst(day) + timedelta(days=1) if day else None,
        only_tickets=only,
        **found,
    )


def _now(session: Session, principal: Principal, now: datetime) -> dict[str, Any]:
    company_id = principal.company_id
    waits = waiting(session, company_id=company_id, now=now)
    of_company = principal.service_point_id is None
    troubles = list_troubles(session, company_id=company_id) if of_company else []
    today = count_states(session, company_id=company_id, since=kst(today_kst(now))) if of_company else {}
    age = now - waits.oldest if waits.oldest else None
    return {
        "waits": waits,
        "age": age,
        "is_late": age is not None and age > LATE,
        "troubles": [(it, words.trouble_words(it), now - it.since) for it in troubles],
        "today": today,
        "of_company": of_company,
        "may_see_costs": principal.role in (Role.MANAGER, Role.ADMIN),
    }


def named(session: Session, notices: Sequence[NoticeInfo]) -> dict[str, str]:
    """The members of staff to whom these went, by number: also one who has left."""
    ids = {it.person_id: it.to_phone for it in notices if it.person_id is not None}
    people = people_by_id(session, person_ids=ids)
    return {phone: people[person_id].name for person_id, phone in ids.items() if person_id in people}


def _phones_of(q: str) -> list[str]:
    try:
        return [parse_phone(q).e164]
    except PhoneError:
        return []


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
