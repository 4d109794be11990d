"""Which words a parent may stumble over, and what to say instead."""

from __future__ import annotations

import pytest

from notifications import jargon
from notifications.word_lists import hard_words, plain_words, promotional_words


@pytest.mark.parametrize(
    "text",
    [
        "보일러 수리 기사가 찾아갑니다.",
        "어머니 댁에 내일 아침에 갈게요.",
        "물이 새면 저희에게 전화해 주세요.",
        "{기사 이름} 기사가 {방문 시간}에 갑니다.",
        "",
    ],
)
def test_what_everybody_says_is_plain_whatever_its_ending(text: str) -> None:
    assert jargon.check(text).hard == ()


@pytest.mark.parametrize(
    ("text", "word", "instead"),
    [
        ("금일 찾아갑니다.", "금일", "오늘"),
        ("A/S 기사가 갑니다.", "A/S", "수리"),
        ("방문 예정 시각은 {방문 시간}입니다.", "방문 예정 시각", "찾아갈 시간"),
        ("배관에서 누수가 있습니다.", "누수", "물이 샘"),
        ("콘덴싱 보일러", "콘덴싱", None),
        ("유선상으로 알려 드립니다.", "유선상", "전화로"),
    ],
)
def test_a_hard_word_is_named_with_a_plain_one_where_we_know_it(
    text: str, word: str, instead: str | None
) -> None:
    assert jargon.HardWord(word, instead) in jargon.check(text).hard


def test_the_share_counts_every_word_and_names_each_once() -> None:
    found = jargon.check("금일 금일 금일 집")
    assert (found.words, found.share, len(found.hard)) == (4, 0.75, 1)


def test_the_lists_hold_together() -> None:
    """What is proposed is plain itself, and no word is both."""
    assert not plain_words() & hard_words().keys()
    proposed = {word: [h.word for h in jargon.check(word).hard] for word in hard_words().values()}
    assert {word: hard for word, hard in proposed.items() if hard} == {}
    assert len(promotional_words()) == len(set(promotional_words()))
