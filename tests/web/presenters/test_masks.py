"""Free text about people: numbers and names hidden until unmasked."""

from __future__ import annotations

from web.presenters.masks import MASKED, OPEN, UNNAMED

READ_OUT = "김영자 님께 010-1234-5678로 알려 주세요. 김영 님도 계십니다."


def test_words_about_people_hide_their_names_and_numbers() -> None:
    assert MASKED.words(READ_OUT, names=["김영", "김영자"]) == (
        "김*자 님께 010-****-5678로 알려 주세요. 김* 님도 계십니다."
    )
    assert OPEN.words(READ_OUT, names=["김영자"]) == READ_OUT


def test_a_name_of_one_letter_is_not_looked_for_in_text() -> None:
    assert MASKED.words("김치찌개", names=["김"]) == "김치찌개"


def test_what_stands_for_an_unknown_name_is_not_masked() -> None:
    assert MASKED.name(UNNAMED) == UNNAMED
    assert MASKED.name("이영자") == "이*자"
