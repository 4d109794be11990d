"""The desk itself: one search box, and beneath it what waits for somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Principal
from core.i18n import _
from core.visibility import Relation
from customers.queries import list_details
from customers.rules import digits_missing
from customers.schemas import HouseholdHit
from customers.search import search_households
from dispatch import tasks
from dispatch.call_desk import cases_by_number, list_triage, open_safety_ids, party_names, recent_cases
from dispatch.list_queries import TicketItem, items_by_id
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.numbers import is_tail
from dispatch.states import ENDED_STATUSES
from dispatch.where_is_it import answer_for_item
from web.context import context_of
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.agent.rows import ticket_row
from web.pages.agent.words import DESK_ROLES, TASKS, UNMASK_REASON, age_words, relationship_words
from web.presenters.masks import MASKED, Masks, known_of_item, masks_for_households
from web.templating import render_page
from workforce.queries import get_company

router = APIRouter(prefix="/agent", route_class=GuardedRoute)

HITS = 8
NUMBERS = 5
RECENT = timedelta(days=60)
SHORTEST_QUERY = 2

ESCALATED = "escalations"
LISTS = {
    "triage": None,
    "map": (tasks.MAP_PICK, tasks.PLACE_BY_HAND),
    "calls": (tasks.CALL_LANDLINE, NOTICE_FAILED, tasks.RIGHT_NUMBER),
    ESCALATED: tasks.ESCALATED_KINDS,
}
"""The tabs of what waits, and the kinds of tasks in each."""


@router.get("")
@allow(*DESK_ROLES)
def show_desk(request: Request, principal: Principal = SignedIn) -> Response:
    """The whole desk; `q` is a search without a script, `list` a tab."""
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        query = request.query_params.get("q", "")
        values = {
            **_found(session, principal, query, now),
            **_waiting(session, principal, request.query_params.get("list", ""), now),
        }
        return render_page(request, "agent/desk.html", values)


@router.get("/search")
@allow(*DESK_ROLES)
def show_found(request: Request, principal: Principal = SignedIn) -> Response:
    """The households of a search, as a fragment."""
    context = context_of(request)
    with context.database.reading() as session:
        values = _found(session, principal, request.query_params.get("q", ""), context.clock())
        return render_page(request, "agent/_found.html", values)


@router.get("/waiting")
@allow(*DESK_ROLES)
def show_waiting(request: Request, principal: Principal = SignedIn) -> Response:
    """What waits, as a fragment."""
    context = context_of(request)
    with context.database.reading() as session:
        chosen = request.query_params.get("list", "")
        values = _waiting(session, principal, chosen, context.clock())
        return render_page(request, "agent/_waiting.html", values)


def _found(session: Session, principal: Principal, query: str, now: datetime) -> dict[str, Any]:
    plain = query.strip()
    if len(plain) < SHORTEST_QUERY:
        return {
            "q": query,
            "hits": [],
            "missing": digits_missing(plain),
            "short": bool(plain),
            "asked": False,
            "more": False,
            "unmask_reason": "",
        }
    sought = _by_number(session, principal, plain, now)
    found = search_households(session, company_id=principal.company_id, query=plain, limit=HITS + 1)
    hits = found[:HITS]
    masks = masks_for_households(
        session,
        principal=principal,
        household_ids=[hit.detail.household.id for hit, _cases in sought]
        + [hit.detail.household.id for hit in hits],
        now=now,
    )
    cases = recent_cases(
        session,
        company_id=principal.company_id,
        household_ids=[hit.detail.household.id for hit in hits],
        since=now - RECENT,
        now=now,
    )
    shown = [_hit(hit, masks, cases.get(hit.detail.household.id, []), now) for hit in hits]
    shown.sort(key=lambda hit: not hit["open"])
    return {
        "q": query,
        "hits": [_hit(hit, masks, items, now) for hit, items in sought] + shown,
        "missing": digits_missing(plain),
        "short": False,
        "asked": True,
        "more": len(found) > HITS,
        "unmask_reason": _(UNMASK_REASON),
    }


def _by_number(
    session: Session, principal: Principal, query: str, now: datetime
) -> list[tuple[HouseholdHit, list[TicketItem]]]:
    """The homes of tickets with this number, `ON261201-00042`, its beginning, or its last digits, `00042`."""
    looks_whole = query[:1].isascii() and query[:1].isalpha() and any(c.isdigit() for c in query)
    if not looks_whole and not is_tail(query):
        return []
    company_id = principal.company_id
    cases = cases_by_number(session, company_id=company_id, query=query, now=now, limit=NUMBERS)
    homes = list_details(session, company_id=company_id, household_ids=set(cases))
    return [(HouseholdHit(homes[home], "number"), items) for home, items in cases.items()]


def _hit(
    hit: HouseholdHit, all_masks: Mapping[int, Masks], cases: list[TicketItem], now: datetime
) -> dict[str, Any]:
    home = hit.detail.household
    masks = all_masks[home.id]
    open_ones = [item for item in cases if item.status not in ENDED_STATUSES]
    ended = [item for item in cases if item.status in ENDED_STATUSES]
    return {
        "id": home.id,
        "is_open": masks.is_open,
        "address": masks.place(home.address),
        "members": _members(hit, masks),
        "boilers": [_boiler_words(b.model_name or b.model_text, b.installed_on) for b in hit.detail.boilers],
        "care": home.priority_care,
        "age_band": home.age_band,
        "open": [{**ticket_row(item, now), "say": answer_for_item(item, now)} for item in open_ones],
        "last": {**ticket_row(ended[0], now), "say": answer_for_item(ended[0], now)} if ended else None,
        "is_sought": hit.matched_by == "number",
    }


def _members(hit: HouseholdHit, masks: Masks) -> list[dict[str, Any]]:
    return [
        {
            "id": m.contact.id,
            "name": masks.name(m.contact.name),
            "phone": masks.phone(m.contact.phone),
            "can_text": m.contact.can_text,
            "relationship": relationship_words(m.relationship),
        }
        for m in hit.detail.members
    ]


def _boiler_words(model: str, installed_on: Any) -> str:
    year = _("{year}년 설치").format(year=installed_on.year) if installed_on else ""
    return " · ".join(part for part in (model or _("모델 모름"), year) if part)


@dataclass(frozen=True)
class _Lists:
    """What waits, by tab."""

    triage: list[TicketItem]
    tasks: dict[str, list[tasks.TaskInfo]]
    safety: list[int]
    """Ids of open safety tickets that have no task in the tab of escalations."""

    def count(self, name: str) -> int:
        if name == "triage":
            return len(self.triage)
        return len(self.tasks[name]) + (len(self.safety) if name == ESCALATED else 0)


def _waiting(session: Session, principal: Principal, chosen: str, now: datetime) -> dict[str, Any]:
    lists = _read_lists(session, principal, now)
    first = next((name for name in LISTS if lists.count(name)), "triage")
    current = chosen if chosen in LISTS else first
    names = {
        "triage": _("상담 대기"),
        "map": _("위치 고르기"),
        "calls": _("전화할 곳"),
        "escalations": _("불편·안전"),
    }
    rows = [ticket_row(item, now) for item in lists.triage] if current == "triage" else []
    if current != "triage":
        rows = _task_rows(session, principal, lists.tasks[current], now)
    if current == ESCALATED:
        items = items_by_id(session, company_id=principal.company_id, ticket_ids=lists.safety, now=now)
        rows += [_safety_row(item, now) for item in items]
    return {
        "tabs": [
            (f"/agent?list={name}", label, name == current, lists.count(name))
            for name, label in names.items()
        ],
        "current": current,
        "rows": rows,
        "live_topics": " ".join(_topics(lists, rows)),
    }


def _topics(lists: _Lists, rows: list[dict[str, Any]]) -> list[str]:
    """Who begins to wait, and what happens to those who do: not each step of every ticket of a company."""
    numbers = dict.fromkeys([item.number for item in lists.triage] + [row["number"] for row in rows])
    return ["task", "safety", "status:RECEIVED", *(f"ticket:{number}" for number in numbers)]


def _read_lists(session: Session, principal: Principal, now: datetime) -> _Lists:
    kinds = [kind for group in LISTS.values() if group for kind in group]
    found = tasks.list_tasks(session, company_id=principal.company_id, kinds=kinds)
    by_tab = {name: [task for task in found if task.kind in group] for name, group in LISTS.items() if group}
    told = {task.ticket_id for task in by_tab[ESCALATED]}
    safety = open_safety_ids(session, company_id=principal.company_id)
    return _Lists(
        list_triage(session, company_id=principal.company_id, now=now),
        by_tab,
        [ticket_id for ticket_id in safety if ticket_id not in told],
    )


def _safety_row(item: TicketItem, now: datetime) -> dict[str, Any]:
    """Who has it and what was done, in the sentence that is read out."""
    own = {"task": _("안전 접수"), "is_mine": False, "detail": answer_for_item(item, now), "act": "case-head"}
    return {**ticket_row(item, now), **own}


def _task_rows(
    session: Session, principal: Principal, found: list[tasks.TaskInfo], now: datetime
) -> list[dict[str, Any]]:
    items = {
        item.id: item
        for item in items_by_id(
            session,
            company_id=principal.company_id,
            ticket_ids=[task.ticket_id for task in found],
            now=now,
        )
    }
    names = party_names(session, ticket_ids=items)
    company = get_company(session, company_id=principal.company_id)
    own_masks = MASKED.with_relation(principal.role, Relation.OWN_TASK)
    rows = []
    for task in sorted(found, key=lambda task: task.owner.id != principal.person_id):
        item = items.get(task.ticket_id)
        if item is None:
            continue
        label, mark = TASKS.get(task.kind, (task.kind, "list"))
        is_mine = task.owner.id == principal.person_id
        known = known_of_item(item, names=names.get(task.ticket_id, ()), company_phone=company.main_phone)
        own = {
            "task": _(label),
            "mark": mark,
            "detail": (own_masks if is_mine else MASKED).sent(task.detail, known=known),
            "owner": task.owner.name,
            "is_mine": is_mine,
            "age": age_words(task.created_at, now),
            "due_at": task.due_at,
            "act": "map" if task.kind == tasks.MAP_PICK else "tasks",
        }
        rows.append({**ticket_row(item, now), **own})
    return rows
