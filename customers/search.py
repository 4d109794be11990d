"""What a search box finds among a company's homes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, bindparam, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session, col, select

from customers.models import Address, Contact, Household, HouseholdMember
from customers.queries import list_details
from customers.rules import HouseholdSearch, SearchBy, parse_search
from customers.schemas import HouseholdHit, NewAddress

MAX_HITS = 50
SOME_HAVE_MOVED = 4
"""Of so many people for each home that is shown, some live in no home any more or several in one."""
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
        if len(found) >= limit:  # what a less likely way finds would not be shown
            break
    kept = dict(list(found.items())[:limit])
    details = list_details(session, company_id=company_id, household_ids=kept)
    return [HouseholdHit(details[i], matched_by) for i, matched_by in kept.items() if i in details]


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
    if wanted.digits:
        query = _homes_of_contacts(company_id, limit).where(
            _begins_with(wanted.name), _ends_with(wanted.digits)
        )
    elif len(wanted.words) == 1:
        query = _homes_of_names(company_id, wanted.name, limit)
    else:
        query = (
            _homes_of_contacts(company_id, limit)
            .where(_begins_with(wanted.name))
            .join(Household, col(Household.id) == col(HouseholdMember.household_id))
            .join(Address, col(Address.id) == col(Household.address_id))
            .where(col(Address.tokens).contains(list(wanted.words[1:])))
        )
    return _once(session.scalars(query))


def _homes_of_names(company_id: int, name: str, limit: int):  # type: ignore[no-untyped-def] # a Select
    """Homes of the newest people whose name begins so, the newest home first.

    The people are found first, from the name's index alone (`+ 0`: not by the index of ids, which would go
    back through all makers' people until enough have the name); then a few homes are read, and no more.
    """
    newest = (
        select(Contact.id)
        .where(col(Contact.company_id) == company_id, _begins_with(name))
        .order_by((col(Contact.id) + 0).desc())
        .limit(limit * SOME_HAVE_MOVED)
        .subquery("newest")
    )
    return (
        select(HouseholdMember.household_id)
        .join(newest, newest.c.id == col(HouseholdMember.contact_id))
        .order_by(col(HouseholdMember.household_id).desc())
        .limit(limit)
    )


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
