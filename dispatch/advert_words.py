"""Somebody's word about advertisements: kept, honoured at once, and told back to him."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from core import audit
from core.actor import Actor
from core.phones import Phone, parse_phone
from customers.consents import Choice, ChoiceInfo, Door, Purpose, record_choice
from customers.holdings import get_people
from customers.refused_numbers import refuse_number
from dispatch.advert_notices import tell_choice
from notifications.adverts import NO_LONGER_AGREES
from notifications.service import withdraw_adverts


def take_advert_word(
    session: Session,
    *,
    company_id: int,
    household_id: int,
    contact_ids: Sequence[int],
    choice: Choice,
    door: Door,
    by: Actor,
    now: datetime,
    reason: str = "",
) -> bool:
    """Keep whether somebody himself wants advertisements; after a no those that wait for him are withdrawn.

    Rung at the free number, it is a word of the telephone: always a no, for everybody who has that number.

    Args:
        contact_ids: whose word it is: one person, or those who share the telephone it was said from.

    Returns:
        Whether it was another word than the last one.

    Raises:
        Also as `customers.consents.record_choice`.
    """
    if door is Door.FREE_CALL:
        people = get_people(session, company_id=company_id, contact_ids=contact_ids)
        phones = {person.phone for person in people if household_id in person.household_ids}
        found = [
            take_refused_number(
                session, company_id=company_id, phone=parse_phone(phone), at=now, by=by, now=now
            )
            for phone in sorted(phones)
        ]
        return any(found)
    kept = [
        record_choice(
            session,
            company_id=company_id,
            household_id=household_id,
            contact_id=contact_id,
            decided_by_id=contact_id,
            choice=choice,
            door=door,
            by=by,
            now=now,
            purpose=Purpose.ADVERT,
            reason=reason,
        )
        for contact_id in contact_ids
    ]
    words = [word for word in kept if word is not None]
    subject = ("household", household_id)
    _follow(session, words, company_id=company_id, subject=subject, by=by, now=now)
    return bool(words)


def take_refused_number(
    session: Session, *, company_id: int, phone: Phone, at: datetime, by: Actor, now: datetime
) -> bool:
    """Keep that a number rang the free number at a moment, whoever's it is; False when that was known.

    Whoever of ours has the number is told what came of it; nobody else is.
    """
    words = refuse_number(session, company_id=company_id, phone=phone, at=at, by=by, now=now)
    if words is None:
        return False
    withdraw_adverts(session, company_id=company_id, to_phone=phone.e164, reason=NO_LONGER_AGREES, now=now)
    _follow(session, words, company_id=company_id, subject=None, by=by, now=now)
    return True


def _follow(
    session: Session,
    words: Sequence[ChoiceInfo],
    *,
    company_id: int,
    subject: tuple[str, int] | None,
    by: Actor,
    now: datetime,
) -> None:
    """Into the timeline, out of the outbox, and one text to the telephone of those who said it."""
    for word in words:
        refused = word.choice is Choice.REFUSED
        audit.record(
            session,
            by=by,
            at=now,
            what="AdvertsRefused" if refused else "AdvertsAgreed",
            subject=subject or ("contact", word.contact_id),
            company_id=company_id,
            reason=word.reason or None,
            data={"contact_id": word.contact_id, "door": word.door.value, "choice": word.choice.value},
        )
    people = get_people(session, company_id=company_id, contact_ids=[word.contact_id for word in words])
    told: set[str] = set()
    for person in people:
        word = next(each for each in words if each.contact_id == person.id)
        if person.phone in told:
            continue
        told.add(person.phone)
        if word.choice is Choice.REFUSED:
            withdraw_adverts(
                session, company_id=company_id, to_phone=person.phone, reason=NO_LONGER_AGREES, now=now
            )
        tell_choice(session, word=word, company_id=company_id, now=now)
