"""The network was down: what was taken and done on paper comes in afterwards, through HTTP and the worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from core.clock import KST
from tests.journeys.house import House
from tests.journeys.test_whole_journey import CALL, open_gangnam

FAMILY = ("resident", "requester", "payer")


def kst_text(at: datetime) -> str:
    return at.astimezone(KST).strftime("%Y-%m-%dT%H:%M")


def clock_text(at: datetime) -> str:
    return at.astimezone(KST).strftime("%H:%M")


def paper(house: House, **more: Any) -> dict[str, Any]:
    """A call that was written on paper three hours ago."""
    received = house.clock() - timedelta(hours=3)
    return {**CALL, "received_at": received.isoformat(), "late_entry_reason": "NETWORK_DOWN", **more}


def test_a_paper_ticket_is_breached_at_once_and_told_once(house: House) -> None:
    open_gangnam(house)
    agent = house.api("agent")
    filed = agent.post("/tickets", json=paper(house)).json()
    assert {clock["state"] for clock in filed["clocks"].values()} == {"breached"}
    assert (filed["late_entry"]["reason"], filed["late_entry"]["entered_by"]) == (
        "NETWORK_DOWN",
        "agent 담당",
    )
    house.work()
    seen = agent.get(f"/tickets/{filed['number']}").json()
    assert seen["status"] == "ASSIGNED", "planned like any other"
    assert sorted(task["kind"] for task in seen["tasks"]) == ["CONTACT_CALL", "ESCALATION"]
    told = [message["event"] for message in seen["messages"]]
    assert told.count("JOB_ASSIGNED") == 1
    assert "CONTACT_DUE" not in told, "one escalation, no reminders of limits that are long over"
    again = agent.post("/tickets", json={**CALL, "note": "또 전화하심"}).json()
    assert again["suspected_duplicate_of"] == filed["number"]
    listed = agent.get("/tickets", params={"late_entry": True}).json()["items"]
    assert [item["number"] for item in listed] == [filed["number"]]


def test_a_paper_visit_comes_in_whole_and_tells_its_result_alone(house: House) -> None:
    open_gangnam(house)
    dispatcher = house.api("dispatcher")
    filed = house.api("agent").post("/tickets", json=paper(house)).json()
    house.work()
    number, now = filed["number"], house.clock()
    seen = dispatcher.get(f"/tickets/{number}").json()
    form = {
        "call_at_0": kst_text(now - timedelta(minutes=150)),
        "call_outcome_0": "CONNECTED",
        "call_with_0": "resident",
        "call_window_0": kst_text(now - timedelta(minutes=120)),
        "call_until_0": clock_text(now - timedelta(minutes=20)),
        "technician_id": str(seen["visit"]["technician"]["id"]),
        "visit_day": kst_text(now)[:10],
        "arrived_at": clock_text(now - timedelta(minutes=90)),
        "completed_at": clock_text(now - timedelta(minutes=45)),
        "tick": [item["code"] for item in seen["visit"]["checklist"]],
        "quantity.LABOUR_IGNITION": "1",
        "done_note": "점화 트랜스 교체",
    }
    answer = house.browser("dispatcher").post(f"/point/tickets/{number}/paper", data=form)
    assert answer.status_code == 303, answer.text
    house.work()
    done = dispatcher.get(f"/tickets/{number}").json()
    assert (done["status"], done["visit"]["state"]) == ("COMPLETED", "completed")
    assert done["clocks"]["contact"]["state"] == "breached", "a late entry never turns a breach green"
    assert datetime.fromisoformat(done["visit"]["arrived_at"]) == now - timedelta(minutes=90)
    family = {m["event"] for m in done["messages"] if m["recipient"] in FAMILY and m["state"] != "withdrawn"}
    assert family == {"VISIT_RESULT"}
    assert done["charge"]["total"] > 0
    assert done["happy_call"]["state"] == "scheduled"
    words = " ".join(entry["text"] for entry in done["timeline"])
    assert "종이에 적힌 일을 옮겨 적었습니다: 통화 1번, 방문 완료" in words
    assert "늦게 적어 출발 문자는 보내지 않음" in words
