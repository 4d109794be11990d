"""The manager's figures: what was counted, where it leads, and what it says when there is nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest
from sqlmodel import col, select

from core.clock import kst, today_kst
from dispatch.models import Ticket, TicketClock
from happycall.models import HappyCall, HappyCallAttempt
from tests import world
from tests.web.conftest import ClientAs, WebWorld
from tests.web.told_once import words_of
from web.pages.manager import UnknownPeriodError, stretch_of
from web.presenters.figures import bars_of_hours, heat_of, share


@pytest.fixture
def manager(client_as: ClientAs) -> httpx.Client:
    return client_as("manager")


def call(web: WebWorld, *, minutes_ago: int, talked_after: int | None = None, **fields: object) -> str:
    """A case of so long ago; `talked_after` so many minutes with the family, None: not yet. Its number."""
    with web.database.transaction() as session:
        received = web.now - timedelta(minutes=minutes_ago)
        ticket = world.make_ticket(
            session,
            company=web.company,
            point=web.point,
            received_at=received,
            **fields,  # type: ignore[arg-type]
        )
        if talked_after is not None:
            clock = session.exec(
                select(TicketClock).where(
                    TicketClock.ticket_id == ticket.id, col(TicketClock.kind) == "contact"
                )
            ).one()
            clock.stopped_at = received + timedelta(minutes=talked_after)
            clock.state = "met" if talked_after <= 60 else "breached"
            session.add(clock)
        return ticket.number


def rated(web: WebWorld, *scores: int) -> None:
    """Families that were asked and gave these points."""
    for score in scores:
        number = call(web, minutes_ago=3000, talked_after=10)
        with web.database.transaction() as session:
            ticket = session.exec(select(Ticket).where(Ticket.number == number)).one()
            owed = HappyCall(
                company_id=ticket.company_id,
                ticket_id=ticket.id or 0,
                state="done",
                due_at=web.now,
                until_at=web.now,
                created_at=web.now,
            )
            session.add(owed)
            session.flush()
            answers = {"fixed": score > 3, "overall": score}
            at = web.now - timedelta(minutes=1)
            session.add(
                HappyCallAttempt(happy_call_id=owed.id or 0, at=at, outcome="CONNECTED", answers=answers)
            )


def test_nothing_yet_is_said(manager: httpx.Client) -> None:
    for period in ("", "yesterday", "week", "month"):
        said = words_of(manager.get("/manager", params={"period": period}).text)
        assert "이 기간에는 접수가 없습니다." in said and "늦은 집이 없습니다." in said
        assert "아직 답이 없습니다." in said and "100%" not in said


def test_figures_lead_to_their_cases(manager: httpx.Client, web_world: WebWorld) -> None:
    call(web_world, minutes_ago=2, talked_after=1, solved_by_phone_at=web_world.now)
    with_time = call(web_world, minutes_ago=3)
    slow = call(web_world, minutes_ago=2 * 24 * 60, talked_after=75)
    nobody = call(web_world, minutes_ago=2 * 24 * 60 - 1)
    page = manager.get("/manager", params={"period": "week"})
    said = words_of(page.text)
    assert "3건 가운데 1건" in said, "of the clocks that are over, one was kept"
    assert "4건 가운데 1건" in said, "of the calls, one was solved on the telephone"
    listed = re.findall(r'href="/agent/tickets/([^"]+)"', page.text)
    assert listed == [nobody, slow] and with_time not in listed, "who waits first, who has time not at all"
    assert "아직 통화 못 함" in said and "15분 늦게 통화" in said
    assert f'href="/dispatch?point={web_world.point.code}"' in page.text
    today = manager.get("/manager").text
    assert slow not in today, "its clock began before today"


def test_a_score_comes_with_how_many_and_how_sure(manager: httpx.Client, web_world: WebWorld) -> None:
    rated(web_world, 7, 7, 4, 2)
    said = words_of(manager.get("/manager").text)
    assert "67 점" in said or "67점" in said, "(5 - 1) / 6 of 100, rounded"
    assert "답 4개 · ±" in said and "20개가 될 때까지는 참고만 하세요." in said
    assert "안 고쳐짐 1" in said


def test_an_unknown_period_shows_today_and_says_so(manager: httpx.Client) -> None:
    answer = manager.get("/manager", params={"period": "<b>1900"})
    assert answer.status_code == 422 and "그런 기간은 없어 오늘을 보여 드립니다." in answer.text
    assert "<b>1900" not in answer.text


def test_a_manager_of_one_point_has_no_figures_of_all(client_as: ClientAs, web_world: WebWorld) -> None:
    own = client_as("manager", point=web_world.point)
    assert own.get("/manager").status_code == 403


def test_stretches_meet_and_are_as_long_as_what_they_are_compared_with(web_world: WebWorld) -> None:
    now, today = web_world.now, kst(today_kst(web_world.now), 0)
    for name, start, end in (
        ("today", today, now),
        ("yesterday", today - timedelta(days=1), today),
        ("week", today - timedelta(days=6), now),
        ("month", today - timedelta(days=29), now),
    ):
        stretch = stretch_of(name, now)
        assert (stretch.start, stretch.end) == (start, end)
        before, length = stretch.before, timedelta(days={"week": 7, "month": 30}.get(name, 1))
        assert before == (start - length, end - length), "as long, and up to the same time of day"
    with pytest.raises(UnknownPeriodError):
        stretch_of("year", now)


def test_shares_never_flatter() -> None:
    assert share(999, 1000) == 99 and share(1000, 1000) == 100 and share(0, 0) is None
    assert len(bars_of_hours([])) == 24 and {bar["height"] for bar in bars_of_hours([])} == {0}
    assert all(level == 0 for _weekday, cells in heat_of([]) for _n, level in cells)
