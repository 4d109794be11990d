"""The one-hour promise at its borders, through HTTP."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.journeys.house import House
from tests.journeys.test_whole_journey import CALL, open_gangnam


@pytest.mark.parametrize(("after_s", "state"), [(3599, "met"), (3600, "met"), (3601, "breached")])
def test_exactly_one_hour_is_met(house: House, after_s: int, state: str) -> None:
    open_gangnam(house)
    agent, technician = house.api("agent"), house.api("technician")
    number = agent.post("/tickets", json=CALL).json()["number"]
    house.work()
    slot = agent.get("/slots", params={"ticket": number}).json()[-1]
    house.clock.forward(seconds=after_s)
    answer = technician.post(
        f"/tickets/{number}/contact-attempts",
        json={"outcome": "CONNECTED", "with": "requester", "window": {k: slot[k] for k in ("start", "end")}},
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["clocks"]["contact"]["state"] == state


def test_a_late_entry_never_turns_a_breach_green(house: House) -> None:
    open_gangnam(house)
    agent, technician = house.api("agent"), house.api("technician")
    filed = agent.post("/tickets", json=CALL).json()
    number, received = filed["number"], datetime.fromisoformat(filed["received_at"])
    house.work()
    slot = agent.get("/slots", params={"ticket": number}).json()[-1]
    house.clock.forward(minutes=61)
    house.work()
    answer = technician.post(
        f"/tickets/{number}/contact-attempts",
        json={
            "outcome": "CONNECTED",
            "with": "resident",
            "at": received.isoformat(),
            "window": {k: slot[k] for k in ("start", "end")},
        },
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["clocks"]["contact"]["state"] == "breached"


def test_the_hour_warns_hands_over_and_escalates(house: House) -> None:
    open_gangnam(house)
    agent = house.api("agent")
    number = agent.post("/tickets", json=CALL).json()["number"]
    house.work()
    house.clock.forward(minutes=30, seconds=5)
    house.work()
    after_30 = agent.get(f"/tickets/{number}").json()
    assert any(m["event"] == "CONTACT_DUE" and m["recipient"] == "technician" for m in after_30["messages"])
    house.clock.forward(minutes=15)
    house.work()
    after_45 = agent.get(f"/tickets/{number}").json()
    assert any(t["kind"] == "CONTACT_CALL" and t["state"] == "open" for t in after_45["tasks"])
    (rung,) = [m for m in after_45["messages"] if m["event"] == "CONTACT_DUE" and m["recipient"] == "point"]
    assert rung["state"] == "delivered" and number in rung["text"]
    assert [sent["text"] for sent in house.texts()].count(rung["text"]) == 1, "fifteen minutes are left"
    house.clock.forward(minutes=15)
    house.work()
    after_60 = agent.get(f"/tickets/{number}").json()
    assert after_60["clocks"]["contact"]["state"] == "breached"
    assert after_60["escalated"] is True
    assert after_60["owner"]["name"]
