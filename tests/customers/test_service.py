"""Homes, people and boilers: found again when known, added when not, searched in any writing."""

from __future__ import annotations

import threading
from datetime import date, datetime

import pytest
from sqlmodel import Session, func, select

from core.db import Database
from core.errors import NotFoundError
from core.phones import parse_phone
from customers.models import Address, Boiler, Contact, Household
from customers.queries import household_detail
from customers.schemas import HouseholdInfo, NewAddress, NewBoiler, NewContact
from customers.search import search_households
from customers.service import (
    OutsideKoreaError,
    find_or_add_boiler,
    find_or_add_contact,
    find_or_add_household,
    pick_on_map,
)
from customers.tokens import address_tokens
from tests.world import AGENT, make_company, make_household

HOME = NewAddress(
    raw="서울 강남구 역삼동 735, 101동 1203호",
    normalised="서울특별시 강남구 역삼동 735",
    unit="101동 1203호",
    area_code="11680",
    lat=37.5,
    lon=127.03,
    precision="dong",
)
MOTHER = NewContact("김영자", parse_phone("02-555-0101"))


@pytest.fixture
def company_id(session: Session) -> int:
    return make_company(session).id or 0


def add(session: Session, company_id: int, now: datetime, address: NewAddress = HOME) -> HouseholdInfo:
    return find_or_add_household(
        session,
        company_id=company_id,
        address=address,
        resident=find_or_add_contact(session, company_id=company_id, person=MOTHER, now=now),
        priority_care=None,
        age_band=None,
        by=AGENT,
        now=now,
    )


def test_a_home_is_found_again(session: Session, company_id: int, now: datetime) -> None:
    first = add(session, company_id, now)
    assert add(session, company_id, now).id == first.id
    detail = household_detail(session, company_id=company_id, household_id=first.id)
    assert [(m.contact.name, m.relationship) for m in detail.members] == [("김영자", "resident")]


def test_another_company_has_its_own_homes(session: Session, company_id: int, now: datetime) -> None:
    other = make_company(session, code="haedam").id or 0
    first, second = add(session, company_id, now), add(session, other, now)
    assert first.id != second.id
    with pytest.raises(NotFoundError):
        household_detail(session, company_id=other, household_id=first.id)
    assert (
        search_households(session, company_id=other, query="02-555-0101")[0].detail.household.id == second.id
    )


def test_two_calls_at_one_moment_make_one_home(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        company_id = make_company(session).id or 0
    ready = threading.Barrier(4)

    def call() -> None:
        with database.transaction() as session:
            ready.wait(10)
            add(session, company_id, now)

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(20)
    with database.reading() as session:
        counts = [
            session.exec(select(func.count()).select_from(t)).one() for t in (Household, Contact, Address)
        ]
    assert counts == [1, 1, 1]


def test_a_place_that_is_found_later_is_kept_but_a_pick_is_never_undone(
    session: Session, company_id: int, now: datetime
) -> None:
    unknown = NewAddress(raw="우리집", normalised="우리집")
    home = add(session, company_id, now, unknown)
    assert home.address.lat is None
    picked = pick_on_map(
        session, company_id=company_id, address_id=home.address.id, lat=37.4, lon=127.1, by=AGENT, now=now
    )
    assert (picked.precision, picked.located_by) == ("address", "map_pick")
    again = NewAddress(raw="우리집", normalised="우리집", lat=35.0, lon=128.0, precision="dong")
    assert add(session, company_id, now, again).address.lat == 37.4


@pytest.mark.parametrize(("lat", "lon"), [(35.68, 139.76), (39.9, 116.4), (0.0, 0.0)])
def test_a_pick_outside_korea_is_refused(
    session: Session, company_id: int, now: datetime, lat: float, lon: float
) -> None:
    home = add(session, company_id, now)
    with pytest.raises(OutsideKoreaError):
        pick_on_map(
            session, company_id=company_id, address_id=home.address.id, lat=lat, lon=lon, by=AGENT, now=now
        )


def test_another_companys_address_cannot_be_picked(session: Session, company_id: int, now: datetime) -> None:
    home = add(session, company_id, now)
    with pytest.raises(NotFoundError):
        pick_on_map(
            session,
            company_id=company_id + 1,
            address_id=home.address.id,
            lat=37.5,
            lon=127.0,
            by=AGENT,
            now=now,
        )


def test_boilers_are_told_apart(session: Session, company_id: int, now: datetime) -> None:
    address_id = add(session, company_id, now).address.id

    def meant(**said: object) -> int | None:
        found = find_or_add_boiler(
            session,
            company_id=company_id,
            address_id=address_id,
            boiler=NewBoiler(**said),  # type: ignore[arg-type]
            by=AGENT,
            now=now,
        )
        return found.id if found else None

    assert meant() is None
    first = meant(model="ON-20K", installed_on=date(2019, 11, 2))
    assert meant(model="on-20k", serial="a1") == first
    assert meant(serial="A1") == first
    assert meant() == first
    second = meant(model="ON-20K", serial="B2")
    assert second != first
    assert meant() is None
    kept = session.get_one(Boiler, first)
    assert (kept.serial, kept.installed_on) == ("A1", date(2019, 11, 2))


@pytest.mark.parametrize(
    ("query", "matched_by"),
    [
        ("010.9876.5432 (아들)", "phone"),
        ("5432", "phone"),
        ("98765432", "phone"),
        ("０２）５５５－０１０１", "phone"),
        ("김영", "name"),
        ("김영자 역삼동", "name"),
        ("김영자 0101", "name"),
        ("역삼동 735", "address"),
        ("서울 강남구 역삼", "address"),
        ("역삼동735", "address"),
        ("1203호", "address"),
    ],
)
def test_search(session: Session, query: str, matched_by: str) -> None:
    company = make_company(session)
    home = make_household(session, company=company, raw="서울 강남구 역삼동 735, 101동 1203호")
    address = session.get_one(Address, home.address_id)

    address.tokens = address_tokens(address.raw)
    make_household(
        session, company=company, raw="부산 해운대구 우동 1", resident=("박순이", "051-111-2222"), child=None
    )
    hits = search_households(session, company_id=company.id or 0, query=query)
    assert [(hit.detail.household.id, hit.matched_by) for hit in hits] == [(home.id, matched_by)]


def test_of_one_name_the_newest_homes_come_first(session: Session) -> None:
    company = make_company(session)
    other = make_company(session, code="haedam")
    names = ("김영희", "김영자", "김민수", "김영자")
    homes = [
        make_household(session, company=company, resident=(name, f"02-555-010{n}"), child=None).id
        for n, name in enumerate(names)
    ]
    make_household(session, company=other, resident=("김영자", "02-555-0109"), child=None)

    def found(query: str, limit: int = 20) -> list[int | None]:
        hits = search_households(session, company_id=company.id or 0, query=query, limit=limit)
        return [hit.detail.household.id for hit in hits]

    assert found("김영") == [homes[3], homes[1], homes[0]]
    assert found("김영", limit=1) == [homes[3]]


@pytest.mark.parametrize(
    "query", ["", "  ", "%", "김\\", "_", "없는사람", "' OR 1=1 --", "9999", "010-0000-0000"]
)
def test_search_without_a_match_is_empty(session: Session, query: str) -> None:
    company = make_company(session)
    make_household(session, company=company)
    assert search_households(session, company_id=company.id or 0, query=query) == []
