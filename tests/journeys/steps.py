"""The steps that many journeys share, each through HTTP."""

from __future__ import annotations

from typing import Any

from tests.journeys.house import House
from tests.journeys.test_whole_journey import CALL

Ticket = dict[str, Any]


def file(house: House, **changes: Any) -> str:
    """A call is written down, placed and planned. Returns the number."""
    answer = house.api("agent").post("/tickets", json={**CALL, **changes})
    assert answer.status_code == 201, answer.text
    house.work()
    return str(answer.json()["number"])


def see(house: House, number: str) -> Ticket:
    """The ticket as the API shows it."""
    found: Ticket = house.api("dispatcher").get(f"/tickets/{number}").json()
    return found


def agree(house: House, number: str, *, nth: int = 0) -> Ticket:
    """The technician reaches the family and agrees an offered window."""
    technician = house.api("technician")
    slot = technician.get("/slots", params={"ticket": number}).json()[nth]
    answer = technician.post(
        f"/tickets/{number}/contact-attempts",
        json={"outcome": "CONNECTED", "with": "resident", "window": {k: slot[k] for k in ("start", "end")}},
    )
    assert answer.status_code == 201, answer.text
    house.work()
    found: Ticket = answer.json()
    return found


def go_there(house: House, number: str) -> Ticket:
    """Drive, and ring the bell; whoever waits is told before that."""
    technician = house.api("technician")
    for step in ("en-route", "arrived"):
        answer = technician.post(f"/tickets/{number}/visit/{step}")
        assert answer.status_code == 200, answer.text
        house.work()
        house.clock.forward(minutes=5)
    found: Ticket = answer.json()
    return found


def finish(house: House, number: str, **changes: Any) -> Ticket:
    """The work is done, every item ticked."""
    technician = house.api("technician")
    visit = technician.get(f"/tickets/{number}").json()["visit"]
    body = {
        "checklist": {item["code"]: True for item in visit["checklist"]},
        "lines": [{"code": "LABOUR_IGNITION", "quantity": 1}],
        **changes,
    }
    answer = technician.post(f"/tickets/{number}/visit/completed", json=body)
    assert answer.status_code == 200, answer.text
    house.work()
    found: Ticket = answer.json()
    return found
