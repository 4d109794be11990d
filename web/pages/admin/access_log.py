"""Who saw whose personal data: the log with its filters, its download, and the monthly review."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from core.actor import Actor, Principal, Role
from core.clock import KST, kst
from core.errors import DomainError
from core.i18n import N_, _
from customers.holdings import find_people, get_people
from customers.queries import list_details
from customers.search import search_households
from dispatch.follow_up import tickets_of_home
from dispatch.list_queries import items_by_id, list_tickets
from privacy.reviews import confirm_month, last_day, list_reviews, open_month
from web.context import caller_address, context_of
from web.csv_files import csv_answer
from web.identity import Author, GuardedRoute, SignedIn, allow
from web.pages.admin.frame import Done, go, look, show
from web.pages.posting import Posted, PostedForm
from web.presenters.masks import MASKED
from web.presenters.person_data import ACTS, FIELDS
from web.scope import must_be_company_wide
from web.typed_ids import read_id
from workforce.access_log import ASK_WHY_TAKEN, Act, note_access, require_reason
from workforce.access_queries import (
    MOST_LINES,
    AccessFilter,
    AccessLine,
    count_access,
    list_access,
    list_readers,
)
from workforce.queries import points_by_id

router = APIRouter(prefix="/admin/access-log", route_class=GuardedRoute)

PAGE = 50
MOST_HOMES = 20
MOST_TICKETS = 50
HERE = "/admin/access-log"
HEADS = (
    N_("때"),
    N_("본 사람"),
    N_("아이디"),
    N_("한 일"),
    N_("누구의 정보"),
    N_("항목"),
    N_("까닭"),
    N_("접속한 곳"),
    N_("로그인 번호"),
)
Text = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True)
class Wish:
    """What the filter form says."""

    who: str = ""
    q: str = ""
    since: str = ""
    until: str = ""

    def query(self, **more: str) -> str:
        """As an address keeps it."""
        given = {"who": self.who, "q": self.q, "since": self.since, "until": self.until, **more}
        return urlencode({name: value for name, value in given.items() if value})


@router.get("")
@allow(Role.ADMIN)
def show_log(
    request: Request,
    who: Text = "",
    q: Text = "",
    since: Text = "",
    until: Text = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    principal: Principal = SignedIn,
) -> Response:
    """The log, newest first."""
    wish = Wish(who, q.strip(), since, until)
    return _page(request, principal, wish, before=before)


@router.post("/file")
@allow(Role.ADMIN)
def download(request: Request, posted: Posted, principal: Principal = SignedIn) -> Response:
    """The lines that the filter finds as CSV. It takes a reason, and is itself a line of the log."""
    must_be_company_wide(request)
    context = context_of(request)
    wish = _wish_of(posted)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            reason = require_reason(posted.get("reason"), ask=ASK_WHY_TAKEN)
            wanted = _filter(session, principal, wish, now=now)
            found = list_access(session, wanted=wanted, limit=MOST_LINES + 1)
            lines = found[:MOST_LINES]
            whose = _subjects(session, principal, lines, now=now)
            note_access(
                session,
                principal=principal,
                act=Act.DOWNLOADED,
                subject=("access_log", principal.company_id),
                fields=("everything",),
                reason=reason,
                from_address=caller_address(request),
                now=now,
                data={"lines": len(lines)},
            )
    except DomainError as error:
        return _page(request, principal, wish, error=error, status=error.status)
    rows = [_cells(line, whose) for line in lines]
    if len(found) > len(lines):
        more = _("{n}줄까지만 담았습니다. 날짜를 좁혀 나머지를 받아 주세요.")
        rows.append([more.format(n=f"{MOST_LINES:,}")])
    return csv_answer(f"access-log-{now.astimezone(KST):%Y%m%d}.csv", [_(head) for head in HEADS], rows)


@router.post("/reviews")
@allow(Role.ADMIN)
def post_review(
    request: Request, posted: Posted, principal: Principal = SignedIn, by: Actor = Author
) -> Response:
    """Last month has been looked through."""
    must_be_company_wide(request)
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            month = open_month(session, company_id=principal.company_id, now=now)
            if month is not None:
                note = posted.get("note")
                confirm_month(
                    session, company_id=principal.company_id, month=month, note=note, by=by, now=now
                )
    except DomainError as error:
        return _page(request, principal, Wish(), error=error, status=error.status)
    return go(Done(HERE, "reviewed"))


def _page(
    request: Request,
    principal: Principal,
    wish: Wish,
    *,
    before: int | None = None,
    error: DomainError | None = None,
    status: int = 200,
) -> Response:
    def read(session: Session, now: datetime) -> dict[str, Any]:
        company_id = principal.company_id
        wanted = _filter(session, principal, wish, now=now)
        found = list_access(session, wanted=replace(wanted, before=before), limit=PAGE + 1)
        lines = found[:PAGE]
        whose = _subjects(session, principal, lines, now=now)
        month = open_month(session, company_id=company_id, now=now)
        older = f"{HERE}?{wish.query(before=str(lines[-1].id))}" if len(found) > PAGE else None
        return {
            "wish": wish,
            "rows": [_row(line, whose) for line in lines],
            "count": count_access(session, wanted=wanted),
            "older": older,
            "newer": f"{HERE}?{wish.query()}" if before else None,
            "readers": [(str(key), name) for key, name in list_readers(session, company_id=company_id)],
            "open_month": month,
            "month_end": last_day(month) if month else None,
            "reviews": list_reviews(session, company_id=company_id),
            "error": error,
            "errors": {each.field: each.message for each in error.errors} if error else {},
        }

    return show(request, "access_log.html", look(request, read), section=HERE, status=status)


def _wish_of(posted: PostedForm) -> Wish:
    return Wish(*(posted.get(name)[:100].strip() for name in ("who", "q", "since", "until")))


def _filter(session: Session, principal: Principal, wish: Wish, *, now: datetime) -> AccessFilter:
    since, until = _day(wish.since), _day(wish.until)
    return AccessFilter(
        company_id=principal.company_id,
        account_id=read_id(wish.who),
        subjects=_sought(session, principal, wish.q, now=now) if wish.q else None,
        start=kst(since) if since else None,
        end=kst(until + timedelta(days=1)) if until else None,
    )


def _sought(session: Session, principal: Principal, q: str, *, now: datetime) -> set[tuple[str, int]]:
    """The homes and tickets of a name, a phone number, an address or a ticket's number."""
    company_id = principal.company_id
    hits = search_households(session, company_id=company_id, query=q, limit=MOST_HOMES)
    homes = {hit.detail.household.id for hit in hits}
    found = list_tickets(session, company_id=company_id, now=now, q=q, limit=MOST_TICKETS).items
    tickets = {item.id for item in found}
    for home in homes:
        tickets.update(tickets_of_home(session, company_id=company_id, household_id=home))
    people = {person.id for person in find_people(session, company_id=company_id, q=q)}
    return {
        *(("household", home) for home in homes),
        *(("ticket", ticket) for ticket in tickets),
        *(("contact", person) for person in people),
    }


def _subjects(
    session: Session, principal: Principal, lines: Sequence[AccessLine], *, now: datetime
) -> dict[tuple[str, int], tuple[str, str]]:
    """Whose data it was: (words, address of its page), people masked."""
    company_id = principal.company_id
    tickets = _ids(lines, "ticket")
    homes = _ids(lines, "household")
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for item in items_by_id(session, company_id=company_id, ticket_ids=list(tickets), now=now):
        words = f"{item.number} {MASKED.name(item.resident)}".strip()
        found["ticket", item.id] = (words, f"/agent/tickets/{item.number}")
    for home, detail in list_details(session, company_id=company_id, household_ids=homes).items():
        place = MASKED.place(detail.household.address)
        found["household", home] = (place, f"/agent/households/{home}")
    for person in get_people(session, company_id=company_id, contact_ids=_ids(lines, "contact")):
        found["contact", person.id] = (MASKED.name(person.name), "")
    found["access_log", company_id] = (_("열람 기록"), HERE)
    for key, point in points_by_id(session, point_ids=_ids(lines, "day_sheet")).items():
        found["day_sheet", key] = (_("{name}의 하루 일정표").format(name=point.name), "")
    return found


def _ids(lines: Iterable[AccessLine], kind: str) -> set[int]:
    return {line.subject[1] for line in lines if line.subject[0] == kind}


def _row(line: AccessLine, whose: dict[tuple[str, int], tuple[str, str]]) -> dict[str, Any]:
    words, href = whose.get(line.subject, (_("파기한 정보"), ""))
    return {
        "at": line.at,
        "who": line.who,
        "login": line.login,
        "act": _(ACTS[line.act]),
        "whose": words,
        "href": href,
        "fields": ", ".join(_(FIELDS.get(each, each)) for each in line.fields),
        "reason": MASKED.text(line.reason),
        "from_address": line.from_address,
        "session": line.session_id or "",
    }


def _cells(line: AccessLine, whose: dict[tuple[str, int], tuple[str, str]]) -> list[object]:
    row = _row(line, whose)
    at = f"{line.at.astimezone(KST):%Y-%m-%d %H:%M:%S}"
    names = ("who", "login", "act", "whose", "fields", "reason", "from_address", "session")
    return [at, *(row[name] for name in names)]


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
