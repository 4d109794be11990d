"""Whom a campaign picks, in which order, and whom it leaves alone whatever its manager wishes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from campaigns.picking import preview
from campaigns.rules import wave_size
from campaigns.schemas import Criteria, Preview
from core.actor import SYSTEM
from core.phones import parse_phone
from customers.consents import Choice, Door, Purpose, record_choice
from customers.models import Boiler, Household, HouseholdMember
from customers.service import correct_number
from dispatch.models import TicketParty
from tests import world
from workforce.models import Company, ServicePoint

CRITERIA = Criteria(age_years=7, repairs=2, repairs_months=24, risky=True)


class Town:
    """One point and homes with boilers of two years, unless it is said otherwise."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.company: Company = world.make_company(session)
        self.point: ServicePoint = world.make_point(session, company=self.company)

    def home(self, *, built: int = 2024, **people: Any) -> Household:
        people = {"resident": ("김영자", world.mobile()), "child": None, **people}
        home = world.make_household(self.session, company=self.company, **people)
        boiler = self.session.exec(select(Boiler).where(col(Boiler.address_id) == home.address_id)).one()
        boiler.installed_on = date(built, 3, 1)
        self.session.add(boiler)
        self.session.flush()
        return home

    def case(self, home: Household, symptom: str, *, days_ago: int, status: str = "CLOSED") -> None:
        at = world.NOW - timedelta(days=days_ago)
        of = {"company": self.company, "household": home, "point": self.point, "clocks": False}
        ticket = world.make_ticket(self.session, **of, symptom=symptom, status=status, received_at=at)
        if status == "CLOSED":
            world.make_visit(
                self.session, ticket=ticket, point=self.point, state="completed", start=at, ended_at=at
            )

    def person(self, home: Household, nth: int = 0) -> int:
        query = select(HouseholdMember.contact_id).where(col(HouseholdMember.household_id) == home.id)
        return self.session.exec(query.order_by(col(HouseholdMember.id))).all()[nth]

    def refuse(self, home: Household, contact_id: int, *, by: int | None = None) -> None:
        """He wants no notices of visits, or the resident wants none to go to him."""
        record_choice(
            self.session,
            company_id=self.company.id or 0,
            household_id=home.id or 0,
            contact_id=contact_id,
            decided_by_id=by or contact_id,
            choice=Choice.REFUSED,
            door=Door.CALL,
            purpose=Purpose.VISIT,
            by=SYSTEM,
            now=world.NOW,
        )

    def look(self) -> Preview:
        """As it goes out on a legal opinion: to whoever did not say no."""
        asked: dict[str, Any] = {"company_id": self.company.id or 0, "criteria": CRITERIA}
        return preview(self.session, **asked, season=2026, as_advert=False, now=world.NOW)


@pytest.fixture
def town(session: Session) -> Town:
    return Town(session)


def test_old_and_troubled_boilers_are_picked_the_most_urgent_first(town: Town) -> None:
    old, older, young = town.home(built=2017), town.home(built=2005), town.home()
    twice, once, long_ago, looked_at = (town.home() for _each in range(4))
    for days in (300, 400):
        town.case(twice, "NO_HEAT", days_ago=days)
        town.case(looked_at, "CHECKUP", days_ago=days)
    town.case(once, "NO_HEAT", days_ago=300)
    for days in (800, 900):
        town.case(long_ago, "NO_HEAT", days_ago=days)
    frozen, gas, false_alarm = (town.home() for _each in range(3))
    town.case(frozen, "FREEZE", days_ago=700)
    town.case(gas, "GAS_SMELL", days_ago=2000)
    town.case(false_alarm, "GAS_SMELL", days_ago=700, status="CANCELLED")

    picked = town.look().invitable
    assert [home.household_id for home in picked] == [
        frozen.id,
        gas.id,
        twice.id,
        older.id,
        old.id,
    ], "not " + str([each.id for each in (young, once, long_ago, looked_at, false_alarm)])
    assert [home.because for home in picked] == [
        ("risky",),
        ("risky",),
        ("repairs",),
        ("age",),
        ("age",),
    ]


def test_nobody_is_written_to_on_a_number_that_said_no_or_is_a_strangers(town: Town) -> None:
    """Not even as information: the mother who wants no texts has the telephone that the son is named with."""
    asked, shared, kept_out, alone, strange = (
        town.home(built=2010),
        town.home(built=2010, resident=("김영자", "010-7100-0001"), child=("김민수", "010-7100-0001")),
        town.home(built=2010, resident=("이순자", "02-555-0404"), child=("이민수", "010-7100-0002")),
        town.home(built=2010),
        town.home(built=2010, resident=("최복순", "010-7100-0003")),
    )
    assert {home.household_id for home in town.look().invitable} == {
        home.id for home in (asked, shared, kept_out, alone, strange)
    }
    let = town.home(built=2010, resident=("정세입", "02-555-0505"), child=("박집주", "010-7100-0009"))
    paid = town.home(built=2010, resident=("한기숙", "02-555-0606"), child=("조대표", "010-7100-0010"))
    for home, tie in ((let, "landlord"), (paid, "other")):
        payer = town.session.exec(
            select(HouseholdMember).where(col(HouseholdMember.contact_id) == town.person(home, 1))
        ).one()
        payer.relationship = tie
        town.session.add(payer)
    town.refuse(shared, town.person(shared))
    town.refuse(kept_out, town.person(kept_out, 1), by=town.person(kept_out))
    town.refuse(alone, town.person(alone))
    town.case(strange, "NO_HEAT", days_ago=300)
    party = town.session.exec(
        select(TicketParty).where(col(TicketParty.contact_id) == town.person(strange))
    ).one()
    party.phone_wrong_since = world.NOW
    town.session.add(party)
    town.session.flush()
    looked = town.look()
    assert [home.household_id for home in looked.invitable] == [asked.id]
    why = {home.household_id: home.why_not for home in looked.homes}
    assert [why[home.id or 0] for home in (shared, kept_out, alone, strange, let, paid)] == [
        "refused",
        "refused",
        "refused",
        "no_mobile",
        "no_mobile",
        "no_mobile",
    ]
    correct_number(
        town.session,
        company_id=town.company.id or 0,
        contact_id=party.contact_id,
        phone=parse_phone("010-7100-0004"),
        by=SYSTEM,
        now=world.NOW,
    )
    assert strange.id in {home.household_id for home in town.look().invitable}, "now it is known"


@pytest.mark.parametrize(
    ("fits", "unanswered", "response_percent", "size"),
    [(4, 0, 20, 20), (4, 15, 20, 5), (4, 25, 20, 0), (0, 0, 20, 0), (3, 0, 100, 3), (3, 0, 0, 0)],
)
def test_a_wave_is_as_large_as_idle_time_takes(
    fits: int, unanswered: int, response_percent: int, size: int
) -> None:
    assert wave_size(fits=fits, unanswered=unanswered, response_percent=response_percent) == size
