"""Reads of homes, people and boilers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from core.db import any_of
from core.errors import NotFoundError
from core.i18n import _
from core.memo import each_once, keep, once
from core.together import Rows, Together
from customers.models import Address, Boiler, BoilerModel, Contact, Household, HouseholdMember
from customers.schemas import (
    AddressInfo,
    BoilerInfo,
    BoilerModelInfo,
    ContactInfo,
    HouseholdDetail,
    HouseholdInfo,
    MemberInfo,
)

# Put together once: every search, list and ticket asks them.
_HOMES = (
    columns(Household, Address)
    .join(Address, col(Address.id) == col(Household.address_id))
    .where(any_of(Household.id, "ids"), col(Household.company_id) == bindparam("company_id"))
)
_ADDRESSES = (
    columns(col(Household.id), Address)
    .join(Address, col(Address.id) == col(Household.address_id))
    .where(any_of(Household.id, "ids"), col(Household.company_id) == bindparam("company_id"))
)
_OURS = (
    "SELECT h.{} FROM household AS h WHERE h.id = ANY(%(ids)s::bigint[]) AND h.company_id = %(company_id)s"
)
_HOMES_IDS, _THEIR_ADDRESSES = _OURS.format("id"), _OURS.format("address_id")
_MEMBERS = f"household_id IN ({_HOMES_IDS})"
_STANDING = f"removed_at IS NULL AND address_id IN ({_THEIR_ADDRESSES})"
_DETAILS = Together(
    {
        Household: f"id IN ({_HOMES_IDS})",
        Address: f"id IN ({_THEIR_ADDRESSES})",
        HouseholdMember: _MEMBERS,
        Contact: f"id IN (SELECT contact_id FROM household_member WHERE {_MEMBERS})",  # noqa: S608
        Boiler: _STANDING,
        BoilerModel: f"id IN (SELECT model_id FROM boiler WHERE {_STANDING})",  # noqa: S608
    }
)
_BOILER_AND_MODEL = columns(Boiler, BoilerModel).outerjoin(
    BoilerModel, col(BoilerModel.id) == col(Boiler.model_id)
)
_BOILER = _BOILER_AND_MODEL.where(col(Boiler.id) == bindparam("id"))
_BOILERS = _BOILER_AND_MODEL.where(
    any_of(Boiler.address_id, "ids"), col(Boiler.removed_at).is_(None)
).order_by(col(Boiler.id))


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
    if not (household_ids := set(household_ids)):
        return {}
    found = _DETAILS.read(session, ids=list(household_ids), company_id=company_id)
    addresses = {row.id: row for row in found.of(Address)}
    rows = [row for row in found.of(Household) if row.address_id in addresses]
    homes = [household_info(row, addresses[row.address_id]) for row in rows]
    _keep_addresses(session, company_id, homes)
    members, boilers = _members(found), _boilers(found)
    return {
        home.id: HouseholdDetail(
            home, tuple(members.get(home.id, ())), tuple(boilers.get(home.address.id, ()))
        )
        for home in homes
    }


def list_homes(
    session: Session, *, company_id: int, household_ids: Iterable[int]
) -> dict[int, HouseholdInfo]:
    """The same without people and boilers."""
    asked = {"ids": list(set(household_ids)), "company_id": company_id}
    rows = session.execute(_HOMES, asked)
    homes = {household.id or 0: household_info(household, address) for household, address in rows}
    _keep_addresses(session, company_id, homes.values())
    return homes


def _keep_addresses(session: Session, company_id: int, homes: Iterable[HouseholdInfo]) -> None:
    """Whoever asks for a home's address alone, later in the same session, is not sent for it again."""
    keep(session, Address, {("of", company_id, home.id): home.address for home in homes})


def contacts_by_id(
    session: Session, *, company_id: int, contact_ids: Collection[int]
) -> dict[int, ContactInfo]:
    """These people of a company, by id; unknown ids are left out."""
    query = select(Contact).where(col(Contact.company_id) == company_id, any_of(Contact.id, "ids"))
    found = session.execute(query, {"ids": list(contact_ids)}).scalars()
    return {row.id or 0: contact_info(row) for row in found}


def address_of_household(session: Session, *, company_id: int, household_id: int) -> AddressInfo:
    """Where a home is. Raises NotFoundError, also for another company's."""
    found = addresses_of_households(session, company_id=company_id, household_ids=[household_id])
    if household_id not in found:
        raise NotFoundError(_("그런 가구가 없습니다. 전화번호나 주소로 다시 찾아 주세요."))
    return found[household_id]


def addresses_of_households(
    session: Session, *, company_id: int, household_ids: Iterable[int]
) -> dict[int, AddressInfo]:
    """Where several homes are, by id; unknown ids are left out."""
    keys = [("of", company_id, i) for i in household_ids]
    found = each_once(session, Address, keys, lambda missing: _read_addresses(session, missing))
    return {household_id: address for (_of, _company, household_id), address in found.items()}


def _read_addresses(
    session: Session, keys: Sequence[tuple[str, int, int]]
) -> dict[tuple[str, int, int], AddressInfo]:
    company_id = keys[0][1]
    asked = {"ids": [household_id for _of, _company, household_id in keys], "company_id": company_id}
    rows = session.execute(_ADDRESSES, asked)
    return {("of", company_id, household_id): address_info(row) for household_id, row in rows}


def list_boilers(session: Session, *, address_ids: Iterable[int]) -> dict[int, list[BoilerInfo]]:
    """Boilers that still stand at these addresses, oldest entry first."""
    found: dict[int, list[BoilerInfo]] = {}
    for boiler, model in session.execute(_BOILERS, {"ids": list(set(address_ids))}):
        found.setdefault(boiler.address_id, []).append(boiler_info(boiler, model))
    return found


def get_boiler(session: Session, *, boiler_id: int) -> BoilerInfo:
    """One boiler. Raises NotFoundError."""
    return once(session, (Boiler, BoilerModel), boiler_id, lambda: _read_boiler(session, boiler_id))


def _read_boiler(session: Session, boiler_id: int) -> BoilerInfo:
    row = session.execute(_BOILER, {"id": boiler_id}).one_or_none()
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
        language=row.language,
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
        bought_on=row.bought_on,
        made_on=row.made_on,
    )


def _members(rows: Rows) -> dict[int, list[MemberInfo]]:
    contacts = {row.id: contact_info(row) for row in rows.of(Contact)}
    found: dict[int, list[MemberInfo]] = {}
    for member in rows.of(HouseholdMember):
        if member.contact_id in contacts:
            info = MemberInfo(contacts[member.contact_id], member.relationship, member.since)
            found.setdefault(member.household_id, []).append(info)
    return found


def _boilers(rows: Rows) -> dict[int, list[BoilerInfo]]:
    models = {row.id: row for row in rows.of(BoilerModel)}
    found: dict[int, list[BoilerInfo]] = {}
    for boiler in rows.of(Boiler):
        found.setdefault(boiler.address_id, []).append(boiler_info(boiler, models.get(boiler.model_id)))
    return found


def _plain_code(code: str) -> str:
    return re.sub(r"[\s\-_]", "", code).casefold()
