"""Tickets of the system before: open ones go on like a call, closed ones are history and start nothing.

Each keeps the number it had there, so the same list can be brought in again without adding anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from core.clock import rfc3339_kst
from core.db import any_of
from core.errors import FieldError, InvalidError
from core.i18n import _
from customers.many import Family, FamilyAtHome, find_or_add_families
from dispatch.intake import file_earlier_ticket
from dispatch.intake_check import BadTicketError, CheckedTicket, check_request
from dispatch.intake_rows import Home, add_parties, boiler_told, make_ticket
from dispatch.models import ImportedTicket, Ticket
from dispatch.numbers import reserve_numbers
from dispatch.schemas import CodeBook, CodeFact, TicketRequest
from dispatch.tickets import ticket_key
from workforce.queries import get_company

LONGEST_NUMBER = 60


@dataclass(frozen=True)
class ClosedTicket:
    """A case that is over, checked. `how`: what was done, as the system before says it; may be empty."""

    old_number: str
    request: TicketRequest
    checked: CheckedTicket
    closed_at: datetime
    status: Literal["CLOSED", "CANCELLED"]
    how: str


def known_old_numbers(session: Session, *, company_id: int, numbers: Iterable[str]) -> set[str]:
    """Those numbers of the system before whose tickets are here already."""
    query = select(ImportedTicket.old_number).where(
        col(ImportedTicket.company_id) == company_id, any_of(ImportedTicket.old_number, "numbers")
    )
    return set(session.execute(query, {"numbers": sorted(set(numbers))}).scalars())


def take_open_ticket(
    session: Session,
    *,
    old_number: str,
    request: TicketRequest,
    company_id: int,
    codes: CodeBook,
    by: Actor,
    now: datetime,
) -> None:
    """A case that is still open: its clocks run from `request.received_at`, and it is placed like a call.

    Raises BadTicketError with every bad field by its path; InvalidError for a bad number.
    """
    _check_number(old_number)
    filed = file_earlier_ticket(session, request=request, company_id=company_id, codes=codes, by=by, now=now)
    _keep_number(session, session.get_one(Ticket, filed.id), old_number, by=by, now=now)


def check_closed_ticket(
    *,
    old_number: str,
    request: TicketRequest,
    closed_at: datetime,
    status: Literal["CLOSED", "CANCELLED"],
    how: str,
    now: datetime,
) -> ClosedTicket:
    """Read a case that is over, before anything is stored.

    Raises:
        BadTicketError: bad fields by their paths, `closed_at` before the call or ahead too.
        InvalidError: a bad number.
    """
    _check_number(old_number)
    checked = check_request(request, located=None, now=now)
    if not checked.received_at <= closed_at <= now:
        message = _("끝난 시각은 접수한 뒤부터 지금까지여야 합니다.")
        raise BadTicketError(message, errors=(FieldError("closed_at", message),))
    return ClosedTicket(old_number, request, checked, closed_at, status, how.strip())


def store_closed_tickets(
    session: Session,
    *,
    tickets: Sequence[ClosedTicket],
    company_id: int,
    codes: CodeBook,
    by: Actor,
    now: datetime,
) -> None:
    """Keep cases that are over for their homes' history: no clock, text, plan or happy call comes of them."""
    if not tickets:
        return
    company = get_company(session, company_id=company_id)
    families = find_or_add_families(
        session, company_id=company_id, families=[_family(each) for each in tickets], by=by, now=now
    )
    numbers = reserve_numbers(
        session, company_id=company_id, prefix=company.number_prefix, count=len(tickets), now=now
    )
    known: dict[tuple[str | None, str | None], CodeFact | None] = {}
    stored = []
    for each, family, (ticket_id, number) in zip(tickets, families, numbers, strict=True):
        home = _home(each, family)
        asked = (home.boiler.family if home.boiler else None, each.checked.error_code)
        if asked not in known:
            known[asked] = _look_up(session, codes, company_id, *asked)
        ticket = make_ticket(
            each.checked,
            each.request,
            home,
            ticket_id=ticket_id,
            number=number,
            code=known[asked],
            now=now,
        )
        _end(ticket, each)
        stored.append((each, ticket, home))
    session.add_all([ticket for _each, ticket, _home in stored])
    session.flush()
    for each, ticket, home in stored:
        add_parties(session, ticket, each.checked, each.request, home)
        _keep_number(session, ticket, each.old_number, by=by, now=now)
    session.flush()


def _family(each: ClosedTicket) -> Family:
    return Family(
        people=tuple((party.person, party.relationship) for party in each.checked.parties),
        address=each.checked.address,
        priority_care=each.request.priority_care,
        age_band=each.checked.age_band,
        boiler=boiler_told(each.request),
    )


def _home(each: ClosedTicket, family: FamilyAtHome) -> Home:
    roles = [party.role for party in each.checked.parties]
    return Home(family.household, family.boiler, dict(zip(roles, family.contact_ids, strict=True)))


def _look_up(
    session: Session, codes: CodeBook, company_id: int, family: str | None, code: str | None
) -> CodeFact | None:
    return codes.look_up(session, company_id=company_id, family=family, code=code) if code else None


def _end(ticket: Ticket, each: ClosedTicket) -> None:
    ticket.status, ticket.safety_hold, ticket.closed_at = each.status, False, each.closed_at
    if each.status == "CANCELLED":
        ticket.cancelled_at = each.closed_at
    ticket.end_reason = each.how or None


def _check_number(old_number: str) -> None:
    if not 0 < len(old_number) <= LONGEST_NUMBER:
        message = _("예전 접수 번호를 {n}자까지 적어 주세요.").format(n=LONGEST_NUMBER)
        raise InvalidError(message, errors=(FieldError("old_number", message),))


def _keep_number(session: Session, ticket: Ticket, old_number: str, *, by: Actor, now: datetime) -> None:
    session.add(
        ImportedTicket(
            ticket_id=ticket_key(ticket), company_id=ticket.company_id, old_number=old_number, at=now
        )
    )
    audit.record(
        session,
        by=by,
        at=now,
        what="TicketImported",
        subject=("ticket", ticket_key(ticket)),
        company_id=ticket.company_id,
        data={
            "old_number": old_number,
            "received_at": rfc3339_kst(ticket.received_at),
            "status": ticket.status,
        },
    )
