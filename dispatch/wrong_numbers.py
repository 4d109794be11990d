"""A number that is not the person's: nothing goes there any more, and somebody asks for the right one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from core import events
from core.actor import Actor
from core.errors import FieldError, InvalidError, NotFoundError
from core.i18n import N_, _
from core.phones import Phone, PhoneError, parse_phone
from customers.service import correct_number
from dispatch import tasks
from dispatch.cases import lock_case, parties_of
from dispatch.events import NumberNews
from dispatch.family_links import revoke_links
from dispatch.models import Ticket, TicketParty
from dispatch.notice_choices import tell_what_holds
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.tickets import note_change, ticket_key
from dispatch.visit_news import EVENTS
from notifications import service as outbox

NOT_THEIRS = N_("이 번호는 그분의 번호가 아니어서 보내지 않았습니다.")
"""Why a text was withdrawn."""


class BadNumberError(InvalidError):
    """What was typed is not one Korean number; `errors` names the field (422)."""

    code = "bad-number"


_STRANGERS = text(
    """
    SELECT DISTINCT p.contact_id FROM ticket_party AS p JOIN contact AS c ON c.id = p.contact_id
    WHERE p.contact_id = ANY(:ids) AND p.phone_wrong_since IS NOT NULL AND p.phone = c.phone
    """
)


def with_strangers_numbers(session: Session, *, contact_ids: Collection[int]) -> set[int]:
    """Of which of these people the number that is known was found to be somebody else's."""
    return set(session.execute(_STRANGERS, {"ids": list(contact_ids)}).scalars())


def note_wrong_number(
    session: Session, *, ticket: Ticket, role: str | None, by: Actor, now: datetime
) -> None:
    """A stranger picked up: links and texts of this case end there, and the desk asks for the right number.

    Whoever else is named with the same number is not told there either.

    Args:
        ticket: under lock.
        role: whose number it was; None: not said, which is clear only where the case has one number.
    """
    people = parties_of(session, ticket_id=ticket_key(ticket))
    phones = {party.phone for party in people.values()}
    phone = people[role].phone if role in people else phones.pop() if len(phones) == 1 else ""
    fresh = mark_wrong(session, ticket=ticket, phone=phone, by=by, now=now)
    for party in fresh:
        publish_news(session, ticket, party, contact_id=party.contact_id, now=now)
        tasks.open_task(
            session,
            ticket_id=ticket_key(ticket),
            kind=tasks.RIGHT_NUMBER,
            recipient=party.role,
            detail=N_(
                "잘못된 번호라 이 분께는 아무것도 알리지 못합니다. 바른 번호를 알아내 "
                "‘전화번호 바로잡기’에 적고, 그동안 전하지 못한 소식을 말씀드려 주세요."
            ),
            by=by,
            now=now,
        )


def mark_wrong(
    session: Session, *, ticket: Ticket, phone: str, by: Actor, now: datetime
) -> list[TicketParty]:
    """Links and texts to a number end in a case. Returns whose number it was until now.

    Args:
        ticket: under lock.
    """
    people = parties_of(session, ticket_id=ticket_key(ticket))
    theirs = [party for party in people.values() if phone and party.phone == phone]
    fresh = [party for party in theirs if party.phone_wrong_since is None]
    if not fresh:
        return []
    for party in fresh:
        party.phone_wrong_since = now
        session.add(party)
    session.flush()
    _silence(session, ticket_key(ticket), theirs, phone=phone, now=now)
    roles = [party.role for party in fresh]
    note_change(session, ticket=ticket, what="NumberFoundWrong", by=by, now=now, data={"roles": roles})
    return fresh


def publish_news(
    session: Session, ticket: Ticket, party: TicketParty, *, contact_id: int, now: datetime
) -> None:
    """His other cases hear of his number, too (`numbers_elsewhere`)."""
    company_id, ticket_id = ticket.company_id, ticket_key(ticket)
    events.publish(session, NumberNews(company_id, now, ticket_id, contact_id, party.role))


def note_right_number(session: Session, *, ticket: Ticket, role: str, by: Actor, now: datetime) -> None:
    """He picked up where a stranger was noted before: it is his number after all, and he is told again."""
    party = parties_of(session, ticket_id=ticket_key(ticket)).get(role)
    if party is None or party.phone_wrong_since is None:
        return
    _reach_again(session, ticket, [party], by=by, now=now)
    publish_news(session, ticket, party, contact_id=party.contact_id, now=now)


def replace_number(
    session: Session, *, ticket_id: int, role: str, number: str, by: Actor, now: datetime
) -> None:
    """The right number of one of a case's people: from now on he is told, and rung, there.

    What was his number before gets nothing more; of the visit he hears what holds now.

    Raises:
        UnknownTicketError, NotFoundError: no such ticket, or nobody with this part in it (404).
        BadNumberError: not one Korean telephone number, or the one that stands there already (422).
    """
    ticket = lock_case(session, ticket_id=ticket_id).ticket
    people = parties_of(session, ticket_id=ticket_id)
    if role not in people:
        raise NotFoundError(_("이 접수에 없는 사람입니다."))
    before = people[role].phone
    phone = _read(number, before=before)
    his = [party for party in people.values() if party.contact_id == people[role].contact_id]
    was = his[0].contact_id
    contact = correct_number(
        session, company_id=ticket.company_id, contact_id=was, phone=phone, by=by, now=now
    )
    take_number(
        session,
        ticket=ticket,
        his=his,
        number=Number(contact.id, phone.e164, number.strip(), phone.can_text),
        by=by,
        now=now,
    )
    publish_news(session, ticket, his[0], contact_id=was, now=now)


@dataclass(frozen=True)
class Number:
    """A person's number as his lines in cases carry it; `raw` as it was written."""

    contact_id: int
    phone: str
    raw: str
    can_text: bool


def take_number(
    session: Session, *, ticket: Ticket, his: list[TicketParty], number: Number, by: Actor, now: datetime
) -> None:
    """From now on he is told there in this case; what was his number before gets nothing more.

    Args:
        ticket: under lock; `his`: all lines of one person in it.
    """
    ticket_id, before = ticket_key(ticket), his[0].phone
    for party in his:
        party.contact_id, party.can_text = number.contact_id, number.can_text
        party.phone, party.phone_raw = number.phone, number.raw
        session.add(party)
    session.flush()
    people = parties_of(session, ticket_id=ticket_id)
    left = [p for p in people.values() if p.phone == before and p.phone_wrong_since is None]
    _silence(session, ticket_id, his, phone="" if left else before, now=now)
    told = _reach_again(session, ticket, his, by=by, now=now)
    for party in his if told else ():
        _void_calls(session, party, by=by, now=now)


def _read(number: str, *, before: str) -> Phone:
    try:
        phone = parse_phone(number)
    except PhoneError as error:
        raise BadNumberError(error.detail, errors=(FieldError("number", error.detail),)) from None
    if phone.e164 == before:
        message = _(
            "지금 적힌 번호와 같습니다. 그분 번호가 맞으면 그 번호로 통화하고 통화 결과를 적어 주세요."
        )
        raise BadNumberError(message, errors=(FieldError("number", message),))
    return phone


def _silence(
    session: Session, ticket_id: int, people: list[TicketParty], *, phone: str, now: datetime
) -> None:
    for party in people:
        revoke_links(session, ticket_id=ticket_id, role=party.role, now=now)
    if phone:
        outbox.withdraw_from(session, ticket_id=ticket_id, to_phone=phone, reason=NOT_THEIRS, now=now)


def _reach_again(
    session: Session, ticket: Ticket, people: list[TicketParty], *, by: Actor, now: datetime
) -> bool:
    """They can be told again, and hear what holds now. Returns whether there was something to tell."""
    for party in people:
        party.phone_wrong_since = None
        session.add(party)
        tasks.close_tasks_of(
            session,
            ticket_id=party.ticket_id,
            kinds=[tasks.RIGHT_NUMBER],
            recipient=party.role,
            outcome=N_("번호를 바로잡았습니다."),
            by=by,
            now=now,
        )
    roles = [party.role for party in people]
    note_change(session, ticket=ticket, what="NumberCorrected", by=by, now=now, data={"roles": roles})
    return tell_what_holds(session, ticket, now=now)


def _void_calls(session: Session, party: TicketParty, *, by: Actor, now: datetime) -> None:
    """He was told of the visit anew: nobody need ring him about that because of the number before."""
    of_visit = {event.value for event in EVENTS}
    tasks.close_tasks_of(
        session,
        ticket_id=party.ticket_id,
        kinds=[NOTICE_FAILED, tasks.CALL_LANDLINE] if party.can_text else [NOTICE_FAILED],
        recipient=party.role,
        only=lambda data: data.get("event") in of_visit,
        outcome=N_("새 번호로 다시 알렸습니다."),
        state="void",
        by=by,
        now=now,
    )
