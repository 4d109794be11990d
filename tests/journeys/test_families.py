"""Families as they are: a landline at home, one phone for two, a landlord who pays, nobody at the door."""

from __future__ import annotations

from typing import Any

from sqlmodel import select

from dispatch.models import Ticket, TicketParty
from tests.journeys.house import House
from tests.journeys.steps import agree, file, finish, go_there, see
from tests.journeys.test_whole_journey import CALL, open_gangnam
from workforce.models import Technician


def told(ticket: dict[str, Any], event: str) -> list[str]:
    return sorted(m["recipient"] for m in ticket["messages"] if m["event"] == event)


def test_a_parent_with_a_landline_is_called_and_never_counted_as_told(house: House) -> None:
    open_gangnam(house)
    number = file(house, resident={**CALL["resident"], "phone": "02-555-0101"})
    agree(house, number)
    ticket = see(house, number)
    assert told(ticket, "VISIT_SCHEDULED") == ["requester"]
    assert [t["recipient"] for t in ticket["tasks"] if t["kind"] == "CALL_LANDLINE"] == ["resident"]
    resident = next(p for p in ticket["parties"] if p["role"] == "resident")
    assert resident["can_text"] is False


def test_one_phone_for_two_gets_one_text_under_the_requester(house: House) -> None:
    open_gangnam(house)
    shared = "010-9333-7777"
    number = file(
        house,
        resident={**CALL["resident"], "phone": shared},
        requester={"name": "김민수", "phone": shared, "relationship": "child"},
    )
    agree(house, number)
    ticket = see(house, number)
    for event in ("TICKET_RECEIVED", "VISIT_SCHEDULED"):
        assert told(ticket, event) == ["requester"]
    assert len(house.texts(to="01093337777")) == 2, "received, agreed"


def test_a_parent_who_refuses_for_the_child_is_told_alone_from_then_on(house: House) -> None:
    open_gangnam(house)
    number = file(
        house,
        requester={"name": "김민수", "phone": "010-9876-5432", "relationship": "child"},
        resident={**CALL["resident"], "phone": "010-9222-6666"},
        notices=[{"to": "resident", "agreed": True}],
    )
    ticket = see(house, number)
    assert told(ticket, "TICKET_RECEIVED") == ["requester", "resident"]
    texts = {m["recipient"]: m["text"] for m in ticket["messages"] if m["event"] == "TICKET_RECEIVED"}
    assert number in texts["requester"] and "알려도 된다고 말씀해 주셨습니다" in texts["requester"]
    assert "접수하셔서 이 번호로" in texts["resident"] and "께도 알려 드립니다" in texts["resident"]
    with house.database.reading() as session:
        people = {p.role: p.contact_id for p in session.exec(select(TicketParty))}
        home = session.exec(select(Ticket).where(Ticket.number == number)).one().household_id
    said = {
        "contact": people["requester"],
        "decided_by": people["resident"],
        "reason": "아들이 걱정한다고 하심",
    }
    press = {**said, "choice": "REFUSED", "door": "CALL", "idempotency_key": "a-word-on-the-telephone"}
    assert house.browser("agent").post(f"/agent/households/{home}/notices", data=press).status_code == 303
    agree(house, number)
    go_there(house, number)
    finish(house, number)
    ticket = see(house, number)
    for event in ("VISIT_SCHEDULED", "EN_ROUTE", "VISIT_RESULT"):
        assert told(ticket, event) == ["resident"], event
    withheld = [entry for entry in ticket["timeline"] if entry["what"] == "NoticeWithheld"]
    assert withheld and all(entry["reason"] == "알림을 원하지 않으셨습니다." for entry in withheld)


def test_the_landlord_who_pays_gets_the_bill(house: House) -> None:
    open_gangnam(house)
    landlord = {"name": "이건물", "phone": "010-9444-8888", "relationship": "landlord"}
    number = file(house, payer=landlord)
    agree(house, number)
    go_there(house, number)
    finish(house, number)
    ticket = see(house, number)
    assert told(ticket, "VISIT_SCHEDULED") == ["requester", "resident"]
    assert told(ticket, "VISIT_RESULT") == ["payer", "requester", "resident"]
    bill = next(m for m in ticket["messages"] if m["event"] == "VISIT_RESULT" and m["recipient"] == "payer")
    assert f"{ticket['charge']['total']:,}" in bill["text"]


def test_nobody_at_the_door_is_told_and_planned_again(house: House) -> None:
    open_gangnam(house)
    number = file(house)
    agree(house, number)
    go_there(house, number)
    technician = house.api("technician")
    early = technician.post(f"/tickets/{number}/visit/absent")
    assert early.status_code == 422
    assert early.json()["errors"]
    for _try in range(2):
        technician.post(
            f"/tickets/{number}/contact-attempts", json={"outcome": "NO_ANSWER", "with": "resident"}
        )
        house.clock.forward(minutes=6)
    absent = technician.post(f"/tickets/{number}/visit/absent")
    assert absent.status_code == 200, absent.text
    house.work()
    ticket = see(house, number)
    assert told(ticket, "ABSENT") == ["requester", "resident"]
    assert ticket["visits"][0]["state"] == "absent"
    assert len(ticket["visits"]) == 2


def test_an_unhappy_family_is_served_again_by_somebody_else(house: House) -> None:
    open_gangnam(house)
    number = file(house)
    agree(house, number)
    go_there(house, number)
    first = finish(house, number)["visit"]["technician"]["id"]
    house.clock.forward(days=1)
    qa = house.api("qa")
    call = qa.get("/happy-calls", params={"state": "scheduled"}).json()["items"][0]
    answer = qa.post(
        f"/happy-calls/{call['id']}/attempts",
        json={
            "outcome": "CONNECTED",
            "with": "resident",
            "answers": {"fixed": False, "overall": 1, "nps": 0},
        },
    )
    assert answer.status_code == 201, answer.text
    house.work()
    ticket = see(house, number)
    assert ticket["status"] in ("REOPENED", "ASSIGNED", "UNASSIGNED")
    assert ticket["visit"]["technician"]["id"] != first
    assert ticket["clocks"]["contact"]["state"] == "running"


def test_the_family_is_told_when_somebody_else_comes(house: House) -> None:
    """They were asked to check name and number at the door."""
    open_gangnam(house)
    number = file(house)
    agreed = agree(house, number)
    first = agreed["visit"]["technician"]
    with house.database.reading() as session:
        technicians = session.exec(select(Technician.id)).all()
    other = next(who for who in technicians if who != first["id"])
    answer = house.api("dispatcher").post(
        f"/tickets/{number}/assignment", json={"technician_id": other, "reason": "단골", "pin": []}
    )
    assert answer.status_code == 200, answer.text
    house.work()
    ticket = see(house, number)
    now_comes = ticket["visit"]["technician"]["name"]
    assert now_comes != first["name"] and ticket["visit"]["window"] == agreed["visit"]["window"]
    told = [m for m in ticket["messages"] if m["event"] == "VISIT_SCHEDULED"]
    newest = {m["recipient"]: m["text"] for m in told}
    assert newest and all(now_comes in text and first["name"] not in text for text in newest.values())


def test_gas_smell_goes_at_once_and_is_never_told_to_try_itself(house: House) -> None:
    open_gangnam(house)
    answer = house.api("agent").post("/tickets", json={**CALL, "symptom": "GAS_SMELL", "self_fix": None})
    assert answer.json()["safety"] is True
    number = answer.json()["number"]
    house.work()
    ticket = see(house, number)
    assert ticket["status"] == "ASSIGNED"
    assert "technician" in ticket["visit"]["pins"]
    go_there(house, number)
    items = {item["code"]: True for item in ticket["visit"]["checklist"] if "flue" not in item["code"]}
    refused = house.api("technician").post(
        f"/tickets/{number}/visit/completed", json={"checklist": items, "lines": []}
    )
    assert refused.status_code == 422
    finish(house, number)


def test_solved_by_phone_ends_without_a_visit(house: House) -> None:
    open_gangnam(house)
    number = file(house)
    answer = house.api("technician").post(
        f"/tickets/{number}/contact-attempts",
        json={"outcome": "SOLVED_BY_PHONE", "with": "resident", "reason": "외출 모드를 껐습니다"},
    )
    assert answer.status_code == 201, answer.text
    house.work()
    ticket = see(house, number)
    assert ticket["status"] == "CLOSED"
    assert ticket["clocks"]["contact"]["state"] == "met"
    assert ticket["happy_call"]["state"] == "scheduled"
    house.clock.forward(minutes=30)
    again = house.api("agent").post(f"/tickets/{number}/reopening", json={"reason": "다시 꺼졌습니다"})
    assert again.status_code == 200, again.text
    house.work()
    assert see(house, number)["status"] == "ASSIGNED"
