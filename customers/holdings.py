"""What is kept about a person on the customer's side, for the person who asks to see it (열람 요구)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, or_, select

from core.clock import rfc3339_kst
from core.db import any_of
from core.phones import format_digits, search_digits
from customers.consents import ChoiceInfo, list_choices
from customers.models import Address, Boiler, BoilerModel, Contact, Household, HouseholdMember, RefusedNumber
from customers.rules import Relationship

MOST_FOUND = 50
FEWEST_DIGITS = 4


@dataclass(frozen=True)
class HeldPerson:
    """A person who is kept; `phone` is E.164."""

    id: int
    name: str
    phone: str
    household_ids: tuple[int, ...]
    lives_in: tuple[int, ...]
    """The homes in which he lives himself: their address and door note are about him."""


def find_people(session: Session, *, company_id: int, q: str) -> list[HeldPerson]:
    """People of a company by their whole name, or by a phone number or its end."""
    digits = search_digits(q)
    wanted = [col(Contact.name) == q.strip()]
    if len(digits) >= FEWEST_DIGITS:
        wanted.append(col(Contact.phone_digits).endswith(digits))
    query = select(Contact).where(col(Contact.company_id) == company_id, or_(*wanted))
    return _people(session, list(session.exec(query.order_by(col(Contact.id)).limit(MOST_FOUND))))


def get_people(session: Session, *, company_id: int, contact_ids: Collection[int]) -> list[HeldPerson]:
    """These people of a company; unknown ids are left out."""
    query = select(Contact).where(col(Contact.company_id) == company_id, any_of(Contact.id, "ids"))
    found = session.execute(query.order_by(col(Contact.id)), {"ids": list(contact_ids)})
    return _people(session, list(found.scalars()))


def people_of_homes(
    session: Session, *, company_id: int, household_ids: Collection[int]
) -> dict[int, list[HeldPerson]]:
    """Everybody who belongs to these homes, by household."""
    query = (
        select(HouseholdMember.contact_id)
        .join(Household, col(Household.id) == col(HouseholdMember.household_id))
        .where(col(Household.company_id) == company_id, any_of(Household.id, "ids"))
    )
    members = session.execute(query, {"ids": list(household_ids)}).scalars()
    found: dict[int, list[HeldPerson]] = {home: [] for home in household_ids}
    for person in get_people(session, company_id=company_id, contact_ids=set(members)):
        for home in set(person.household_ids) & found.keys():
            found[home].append(person)
    return found


def held_on_people(session: Session, *, company_id: int, people: Collection[HeldPerson]) -> dict[str, Any]:
    """`{contacts, homes}`: who they are, and the homes that they belong to. Times as RFC 3339 in Korea."""
    contacts = session.exec(
        select(Contact).where(
            col(Contact.company_id) == company_id, col(Contact.id).in_([person.id for person in people])
        )
    )
    homes = {home for person in people for home in person.household_ids}
    living = {home for person in people for home in person.lives_in}
    choices = list_choices(session, company_id=company_id, contact_ids=[person.id for person in people])
    refused = session.exec(
        select(RefusedNumber)
        .where(
            col(RefusedNumber.company_id) == company_id,
            col(RefusedNumber.phone).in_({person.phone for person in people}),
        )
        .order_by(col(RefusedNumber.at))
    ).all()
    return {
        "contacts": [_contact(row, choices, refused) for row in contacts],
        "homes": [_home(session, home, whole=home in living) for home in sorted(homes)],
    }


def _people(session: Session, rows: list[Contact]) -> list[HeldPerson]:
    members: dict[int, list[HouseholdMember]] = {}
    query = select(HouseholdMember).where(any_of(HouseholdMember.contact_id, "ids"))
    for member in session.execute(query, {"ids": [row.id for row in rows]}).scalars():
        members.setdefault(member.contact_id, []).append(member)
    return [
        HeldPerson(
            id=row.id or 0,
            name=row.name,
            phone=row.phone,
            household_ids=tuple(m.household_id for m in members.get(row.id or 0, ())),
            lives_in=tuple(
                m.household_id
                for m in members.get(row.id or 0, ())
                if m.relationship in (Relationship.RESIDENT, Relationship.SPOUSE)
            ),
        )
        for row in rows
    ]


def _contact(
    row: Contact, choices: Collection[ChoiceInfo], refused: Collection[RefusedNumber]
) -> dict[str, Any]:
    return {
        "name": row.name,
        "phone": format_digits(row.phone_digits),
        "can_text": row.can_text,
        "language": row.language,
        "notices_refused_at": rfc3339_kst(row.notices_refused_at) if row.notices_refused_at else None,
        "notice_choices": [
            {
                "at": rfc3339_kst(it.at),
                "purpose": it.purpose.value,
                "choice": it.choice.value,
                "door": it.door.value,
                "by_himself": it.decided_by_id == row.id,
                "reason": it.reason,
            }
            for it in choices
            if it.contact_id == row.id
        ],
        "number_refused_adverts_at": [rfc3339_kst(it.at) for it in refused if it.phone == row.phone],
        "kept_since": rfc3339_kst(row.created_at),
    }


def _home(session: Session, household_id: int, *, whole: bool) -> dict[str, Any]:
    """A home; its address and door note only for who lives there."""
    home = session.get_one(Household, household_id)
    if not whole:
        return {"household": household_id, "lives_there": False}
    place = session.get_one(Address, home.address_id)
    models = {
        row.id: row.name
        for row in session.exec(select(BoilerModel).where(col(BoilerModel.company_id) == home.company_id))
    }
    boilers = session.exec(select(Boiler).where(col(Boiler.address_id) == home.address_id))
    return {
        "household": household_id,
        "lives_there": True,
        "address": place.raw,
        "unit": place.unit,
        "door_note": home.access_note,
        "priority_care": home.priority_care,
        "age_band": home.age_band,
        "boilers": [
            {
                "model": boiler.model_text or models.get(boiler.model_id or 0),
                "serial": boiler.serial,
                "installed_on": boiler.installed_on.isoformat() if boiler.installed_on else None,
            }
            for boiler in boilers
        ],
    }
