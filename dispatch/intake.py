"""A call becomes a ticket: everything is checked first, then stored whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core import events
from core.actor import Actor
from core.dated import CompanyRules, read_calendar, read_rules
from core.errors import ConflictError, FieldError
from core.i18n import _
from customers.schemas import NewAddress
from customers.service import (
    add_member,
    find_or_add_boiler,
    find_or_add_contact,
    find_or_add_household,
    hold_family,
)
from dispatch import triage
from dispatch.clocks import start_first_clocks
from dispatch.duplicates import find_suspected
from dispatch.events import CallTaken, TicketFiled
from dispatch.intake_check import CheckedTicket, check_request
from dispatch.intake_rows import Home, add_parties, boiler_told, make_ticket
from dispatch.intake_words import keep_words_of_call
from dispatch.late_entry import late_problems, told_of_late
from dispatch.models import Ticket
from dispatch.numbers import reserve_number
from dispatch.person_languages import keep_languages
from dispatch.places import ask_map_pick, is_plannable
from dispatch.safety_script import script_steps
from dispatch.schemas import CodeBook, CodeFact, FiledTicket, TicketRequest
from dispatch.tickets import has_ended, lock_ticket, note_change, number_of, ticket_key
from workforce.queries import get_company
from workforce.schemas import CompanyInfo


class TicketOverError(ConflictError):
    """The ticket has ended: nothing joins it any more."""

    code = "ticket-over"


def file_ticket(
    session: Session,
    *,
    request: TicketRequest,
    company_id: int,
    codes: CodeBook,
    by: Actor,
    now: datetime,
    located: NewAddress | None = None,
) -> FiledTicket:
    """Store a ticket and let it go on: to triage, to placement, to the map pick, or to its end.

    A probable duplicate or an unknown error code is flagged and never refused. One that comes from paper
    (`late_entry_reason`) counts from when it was received: its limits may have passed by now.

    Args:
        codes: the company's error codes.
        located: the address as `places.read_address` placed it with a provider, before this transaction.

    Raises:
        BadTicketError: with every bad field by its path (`resident.phone`).
    """
    late = read_late_problems(session, request=request, company_id=company_id, now=now)
    checked = check_request(request, located=located, now=now, more=late)
    return _file(session, checked, request, company_id=company_id, codes=codes, by=by, now=now)


def file_earlier_ticket(
    session: Session,
    *,
    request: TicketRequest,
    company_id: int,
    codes: CodeBook,
    by: Actor,
    now: datetime,
) -> FiledTicket:
    """The same for an open ticket of the system before, however long ago it was received there.

    Raises:
        BadTicketError: with every bad field by its path.
    """
    checked = check_request(request, located=None, now=now)
    return _file(session, checked, request, company_id=company_id, codes=codes, by=by, now=now, tells=False)


def read_late_problems(
    session: Session, *, request: TicketRequest, company_id: int, now: datetime
) -> tuple[FieldError, ...]:
    """What is wrong with a request as a late entry, by the company's rules; empty for most."""
    return late_problems(request, rules=read_rules(session, company_id=company_id, at=now), now=now)


def _file(
    session: Session,
    checked: CheckedTicket,
    request: TicketRequest,
    *,
    company_id: int,
    codes: CodeBook,
    by: Actor,
    now: datetime,
    tells: bool = True,
) -> FiledTicket:
    ground = _read_ground(session, company_id=company_id, now=now)
    home = _store_people(session, checked, request, company_id=company_id, by=by, now=now)
    keep_words_of_call(
        session,
        request=request,
        home=home.household,
        contact_ids=home.contact_ids,
        by=by,
        now=now,
    )
    keep_languages(
        session,
        company_id=company_id,
        household_id=home.household.id,
        wanted={home.contact_ids[party.role]: party.language for party in checked.parties if party.language},
        by=by,
        now=now,
    )
    ticket, code = _store_ticket(session, checked, request, home, ground, codes=codes, now=now)
    start_first_clocks(session, ticket=ticket)
    data = {
        "channel": ticket.channel,
        "symptom": ticket.symptom,
        "priority": ticket.priority,
        "safety": ticket.safety,
        "suspected_duplicate_of": ticket.suspected_duplicate_of_id,
        "error_code_known": ticket.error_code_known,
        **told_of_late(ticket),
    }
    why = ticket.late_entry_note
    note_change(session, ticket=ticket, what="TicketFiled", by=by, now=now, reason=why, data=data)
    _go_on(session, ticket, request, home, by=by, now=now)
    if tells and not has_ended(ticket) and not told_of_late(ticket):
        agreed = any(it.agreed and it.to == "resident" for it in request.notices or ())
        ticket_id = ticket_key(ticket)
        events.publish(session, CallTaken(company_id=company_id, at=now, ticket_id=ticket_id, agreed=agreed))
    return _answer(session, ticket, home, code)


def join_call(session: Session, *, ticket_id: int, note: str, by: Actor, now: datetime) -> None:
    """A second call about an open ticket joins it: the note is added, nothing starts anew.

    Raises:
        UnknownTicketError.
        TicketOverError: the ticket has ended; file a new one.
    """
    ticket = lock_ticket(session, ticket_id=ticket_id)
    if has_ended(ticket):
        raise TicketOverError(_("이미 끝난 접수입니다. 새로 접수하거나 다시 열어 주세요."))
    if note.strip():
        ticket.note = f"{ticket.note}\n{note.strip()}".strip()[-8000:]
    note_change(session, ticket=ticket, what="CallJoined", by=by, now=now)


@dataclass(frozen=True)
class _Ground:
    """What a new ticket stands on."""

    company: CompanyInfo
    rules: CompanyRules
    ticket_id: int
    number: str


def _read_ground(session: Session, *, company_id: int, now: datetime) -> _Ground:
    """Read everything before anything is written: rows that wait together are written together."""
    company = get_company(session, company_id=company_id)
    rules = read_rules(session, company_id=company_id, at=now)
    read_calendar(session, company_id=company_id)
    ticket_id, number = reserve_number(session, company_id=company_id, prefix=company.number_prefix, now=now)
    return _Ground(company, rules, ticket_id, number)


def _store_people(
    session: Session,
    checked: CheckedTicket,
    request: TicketRequest,
    *,
    company_id: int,
    by: Actor,
    now: datetime,
) -> Home:
    people = [party.person for party in checked.parties]
    hold_family(session, company_id=company_id, people=people, address=checked.address)
    contacts = {
        party.role: find_or_add_contact(session, company_id=company_id, person=party.person, now=now)
        for party in checked.parties
    }
    household = find_or_add_household(
        session,
        company_id=company_id,
        address=checked.address,
        resident=contacts["resident"],
        priority_care=request.priority_care,
        age_band=checked.age_band,
        by=by,
        now=now,
    )
    for party in checked.parties:
        if party.role != "resident":
            add_member(
                session,
                company_id=company_id,
                household_id=household.id,
                contact_id=contacts[party.role].id,
                relationship=party.relationship,
                by=by,
                now=now,
            )
    boiler = find_or_add_boiler(
        session,
        company_id=company_id,
        address_id=household.address.id,
        boiler=boiler_told(request),
        by=by,
        now=now,
        is_new_home=household.is_new,
    )
    return Home(household, boiler, {role: contact.id for role, contact in contacts.items()})


def _store_ticket(
    session: Session,
    checked: CheckedTicket,
    request: TicketRequest,
    home: Home,
    ground: _Ground,
    *,
    codes: CodeBook,
    now: datetime,
) -> tuple[Ticket, CodeFact | None]:
    company, rules = ground.company, ground.rules
    family = home.boiler.family if home.boiler else None
    code = None
    if checked.error_code:
        code = codes.look_up(session, company_id=company.id, family=family, code=checked.error_code)
    same = None
    if not home.household.is_new:
        same = find_suspected(
            session,
            company_id=company.id,
            household_id=home.household.id,
            received_at=checked.received_at,
            now=now,
            rules=rules,
        )
    ticket = make_ticket(
        checked,
        request,
        home,
        ticket_id=ground.ticket_id,
        number=ground.number,
        code=code,
        now=now,
    )
    ticket.suspected_duplicate_of_id = same.id if same else None
    session.add(ticket)
    session.flush()
    add_parties(session, ticket, checked, request, home)
    return ticket, code


def _go_on(
    session: Session, ticket: Ticket, request: TicketRequest, home: Home, *, by: Actor, now: datetime
) -> None:
    ticket_id = ticket_key(ticket)
    if not is_plannable(home.household.address):
        ask_map_pick(session, ticket=ticket, by=by, now=now)
    if ticket.safety:
        triage.note_safety(session, ticket=ticket, by=by, now=now)
        events.publish(session, TicketFiled(company_id=ticket.company_id, at=now, ticket_id=ticket_id))
    elif request.self_fix is not None:
        triage.record_first_self_fix(
            session,
            ticket=ticket,
            address=home.household.address,
            card=request.self_fix.card,
            card_version=request.self_fix.card_version,
            result=request.self_fix.result,
            by=by,
            now=now,
        )


def _answer(session: Session, ticket: Ticket, home: Home, code: CodeFact | None) -> FiledTicket:
    address = home.household.address
    return FiledTicket(
        id=ticket_key(ticket),
        number=ticket.number,
        status=ticket.status,
        safety=ticket.safety,
        received_at=ticket.received_at,
        household_id=home.household.id,
        suspected_duplicate_of=number_of(session, ticket.suspected_duplicate_of_id),
        error_code_known=ticket.error_code_known,
        error_code_meaning=code.meaning if code else None,
        location_precision=address.precision,
        needs_map_pick=not is_plannable(address),
        script=script_steps(symptom=ticket.symptom) if ticket.safety else (),
    )
