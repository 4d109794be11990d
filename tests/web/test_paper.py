"""Paper forms at the desks: a late ticket with its past time and reason, and what was done on paper since."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from core.audit import list_entries
from dispatch.models import ContactAttempt, Placement, Ticket, TicketClock, Visit
from notifications.models import Notice
from tests import world
from tests.journeys.test_whole_journey import add_prices
from tests.web.conftest import ClientAs, WebWorld
from tests.web.point_world import desk, kst_text, make_other_point, make_planned, make_ticket, ticket_of
from workforce.models import ServicePoint

__all__ = ["desk"]

API = "/api/v1/tickets"
ON_PAPER = f"{API}/on-paper"
ADDRESS = "서울 강남구 역삼동 735, 101동 1203호"
PEOPLE = {"resident": {"name": "김영자", "phone": "010-9333-0101", "address": ADDRESS}}
BODY: dict[str, Any] = {
    **PEOPLE,
    "channel": "paper",
    "symptom": "NO_HEAT",
    "self_fix": {"result": "NOT_APPLICABLE"},
}


def form_of(web: WebWorld, **changes: str) -> dict[str, Any]:
    """A paper ticket of two hours ago, as the point's desk types it."""
    return {
        "received_at": kst_text(web.now - timedelta(hours=2)),
        "late_entry_reason": "NETWORK_DOWN",
        "resident_name": "김영자",
        "resident_phone": "010-9333-0101",
        "resident_address": ADDRESS,
        "symptom": "NO_HEAT",
        "self_fix_result": "NOT_APPLICABLE",
        **changes,
    }


def visit_of(web: WebWorld, **changes: Any) -> dict[str, Any]:
    """A visit an hour ago with the call before it."""
    now = web.now
    return {
        "call_at_0": kst_text(now - timedelta(minutes=110)),
        "call_outcome_0": "CONNECTED",
        "call_with_0": "resident",
        "call_window_0": kst_text(now - timedelta(minutes=90)),
        "call_until_0": kst_text(now - timedelta(minutes=10))[11:],
        "technician_id": str(web.technician.id),
        "visit_day": kst_text(now)[:10],
        "arrived_at": kst_text(now - timedelta(minutes=60))[11:],
        "completed_at": kst_text(now - timedelta(minutes=20))[11:],
        "tick": ["usage_explained"],
        "done_note": "점화 트랜스 교체",
        **changes,
    }


@pytest.mark.parametrize(
    ("hours", "reason", "note", "fields"),
    [
        (2, None, None, ["late_entry_reason"]),
        (2, "RAIN", None, ["late_entry_reason"]),
        (2, "OTHER", " ", ["late_entry_note"]),
        (7 * 24 + 1, "SYSTEM_DOWN", None, ["received_at"]),
        (-1, "SYSTEM_DOWN", None, ["received_at"]),
        (None, "SYSTEM_DOWN", None, ["received_at"]),
    ],
)
def test_what_cannot_be_a_late_entry_is_refused_in_words(
    web_world: WebWorld,
    client_as: ClientAs,
    hours: float | None,
    reason: str | None,
    note: str | None,
    fields: list[str],
) -> None:
    at = None if hours is None else (web_world.now - timedelta(hours=hours)).isoformat()
    body = {**BODY, "received_at": at, "late_entry_reason": reason, "late_entry_note": note}
    answer = client_as("agent").post(API, json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == fields
    assert all(error["message"] for error in answer.json()["errors"])


def test_a_slow_sender_is_no_late_entry(web_world: WebWorld, client_as: ClientAs) -> None:
    at = (web_world.now - timedelta(minutes=5)).isoformat()
    answer = client_as("agent").post(API, json={**BODY, "received_at": at})
    assert (answer.status_code, answer.json()["late_entry"]) == (201, None)


def test_a_point_files_what_it_took_on_paper_and_nothing_else(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    nearer = make_other_point(web_world, km=0, code="nearer")
    assert desk.post(API, json=BODY).status_code == 403
    refused = desk.post(ON_PAPER, json=BODY)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "received_at")
    assert "종이로 받아 둔 접수만" in refused.json()["detail"]
    at = (web_world.now - timedelta(hours=2)).isoformat()
    answer = desk.post(ON_PAPER, json={**BODY, "received_at": at, "late_entry_reason": "point_paper"})
    assert answer.status_code == 201, answer.text
    filed = answer.json()
    assert filed["service_point"]["code"] == web_world.point.code != nearer.code
    assert filed["service_point"]["state"] == "ACCEPTED"
    assert filed["late_entry"]["text"] == "서비스점이 종이로 받음"
    assert {clock["state"] for clock in filed["clocks"].values()} == {"breached"}


def test_the_desk_enters_a_paper_ticket(web_world: WebWorld, desk: httpx.Client) -> None:
    with web_world.database.transaction() as session:  # one that is asked otherwise
        session.get_one(ServicePoint, web_world.point.id).kind = "designated"
    assert "종이 접수 입력" in desk.get("/point/paper").text
    bad = desk.post("/point/paper", data=form_of(web_world, received_at="", symptom=""))
    assert bad.status_code == 422
    assert "언제 접수를 받았는지" in bad.text
    assert "김영자" in bad.text, "what was typed is kept"
    key = {"idempotency_key": "one sheet of paper"}
    answer = desk.post("/point/paper", data={**form_of(web_world), **key})
    assert answer.status_code == 303, answer.text
    page = desk.get(answer.headers["location"]).text
    assert "늦게 입력" in page
    assert "받은 때 오늘 08:00, 입력한 때 오늘 10:00" in page
    assert "접수했습니다: 종이 접수, 받은 때 12월 1일 (화) 08:00, 인터넷이 끊김" in page
    desk.post("/point/paper", data={**form_of(web_world), **key})
    with web_world.database.reading() as session:
        (ticket,) = session.exec(select(Ticket)).all()
        assert ticket.channel == "paper"
        assert session.exec(select(Placement.state)).one() == "ACCEPTED"
        assert session.exec(select(Notice.event)).all() == [], "nobody asks the desk what it has answered"
    ordinary = make_ticket(web_world)
    listed = desk.get("/point/tickets", params={"late": "1"}).text
    assert ticket.number in listed
    assert ordinary not in listed


def test_the_agent_s_form_takes_it_too(web_world: WebWorld, client_as: ClientAs) -> None:
    agent = client_as("agent")
    assert 'name="received_at"' in agent.get("/agent/new?paper=1").text
    form = form_of(web_world, late_entry_reason="OTHER")
    refused = agent.post("/agent/new", data=form)
    assert refused.status_code == 422
    assert "왜 늦게 입력하는지 한 줄로" in refused.text
    answer = agent.post("/agent/new", data={**form, "late_entry_note": "정전"})
    assert answer.status_code == 303, answer.text
    number = answer.headers["location"].split("/")[-1].split("?")[0]
    assert "(다른 까닭: 정전)" in agent.get(f"/agent/tickets/{number}").text
    queue = client_as("dispatcher").get("/dispatch/queue", params={"status": "LATE_ENTRY"}).text
    assert number in queue
    assert "늦게 입력" in queue


def test_ticket_and_visit_come_in_together_or_not_at_all(web_world: WebWorld, desk: httpx.Client) -> None:
    with web_world.database.transaction() as session:
        add_prices(session, company_id=web_world.company.id or 0)
    half = {**form_of(web_world), **visit_of(web_world), "tick": []}
    refused = desk.post("/point/paper", data=half)
    assert refused.status_code == 422
    assert "확인이 필요합니다" in refused.text
    with web_world.database.reading() as session:
        assert session.exec(select(Ticket.id)).all() == []
    answer = desk.post("/point/paper", data={**form_of(web_world), **visit_of(web_world)})
    assert answer.status_code == 303, answer.text
    with web_world.database.reading() as session:
        (ticket,) = session.exec(select(Ticket)).all()
        (visit,) = session.exec(select(Visit)).all()
        (attempt,) = session.exec(select(ContactAttempt)).all()
        assert (ticket.status, visit.state) == ("COMPLETED", "completed")
        assert visit.technician_id == web_world.technician.id
        assert visit.arrived_at == visit.planned_start == web_world.now - timedelta(minutes=60)
        assert visit.window_start == web_world.now - timedelta(minutes=90)
        assert attempt.late_entry
        told = {notice.event for notice in session.exec(select(Notice)) if notice.state != "withdrawn"}
        assert told == {"VISIT_RESULT"}
        states = {clock.kind: clock.state for clock in session.exec(select(TicketClock))}
        assert states == {"contact": "breached", "promise": "breached", "handled": "breached"}
        kinds = [entry.what for entry in list_entries(session, subject=("ticket", ticket.id or 0))]
        assert kinds.count("PaperRecorded") == 1


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"completed_at": "08:50"}, "completed_at", "앞 단계보다 이릅니다"),
        ({"arrived_at": "10:30"}, "arrived_at", "아직 오지 않은 시각입니다"),
        ({"arrived_at": "7시"}, "arrived_at", "시각을 다시 적어 주세요"),
        ({"arrived_at": "", "completed_at": "09:40"}, "arrived_at", "도착한 시각을 적어 주세요"),
        ({"visit_day": ""}, "visit_day", "날짜를 적어 주세요"),
        ({"call_at_0": ""}, "call_at_0", "언제 전화했는지"),
        ({"call_outcome_0": "NO_ANSWER"}, "call_window_0", "통화가 된 경우에만"),
        ({"call_until_0": ""}, "call_window_0", "몇 시까지인지도"),
        ({"call_at_0": "2026-12-01T05:00"}, "call_at_0", "접수를 받은 시각보다 앞섭니다"),
        ({"arrived_at": "", "completed_at": "", "tick": []}, "call_window_0", "약속한 시간이 지났습니다"),
        ({"quantity.LABOUR": "many"}, "quantity.LABOUR", "수량은 0에서"),
    ],
)
def test_each_time_that_cannot_be_true_is_named(
    web_world: WebWorld, desk: httpx.Client, changes: dict[str, Any], field: str, sentence: str
) -> None:
    number = make_planned(web_world)
    with web_world.database.transaction() as session:
        ticket = ticket_of(session, number)
        ticket.received_at = web_world.now - timedelta(hours=2)
        session.add(ticket)
    answer = desk.post(f"/point/tickets/{number}/paper", data=visit_of(web_world, **changes))
    assert answer.status_code == 422, answer.text
    assert sentence in answer.text
    with web_world.database.reading() as session:
        assert ticket_of(session, number).status == "ASSIGNED", field
        assert session.exec(select(ContactAttempt.id)).all() == []


def test_another_than_the_planned_technician_went(
    web_world: WebWorld, desk: httpx.Client, client_as: ClientAs
) -> None:
    number = make_planned(web_world)
    with web_world.database.transaction() as session:
        add_prices(session, company_id=web_world.company.id or 0)
        other = world.make_technician(session, point=web_world.point, name="최기사", now=web_world.now)
        session.flush()
        other_id = other.id
        ticket = ticket_of(session, number)
        ticket.received_at = web_world.now - timedelta(hours=2)
        session.add(ticket)
    page = f"/point/tickets/{number}/paper"
    assert "박기사" in client_as("dispatcher").get(page).text
    assert client_as("technician", technician=web_world.technician).get(page).status_code == 403
    form = visit_of(web_world, technician_id=str(other_id), departed_at="08:40")
    answer = desk.post(page, data=form)
    assert answer.status_code == 303, answer.text
    with web_world.database.reading() as session:
        visit = session.exec(select(Visit).where(col(Visit.state) == "completed")).one()
        assert visit.technician_id == other_id
        assert visit.en_route_at == web_world.now - timedelta(minutes=80)
        assert ticket_of(session, number).status == "COMPLETED"
    again = desk.post(page, data=form)
    assert again.status_code == 409
    assert "이미 끝난 접수입니다" in again.text
