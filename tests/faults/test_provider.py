"""The text provider answers badly, late, twice and in the wrong order: everybody is told once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import httpx
import pytest

from notifications.providers.choice import fake_carriers
from tests.faults.installation import wait_until
from tests.journeys.house import WEBHOOK_TOKEN, House
from tests.journeys.steps import agree, file, finish, go_there, see
from tests.journeys.test_whole_journey import open_gangnam

BOTH = {"resident", "requester"}


@pytest.fixture
def house(calm_house: House) -> House:
    """Nothing here needs a better plan."""
    return calm_house


def told(house: House) -> Counter[tuple[str, str]]:
    """How often each text reached the provider."""
    return Counter((text["to"], text["text"]) for text in house.texts())


def states(ticket: dict[str, Any], event: str) -> dict[str, str]:
    return {m["recipient"]: m["state"] for m in ticket["messages"] if m["event"] == event}


def settle(house: House) -> None:
    """Let the pauses after an unclear or refused try pass."""
    for _ in range(3):
        house.clock.forward(seconds=31)
        house.work()


@pytest.mark.parametrize(
    "faults",
    [
        [{"status": 500, "stored": True}, {"status": 503, "stored": False}],
        [{"status": 502, "stored": False}, {"status": 429, "stored": False}],
    ],
    ids=["kept in spite of a 5xx", "away, then too busy"],
)
def test_bad_answers_of_the_provider(house: House, faults: list[dict[str, Any]]) -> None:
    open_gangnam(house)
    house.clock.forward(minutes=1)
    number = file(house)
    house.control_provider(next_faults=faults)
    agree(house, number)
    before = states(see(house, number), "VISIT_SCHEDULED")
    assert before.keys() == BOTH and set(before.values()) <= {"queued", "delivered"}, before
    settle(house)
    assert set(states(see(house, number), "VISIT_SCHEDULED").values()) == {"delivered"}
    assert set(told(house).values()) == {1}


@pytest.mark.parametrize("stored", [True, False], ids=["kept", "kept after we gave up"])
def test_the_provider_does_not_answer_in_time(house: House, stored: bool) -> None:
    open_gangnam(house)
    house.clock.forward(minutes=1)
    number = file(house)
    impatient = fake_carriers(house.provider_url, timeout_s=0.4)
    house.worker = replace(house.worker, carriers=impatient)
    house.control_provider(next_faults=[{"stall_s": 0.8, "stored": stored}] * 2)
    before = len(house.texts())
    agree(house, number)
    wait_until(lambda: len(house.texts()) == before + 2)  # its time is not the journey's
    settle(house)
    impatient.close()
    assert states(see(house, number), "VISIT_SCHEDULED") == dict.fromkeys(BOTH, "delivered")
    assert set(told(house).values()) == {1}


def test_reports_twice_and_in_the_wrong_order_through_a_whole_visit(house: House) -> None:
    open_gangnam(house)
    house.control_provider(duplicates=2, out_of_order=True)
    number = file(house)
    agree(house, number)
    house.clock.forward(hours=1)
    go_there(house, number)
    finish(house, number)
    house.work()
    ticket = see(house, number)
    for event in ("VISIT_SCHEDULED", "EN_ROUTE", "VISIT_RESULT"):
        assert states(ticket, event) == dict.fromkeys(BOTH, "delivered"), event
    assert set(told(house).values()) == {1}
    settled = Counter(
        entry["what"] for entry in ticket["timeline"] if entry["what"] in ("NoticeDelivered", "NoticeUnknown")
    )
    assert settled == {"NoticeDelivered": len(told(house))}, "each is written down once"


def test_a_number_that_nobody_answers_becomes_a_persons_task(house: House) -> None:
    open_gangnam(house)
    house.control_provider(report_codes={"01098765432": "3058"}, duplicates=1)
    number = file(house)
    agree(house, number)
    house.work()
    ticket = see(house, number)
    assert states(ticket, "VISIT_SCHEDULED") == {"resident": "delivered", "requester": "failed"}
    assert set(told(house).values()) == {1}
    open_tasks = [task for task in ticket["tasks"] if task["state"] == "open"]
    assert [task["recipient"] for task in open_tasks] == ["requester"], open_tasks


def test_reports_that_are_no_reports(house: House) -> None:
    address = f"{house.url}/webhooks/solapi/{WEBHOOK_TOKEN}"
    for body, status in (
        (b"{", 422),
        (b"{}", 422),
        (b'[{"x": 1}]', 422),
        (b'[{"eventDataId": "e", "data": {"messageId": "m", "statusCode": "4000"}}]', 204),
    ):
        assert httpx.post(address, content=body, trust_env=False).status_code == status, body
    wrong = httpx.post(f"{house.url}/webhooks/solapi/other", content=b"[]", trust_env=False)
    assert wrong.status_code == 404
