"""Somebody falls ill, a shift is taken back, a point moves: nobody has to press a button for a new plan."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, select

from core.clock import operating_day
from core.db import Database
from dispatch.planning.plan_models import SolveRequest
from dispatch.planning.proposals import list_proposals
from tests import world
from tests.journeys.house import House, open_house
from tests.journeys.steps import Ticket, agree, file, see
from tests.journeys.test_whole_journey import CALL, company_of, open_gangnam
from workforce.models import Shift, Technician
from workforce.points import set_desk_hours
from workforce.rosters import add_absence
from workforce.shift_patterns import remove_shift
from workforce.staff import add_qualification

NEIGHBOUR = {**CALL["resident"], "name": "박순자", "phone": "010-9333-0777"}


def solve_every_day(house: House) -> None:
    """A point is solved once in half a minute, one of its days at a time."""
    for _day in range(3):
        house.clock.forward(seconds=31)
        house.work()


def fall_ill(house: House, ticket: Ticket, *, start: datetime | None = None, hours: float = 72.0) -> int:
    """The technician of a ticket does not come from now or `start` on. Returns his id."""
    technician_id: int = ticket["visit"]["technician"]["id"]
    start = start or house.clock()
    with house.database.transaction() as session:
        add_absence(
            session,
            technician_id=technician_id,
            company_id=company_of(session).id or 0,
            start_at=start,
            end_at=start + timedelta(hours=hours),
            reason="병가",
            by=world.AGENT,
            now=house.clock(),
        )
    solve_every_day(house)
    return technician_id


def test_who_falls_ill_is_stood_in_for(house: House) -> None:
    """Even his very next visit: he has none any more."""
    open_gangnam(house)
    number = file(house)
    ill = fall_ill(house, see(house, number))
    ticket = see(house, number)
    assert ticket["visit"]["technician"]["id"] not in (None, ill)
    assert ticket["status"] == "ASSIGNED"


def test_a_safety_case_goes_at_once_to_the_next_nearest(house: House) -> None:
    """Before any solve: nobody decides over gas in half a minute's time."""
    open_gangnam(house)
    number = file(house, symptom="GAS_SMELL", self_fix=None)
    ill = fall_ill(house, see(house, number), hours=6)
    visit = see(house, number)["visit"]
    assert visit["technician"]["id"] not in (None, ill) and "technician" in visit["pins"]
    assert datetime.fromisoformat(visit["planned_start"]) < house.clock() + timedelta(hours=1)


def test_a_safety_case_that_nobody_can_take_raises_an_alarm(house: House) -> None:
    open_gangnam(house, technicians=1)
    number = file(house, symptom="GAS_SMELL", self_fix=None)
    fall_ill(house, see(house, number))
    assert "SAFETY_ALARM" in [task["kind"] for task in see(house, number)["tasks"] if task["state"] == "open"]


def test_without_a_stand_in_the_visit_is_free_again_with_its_reason(house: House) -> None:
    open_gangnam(house, technicians=1)
    number = file(house)
    fall_ill(house, see(house, number))
    ticket = see(house, number)
    assert ticket["visit"]["technician"] is None
    assert ticket["status"] == "UNASSIGNED"
    assert [each["repair"]["code"] for each in ticket["explanation"]["reasons"]] == ["OTHER_DAY"]


def test_an_agreed_visit_is_not_quietly_left_with_somebody_who_goes_home_before_it(house: House) -> None:
    """A named person decides; what lies before stays as it is."""
    open_gangnam(house)
    early, late = file(house), file(house, resident=NEIGHBOUR)
    agree(house, early)
    second = agree(house, late, nth=-1)
    first = see(house, early)
    begins = datetime.fromisoformat(second["visit"]["planned_start"])
    fall_ill(house, second, start=begins - timedelta(minutes=10), hours=12)
    assert see(house, early)["visit"] == first["visit"]
    assert see(house, late)["visit"]["technician"] == second["visit"]["technician"]
    with house.database.reading() as session:
        found = list_proposals(session, company_id=company_of(session).id or 0)
        assert [change["number"] for proposal in found for change in proposal.changes] == [late]


def test_an_agreed_visit_is_not_quietly_moved_behind_a_morning_off(house: House) -> None:
    """He comes when the window is over: a named person decides, whatever else comes in meanwhile."""
    open_gangnam(house)
    number = file(house)
    agreed = agree(house, number)
    closes = datetime.fromisoformat(agreed["visit"]["window"]["end"])
    hours = (closes - house.clock()).total_seconds() / 3600 + 1
    fall_ill(house, agreed, hours=hours)
    promised = {name: agreed["visit"][name] for name in ("technician", "window", "planned_start")}

    def is_kept() -> bool:
        visit = see(house, number)["visit"]
        return {name: visit[name] for name in promised} == promised

    assert is_kept()
    with house.database.reading() as session:
        found = list_proposals(session, company_id=company_of(session).id or 0)
        assert [change["number"] for proposal in found for change in proposal.changes] == [number]
    file(house, resident=NEIGHBOUR)
    assert is_kept()


def test_a_shift_that_is_taken_back_frees_its_visits(house: House) -> None:
    open_gangnam(house)
    house.clock.forward(hours=-3)
    number = file(house)
    technician_id = see(house, number)["visit"]["technician"]["id"]
    with house.database.transaction() as session:
        query = select(Shift.id).where(
            col(Shift.technician_id) == technician_id, col(Shift.start_at) > house.clock()
        )
        for shift_id in session.exec(query).all():
            remove_shift(
                session,
                shift_id=shift_id or 0,
                company_id=company_of(session).id or 0,
                by=world.AGENT,
                now=house.clock(),
            )
    solve_every_day(house)
    assert see(house, number)["visit"]["technician"]["id"] != technician_id


def test_hours_and_licences_ask_for_new_plans_of_all_days(
    database: Database, database_url: str, now: datetime
) -> None:
    with open_house(database, database_url, now=now, solves=False) as house:
        open_gangnam(house)
        for change in (_change_hours, _add_licence):
            with house.database.transaction() as session:
                session.execute(delete(SolveRequest))
                change(session, now)
            house.work()
            with house.database.reading() as session:
                days = sorted(session.exec(select(SolveRequest.day)).all())
            assert days == [operating_day(now) + timedelta(days=n) for n in range(3)], change


def _change_hours(session: Session, now: datetime) -> None:
    set_desk_hours(
        session,
        company_id=company_of(session).id or 0,
        code="gangnam",
        hours={},
        valid_from=now.date(),
        by=world.AGENT,
        now=now,
    )


def _add_licence(session: Session, now: datetime) -> None:
    add_qualification(
        session,
        technician_id=session.exec(select(Technician.id)).first() or 0,
        company_id=company_of(session).id or 0,
        code="CONDENSING",
        certificate="",
        valid_from=now.date(),
        valid_to=None,
        by=world.AGENT,
        now=now,
    )
