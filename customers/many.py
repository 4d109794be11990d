"""Families by the hundred, for lists of the system before: found and added in few statements.

What counts as the same person, home and boiler is decided by the same functions as for one call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlmodel import Session, col, select

from core.actor import Actor
from core.db import any_of
from customers.boilers import boiler_key, fill_blanks, meant_boiler, note_boiler, plain_serial
from customers.locks import lock_keys
from customers.models import Address, Boiler, BoilerModel, Contact, Household, HouseholdMember
from customers.queries import boiler_info, find_model, household_info
from customers.rows import (
    add_member_row,
    change_household,
    home_key,
    improve_location,
    new_address,
    new_contact,
    note_household,
    person_key,
)
from customers.rules import is_same_home
from customers.schemas import BoilerInfo, HouseholdInfo, NewAddress, NewBoiler, NewContact

HomeKey = tuple[str, str]
PersonKey = tuple[str, str]


@dataclass(frozen=True)
class Family:
    """One call's people: who lives there first, each with the relationship; the home and its boiler."""

    people: tuple[tuple[NewContact, str], ...]
    address: NewAddress
    priority_care: bool | None = None
    age_band: str | None = None
    boiler: NewBoiler = field(default_factory=NewBoiler)


@dataclass(frozen=True)
class FamilyAtHome:
    """A family as it is stored; `contact_ids` in the order in which its people were told."""

    household: HouseholdInfo
    contact_ids: tuple[int, ...]
    boiler: BoilerInfo | None


@dataclass
class _Home:
    """A home that is known or made here, with who belongs to it."""

    household: Household
    address: Address
    is_new: bool = False
    phones: set[str] = field(default_factory=set)
    members: set[tuple[int, str]] = field(default_factory=set)
    boilers: list[Boiler] = field(default_factory=list)


def find_or_add_families(
    session: Session, *, company_id: int, families: Sequence[Family], by: Actor, now: datetime
) -> list[FamilyAtHome]:
    """Store some hundred families at most, in the order given. Locks are held until the transaction ends."""
    people = [person for family in families for person, _relationship in family.people]
    keys = sorted({person_key(company_id, person) for person in people})
    homes = sorted({home_key(company_id, family.address) for family in families})
    lock_keys(session, *keys, *homes)
    contacts = _contacts(session, company_id, people, now=now)
    placed = _place_families(session, company_id, families, contacts, by=by, now=now)
    _write_members(session, company_id, families, placed, contacts, by=by, now=now)
    boilers = _boilers(session, company_id, families, placed, by=by, now=now)
    return [
        FamilyAtHome(
            replace(household_info(home.household, home.address), is_new=home.is_new),
            tuple(contacts[_person(person)].id or 0 for person, _relationship in family.people),
            boiler,
        )
        for family, home, boiler in zip(families, placed, boilers, strict=True)
    ]


def _person(person: NewContact) -> PersonKey:
    return person.phone.digits, person.name


def _contacts(
    session: Session, company_id: int, people: Iterable[NewContact], *, now: datetime
) -> dict[PersonKey, Contact]:
    wanted = {_person(person): person for person in people}
    query = select(Contact).where(
        col(Contact.company_id) == company_id, any_of(Contact.phone_digits, "digits")
    )
    rows = session.execute(query, {"digits": sorted({digits for digits, _name in wanted})}).scalars()
    found: dict[PersonKey, Contact] = {}
    for row in rows:
        found.setdefault((row.phone_digits, row.name), row)
    for key, person in wanted.items():
        if key not in found:
            found[key] = new_contact(company_id=company_id, person=person, now=now)
            session.add(found[key])
    session.flush()
    return found


def _known_homes(session: Session, company_id: int, families: Sequence[Family]) -> dict[HomeKey, list[_Home]]:
    """Homes at these addresses by address and 동·호, the oldest first."""
    query = (
        select(Household, Address)
        .join(Address, col(Address.id) == col(Household.address_id))
        .where(
            col(Household.company_id) == company_id,
            col(Address.company_id) == company_id,
            any_of(Address.normalised, "wanted"),
        )
        .order_by(col(Household.id))
    )
    wanted = sorted({family.address.normalised for family in families})
    homes = {
        household.id: _Home(household, address)
        for household, address in session.execute(query, {"wanted": wanted})
    }
    members = (
        select(HouseholdMember, Contact.phone)
        .join(Contact, col(Contact.id) == col(HouseholdMember.contact_id))
        .where(any_of(HouseholdMember.household_id, "ids"))
    )
    for member, phone in session.execute(members, {"ids": list(homes)}) if homes else ():
        homes[member.household_id].phones.add(phone)
        homes[member.household_id].members.add((member.contact_id, member.relationship))
    known: dict[HomeKey, list[_Home]] = defaultdict(list)
    for home in homes.values():
        known[home.address.normalised, home.address.unit].append(home)
    return known


def _place_families(
    session: Session,
    company_id: int,
    families: Sequence[Family],
    contacts: dict[PersonKey, Contact],
    *,
    by: Actor,
    now: datetime,
) -> list[_Home]:
    """The home of each family; new ones are written together, addresses before the homes that name them."""
    known = _known_homes(session, company_id, families)
    placed, made = [], []
    for family in families:
        there = known[family.address.normalised, family.address.unit]
        resident = contacts[_person(family.people[0][0])]
        home = _meant_home(there, family.address, phone=resident.phone)
        if home is None:
            home = _new_home(company_id, family, now=now)
            there.append(home)
            made.append(home)
        else:
            _tell_again(session, home, family, by=by, now=now)
        home.phones.add(resident.phone)
        placed.append(home)
    session.add_all([home.address for home in made])
    session.flush()
    for home in made:
        home.household.address_id = home.address.id or 0
    session.add_all([home.household for home in made])
    session.flush()
    for home in made:
        note_household(session, by=by, now=now, what="HouseholdAdded", household=home.household, data={})
    return placed


def _meant_home(there: Sequence[_Home], address: NewAddress, *, phone: str) -> _Home | None:
    theirs = [home for home in there if phone in home.phones]
    found = next(iter([*theirs, *there]), None)
    same = is_same_home(has_number=bool(theirs), unit=address.unit, precision=address.precision)
    return found if same else None


def _new_home(company_id: int, family: Family, *, now: datetime) -> _Home:
    household = Household(
        company_id=company_id,
        address_id=0,
        priority_care=bool(family.priority_care),
        age_band=family.age_band,
        created_at=now,
    )
    place = new_address(company_id=company_id, address=family.address, now=now)
    return _Home(household, place, is_new=True)


def _tell_again(session: Session, home: _Home, family: Family, *, by: Actor, now: datetime) -> None:
    """A home that is known already, or was made a few rows above and is not written yet."""
    if home.is_new:
        if family.priority_care is not None:
            home.household.priority_care = family.priority_care
        home.household.age_band = family.age_band or home.household.age_band
        return
    improve_location(session, home.address, family.address)
    change_household(
        session,
        home.household,
        priority_care=family.priority_care,
        age_band=family.age_band,
        by=by,
        now=now,
    )


def _write_members(
    session: Session,
    company_id: int,
    families: Sequence[Family],
    placed: Sequence[_Home],
    contacts: dict[PersonKey, Contact],
    *,
    by: Actor,
    now: datetime,
) -> None:
    for family, home in zip(families, placed, strict=True):
        for person, relationship in family.people:
            member = (contacts[_person(person)].id or 0, relationship)
            if member in home.members:
                continue
            home.members.add(member)
            add_member_row(
                session,
                company_id=company_id,
                household_id=home.household.id or 0,
                contact_id=member[0],
                relationship=relationship,
                by=by,
                now=now,
            )


def _boilers(
    session: Session,
    company_id: int,
    families: Sequence[Family],
    placed: Sequence[_Home],
    *,
    by: Actor,
    now: datetime,
) -> list[BoilerInfo | None]:
    """The boiler that each family means, made where it is new; None where that is not clear."""
    address_ids = sorted({home.address.id or 0 for home in placed})
    lock_keys(session, *(boiler_key(address_id) for address_id in address_ids))
    standing = _standing(session, address_ids)
    models: dict[str, BoilerModel | None] = {}
    meant, made = [], []
    for family, home in zip(families, placed, strict=True):
        said, there = family.boiler, standing[home.address.id or 0]
        if said.model and said.model not in models:
            models[said.model] = find_model(session, company_id=company_id, code=said.model)
        model = models.get(said.model or "")
        serial = plain_serial(said)
        row = meant_boiler(there, boiler=said, serial=serial, model=model)
        if row is None and (said.model or serial):
            row = Boiler(company_id=company_id, address_id=home.address.id or 0, created_at=now)
            there.append(row)
            made.append(row)
        if row is not None:
            fill_blanks(row, boiler=said, serial=serial, model=model)
        meant.append(row)
    session.add_all(made)
    session.flush()
    for row in made:
        note_boiler(session, row, by=by, now=now)
    named = {row.id: row for row in models.values() if row is not None}
    return [boiler_info(row, _model(session, row, named)) if row is not None else None for row in meant]


def _standing(session: Session, address_ids: Sequence[int]) -> dict[int, list[Boiler]]:
    query = (
        select(Boiler)
        .where(any_of(Boiler.address_id, "ids"), col(Boiler.removed_at).is_(None))
        .order_by(col(Boiler.id))
    )
    found: dict[int, list[Boiler]] = defaultdict(list)
    for row in session.execute(query, {"ids": list(address_ids)}).scalars():
        found[row.address_id].append(row)
    return found


def _model(session: Session, row: Boiler, named: dict[int | None, BoilerModel]) -> BoilerModel | None:
    if row.model_id is None:
        return None
    return named.get(row.model_id) or session.get(BoilerModel, row.model_id)
