"""Numbers that rang the free number to refuse advertisements (080), ours or of nobody we know.

The carrier lists who rang. A number is refused, not a person: whoever has it now, or is written down with it
later, gets no advertisement there, and nobody at a desk can type that away. It opens again by a yes on the
page behind a text that was sent to it, which proves who has the telephone in hand.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from core.actor import Actor
from core.phones import Phone
from customers.consent_rules import Choice, Door, Purpose
from customers.consents import ChoiceInfo, as_info
from customers.models import Contact, NoticeChoice, RefusedNumber
from customers.standings import standings


def refuse_number(
    session: Session, *, company_id: int, phone: Phone, at: datetime, by: Actor, now: datetime
) -> list[ChoiceInfo] | None:
    """Keep that a number rang to refuse at a moment, with a word for everybody known there who had not.

    Returns:
        The words that were kept, perhaps none; None where this call was known already.
    """
    put = insert(RefusedNumber).on_conflict_do_nothing(index_elements=["company_id", "phone", "at"])
    values = {
        "company_id": company_id,
        "phone": phone.e164,
        "at": at,
        "entered_at": now,
        "account_id": by.account_id,
    }
    if session.execute(put.returning(col(RefusedNumber.id)), values).first() is None:
        return None
    query = (
        select(Contact)
        .where(col(Contact.company_id) == company_id, col(Contact.phone_digits) == phone.digits)
        .order_by(col(Contact.id))
        .with_for_update()
    )
    people = {person.id or 0: person for person in session.exec(query)}
    heard = standings(session, company_id=company_id, contact_ids=people, purpose=Purpose.ADVERT, now=now)
    rows = [
        _word(company_id, contact_id, at, by)
        for contact_id, (_standing, known) in heard.items()
        if known.choice is not Choice.REFUSED
        and not (known.door is Door.PAGE and known.at is not None and known.at > at)
    ]
    session.add_all(rows)
    session.flush()
    return [as_info(row) for row in rows]


def _word(company_id: int, contact_id: int, at: datetime, by: Actor) -> NoticeChoice:
    return NoticeChoice(
        company_id=company_id,
        contact_id=contact_id,
        purpose=Purpose.ADVERT.value,
        choice=Choice.REFUSED.value,
        decided_by_id=contact_id,
        door=Door.FREE_CALL.value,
        at=at,
        account_id=by.account_id,
    )
