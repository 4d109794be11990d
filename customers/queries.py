"""Reads of homes, people and boilers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, col, select

from core.db import any_of
from core.errors import NotFoundError
from core.i18n import _
from core.memo import once
from customers.models import Address, Boiler, BoilerModel, Contact, Household, HouseholdMember
from customers.rules import HouseholdSearch, SearchBy, parse_search
from customers.schemas import (
    AddressInfo,
    BoilerInfo,
    BoilerModelInfo,
    ContactInfo,
    HouseholdDetail,
    HouseholdHit,
    HouseholdInfo,
    MemberInfo,
    NewAddress,
)

MAX_HITS = 50
LAST_LETTER = "\U0010ffff"
"""Sorts after every letter."""


def search_households(
    session: Session, *, company_id: int, query: str, limit: int = 20
) -> list[HouseholdHit]:
    """Homes by whole phone or its last 4+ digits, by the beginning of a name, or by words of the address.

    What one search box means is decided by `rules.parse_search`; the likelier kind of match comes first.
    """
    limit = max(1, min(limit, MAX_HITS))
    found: dict[int, str] = {}
    wanted = parse_search(query)
    for matched_by, ids in _matches(session, company_id=company_id, wanted=wanted, limit=limit):
        for household_id in ids:
            found.setdefault(household_id, matched_by)
    kept = dict(list(found.items())[:limit])
    details = list_details(session, company_id=company_id, household_ids=kept)
    return [HouseholdHit(details[i], matched_by) for i, matched_by in kept.items() if i in details]


def household_detail(session: Session, *, company_id: int, household_id: int) -> HouseholdDetail:
    """One home with its people and boilers. Raises NotFoundError, also for another company's."""
    found = list_details(session, company_id=company_id, household_ids=[household_id])
    if household_id not in found:
        raise NotFoundError(_("그런 가구가 없습니다. 전화번호나 주소로 다시 찾아 주세요."))
    return found[household_id]


def list_details(
    session: Session, *, company_id: int, household_ids: Iterable[int]
) -> dict[int, HouseholdDetail]:
    """Several homes at once, by id; unknown ids are left out."""
    homes = list_homes(session, company_id=company_id, household_ids=household_ids)
    members = _members(session, household_ids=homes)
    boilers = list_boilers(session, address_ids={home.address.id for home in homes.values()})
    return {
        i: HouseholdDetail(home, tuple(members.get(i, ())), tuple(boilers.get(home.address.id, ())))
        for i, home in homes.items()
    }


def list_homes(
    session: Session, *, company_id: int, household_ids: Iterable[int]
) -> dict[int, HouseholdInfo]:
    """The same without people and boilers."""
    asked = {"ids": list(set(household_ids)), "company_id": company_id}
    return {
        household.id: household_info(household, address)
        for household, address in session.execute(_HOMES, asked)
    }


_HOMES = (
    select(Household, Address)
    .join(Address, col(Address.id) == col(Household.address_id))
    .where(any_of(Household.id, "ids"), col(Household.company_id) == bindparam("company_id"))
)


def homes_at(session: Session, *, company_id: int, address: NewAddress, limit: int) -> list[int]:
    """Homes at the same address and 동·호, the newest first."""
    query = (
        select(Household.id)
        .join(Address, col(Address.id) == col(Household.address_id))
        .where(
            col(Household.company_id) == company_id,
            col(Address.company_id) == company_id,
            col(Address.normalised) == address.normalised,
            col(Address.unit) == address.unit,
        )
        .order_by(col(Household.id).desc())
        .limit(limit)
    )
    return _once(session.exec(query))


def address_of_household(session: Session, *, company_id: int, household_id: int) -> AddressInfo:
    """Where a home is. Raises NotFoundError, also for another company's."""
    key = ("of", company_id, household_id)
    return once(session, Address, key, lambda: _read_address(session, company_id, household_id))


def _read_address(session: Session, company_id: int, household_id: int) -> AddressInfo:
    query = (
        select(Address)
        .join(Household, col(Household.address_id) == col(Address.id))
        .where(col(Household.id) == household_id, col(Household.company_id) == company_id)
    )
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFoundError(_("그런 가구가 없습니다. 전화번호나 주소로 다시 찾아 주세요."))
    return address_info(row)


def list_boilers(session: Session, *, address_ids: Iterable[int]) -> dict[int, list[BoilerInfo]]:
    """Boilers that still stand at these addresses, oldest entry first."""
    found: dict[int, list[BoilerInfo]] = {}
    for boiler, model in session.execute(_BOILERS, {"address_ids": list(set(address_ids))}):
        found.setdefault(boiler.address_id, []).append(boiler_info(boiler, model))
    return found


_BOILERS = (
    select(Boiler, BoilerModel)
    .outerjoin(BoilerModel, col(BoilerModel.id) == col(Boiler.model_id))
    .where(any_of(Boiler.address_id, "address_ids"), col(Boiler.removed_at).is_(None))
    .order_by(col(Boiler.id))
)


def get_boiler(session: Session, *, boiler_id: int) -> BoilerInfo:
    """One boiler. Raises NotFoundError."""
    return once(session, Boiler, boiler_id, lambda: _read_boiler(session, boiler_id))


def _read_boiler(session: Session, boiler_id: int) -> BoilerInfo:
    query = (
        select(Boiler, BoilerModel)
        .outerjoin(BoilerModel, col(BoilerModel.id) == col(Boiler.model_id))
        .where(col(Boiler.id) == boiler_id)
    )
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFoundError(_("그런 보일러가 없습니다."))
    return boiler_info(*row)


def find_model(session: Session, *, company_id: int, code: str) -> BoilerModel | None:
    """A product by its code, however its letters were cased or spaced."""
    wanted = _plain_code(code)
    query = select(BoilerModel).where(col(BoilerModel.company_id) == company_id)
    return next((row for row in session.exec(query) if _plain_code(row.code) == wanted), None)


def list_models(session: Session, *, company_id: int) -> list[BoilerModelInfo]:
    """A company's products by code."""
    query = select(BoilerModel).where(col(BoilerModel.company_id) == company_id)
    found = session.exec(query.order_by(col(BoilerModel.code)))
    return [BoilerModelInfo(row.code, row.name, row.kind) for row in found]


def household_info(household: Household, address: Address) -> HouseholdInfo:
    """The frozen shape of a home."""
    return HouseholdInfo(
        id=household.id or 0,
        company_id=household.company_id,
        address=address_info(address),
        priority_care=household.priority_care,
        age_band=household.age_band,
        access_note=household.access_note,
    )


def address_info(row: Address) -> AddressInfo:
    """The frozen shape of an address row."""
    return AddressInfo(
        id=row.id or 0,
        company_id=row.company_id,
        raw=row.raw,
        normalised=row.normalised,
        unit=row.unit,
        postcode=row.postcode,
        area_code=row.area_code,
        lat=row.lat,
        lon=row.lon,
        precision=row.precision,
        located_by=row.located_by,
    )


def contact_info(row: Contact) -> ContactInfo:
    """The frozen shape of a contact row."""
    return ContactInfo(
        id=row.id or 0,
        company_id=row.company_id,
        name=row.name,
        phone=row.phone,
        phone_digits=row.phone_digits,
        phone_kind=row.phone_kind,
        can_text=row.can_text,
        notices_refused_at=row.notices_refused_at,
    )


def boiler_info(row: Boiler, model: BoilerModel | None) -> BoilerInfo:
    """The frozen shape of a boiler row."""
    return BoilerInfo(
        id=row.id or 0,
        company_id=row.company_id,
        address_id=row.address_id,
        model_code=model.code if model else None,
        model_name=model.name if model else None,
        kind=model.kind if model else None,
        family=model.family if model else None,
        model_text=row.model_text,
        serial=row.serial,
        installer=row.installer,
        installed_on=row.installed_on,
        warranty_start=row.warranty_start,
    )


def _matches(
    session: Session, *, company_id: int, wanted: HouseholdSearch, limit: int
) -> Iterable[tuple[str, list[int]]]:
    for way in wanted.tries:
        if way is SearchBy.WHOLE_PHONE:
            same = col(Contact.phone_digits) == wanted.digits
            yield "phone", _by_contact(session, company_id, same, limit)
        elif way is SearchBy.PHONE_TAIL:
            yield "phone", _by_contact(session, company_id, _ends_with(wanted.digits), limit)
        elif way is SearchBy.NAME:
            yield "name", _by_name(session, company_id, wanted, limit)
        else:
            yield "address", _by_address(session, company_id, wanted.words, limit)


def _by_contact(session: Session, company_id: int, wanted: ColumnElement[bool], limit: int) -> list[int]:
    return _once(session.scalars(_homes_of_contacts(company_id, limit).where(wanted)))


def _by_name(session: Session, company_id: int, wanted: HouseholdSearch, limit: int) -> list[int]:
    query = _homes_of_contacts(company_id, limit).where(_begins_with(wanted.name))
    if wanted.digits:
        query = query.where(_ends_with(wanted.digits))
    elif len(wanted.words) > 1:
        query = (
            query.join(Household, col(Household.id) == col(HouseholdMember.household_id))
            .join(Address, col(Address.id) == col(Household.address_id))
            .where(col(Address.tokens).contains(list(wanted.words[1:])))
        )
    return _once(session.scalars(query))


def _by_address(session: Session, company_id: int, words: Sequence[str], limit: int) -> list[int]:
    homes = func.ondol_homes_at(company_id, bindparam("words", list(words), ARRAY(Text)), limit)
    return _once(session.scalars(select(homes)))


def _begins_with(name: str) -> ColumnElement[bool]:
    """By index behind the wall as well; `LIKE` is not sworn to leak nothing, so no index would be asked."""
    return and_(col(Contact.name).op("~>=~")(name), col(Contact.name).op("~<~")(name + LAST_LETTER))


def _ends_with(digits: str) -> ColumnElement[bool]:
    """The last four find by index, the rest is compared."""
    return and_(col(Contact.phone_tail) == digits[-4:], col(Contact.phone_digits).like(f"%{digits}"))


def _homes_of_contacts(company_id: int, limit: int):  # type: ignore[no-untyped-def] # a growing Select
    return (
        select(HouseholdMember.household_id)
        .join(Contact, col(Contact.id) == col(HouseholdMember.contact_id))
        .where(col(Contact.company_id) == company_id)
        .order_by(col(HouseholdMember.household_id).desc())
        .limit(limit)
    )


def _once(ids: Iterable[Any]) -> list[int]:
    return list(dict.fromkeys(i for i in ids if i is not None))


def _members(session: Session, *, household_ids: Iterable[int]) -> dict[int, list[MemberInfo]]:
    query = (
        select(HouseholdMember, Contact)
        .join(Contact, col(Contact.id) == col(HouseholdMember.contact_id))
        .where(col(HouseholdMember.household_id).in_(set(household_ids)))
        .order_by(col(HouseholdMember.id))
    )
    found: dict[int, list[MemberInfo]] = {}
    for member, contact in session.exec(query):
        info = MemberInfo(contact_info(contact), member.relationship, member.since)
        found.setdefault(member.household_id, []).append(info)
    return found


def _plain_code(code: str) -> str:
    return re.sub(r"[\s\-_]", "", code).casefold()
