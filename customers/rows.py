"""The rows of homes and people: made, added and changed alike for one call and for a list of hundreds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core import audit
from core.actor import Actor
from customers.models import Address, Contact, Household, HouseholdMember
from customers.schemas import NewAddress, NewContact
from customers.tokens import address_tokens


def person_key(company_id: int, person: NewContact) -> str:
    """What is locked while a number is looked for."""
    return f"contact/{company_id}/{person.phone.e164}"


def home_key(company_id: int, address: NewAddress) -> str:
    """What is locked while a home is looked for."""
    return home_lock(company_id, address.normalised, address.unit)


def home_lock(company_id: int, place: str, unit: str) -> str:
    """The same of a stored address."""
    return f"home/{company_id}/{place}/{unit}"


def new_contact(*, company_id: int, person: NewContact, now: datetime) -> Contact:
    """The row of a person who is not known yet."""
    return Contact(
        company_id=company_id,
        name=person.name,
        phone=person.phone.e164,
        phone_digits=person.phone.digits,
        phone_tail=person.phone.digits[-4:],
        phone_kind=person.phone.kind.value,
        can_text=person.phone.can_text,
        created_at=now,
    )


def new_address(*, company_id: int, address: NewAddress, now: datetime) -> Address:
    """The row of an address."""
    return Address(
        company_id=company_id,
        raw=address.raw,
        normalised=address.normalised,
        unit=address.unit,
        postcode=address.postcode,
        area_code=address.area_code,
        lat=address.lat,
        lon=address.lon,
        precision=address.precision,
        located_by=address.located_by,
        tokens=address_tokens(address.raw, address.normalised, *address.tokens),
        created_at=now,
    )


def add_member_row(
    session: Session,
    *,
    company_id: int,
    household_id: int,
    contact_id: int,
    relationship: str,
    by: Actor,
    now: datetime,
) -> None:
    """Write down that a person belongs to a home from now on."""
    session.add(
        HouseholdMember(
            household_id=household_id, contact_id=contact_id, relationship=relationship, since=now
        )
    )
    audit.record(
        session,
        by=by,
        at=now,
        what="HouseholdMemberAdded",
        subject=("household", household_id),
        company_id=company_id,
        data={"contact_id": contact_id, "relationship": relationship},
    )


def improve_location(session: Session, row: Address, address: NewAddress) -> None:
    """A home that nobody could place takes a place that is found now; a person's pick is never undone."""
    if row.lat is None and address.lat is not None:
        row.lat, row.lon, row.precision = address.lat, address.lon, address.precision
        row.area_code, row.located_by = address.area_code, address.located_by
        session.add(row)


def change_household(
    session: Session,
    household: Household,
    *,
    priority_care: bool | None,
    age_band: str | None,
    by: Actor,
    now: datetime,
) -> bool:
    """Keep what was told of a home (None: nothing was). Returns whether anything changed."""
    changes: dict[str, Any] = {}
    if priority_care is not None and priority_care != household.priority_care:
        household.priority_care = changes["priority_care"] = priority_care
    if age_band is not None and age_band != household.age_band:
        household.age_band = changes["age_band"] = age_band
    if changes:
        session.add(household)
        note_household(session, by=by, now=now, what="HouseholdChanged", household=household, data=changes)
    return bool(changes)


def note_household(
    session: Session, *, by: Actor, now: datetime, what: str, household: Household, data: dict[str, Any]
) -> None:
    """Write the home's timeline."""
    assert household.id is not None
    audit.record(
        session,
        by=by,
        at=now,
        what=what,
        subject=("household", household.id),
        company_id=household.company_id,
        data=data,
    )
