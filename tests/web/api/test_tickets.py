"""Tickets over the API: empty parameters and bodies, moments beyond the calendar, what stays masked."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from dispatch.detail_shapes import ReasonFacts
from dispatch.planning.reason_words import planners_reason, told
from scheduling.plan import Reason, Repair
from tests.web.conftest import ClientAs, WebWorld

API = "/api/v1"


def filed(**more: Any) -> dict[str, Any]:
    resident = {"name": "김영자", "phone": "010-1111-2222", "address": "서울 강남구 역삼동 735"}
    return {"channel": "phone", "symptom": "NO_HEAT", "resident": resident, **more}


@pytest.fixture
def agent(client_as: ClientAs) -> httpx.Client:
    return client_as("agent")


@pytest.fixture
def number(agent: httpx.Client) -> str:
    answer = agent.post(f"{API}/tickets", json=filed())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


def test_an_empty_parameter_is_none(agent: httpx.Client, client_as: ClientAs, number: str) -> None:
    answer = agent.get(f"{API}/tickets?status=&service_point=&q=&cursor=")
    assert [item["number"] for item in answer.json()["items"]] == [number]
    assert agent.get(f"{API}/technicians?service_point=").status_code == 200
    assert client_as("qa").get(f"{API}/happy-calls?state=&cursor=").json()["items"] == []


def test_a_search_takes_every_sign_as_it_is(agent: httpx.Client, client_as: ClientAs, number: str) -> None:
    for q in ("\\", "%", "_", f"{number}\\", "%00"):
        assert agent.get(f"{API}/tickets", params={"q": q}).json()["items"] == [], q
        assert client_as("dispatcher").get("/dispatch/queue", params={"q": q}).status_code == 200, q
    for q in (number.lower(), number[:8], number.rpartition("-")[2]):
        found = agent.get(f"{API}/tickets", params={"q": q}).json()["items"]
        assert [item["number"] for item in found] == [number], q


def test_what_would_help_stands_beside_the_reason(
    agent: httpx.Client, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = {"skills": "CONDENSING"}
    kept = planners_reason(Reason("SKILL_MISSING", "proof", "t1", lacking, Repair("ADD_SKILL", lacking)))
    facts = ReasonFacts(kept["code"], kept["kind"], kept["text"], repair=told(kept)["repair"])
    monkeypatch.setattr("dispatch.queries.why_unplanned", lambda *_args, **_more: (facts,))
    (reason,) = agent.get(f"{API}/tickets/{number}").json()["explanation"]["reasons"]
    assert reason["repair"] == {"code": "ADD_SKILL", "text": kept["repair"]["text"], "tried": False}


def test_slots_of_nothing_name_the_field(agent: httpx.Client) -> None:
    for query in ("", "?ticket=&address="):
        answer = agent.get(f"{API}/slots{query}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "address"), query


@pytest.mark.parametrize("step", ["en-route", "arrived", "started", "absent", "hold", "completed"])
@pytest.mark.parametrize("body", [None, {}])
def test_a_step_needs_no_body_to_be_told_its_state_is_wrong(
    client_as: ClientAs, number: str, step: str, body: Any
) -> None:
    answer = client_as("dispatcher").post(f"{API}/tickets/{number}/visit/{step}", json=body)
    assert answer.status_code == 409, answer.text


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59+00:00", "1999-12-31T00:00:00Z"]
)
def test_a_moment_beyond_the_calendar_is_a_bad_field(
    agent: httpx.Client, client_as: ClientAs, number: str, at: str
) -> None:
    tries: list[tuple[httpx.Client, str, dict[str, Any], str]] = [
        (agent, "/tickets", filed(received_at=at), "received_at"),
        (agent, f"/tickets/{number}/contact-attempts", {"outcome": "NO_ANSWER", "at": at}, "at"),
        (
            agent,
            f"/tickets/{number}/contact-attempts",
            {"outcome": "CALL_BACK", "call_back_at": at},
            "call_back_at",
        ),
        (client_as("dispatcher"), f"/tickets/{number}/visit/hold", {"due_at": at}, "due_at"),
    ]
    for client, path, body, field in tries:
        answer = client.post(API + path, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), path


def test_numbers_in_free_text_stay_masked(web_world: WebWorld, client_as: ClientAs, number: str) -> None:
    said = {"outcome": "NO_ANSWER", "note": "아들 010-9876-5432로 다시"}
    answer = client_as("agent").post(f"{API}/tickets/{number}/contact-attempts", json=said)
    assert "아들 010-****-5432로 다시" in [entry["reason"] for entry in answer.json()["timeline"]]
    cancelled = client_as("agent").post(
        f"{API}/tickets/{number}/cancellation", json={"reason": "010-9876-5432 아들이 취소"}
    )
    assert cancelled.json()["end_reason"] == "010-****-5432 아들이 취소"
    assert "9876" not in cancelled.text


def test_a_late_entry_shows_as_one(web_world: WebWorld, client_as: ClientAs, number: str) -> None:
    happened = web_world.now
    web_world.wait(minutes=5, seconds=1)
    said = {"outcome": "NO_ANSWER", "at": happened.isoformat()}
    answer = client_as("agent").post(f"{API}/tickets/{number}/contact-attempts", json=said)
    entry = next(it for it in answer.json()["timeline"] if it["what"] == "ContactAttempted")
    assert (entry["late_entry"], entry["happened_at"]) == (True, "2026-12-01T10:00:00+09:00")


def test_only_a_planned_day_is_planned_again(web_world: WebWorld, client_as: ClientAs) -> None:
    dispatcher = client_as("dispatcher")
    path = f"{API}/plans/{web_world.point.code}"
    assert dispatcher.post(f"{path}/2026-12-03/replans").status_code == 202
    for day in ("2026-11-30", "2026-12-04", "9999-12-31"):
        answer = dispatcher.post(f"{path}/{day}/replans")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "day"), day


def test_what_was_typed_about_people_is_masked_everywhere(agent: httpx.Client, number: str) -> None:
    why = "김영자 님이 010-1111-2222로 취소하심"
    answer = agent.post(f"{API}/tickets/{number}/cancellation", json={"reason": why})
    assert answer.status_code == 200, answer.text
    for text in (answer.text, agent.get(f"{API}/tickets/{number}").text):
        assert "김*자 님이 010-****-2222로 취소하심" in text
        assert "김영자" not in text and "1111" not in text


def test_a_line_of_the_timeline_reads_as_a_sentence(agent: httpx.Client, number: str) -> None:
    body = {"outcome": "NO_ANSWER", "with": "resident"}
    answer = agent.post(f"{API}/tickets/{number}/contact-attempts", json=body)
    lines = [line["text"] for line in answer.json()["timeline"]]
    assert lines[-1] == "고객에게 전화했습니다: 안 받음 (거주자)"


def test_who_asked_for_another_time_may_be_said(
    client_as: ClientAs, agent: httpx.Client, number: str
) -> None:
    body = {"outcome": "NO_ANSWER", "asked_by": "nobody"}
    refused = agent.post(f"{API}/tickets/{number}/contact-attempts", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "asked_by")
