"""The door to homes and people: found again when they are known, added when they are not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from core.errors import FieldError, InvalidError, NotFoundError
from core.i18n import _
from core.phones import Phone
from customers.boilers import find_or_add_boiler
from customers.locks import lock_keys
from customers.models import Address, Contact, Household, HouseholdMember
from customers.queries import address_info, contact_info, household_info
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
from customers.schemas import (
    AddressInfo,
    ContactInfo,
    HouseholdInfo,
    NewAddress,
    NewContact,
)

__all__ = [
    "OutsideKoreaError",
    "add_member",
    "correct_number",
    "find_household",
    "find_or_add_boiler",
    "find_or_add_contact",
    "find_or_add_household",
    "hold_family",
    "pick_on_map",
]

KOREA = (32.8, 38.8, 124.0, 132.2)
"""South, north, west, east: with 마라도, 백령도 and 독도 inside."""


class OutsideKoreaError(InvalidError):
    """A picked place lies where nobody can be sent."""

    code = "outside-korea"


def hold_family(
    session: Session, *, company_id: int, people: Iterable[NewContact], address: NewAddress
) -> None:
    """Lock a family's people and home at once, before they are found or added one by one."""
    numbers = sorted({person_key(company_id, person) for person in people})  # locks, never in a circle
    lock_keys(session, *numbers, home_key(company_id, address))


def find_or_add_household(
    session: Session,
    *,
    company_id: int,
    address: NewAddress,
    resident: ContactInfo,
    priority_care: bool | None,
    age_band: str | None,
    by: Actor,
    now: datetime,
) -> HouseholdInfo:
    """The home at this address, with the resident as a member.

    A known home is one with the same address and 동·호; without a 동·호 somebody there must also have the
    resident's number, because a lot may hold many homes. `priority_care` and `age_band` change what is kept
    only when they are told (not None).
    """
    lock_keys(session, home_key(company_id, address))
    household = _known_home(session, company_id=company_id, address=address, phone=resident.phone)
    is_new, changed = household is None, False
    if household is None:
        place = new_address(company_id=company_id, address=address, now=now)
        session.add(place)
        session.flush()
        household = Household(
            company_id=company_id,
            address_id=place.id or 0,
            priority_care=bool(priority_care),
            age_band=age_band,
            created_at=now,
        )
        session.add(household)
        session.flush()
        note_household(session, by=by, now=now, what="HouseholdAdded", household=household, data={})
    else:
        place = session.get_one(Address, household.address_id)
        improve_location(session, place, address)
        changed = change_household(
            session, household, priority_care=priority_care, age_band=age_band, by=by, now=now
        )
    assert household.id is not None
    is_new_member = add_member(
        session,
        company_id=company_id,
        household_id=household.id,
        contact_id=resident.id,
        relationship="resident",
        by=by,
        now=now,
        is_new_home=is_new,
    )
    return replace(
        household_info(household, place), is_new=is_new, is_changed=is_new or changed or is_new_member
    )


def find_household(
    session: Session, *, company_id: int, address: NewAddress, phone: Phone
) -> HouseholdInfo | None:
    """The home that `find_or_add_household` would find; None when it would be added."""
    found = _known_home(session, company_id=company_id, address=address, phone=phone.e164)
    if found is None:
        return None
    return household_info(found, session.get_one(Address, found.address_id))


def find_or_add_contact(
    session: Session, *, company_id: int, person: NewContact, now: datetime
) -> ContactInfo:
    """A person by number and name: several people may share one phone."""
    row = _known_person(session, company_id, person)
    if row is None:
        row = new_contact(company_id=company_id, person=person, now=now)
        session.add(row)
        session.flush()
    return contact_info(row)


def correct_number(
    session: Session, *, company_id: int, contact_id: int, phone: Phone, by: Actor, now: datetime
) -> ContactInfo:
    """A person's number was wrong: it is this one, with all that was said about him, in all his homes.

    Somebody of the same name who is known with this number already is the same person, and is given back; he
    joins these homes. No row keeps the wrong number: whoever is looked for by it is a stranger.
    """
    row = session.get_one(Contact, contact_id)
    person = NewContact(row.name, phone)
    known = _known_person(session, company_id, person)
    fresh = new_contact(company_id=company_id, person=person, now=now)
    for field in ("phone", "phone_digits", "phone_tail", "phone_kind", "can_text"):
        setattr(row, field, getattr(fresh, field))
    session.add(row)
    session.flush()
    if known is None:
        return contact_info(row)
    his = select(HouseholdMember).where(col(HouseholdMember.contact_id) == contact_id)
    for member in session.exec(his).all() if known is not row else ():
        add_member(
            session,
            company_id=company_id,
            household_id=member.household_id,
            contact_id=known.id or 0,
            relationship=member.relationship,
            by=by,
            now=now,
        )
    return contact_info(known)


def add_member(
    session: Session,
    *,
    company_id: int,
    household_id: int,
    contact_id: int,
    relationship: str,
    by: Actor,
    now: datetime,
    is_new_home: bool = False,
) -> bool:
    """Let a person belong to a home; a second time changes nothing. Returns whether it was the first.

    Args:
        is_new_home: nobody belongs to it yet, so nobody is looked for.
    """
    query = select(HouseholdMember.id).where(
        col(HouseholdMember.household_id) == household_id,
        col(HouseholdMember.contact_id) == contact_id,
        col(HouseholdMember.relationship) == relationship,
    )
    if not is_new_home and session.exec(query).first() is not None:
        return False
    add_member_row(
        session,
        company_id=company_id,
        household_id=household_id,
        contact_id=contact_id,
        relationship=relationship,
        by=by,
        now=now,
    )
    return True


def pick_on_map(
    session: Session,
    *,
    company_id: int,
    address_id: int,
    lat: float,
    lon: float,
    by: Actor,
    now: datetime,
    precision: str = "address",
) -> AddressInfo:
    """Let a person say where an address is; from then on it counts as exact, or as they could tell (`dong`).

    Raises:
        NotFoundError: unknown, or another company's.
        OutsideKoreaError: the place is not in Korea.
    """
    row = session.get(Address, address_id, with_for_update=True)
    if row is None or row.company_id != company_id:
        raise NotFoundError(_("그런 주소가 없습니다."))
    south, north, west, east = KOREA
    if not (south <= lat <= north and west <= lon <= east):
        message = _("지도에서 우리나라 안의 자리를 골라 주세요.")
        raise OutsideKoreaError(message, errors=(FieldError("lat", message), FieldError("lon", message)))
    before = {"lat": row.lat, "lon": row.lon, "precision": row.precision}
    row.lat, row.lon, row.precision, row.located_by = lat, lon, precision, "map_pick"
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        at=now,
        what="AddressPicked",
        subject=("address", address_id),
        company_id=company_id,
        data={"before": before, "lat": lat, "lon": lon, "precision": precision},
    )
    return address_info(row)


def _known_person(session: Session, company_id: int, person: NewContact) -> Contact | None:
    """Under a lock, so that nobody adds him meanwhile."""
    lock_keys(session, person_key(company_id, person))
    query = select(Contact).where(
        col(Contact.company_id) == company_id,
        col(Contact.phone_digits) == person.phone.digits,
        col(Contact.name) == person.name,
    )
    return session.exec(query).first()


def _known_home(session: Session, *, company_id: int, address: NewAddress, phone: str) -> Household | None:
    has_number = (
        select(HouseholdMember.id)
        .join(Contact, col(Contact.id) == col(HouseholdMember.contact_id))
        .where(col(HouseholdMember.household_id) == col(Household.id), col(Contact.phone) == phone)
        .exists()
    )
    query = (
        select(Household, has_number)
        .join(Address, col(Address.id) == col(Household.address_id))
        .where(
            col(Household.company_id) == company_id,
            col(Address.company_id) == company_id,
            col(Address.normalised) == address.normalised,
            col(Address.unit) == address.unit,
        )
        .order_by(has_number.desc(), col(Household.id))
        .limit(1)
    )
    found = session.exec(query).first()
    if found is None:
        return None
    household, is_theirs = found
    same = is_same_home(has_number=is_theirs, unit=address.unit, precision=address.precision)
    return household if same else None
