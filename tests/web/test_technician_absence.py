"""Nobody opens, and the agreed time has not come: the phone asks before the family is called absent."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import col, select

from notifications.models import Notice
from tests.web.conftest import WebWorld
from tests.web.technician_world import Phone, open_phone
from tests.web.told_once import words_of


def waiting_at_the_door(web: WebWorld, *, window_in: int) -> Phone:
    """He came early, waited the ten minutes and rang twice."""
    start = web.now + timedelta(minutes=window_in)
    window = {"window_start": start, "window_end": start + timedelta(hours=2)}
    phone = open_phone(web, state="arrived", status="ARRIVED", arrived_at=web.now, **window)
    for _ in range(2):
        web.wait(minutes=5)
        assert phone.post("attempt", {"outcome": "NO_ANSWER", "back": "absent"}).status_code == 303
    return phone


def absence_texts(web: WebWorld) -> int:
    with web.database.reading() as session:
        return len(session.exec(select(Notice).where(col(Notice.event) == "ABSENT")).all())


def test_before_the_agreed_time_an_absence_is_asked_about_and_kept(web_world: WebWorld) -> None:
    phone = waiting_at_the_door(web_world, window_in=60)
    start = "11:00"
    assert f"약속한 시간은 {start}부터입니다" in words_of(phone.get("?do=absent"))
    asked = phone.post("absent", {"idempotency_key": "first", "note": "쪽지를 붙임"})
    words = words_of(asked.text)
    assert asked.status_code == 200 and f"약속한 시간({start})이 아직 되지 않았습니다" in words
    assert f"{start}까지 기다리기" in words and 'value="쪽지를 붙임"' in asked.text
    assert phone.visit().state == "arrived" and absence_texts(web_world) == 0
    sure = {"idempotency_key": "second", "anyway": "early", "note": "쪽지를 붙임"}
    for _ in range(2):
        assert phone.post("absent", sure).status_code == 303
    assert phone.visit().state == "absent" and phone.visit().note == "쪽지를 붙임"
    desk = web_world.sign_in("dispatcher").get(f"/agent/tickets/{phone.number}").text
    assert f"아무도 안 계셨습니다: 약속한 시간({start})이 되기 전, 묻고 확인함" in desk


def test_what_an_absence_still_lacks_is_said_before_the_question(web_world: WebWorld) -> None:
    start = web_world.now + timedelta(hours=1)
    window = {"window_start": start, "window_end": start + timedelta(hours=2)}
    phone = open_phone(web_world, state="arrived", status="ARRIVED", arrived_at=web_world.now, **window)
    refused = phone.post("absent")
    assert refused.status_code == 422 and "10:10까지 기다려" in refused.text


def test_after_the_agreed_time_an_absence_is_not_asked_about(web_world: WebWorld) -> None:
    phone = waiting_at_the_door(web_world, window_in=5)
    assert phone.post("absent").status_code == 303
    assert phone.visit().state == "absent"
