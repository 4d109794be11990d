import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.masking import mask_name
from customers.rules import (
    AGE_BANDS,
    AgeBandError,
    PersonNameError,
    Relationship,
    SearchBy,
    age_band_of,
    digits_missing,
    parse_search,
    read_age_band,
    read_person_name,
    read_relationship,
    relationship_label,
)


@pytest.mark.parametrize(
    ("raw", "name", "note"),
    [
        ("김영자", "김영자", ""),
        ("  김  영자 ", "김 영자", ""),
        ("김민수(아들)", "김민수", "아들"),
        ("김영자\u0000\u200b", "김영자", ""),
        ("김\n영자", "김 영자", ""),
        ("\u1100\u1175\u11b7영자", "김영자", ""),  # letters sent in pieces
        ("Ｎｇｕｙｅｎ Van An", "Nguyen Van An", ""),
        ("(주)해담보일러", "(주)해담보일러", ""),
        ("㈜해담보일러 (본사)", "(주)해담보일러", "본사"),
        ("<script>alert(1)</script>", "<script>alert </script>", "1"),
    ],
)
def test_names_are_tidied_but_kept(raw: str, name: str, note: str) -> None:
    person = read_person_name(raw)
    assert (person.name, person.note) == (name, note)


@pytest.mark.parametrize("raw", ["", "   ", "()", "\u0000", "...", "가" * 51, "가" * 100_000])
def test_no_name_is_refused_in_korean(raw: str) -> None:
    with pytest.raises(PersonNameError) as caught:
        read_person_name(raw)
    assert caught.value.status == 422 and "이름" in caught.value.detail


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_refused_and_can_be_masked(raw: str) -> None:
    try:
        name = read_person_name(raw).name
    except PersonNameError:
        return
    assert 0 < len(name) <= 50 and "\x00" not in name and "\n" not in name
    assert mask_name(name)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("child", "child"),
        ("아들", "child"),
        ("큰딸", "child"),
        ("Daughter", "child"),
        ("남편", "spouse"),
        ("어머니", "parent"),
        ("집주인 아저씨", "landlord"),
        ("형", "sibling"),
        ("손녀", "relative"),
        ("요양보호사", "caretaker"),
        ("아파트 관리사무소", "caretaker"),
        ("세입자", "tenant"),
        ("본인", "resident"),
        ("대형마트", "other"),  # 형 alone means a brother, not inside a word
        ("", "other"),
        (None, "other"),
    ],
)
def test_relationships(text: str | None, code: str) -> None:
    assert read_relationship(text) == code


def test_every_relationship_has_a_word_that_leads_back_to_it() -> None:
    labels = {relationship_label(r) for r in Relationship}
    assert len(labels) == len(Relationship)
    for relationship in Relationship:
        assert read_relationship(relationship_label(relationship)) is relationship


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("75+", "75+"),
        ("７５＋", "75+"),
        ("75세 이상", "75+"),
        ("82세", "75+"),
        ("74", "65-74"),
        ("70대", "75+"),
        ("60대", "65-74"),
        ("65 ~ 74", "65-74"),
        ("30대", "0-39"),
        ("40-64", "40-64"),
    ],
)
def test_age_bands(text: str, band: str) -> None:
    assert read_age_band(text) == band


@pytest.mark.parametrize("text", ["", "1948-03-01", "치매", "200", "480301-2", "75+ 당뇨"])
def test_more_than_a_band_is_refused(text: str) -> None:
    with pytest.raises(AgeBandError):
        read_age_band(text)


def test_bands_meet_without_a_gap() -> None:
    assert [age_band_of(age) for age in (0, 39, 40, 64, 65, 74, 75, 130)] == [
        b for b in AGE_BANDS for _ in (0, 1)
    ]


@pytest.mark.parametrize(
    ("query", "tries", "digits", "name", "words"),
    [
        ("010-1234-5678", ("whole_phone",), "01012345678", "", ()),
        ("010.1234.5678 (딸)", ("whole_phone",), "01012345678", "", ()),
        ("+82 2 555 0101", ("whole_phone",), "025550101", "", ()),
        ("5678", ("phone_tail", "address"), "5678", "", ("5678",)),
        ("1234-5678", ("phone_tail", "address"), "12345678", "", ("1234-5678",)),
        ("735", ("address",), "", "", ("735",)),
        ("김영자", ("name", "address"), "", "김영자", ("김영자",)),
        ("김영자 5678", ("name", "address"), "5678", "김영자", ("김영자", "5678")),
        ("김영자 역삼동", ("name", "address"), "", "김영자", ("김영자", "역삼동")),
        ("역삼동 735", ("address", "name"), "", "역삼동", ("역삼동", "735")),
        ("역삼동 1203", ("address", "name"), "", "역삼동", ("역삼동", "1203")),
        ("홍길동", ("address", "name"), "", "홍길동", ("홍길동",)),
        ("101동 1203호", ("address",), "", "", ("101동", "1203호")),
        ("", (), "", "", ()),
        (" -- ", (), "", "", ()),
    ],
)
def test_one_search_box(
    query: str, tries: tuple[str, ...], digits: str, name: str, words: tuple[str, ...]
) -> None:
    search = parse_search(query)
    assert search.tries == tuple(SearchBy(t) for t in tries)
    assert (search.digits, search.name, search.words) == (digits, name, words)


@given(st.text(max_size=300))
def test_no_query_breaks_the_search(query: str) -> None:
    search = parse_search(query)
    assert len(search.digits) >= 4 or SearchBy.PHONE_TAIL not in search.tries
    assert SearchBy.NAME not in search.tries or search.name


@pytest.mark.parametrize(
    ("typed", "missing"),
    [
        ("0", 3),
        ("010", 1),
        ("0488", 0),
        ("010-0488", 4),
        ("+82 10-0488", 4),
        ("02-555", 4),
        ("031-555-010", 1),
        ("010-0488-1234", 0),
        ("5550101", 0),
        ("역삼동 73", 0),
        ("", 0),
    ],
)
def test_how_many_digits_are_still_to_be_typed(typed: str, missing: int) -> None:
    assert digits_missing(typed) == missing
