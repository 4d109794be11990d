"""Service points: asked, silent, full, and at three in the night of Lunar New Year's Day."""

from __future__ import annotations

from datetime import UTC, datetime

from core.clock import kst
from core.db import Database
from tests import world
from tests.journeys.house import House, open_house
from tests.journeys.steps import file, see
from tests.journeys.test_whole_journey import CALL, company_of, open_gangnam


def open_two_points(house: House, *, kind: str) -> None:
    """The nearest one and one 5 km north of it."""
    open_gangnam(house, kind=kind)
    with house.database.transaction() as session:
        far = world.make_point(
            session,
            company=company_of(session),
            code="north",
            kind=kind,
            at=world.north_of(world.GANGNAM, 5),
        )
        world.make_technician(session, point=far, name="최기사")


def test_a_designated_point_is_asked_and_accepts(house: House) -> None:
    open_gangnam(house, kind="designated")
    number = file(house)
    asked = see(house, number)
    assert asked["service_point"]["state"] == "OFFERED"
    assert asked["visit"]["technician"] is not None, "planned tentatively until the answer"
    desk = house.api("point")
    taken = desk.post(f"/tickets/{number}/acceptance", json={"decision": "ACCEPT"})
    assert taken.status_code == 200, taken.text
    assert taken.json()["service_point"]["state"] == "ACCEPTED"
    twice = desk.post(f"/tickets/{number}/acceptance", json={"decision": "DECLINE", "reason": "바쁨"})
    assert twice.status_code == 409


def test_a_decline_needs_a_reason_and_asks_the_next(house: House) -> None:
    open_two_points(house, kind="designated")
    number = file(house)
    desk = house.api("point")
    assert desk.post(f"/tickets/{number}/acceptance", json={"decision": "DECLINE"}).status_code == 422
    declined = desk.post(
        f"/tickets/{number}/acceptance", json={"decision": "DECLINE", "reason": "부품이 없습니다"}
    )
    assert declined.status_code == 200, declined.text
    house.work()
    ticket = see(house, number)
    assert ticket["service_point"]["code"] == "north"
    first = ticket["placements"][0]
    assert (first["service_point"], first["state"]) == ("gangnam", "DECLINED")


def test_silence_asks_the_next(house: House) -> None:
    open_two_points(house, kind="designated")
    number = file(house)
    house.clock.forward(minutes=5, seconds=1)
    house.work()
    ticket = see(house, number)
    assert ticket["service_point"]["code"] == "north"
    assert ticket["placements"][0]["state"] == "EXPIRED"


def test_a_closed_point_is_passed_over_with_the_reason(house: House) -> None:
    open_two_points(house, kind="direct")
    with house.database.transaction() as session:
        from workforce.queries import get_point_by_code
        from workforce.rosters import close_point

        company = company_of(session)
        point = get_point_by_code(session, company_id=company.id or 0, code="gangnam")
        close_point(
            session,
            point_id=point.id,
            company_id=company.id or 0,
            start_at=house.clock(),
            end_at=house.clock().replace(hour=23),
            reason="수해",
            by=world.AGENT,
            now=house.clock(),
        )
    ticket = see(house, file(house))
    assert ticket["service_point"]["code"] == "north"
    passed = ticket["placements"][0]
    assert passed["state"] == "PASSED_OVER"
    assert "수해" in passed["reason"]["text"]


def test_three_in_the_night_of_new_years_day_has_an_owner(database: Database, database_url: str) -> None:
    night = datetime(2027, 2, 6, 18, 0, tzinfo=UTC)  # Sunday 7 February 2027, 03:00 in Korea: 설날
    assert night == kst(night.astimezone(UTC).date(), 27)
    with open_house(database, database_url, now=night) as house:
        house.add_company("onnuri")
        with house.database.transaction() as session:
            company = company_of(session)
            world.make_duty(session, company_id=company.id or 0, now=night, desk_name="설당직")
            point = world.make_point(session, company=company, code="gangnam", now=night)
            world.make_technician(session, point=point, now=night, days=(0, 1, 2))
        filed = house.api("agent").post("/tickets", json=CALL).json()
        assert filed["owner"]["name"]
        assert filed["clocks"]["contact"]["state"] == "running"
        house.work()
        placed = see(house, filed["number"])
        assert placed["owner"]["name"]
        assert placed["clocks"]["contact"]["due_at"] == "2027-02-07T04:00:00+09:00"
