"""What a text may carry, how long it is, and how dates, money and phones read."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import kst
from core.phones import PhoneError
from notifications import texts

DAY = date(2026, 12, 1)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "length"),
    [("가", 2), ("뷁", 2), ("a", 1), ("가\n나", 5), ("… · → ①㎡℃", 15), ("", 0)],
)
def test_bytes_are_counted_as_carriers_do(text: str, length: int) -> None:
    assert texts.sms_bytes(text) == length


@pytest.mark.parametrize("character", ["😀", "ก", "₩", "—", "\u00a0", "é", "\x07", "\x1b"])
def test_what_no_phone_shows_is_named(character: str) -> None:
    with pytest.raises(texts.TextError) as refused:
        texts.sms_bytes(f"가{character}나")
    assert refused.value.characters == (character,)
    assert f"U+{ord(character):04X}" in refused.value.detail


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("₩32,000", "32,000원"),
        ("₩ 5000 / ₩", "5000원 / 원"),
        ("1—2–3", "1-2-3"),
        ("“집”과 ‘방’", "\"집\"과 '방'"),
        ("가\u00a0나\u3000다", "가 나 다"),
        ("가\u200b나\ufeff", "가나"),
        ("\u1112\u1161\u11ab글", "한글"),
        ("José Đặng", "Jose Đang"),
        ("가\r\n나\r다", "가\n나\n다"),
        ("① ㎡ · … → ℃ ￦", "① ㎡ · … → ℃ ￦"),
        ("불😀이야", "불😀이야"),
    ],
)
def test_normalising_keeps_the_words(typed: str, sent: str) -> None:
    assert texts.normalise(typed) == sent


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = texts.normalise(text)
    assert texts.normalise(once) == once


@pytest.mark.parametrize(("length", "channel"), [(1, "SMS"), (90, "SMS"), (91, "LMS"), (2000, "LMS")])
def test_the_channel_is_chosen_by_bytes(length: int, channel: str) -> None:
    assert texts.fit_channel("가" * (length // 2) + "a" * (length % 2)) == channel


def test_too_long_is_refused_and_never_cut() -> None:
    with pytest.raises(texts.TextError, match="2001"):
        texts.fit_channel("a" * 2001)


@pytest.mark.parametrize("subject", ["가" * 21, "", " "])
def test_a_bad_subject_is_refused(subject: str) -> None:
    with pytest.raises(texts.TextError):
        texts.require_subject(subject)


def test_a_subject_of_forty_bytes_passes() -> None:
    assert texts.require_subject("가" * 20) == "가" * 20


def test_a_shortened_value_shows_that_it_was_cut() -> None:
    assert texts.shorten("김수한무거북이와두루미", 10) == "김수한무…"
    assert texts.shorten(" 김\n영자 ", 30) == "김 영자"


@given(st.text(alphabet="가나다 abc뷁\n", max_size=80), st.integers(min_value=2, max_value=40))
def test_a_shortened_value_fits(value: str, limit: int) -> None:
    short = texts.shorten(value, limit)
    assert texts.sms_bytes(short) <= limit
    assert "\n" not in short
    assert short == texts.one_line(value) or short.endswith("…")


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ((14, 0), (16, 0), "12월 1일(화) 오후 2시~4시"),
        ((9, 30), (11, 0), "12월 1일(화) 오전 9시 30분~11시"),
        ((11, 0), (13, 0), "12월 1일(화) 오전 11시~오후 1시"),
        ((12, 0), (14, 0), "12월 1일(화) 낮 12시~오후 2시"),
        ((12, 0), (12, 30), "12월 1일(화) 낮 12시~12시 30분"),
        ((0, 0), (2, 0), "12월 1일(화) 오전 0시~2시"),
        ((22, 0), (24, 0), "12월 1일(화) 오후 10시~밤 12시"),
        ((23, 0), (25, 0), "12월 1일(화) 오후 11시~다음 날 오전 1시"),
    ],
)
def test_a_window_reads_as_people_say_it(start: tuple[int, int], end: tuple[int, int], words: str) -> None:
    assert texts.window_words(kst(DAY, *start), kst(DAY, *end)) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (32_000, "3만 2천원(32,000원)"),
        (18_000, "1만 8천원(18,000원)"),
        (100_000, "10만원(100,000원)"),
        (32_500, "3만 2천 5백원(32,500원)"),
        (32_340, "3만 2,340원(32,340원)"),
        (500, "5백원(500원)"),
        (100_002_000, "1억 2천원(100,002,000원)"),
        (0, "0원"),
        (35, "35원"),
        (-5_000, "-5천원(-5,000원)"),
    ],
)
def test_won_is_told_in_words_and_digits(amount: int, words: str) -> None:
    assert texts.won_words(amount) == words


def test_a_number_reads_as_koreans_write_it() -> None:
    assert texts.phone_words("+821012345678") == "010-1234-5678"
    assert texts.phone_words("+8215881234") == "1588-1234"


def test_anything_but_a_korean_number_is_refused() -> None:
    with pytest.raises(PhoneError):
        texts.phone_words("+12025550101")


def test_an_arrival_is_never_told_earlier_than_it_is() -> None:
    assert texts.round_up_minutes(kst(DAY, 14, 7), 5) == kst(DAY, 14, 10)
    assert texts.round_up_minutes(kst(DAY, 14, 10), 5) == kst(DAY, 14, 10)
    assert texts.round_up_minutes(kst(DAY, 14, 58), 5) == kst(DAY, 15, 0)
