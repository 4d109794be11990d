"""Dates, moments, amounts and words as old lists write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from exchange.cells import (
    BadCellError,
    has_time,
    read_count,
    read_day,
    read_moment,
    read_won,
    read_word,
    read_yes,
)


@pytest.mark.parametrize(
    "text",
    [
        "2019-11-02",
        "2019.11.2",
        "2019. 11. 2.",
        "2019/11/02",
        "20191102",
        "2019년 11월 2일",
        "２０１９-１１-０２",
        "2019-11-02 00:00:00",
        "2019-11-02 0:00",
    ],
)
def test_a_date_in_the_usual_writings(text: str) -> None:
    assert read_day(text) == date(2019, 11, 2)


@pytest.mark.parametrize("text", ["19/11/02", "19-11-02", "02.11.19", "02/11/2019", "191102"])
def test_a_date_that_could_mean_several_days_is_asked_for_anew(text: str) -> None:
    with pytest.raises(BadCellError, match="네 자리"):
        read_day(text)


@pytest.mark.parametrize("text", ["2019-02-30", "어제", "2019-11", "43771", "0001-01-01", "2019-11-02 14:30"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(BadCellError):
        read_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "2019-11-02 14:30",
        "2019-11-02T14:30:59",
        "2019.11.2 오후 2:30",
        "2019.11.2 오후 2시 30분",
        "2019-11-02 (토) 14:30",
        "20191102 1430",
        "2019-11-02 2:30 PM",
        "2019-11-02T05:30:00Z",
        "2019-11-02T14:30+09:00",
    ],
)
def test_a_moment_is_korean_time_unless_it_says_otherwise(text: str) -> None:
    assert read_moment(text).replace(second=0) == datetime(2019, 11, 2, 5, 30, tzinfo=UTC)
    assert has_time(text)


def test_midnight_and_noon() -> None:
    assert read_moment("2019-11-02 오전 12:00") == read_moment("2019-11-02")
    assert read_moment("2019-11-02 오후 12:00") == read_moment("2019-11-02 12:00")
    assert not has_time("2019.11.2")


@pytest.mark.parametrize("text", ["2019-11-02 25:00", "2019-11-02 오후 14:30", "2019-11-02 점심때"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadCellError):
        read_moment(text)


def test_amounts_and_counts() -> None:
    assert [read_won(text) for text in ("18,000원", "￦18,000", "１８０００", "18000.0", "0")] == [
        18000,
        18000,
        18000,
        18000,
        0,
    ]
    assert read_count("1,040건") == 1040
    for text in ("-5", "18,000.50", "만팔천원", "1" * 13):
        with pytest.raises(BadCellError):
            read_won(text)


def test_words() -> None:
    assert [read_yes(text) for text in ("예", "Y", "○", "아니오", "n", "0")] == [True] * 3 + [False] * 3
    assert read_word(" 처리 완료 ", {"완료": "CLOSED", "처리완료": "CLOSED"}) == "CLOSED"
    with pytest.raises(BadCellError, match="완료"):
        read_word("글쎄", {"완료": "CLOSED"})
