"""The server's clock jumps by an hour: log-ins hold, work goes on, nobody is told twice."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import text

import journey
from core.events import RETRY_PAUSES_S
from dispatch.events import TicketFiled
from tests.faults.test_events import Flaky, event_of, follow
from tests.faults.test_provider import settle, told
from tests.journeys.house import House
from tests.journeys.steps import agree, file, finish, go_there, see
from tests.journeys.test_whole_journey import open_gangnam


@pytest.fixture
def house(calm_house: House) -> House:
    """Nothing here needs a better plan."""
    return calm_house


def test_an_hour_back_and_the_case_goes_on(house: House) -> None:
    open_gangnam(house)
    number = file(house)
    desk = house.api("dispatcher")
    house.clock.forward(hours=-1)
    assert desk.get(f"/tickets/{number}").status_code == 200, "a token from the future holds"
    waiting = see(house, number)["clocks"]["contact"]
    assert waiting["state"] == "running"
    agree(house, number)
    go_there(house, number)
    finish(house, number)
    second = file(
        house, resident={"name": "박영희", "phone": "010-7777-0101", "address": "서울 강남구 역삼동 700"}
    )
    assert see(house, second)["status"] == "ASSIGNED"
    house.clock.forward(hours=1)
    house.work()
    ticket = see(house, number)
    assert ticket["status"] in ("COMPLETED", "CLOSED")
    assert ticket["clocks"]["contact"]["state"] == "met"
    assert set(told(house).values()) == {1}


def test_an_hour_ahead_and_back_again(house: House) -> None:
    open_gangnam(house)
    number = file(house)
    desk = house.api("dispatcher")
    house.clock.forward(hours=1, minutes=1)
    house.work()
    ahead = see(house, number)
    assert ahead["clocks"]["contact"]["state"] == "breached"
    house.clock.forward(hours=-1, minutes=-1)
    house.work()
    back = see(house, number)
    assert desk.get("/tickets").status_code == 200
    assert back["owner"], "somebody answers for it all the time"
    assert Counter(e["what"] for e in back["timeline"]) == Counter(e["what"] for e in ahead["timeline"]), (
        "what was done about the breach is neither taken back nor done again"
    )
    agree(house, number)
    house.clock.forward(hours=2)
    house.work()
    assert set(told(house).values()) == {1}


def test_what_waits_for_its_next_try_does_not_wait_for_the_old_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_gangnam(house)
    flaky = Flaky("flaky", times=1)
    follow(monkeypatch, TicketFiled, flaky, *journey.JOURNEY[TicketFiled])
    file(house)
    assert event_of(house, "TicketFiled").attempts == 1
    house.clock.forward(hours=-1)
    house.work()
    assert event_of(house, "TicketFiled").handled_at is not None, "an hour earlier than it was due"
    assert len(flaky.done) == 1
    assert RETRY_PAUSES_S[-1] < 3600


def test_a_text_whose_fate_was_unclear_does_not_wait_for_the_old_time(house: House) -> None:
    """The provider's list went back along with ours and proves nothing: a person is asked, as ever."""
    open_gangnam(house)
    number = file(house)
    house.control_provider(next_faults=[{"status": 503, "stored": False}] * 2)
    agree(house, number)
    due = _leases(house)
    assert due and all(at > house.clock() for at in due)
    house.clock.forward(hours=-1)
    settle(house)
    house.clock.forward(minutes=10)
    house.work()
    assert not _leases(house)
    texts = [m["state"] for m in see(house, number)["messages"] if m["event"] == "VISIT_SCHEDULED"]
    assert set(texts) <= {"delivered", "unknown"}
    assert max(told(house).values()) == 1


def _leases(house: House) -> list[datetime]:
    with house.database.reading() as session:
        query = text("SELECT next_try_at FROM notice WHERE state = 'queued'")
        return list(session.execute(query).scalars())
