"""Calls from the technician's phone: what came of them, windows, solved by phone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete
from sqlmodel import col, select

from core.clock import rfc3339_kst
from dispatch.models import TicketClock
from tests.web.conftest import WebWorld
from tests.web.technician_world import Phone, at_the_door, in_order, open_phone
from tests.web.told_once import told_once, words_of
from workforce.models import Shift


@pytest.fixture
def phone(web_world: WebWorld) -> Phone:
    """A job planned in two hours, not yet agreed, not yet seen."""
    return open_phone(web_world)


def test_one_tap_dials_who_asked_first(phone: Phone) -> None:
    assert in_order(phone.get(), ["tel:01098765432", "tel:025550101", "안 받음"])


def test_who_is_off_duty_reads_that_the_desk_calls(phone: Phone) -> None:
    for page in (phone.get(), phone.client.get("/m").text):
        assert "데스크가 가족에게" not in page and 'id="desk-calls"' not in page
    with phone.web.database.transaction() as session:
        session.execute(delete(Shift).where(col(Shift.technician_id) == phone.web.technician.id))
    page = words_of(phone.get())
    assert "방문 시간은 데스크가 정합니다" in page and "님이 가족에게 전화합니다" in page
    assert "전화해서 방문 시간을" not in page and "안 받음" in page, "he may all the same"
    day = words_of(phone.client.get("/m").text)
    assert "근무 시간이 아니라 데스크가 가족에게 전화합니다" in day and "전화하기" not in day


def test_a_failed_call_is_kept_and_the_clock_runs_on(phone: Phone) -> None:
    dialled = phone.web.now
    phone.web.wait(minutes=2)
    data = {"outcome": "NO_ANSWER", "with": "requester", "dialled_at": rfc3339_kst(dialled)}
    assert phone.post("attempt", data).status_code == 303
    attempt = phone.attempts()[0]
    assert (attempt.outcome, attempt.with_role, attempt.at) == ("NO_ANSWER", "requester", dialled)
    assert attempt.evidence == "SELF_REPORT"
    page = phone.get()
    assert 'data-state="running"' in page and "통화 기록" in page
    kept = words_of(page[page.index('id="tries"') : page.index('id="outcome"')])
    assert "10:00 · 김민수 · 안 받음" in kept


def test_after_a_wrong_number_somebody_else_is_offered_first(phone: Phone) -> None:
    data = {"outcome": "WRONG_NUMBER", "with": "requester"}
    assert phone.post("attempt", data).status_code == 303
    page = phone.get()
    assert in_order(
        page, ["김민수: 잘못된 번호로", "데스크에 알려 주세요", "tel:025550101", "tel:01098765432"]
    )
    dial = page[page.index('class="dial"') : page.index('id="outcome"')]
    assert 'data-kind="primary"' in dial[: dial.index("tel:025550101")] and dial.count("primary") == 1
    assert re.search(r'name="with" value="resident" checked', page)
    assert phone.post("attempt", {**data, "outcome": "CONNECTED"}).status_code == 303
    assert "잘못된 번호로" not in phone.get(), "it was right after all"


def test_when_every_number_was_wrong_the_desk_is_named(phone: Phone) -> None:
    for role in ("requester", "resident"):
        phone.post("attempt", {"outcome": "WRONG_NUMBER", "with": role, "idempotency_key": role})
    page = phone.get()
    note = words_of(page[page.index('id="wrong-number"') : page.index('class="dial"')])
    assert "걸 수 있는 다른 번호가 없습니다" in note and "데스크에 알려 주세요" in note


@pytest.mark.parametrize("said", ["2026-12-01T11:30:00+09:00", "nonsense", "2026-11-30T10:00:00+09:00", ""])
def test_a_phone_whose_clock_is_wrong_is_not_believed(phone: Phone, said: str) -> None:
    phone.web.wait(minutes=10)
    assert phone.post("attempt", {"outcome": "BUSY", "dialled_at": said}).status_code == 303
    assert phone.attempts()[0].at == phone.web.now


def test_a_window_is_chosen_from_what_can_be_kept_and_agreed(phone: Phone) -> None:
    page = phone.get("?do=agree&with=requester")
    windows = re.findall(r'name="window" value="([^"]+)"', page)
    assert len(windows) > 3 and "지금 내 순서에 맞음" in page
    assert "checked" in page[page.index(windows[0]) : page.index(windows[0]) + 100]
    data = {"outcome": "CONNECTED", "agrees": "1", "with": "requester", "window": windows[0]}
    assert phone.post("attempt", data).status_code == 303
    start, end, named = windows[0].split("/")
    visit = phone.visit()
    assert (visit.state, visit.window_start) == ("agreed", datetime.fromisoformat(start))
    assert visit.window_end == datetime.fromisoformat(end)
    assert visit.technician_id == phone.web.technician.id == int(named), "who is named is who comes"
    assert phone.ticket().status == "APPOINTED"
    page = phone.get()
    assert 'data-step="depart"' in page and 'data-state="met"' in page
    assert visit.acknowledged_at == phone.web.now and "새 일입니다" not in page


def test_pressing_agree_without_a_window_changes_nothing(phone: Phone) -> None:
    answer = phone.post("attempt", {"outcome": "CONNECTED", "agrees": "1", "with": "requester"})
    assert answer.status_code == 422 and 'name="window"' in answer.text
    assert "시간을 하나 골라" in told_once(answer.text)["window"]
    assert "novalidate" in answer.text and " required" not in answer.text[answer.text.index("offers") :]
    assert phone.attempts() == [] and phone.ticket().status == "ASSIGNED"


def test_talking_without_a_window_does_not_stop_the_clock(phone: Phone) -> None:
    assert phone.post("attempt", {"outcome": "CONNECTED", "with": "requester"}).status_code == 303
    assert phone.ticket().status == "CONTACTED"
    assert 'data-step="call"' in phone.get() and 'data-state="running"' in phone.get()


@pytest.mark.parametrize("outcome", ["", "SOMETHING"])
def test_an_unknown_outcome_is_refused_in_words(phone: Phone, outcome: str) -> None:
    answer = phone.post("attempt", {"outcome": outcome})
    assert answer.status_code == 422 and "통화가 어떻게 되었는지" in answer.text


def test_a_press_that_comes_twice_counts_once(phone: Phone) -> None:
    data = {"outcome": "NO_ANSWER", "idempotency_key": "k1", "dialled_at": "a"}
    for _ in range(2):
        assert phone.post("attempt", data).status_code == 303
    assert len(phone.attempts()) == 1
    assert phone.post("attempt", {**data, "outcome": "BUSY"}).status_code == 409
    assert len(phone.attempts()) == 1


def test_solved_by_phone_needs_its_reason_and_ends_the_case(phone: Phone) -> None:
    data = {"outcome": "SOLVED_BY_PHONE", "with": "resident", "reason": ""}
    answer = phone.post("attempt", data)
    assert answer.status_code == 422 and "어떻게 해결했는지" in told_once(answer.text)["reason"]
    assert phone.post("attempt", {**data, "reason": "밸브를 열었음"}).status_code == 303
    assert phone.ticket().status == "CLOSED"
    assert "밸브를 열었음" in phone.get()


def test_ring_again_later_is_remembered(phone: Phone) -> None:
    assert "다시 걸까요" in phone.get("?do=callback")
    assert phone.post("attempt", {"outcome": "CALL_BACK", "call_back": "30"}).status_code == 303
    assert phone.attempts()[0].call_back_at == phone.web.now + timedelta(minutes=30)
    assert "오늘 10:30에 다시 걸기로" in phone.get()


def test_safety_comes_first_and_is_never_solved_by_phone(web_world: WebWorld) -> None:
    phone = open_phone(web_world, safety=True)
    page = phone.get()
    assert in_order(page, ["안전 접수: 먼저 지킬 일", "환풍기는 켜지 마세요", "통화가 어떻게"])
    assert "전화로 해결" not in page and "방문 없이 끝내기" not in phone.get("?do=solve")
    at_the_door(phone)
    assert "배기통과 가스 누설을 시험" in phone.get("?do=complete")
    refused = phone.post("completed", {"tick": ["usage_explained"]})
    assert refused.status_code == 422 and phone.ticket().status == "ARRIVED"
    ticks = ["usage_explained", "flue_leak_test", "safety_signed_off"]
    assert phone.post("completed", {"tick": ticks}).status_code == 303


def test_a_window_past_the_limit_says_so_and_is_not_chosen_for_him(phone: Phone) -> None:
    """Planned in two hours; the limit lies before the end of that window and after that of another."""
    page = phone.get("?do=agree&with=requester")
    ends = [value.split("/")[1] for value in re.findall(r'name="window" value="([^"]+)"', page)]
    planned, soonest = datetime.fromisoformat(ends[0]), min(datetime.fromisoformat(end) for end in ends)
    with phone.web.database.transaction() as session:
        clock = session.exec(select(TicketClock).where(TicketClock.kind == "handled")).one()
        clock.due_at = soonest
        session.add(clock)
    page = phone.get("?do=agree&with=requester")
    assert soonest < planned
    assert (
        re.search(r"처리 시한\([^)]*\)(을 넘길|이 지난)", page)
        and " checked" not in page[page.index('class="offers"') :]
    )
    assert "모두 처리 시한" not in page
    with phone.web.database.transaction() as session:
        clock = session.exec(select(TicketClock).where(TicketClock.kind == "handled")).one()
        clock.due_at = phone.web.now + timedelta(minutes=1)
        session.add(clock)
    page = phone.get("?do=agree&with=requester")
    assert page.count("모두 처리 시한") == 1
    assert " checked" in page[page.index('class="offers"') :], "nothing better: his own plan stays chosen"
