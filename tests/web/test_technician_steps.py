"""A visit on the technician's phone: from setting out to the bill, absences, holds."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlmodel import col, select

from core.clock import kst, operating_day, today_kst
from dispatch.models import Ticket, Visit
from notifications.models import Notice
from tests import world
from tests.web.conftest import WebWorld
from tests.web.technician_world import Phone, add_job, at_the_door, in_order, open_phone
from tests.web.told_once import told_once, words_of
from web.display import date_text


@pytest.fixture
def phone(web_world: WebWorld) -> Phone:
    """A job planned in two hours, not yet agreed, not yet seen."""
    return open_phone(web_world)


def test_the_steps_lead_to_the_bill_that_the_family_gets(phone: Phone) -> None:
    at_the_door(phone)
    assert phone.post("started").status_code == 303
    assert "출장비" in phone.get()
    data = {"quantity.LABOUR_IGNITION": "2", "note": "점화봉 교체", "misuse": ""}
    answer = phone.post("completed", data)
    assert answer.status_code == 422 and "‘필수’인 확인 항목을 표시해야" in answer.text
    assert 'value="2"' in answer.text and "점화봉 교체" in answer.text and "78,000원" in answer.text
    assert phone.ticket().status == "IN_PROGRESS"
    assert phone.post("completed", {**data, "tick": ["usage_explained"]}).status_code == 303
    assert phone.ticket().status == "COMPLETED"
    page = phone.get()
    assert "78,000원" in page and "비용 내역" in page and "접수하신 분께" in page


def test_the_bill_follows_what_is_picked(phone: Phone) -> None:
    at_the_door(phone)
    live = {"HX-Request": "true"}
    post = phone.client.post
    part = post(f"/m/{phone.number}/bill", data={"quantity.PART_FAN": "1"}, headers=live)
    assert part.status_code == 200 and "88,000원" in part.text and "<html" not in part.text
    whole = post(f"/m/{phone.number}/bill", data={"quantity.PART_FAN": "3"})
    assert whole.status_code == 200 and "228,000원" in whole.text and "<html" in whole.text
    for bad in ({"quantity.PART_FAN": "100"}, {"quantity.PART_FAN": "-1"}, {"quantity.NOTHING": "1"}):
        refused = post(f"/m/{phone.number}/bill", data=bad, headers=live)
        assert refused.status_code == 200 and "합계" not in refused.text
    refused = phone.post("completed", {"quantity.PART_FAN": "x", "tick": ["usage_explained"]})
    assert refused.status_code == 422 and phone.ticket().status == "ARRIVED"


def test_absence_says_what_is_still_missing(phone: Phone) -> None:
    at_the_door(phone)
    page = phone.get("?do=absent")
    assert "0/2" in page and 'data-kind="absence"' in page
    answer = phone.post("absent")
    assert answer.status_code == 422
    assert "10:10까지 기다려" in answer.text and "지금까지 0번" in answer.text
    for _ in range(2):
        phone.web.wait(minutes=5)
        answer = phone.post("attempt", {"outcome": "NO_ANSWER", "back": "absent"})
        assert answer.headers["location"].endswith("?do=absent")
    assert "2/2" in phone.get("?do=absent") and "다 기다렸습니다" in phone.get("?do=absent")
    assert phone.post("absent", {"note": "쪽지"}).status_code == 303
    assert phone.visit().state == "absent"
    page = words_of(phone.get())
    assert in_order(page, ["부재로 적었습니다", "접수하신 분께", "문자를 못 받는 분께는", "다음 방문 시간은"])
    with phone.web.database.transaction() as session:
        gone = session.get_one(Visit, phone.visit_id)
        start = phone.web.now + timedelta(hours=3)
        ticket = session.get_one(Ticket, phone.ticket_id)
        ticket.status = "ASSIGNED"
        again = {"technician": phone.web.technician, "sequence": gone.sequence + 1, "start": start}
        world.make_visit(session, ticket=ticket, point=phone.web.point, **again)
    live = phone.client.get(f"/m/{phone.number}/now").text
    assert 'data-step="call"' in live and "통화가 어떻게 되었나요" in live, (
        "what comes next, not its head alone"
    )
    assert in_order(
        live, ["통화가 어떻게 되었나요", "부재로 적었습니다", "다시 방문할 일정이 새로 잡혔습니다"]
    )
    assert "더 하실 일은 없습니다" not in live
    assert "부재로 적었습니다" not in phone.get("?do=boiler"), "what was asked last stands alone"
    phone.web.wait(minutes=1)
    assert phone.post("attempt", {"outcome": "NO_ANSWER"}).status_code == 303
    assert "부재로 적었습니다" not in phone.get(), "the case has gone on"


def test_the_word_of_an_absence_does_not_outlive_a_hold(phone: Phone) -> None:
    at_the_door(phone)
    for _ in range(2):
        phone.web.wait(minutes=5)
        phone.post("attempt", {"outcome": "NO_ANSWER", "back": "absent"})
    assert phone.post("absent").status_code == 303
    assert "부재로 적었습니다" in phone.get()
    with phone.web.database.transaction() as session:
        ticket = session.get_one(Ticket, phone.ticket_id)
        ticket.status = "ON_HOLD"
    assert "부재로 적었습니다" not in phone.get()


def test_a_question_stands_alone_on_top(web_world: WebWorld) -> None:
    start = web_world.now + timedelta(hours=3)
    window = {"window_start": start, "window_end": start + timedelta(hours=2)}
    phone = open_phone(web_world, state="agreed", status="APPOINTED", minutes=180, **window)
    asked = phone.post("departed").text
    assert "지금 출발하시나요?" in asked
    assert 'class="steps"' not in asked and "새 일입니다" not in asked
    assert 'class="steps"' in phone.get() and "새 일입니다" in phone.get()


def test_setting_out_while_still_at_another_home_is_asked_about(web_world: WebWorld) -> None:
    phone = open_phone(web_world, state="agreed", status="APPOINTED")
    with web_world.database.transaction() as session:
        other = add_job(web_world, session, minutes=30, state="arrived", status="ARRIVED")[0].number
    asked = phone.post("departed", {"idempotency_key": "first"})
    assert asked.status_code == 200 and f"{other} 방문이 ‘도착’ 상태입니다" in asked.text
    assert f'href="/m/{other}"' in asked.text and phone.visit().state == "agreed"
    assert phone.post("departed", {"idempotency_key": "second", "anyway": "1"}).status_code == 303
    assert phone.visit().state == "en_route"


def test_setting_out_long_before_the_agreed_time_is_asked_about(web_world: WebWorld) -> None:
    start = web_world.now + timedelta(days=1, hours=2)
    window = {"window_start": start, "window_end": start + timedelta(hours=2)}
    phone = open_phone(web_world, state="agreed", status="APPOINTED", minutes=26 * 60, **window)
    with web_world.database.transaction() as session:
        add_job(web_world, session, minutes=30, state="arrived", status="ARRIVED")
    first = phone.post("departed", {"idempotency_key": "first"})
    assert "아직 다른 집에 계신가요?" in first.text
    asked = phone.post("departed", {"idempotency_key": "second", "anyway": "1"})
    assert asked.status_code == 200 and "그래도 출발" in asked.text
    words = words_of(asked.text)
    assert "약속: 내일" in words and "가족에게 약속보다 먼저 간다고 문자로 알립니다" in words
    assert phone.visit().state == "agreed"
    with web_world.database.reading() as session:
        assert not session.exec(select(Notice).where(col(Notice.event) == "EN_ROUTE")).all()
    assert phone.post("departed", {"idempotency_key": "third", "anyway": "early"}).status_code == 303
    assert phone.visit().state == "en_route"


@pytest.mark.parametrize(("hours", "minutes"), [(0, 50), (15, 35)], ids=["day", "night"])
def test_who_would_be_there_too_early_is_asked_and_the_family_is_told(
    web_world: WebWorld, hours: int, minutes: int
) -> None:
    web_world.wait(hours=hours)
    start = web_world.now + timedelta(minutes=minutes)
    window = {"window_start": start, "window_end": start + timedelta(hours=2)}
    phone = open_phone(web_world, state="agreed", status="APPOINTED", minutes=minutes, **window)
    asked = words_of(phone.post("departed", {"idempotency_key": "first"}).text)
    assert "지금 출발하시나요?" in asked and "빠릅니다" in asked and phone.visit().state == "agreed"
    assert phone.post("departed", {"idempotency_key": "second", "anyway": "early"}).status_code == 303
    with web_world.database.reading() as session:
        told = session.exec(select(Notice).where(col(Notice.event) == "EN_ROUTE")).all()
    assert told and all("보다 먼저 갑니다" in n.text and "바로 전화해 주세요" in n.text for n in told)


@pytest.mark.parametrize(("minutes", "before"), [(30, True), (0, False)], ids=["early", "in time"])
def test_setting_out_with_the_drive_in_mind_is_not_asked_about(
    web_world: WebWorld, minutes: int, before: bool
) -> None:
    """Nobody is asked for some minutes, but no family is told a time outside its window without a word."""
    start = web_world.now + timedelta(minutes=minutes)
    window = {"window_start": start, "window_end": start + timedelta(hours=2)}
    phone = open_phone(web_world, state="agreed", status="APPOINTED", minutes=minutes, **window)
    assert phone.post("departed").status_code == 303
    with web_world.database.reading() as session:
        told = session.exec(select(Notice).where(col(Notice.event) == "EN_ROUTE")).all()
    assert told and all(("먼저 갑니다" in notice.text) is before for notice in told)


def test_a_home_left_open_is_asked_about_once_the_other_is_done(web_world: WebWorld) -> None:
    phone = open_phone(web_world, state="in_progress", status="IN_PROGRESS", arrived_at=web_world.now)
    with web_world.database.transaction() as session:
        ticket, visit = add_job(web_world, session, minutes=30, state="en_route", status="EN_ROUTE")
        other, visit_id = ticket.number, visit.id
    assert phone.post("completed", {"tick": ["usage_explained"]}).status_code == 303
    page = words_of(phone.get())
    assert f"{other} 방문이 아직 ‘이동 중’ 상태입니다" in page and "그 댁에 도착했습니다" in page
    assert f'action="/m/{other}/arrived"' in phone.get()
    assert phone.client.post(f"/m/{other}/arrived").status_code == 303
    with web_world.database.reading() as session:
        assert session.get_one(Visit, visit_id).state == "arrived"
    assert f"{other} 방문이 아직 ‘도착’ 상태입니다" in words_of(phone.get())


@pytest.mark.parametrize(
    ("said", "words"), [("called", "고객과 통화함"), ("here", "통화 없이 도착함")], ids=["called", "not"]
)
def test_coming_much_earlier_than_agreed_is_asked_about_and_the_desk_sees_it(
    web_world: WebWorld, said: str, words: str
) -> None:
    start = web_world.now + timedelta(minutes=40)
    window = {"window_start": start, "window_end": start + timedelta(hours=2)}
    phone = open_phone(web_world, state="en_route", status="EN_ROUTE", minutes=40, **window)
    asked = phone.post("arrived", {"idempotency_key": "first"})
    assert asked.status_code == 200 and "약속 시간보다 40분 빠릅니다" in asked.text
    assert "고객과 통화하셨나요?" in asked.text and "tel:01098765432" in asked.text
    assert phone.visit().state == "en_route"
    assert phone.post("arrived", {"idempotency_key": "second", "anyway": said}).status_code == 303
    assert phone.visit().state == "arrived"
    desk = web_world.sign_in("dispatcher").get(f"/agent/tickets/{phone.number}").text
    assert f"기사가 일찍 도착했습니다: 약속보다 40분 빠름, {words}" in desk


def test_a_little_early_is_on_time(web_world: WebWorld) -> None:
    start = web_world.now + timedelta(minutes=14)
    window = {"window_start": start, "window_end": start + timedelta(hours=2)}
    phone = open_phone(web_world, state="en_route", status="EN_ROUTE", minutes=14, **window)
    assert phone.post("arrived").status_code == 303
    assert phone.visit().state == "arrived"


def test_each_tick_says_whether_it_must_be(phone: Phone) -> None:
    at_the_door(phone)
    ticks = re.findall(r'<label class="choice">.*?</label>', phone.get("?do=complete"), re.DOTALL)
    said = [words_of(tick).split()[-1] for tick in ticks if 'name="tick"' in tick]
    assert said == ["필수", "선택", "선택"]


def test_every_step_carries_a_key_and_counts_once(phone: Phone) -> None:
    for step in ("departed", "arrived", "started"):
        page = phone.get("?do=depart" if step == "departed" else "")
        form = re.findall(rf'/{step}" method="post" data-once>(.*?)</form>', page, re.DOTALL)[0]
        key = re.findall(r'name="idempotency_key" value="([^"]+)"', form)[0]
        for _ in range(2):
            assert phone.post(step, {"idempotency_key": key}).status_code == 303
    with phone.web.database.reading() as session:
        told = session.exec(select(Notice).where(col(Notice.event) == "EN_ROUTE")).all()
    assert len({notice.recipient for notice in told}) == len(told) == 1


def test_a_hold_says_why_and_until_when(phone: Phone) -> None:
    at_the_door(phone)
    refused = phone.post("hold", {"reason": "because"})
    assert refused.status_code == 422 and "reason" in told_once(refused.text)
    answer = phone.post("hold", {"reason": "parts_wait", "days": "2", "note": "팬 모터"})
    assert answer.status_code == 303
    assert phone.ticket().status == "ON_HOLD"
    page = phone.get()
    assert "보류 중" in page and "부품 대기" in page and "12월 3일" in page and "팬 모터" in page


def test_before_five_a_hold_begins_again_on_a_later_day_of_the_calendar(web_world: WebWorld) -> None:
    """Past midnight the calendar's today is the day on which this visit ends."""
    web_world.now = kst(operating_day(web_world.now), 28, 43)
    phone = open_phone(web_world)
    at_the_door(phone)
    tomorrow = today_kst(web_world.now) + timedelta(days=1)
    days = re.findall(r'name="days" value="1".*?choice-text">([^<]+)', phone.get("?do=hold"), re.DOTALL)
    assert days == [date_text(kst(tomorrow, 9))]
    assert phone.post("hold", {"reason": "customer_request", "days": "1"}).status_code == 303
    assert phone.visit().hold_due_at == kst(tomorrow, 9)


def test_a_step_out_of_place_is_refused_in_plain_words(phone: Phone) -> None:
    answer = phone.post("started")
    assert answer.status_code == 409 and "도착한 뒤에" in answer.text
    assert phone.client.get(f"/m/{phone.number}/started").headers["location"] == f"/m/{phone.number}"
