"""A house in the middle of its day: a ticket in every state that screens show differently."""

from __future__ import annotations

from typing import Any

from tests.browser.town import Town, open_town
from tests.journeys.house import House
from tests.journeys.steps import agree, finish, go_there
from tests.journeys.test_whole_journey import CALL


def furnish(house: House) -> tuple[Town, dict[str, str]]:
    """File the calls and let some go on. Returns the town and the tickets' numbers by what became of them."""
    town = open_town(house)
    numbers = {name: _file(house, k, **changes) for k, (name, changes) in enumerate(CALLS.items())}
    house.work()
    for name in ("agreed", "under_way", "done"):
        agree(house, numbers[name])
    for name in ("under_way", "done"):
        go_there(house, numbers[name])
    finish(house, numbers["done"])
    reason = {"reason": "세 번째 전화입니다. 책임자와 통화하고 싶어 하십니다."}
    house.api("agent").post(f"/tickets/{numbers['escalated']}/escalation", json=reason).raise_for_status()
    house.work()
    return town, numbers


CALLS: dict[str, dict[str, Any]] = {
    "triage": {"self_fix": None},
    "planned": {},
    "agreed": {},
    "under_way": {"symptom": "LEAK", "error_code": None},
    "done": {"symptom": "NO_HOT_WATER"},
    "escalated": {"symptom": "NOISE"},
    "safety": {"symptom": "GAS_SMELL", "safety": True, "self_fix": None},
    "vague": {"address": "서울 강남구"},
    "landline": {"phone": "02-555-0101"},
}
"""What differs from the usual call."""


def _file(house: House, k: int, **changes: Any) -> str:
    own = {
        "name": "김영자",
        "phone": changes.pop("phone", f"010-9333-01{k:02d}"),
        "address": changes.pop("address", f"서울 강남구 역삼동 {735 + k}, 101동 1203호"),
    }
    answer = house.api("agent").post("/tickets", json={**CALL, "resident": own, **changes})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])
