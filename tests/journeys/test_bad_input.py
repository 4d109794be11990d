"""What cannot be taken gets a clear answer and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.journeys.house import House
from tests.journeys.test_whole_journey import CALL, open_gangnam

SCRIPT = "<script>alert('x')</script>"


def with_resident(**changes: Any) -> dict[str, Any]:
    return {**CALL, "resident": {**CALL["resident"], **changes}}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (with_resident(phone="전화 없음"), "resident.phone"),
        (with_resident(phone="119"), "resident.phone"),
        (with_resident(address=""), "resident.address"),
        (with_resident(name=""), "resident.name"),
        ({**CALL, "symptom": "BROKEN_HEART"}, "symptom"),
        ({**CALL, "channel": ""}, "channel"),
        ({**CALL, "payer": "neighbour"}, "payer"),
        ({**CALL, "payer": {"name": "집주인", "phone": "12"}}, "payer.phone"),
        ({**CALL, "wished_windows": [{"start": "내일", "end": "모레"}]}, "wished_windows.0.start"),
        ({**CALL, "boiler": {"installed_on": "2019-13-45"}}, "boiler.installed_on"),
        ({**CALL, "self_fix": {"card": "NO_HEAT", "result": "MAYBE"}}, "self_fix.result"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_saved(house: House, body: dict[str, Any], field: str) -> None:
    open_gangnam(house)
    agent = house.api("agent")
    answer = agent.post("/tickets", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    named = [error["field"] for error in answer.json()["errors"]]
    assert any(name == field or name.startswith(field) for name in named), named
    assert agent.get("/tickets").json()["items"] == []


def test_every_bad_field_is_named_at_once(house: House) -> None:
    open_gangnam(house)
    body = {**CALL, "resident": {"name": "", "phone": "?", "address": "-"}, "symptom": "NONE"}
    errors = house.api("agent").post("/tickets", json=body).json()["errors"]
    assert {"resident.phone", "symptom"} <= {error["field"] for error in errors}


@pytest.mark.parametrize("content", [b"{", b"", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"resident": 1}'])
def test_unreadable_json_is_422(house: House, content: bytes) -> None:
    open_gangnam(house)
    answer = house.api("agent").post(
        "/tickets", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_who_may_not_is_told_before_the_body_is_read(house: House) -> None:
    open_gangnam(house)
    answer = house.api("qa").post("/tickets", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 403
    bare = httpx.post(f"{house.url}/api/v1/tickets", content=b"{", trust_env=False)
    assert bare.status_code == 401
    wrong = httpx.get(
        f"{house.url}/api/v1/tickets", headers={"Authorization": "Bearer nonsense"}, trust_env=False
    )
    assert wrong.status_code == 401


def test_unknown_and_foreign_look_alike(house: House) -> None:
    open_gangnam(house)
    house.add_company("haedam")
    number = house.api("agent").post("/tickets", json=CALL).json()["number"]
    stranger = house.api("dispatcher", company="haedam")
    for path in (
        f"/tickets/{number}",
        "/tickets/NO-SUCH",
        "/plans/gangnam/2026-12-01",
        f"/slots?ticket={number}",
    ):
        assert stranger.get(path).status_code == 404, path
    foreign = stranger.post(f"/tickets/{number}/cancellation", json={"reason": "x"})
    unknown = stranger.post("/tickets/NO-SUCH/cancellation", json={"reason": "x"})
    assert (foreign.status_code, foreign.json()["detail"]) == (404, unknown.json()["detail"])
    assert stranger.get("/tickets").json()["items"] == []
    assert stranger.get("/technicians").json()["items"] == []


def test_script_in_any_text_field_is_only_text(house: House) -> None:
    open_gangnam(house)
    body = {
        **with_resident(name=SCRIPT, address=f"서울 강남구 역삼동 735 {SCRIPT}"),
        "note": SCRIPT,
        "error_code": SCRIPT,
        "boiler": {"model": SCRIPT, "serial": SCRIPT},
    }
    agent = house.api("agent")
    answer = agent.post("/tickets", json=body)
    assert answer.status_code in (201, 422), answer.text
    assert answer.headers["content-type"].split(";")[0] in ("application/json", "application/problem+json")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "raw",
    ["010.1234.5678 (딸)", "０１０１２３４５６７８", "+82 10-1234-5678", "82-10-1234-5678", "010 1234 5678"],
)
def test_a_phone_in_any_writing_is_the_same_phone(house: House, raw: str) -> None:
    open_gangnam(house)
    agent = house.api("agent")
    answer = agent.post("/tickets", json={**CALL, "requester": {"name": "김민수", "phone": raw}})
    assert answer.status_code == 201, answer.text
    found = agent.get("/tickets", params={"q": "01012345678"}).json()["items"]
    assert [item["number"] for item in found] == [answer.json()["number"]]


def test_odd_ids_and_sizes_are_refused_kindly(house: House) -> None:
    open_gangnam(house)
    agent, dispatcher, qa = house.api("agent"), house.api("dispatcher"), house.api("qa")
    number = agent.post("/tickets", json=CALL).json()["number"]
    house.work()
    assignment = f"/tickets/{number}/assignment"
    huge = dispatcher.post(assignment, json={"technician_id": 10**30, "reason": "x"})
    absent = dispatcher.post(assignment, json={"technician_id": 10**12, "reason": "x"})
    assert huge.status_code == 422
    assert absent.status_code in (404, 422)
    assert qa.post("/happy-calls/99999999/attempts", json={"outcome": "NO_ANSWER"}).status_code == 404
    assert qa.post("/happy-calls/x/attempts", json={"outcome": "NO_ANSWER"}).status_code == 422
    assert agent.get("/tickets", params={"cursor": "%%%"}).status_code == 422
    assert agent.get("/tickets", params={"status": "NONSENSE"}).status_code == 422
    assert agent.get("/plans/gangnam/2026-99-99").status_code == 422
    assert agent.get("/tickets/" + "9" * 500).status_code == 404
    assert agent.post("/tickets", json={**CALL, "note": "가" * 100_000}).status_code == 422
    assert agent.post("/tickets", json={**CALL, "note": "a\u0000b"}).status_code == 201
