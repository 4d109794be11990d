"""How times, spans and money are written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from core.clock import kst
from core.i18n import set_language
from web.display import date_text, day_text, iso_text, span_text, time_text, when_text, window_text, won_text

DAY = date(2026, 12, 1)
NOW = kst(DAY, 9, 30)


@pytest.fixture(autouse=True)
def korean() -> Iterator[None]:
    set_language("ko")
    yield
    set_language("ko")


def test_times_are_korean_whatever_the_zone_they_come_in() -> None:
    assert time_text(kst(DAY, 0, 5)) == "00:05"
    assert date_text(kst(DAY, 0, 5)) == "12월 1일 (화)"
    assert iso_text(kst(DAY, 0, 5)) == "2026-12-01T00:05:00+09:00"


def test_dates_follow_the_language() -> None:
    set_language("en")
    assert date_text(NOW) == "1 Dec (Tue)"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (kst(DAY, 23, 59), "오늘 23:59"),
        (kst(DAY, 24, 0), "내일 00:00"),
        (kst(DAY, -1, 0), "어제 23:00"),
        (kst(DAY, 48, 0), "12월 3일 (목) 00:00"),
    ],
)
def test_near_days_have_names(at: datetime, words: str) -> None:
    assert when_text(at, NOW) == words


def test_a_window_names_its_day_once() -> None:
    assert window_text(kst(DAY, 14), kst(DAY, 16), NOW) == "오늘 14:00~16:00"
    assert window_text(None, None, NOW) == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0분"),
        (20, "1분"),
        (840, "14분"),
        (3600, "1시간"),
        (3900, "1시간 5분"),
        (timedelta(hours=2), "2시간"),
        (None, ""),
    ],
)
def test_spans_in_words(seconds: int | timedelta | None, words: str) -> None:
    assert span_text(seconds) == words


def test_money_has_commas_and_its_unit() -> None:
    assert won_text(121_000) == "121,000원"
    assert won_text(0) == "0원"
    assert won_text(None) == ""


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (NOW, ["오늘", "내일", "모레", "12월 4일 (금)"]),
        (kst(DAY, 25), ["지금~05:00", "오늘", "내일", "모레"]),  # 01:00: the running day is yesterday's
    ],
)
def test_operating_days_are_called_by_the_calendar(now: datetime, words: list[str]) -> None:
    assert [day_text(DAY + timedelta(days=n), now) for n in range(4)] == words
