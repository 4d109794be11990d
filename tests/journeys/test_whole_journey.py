"""A daughter's call becomes a routed visit, a bill, two texts and a happy call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from tests import world
from tests.journeys.house import House
from workforce.models import Company

CALL: dict[str, Any] = {
    "channel": "phone",
    "resident": {
        "name": "김영자",
        "phone": "010-9333-0101",
        "address": "서울 강남구 역삼동 735, 101동 1203호",
    },
    "requester": {"name": "김민수", "phone": "010.9876.5432 (아들)", "relationship": "child"},
    "payer": "requester",
    "symptom": "NO_HEAT",
    "error_code": "03",
    "boiler": {"model": "ON-20K", "serial": None, "installed_on": "2019-11-02"},
    "priority_care": True,
    "age_band": "75+",
    "safety": False,
    "note": "방이 너무 추워요",
    "self_fix": {"card": "NO_HEAT", "result": "FAILED"},
}


def open_gangnam(house: House, *, kind: str = "direct", technicians: int = 2) -> None:
    """A maker with one point in Gangnam and technicians on shift for three days."""
    house.add_company("onnuri", kind=kind)
    with house.database.transaction() as session:
        company = company_of(session)
        point = world.make_point(session, company=company, code="gangnam", kind=kind)
        for n in range(technicians):
            world.make_technician(session, point=point, name=f"박기사{n}")
        add_prices(session, company_id=company.id or 0)


def company_of(session: Session, code: str = "onnuri") -> Company:
    return session.exec(select(Company).where(col(Company.code) == code)).one()


def add_prices(session: Session, *, company_id: int) -> None:
    from datetime import date

    from billing.models import PriceItem

    for code, label, kind, tier, amount in (
        ("VISIT_FEE", "출장비", "visit_fee", "day", 18000),
        ("VISIT_FEE", "출장비(야간·휴일)", "visit_fee", "night_holiday", 22000),
        ("LABOUR_IGNITION", "점화부 수리", "labour", "any", 25000),
    ):
        session.add(
            PriceItem(
                company_id=company_id,
                code=code,
                label=label,
                kind=kind,
                tier=tier,
                amount=amount,
                valid_from=date(2020, 1, 1),
                entered_at=world.NOW,
            )
        )


def test_from_the_call_to_the_happy_call(house: House) -> None:
    open_gangnam(house)
    agent, technician = house.api("agent"), house.api("technician")

    filed = agent.post("/tickets", json=CALL, headers={"Idempotency-Key": "call-1"})
    assert filed.status_code == 201, filed.text
    number = filed.json()["number"]
    house.work()

    ticket = agent.get(f"/tickets/{number}").json()
    assert ticket["status"] == "ASSIGNED", ticket
    assert ticket["service_point"]["code"] == "gangnam"
    assert ticket["service_point"]["reason"]["code"] == "NEAREST"
    assert ticket["visit"]["technician"] is not None
    assert ticket["clocks"]["contact"]["state"] == "running"
    assert {party["name"] for party in ticket["parties"]} == {"김*자", "김*수"}

    slots = agent.get("/slots", params={"ticket": number}).json()
    assert slots and all(slot["reachable"] for slot in slots)

    house.clock.forward(minutes=20)
    agreed = technician.post(
        f"/tickets/{number}/contact-attempts",
        json={
            "outcome": "CONNECTED",
            "with": "requester",
            "window": {k: slots[0][k] for k in ("start", "end")},
        },
    )
    assert agreed.status_code == 201, agreed.text
    assert agreed.json()["status"] == "APPOINTED"
    assert agreed.json()["clocks"]["contact"]["state"] == "met"
    house.work()

    ticket = agent.get(f"/tickets/{number}").json()
    scheduled = [m for m in ticket["messages"] if m["event"] == "VISIT_SCHEDULED"]
    assert {m["recipient"] for m in scheduled} == {"resident", "requester"}
    assert {m["state"] for m in scheduled} == {"delivered"}
    assert scheduled[0]["text"] != scheduled[1]["text"]

    house.clock.at = world.NOW + timedelta(hours=1)
    for step in ("en-route", "arrived", "started"):
        answer = technician.post(f"/tickets/{number}/visit/{step}")
        assert answer.status_code == 200, answer.text
        house.clock.forward(minutes=10)
    ticks = {item["code"]: True for item in answer.json()["visit"]["checklist"]}
    done = technician.post(
        f"/tickets/{number}/visit/completed",
        json={"checklist": ticks, "lines": [{"code": "LABOUR_IGNITION", "quantity": 1}]},
    )
    assert done.status_code == 200, done.text
    assert done.json()["charge"]["total"] == 43000
    house.work()

    ticket = agent.get(f"/tickets/{number}").json()
    results = [m for m in ticket["messages"] if m["event"] == "VISIT_RESULT"]
    assert {m["recipient"] for m in results} == {"resident", "requester"}
    assert all("43,000" in m["text"] for m in results)
    assert ticket["happy_call"]["state"] == "scheduled"

    house.clock.forward(days=1)
    agent, qa = house.api("agent"), house.api("qa")
    call = next(c for c in qa.get("/happy-calls", params={"state": "scheduled"}).json()["items"])
    assert call["number"] == number
    asked = qa.post(
        f"/happy-calls/{call['id']}/attempts",
        json={
            "outcome": "CONNECTED",
            "with": "resident",
            "answers": {"fixed": True, "overall": 6, "nps": 9, "cost_matches": True},
        },
    )
    assert asked.status_code == 201, asked.text
    house.work()
    assert agent.get(f"/tickets/{number}").json()["status"] == "CLOSED"


def test_the_answer_to_a_call_is_what_is_stored(house: House) -> None:
    """The POST asks for less than a GET, because a ticket that is a moment old has little."""
    open_gangnam(house)
    agent = house.api("agent")
    for body in (
        CALL,
        {**CALL, "symptom": "GAS_SMELL", "safety": True, "self_fix": None},
        {**CALL, "self_fix": {"card": "NO_HEAT", "result": "SOLVED"}},
        {**CALL, "resident": {**CALL["resident"], "address": "어딘지 모름"}},
    ):
        answer = agent.post("/tickets", json=body).json()
        assert agent.get(f"/tickets/{answer['number']}").json() == answer


def test_a_replayed_call_is_one_ticket(house: House) -> None:
    open_gangnam(house)
    agent = house.api("agent")
    first = agent.post("/tickets", json=CALL, headers={"Idempotency-Key": "same"})
    again = agent.post("/tickets", json=CALL, headers={"Idempotency-Key": "same"})
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    other = agent.post("/tickets", json={**CALL, "note": "다른 내용"}, headers={"Idempotency-Key": "same"})
    assert other.status_code == 422
    assert len(agent.get("/tickets").json()["items"]) == 1
