import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.phones import PhoneError, PhoneKind, dialled, displayed, format_digits, parse_phone, search_digits


@pytest.mark.parametrize(
    "raw",
    [
        "010-1234-5678",
        "01012345678",
        "010 1234 5678",
        "010.1234.5678 (딸)",
        "０１０－１２３４－５６７８",
        "+82 10-1234-5678",
        "+82 (0)10-1234-5678",
        "+82010-1234-5678",
        "82-10-1234-5678",
        "001-82-10-1234-5678",
        "1012345678",  # a spreadsheet dropped the zero
        "010–1234—5678",
        "딸: 010-1234-5678",
        "딸(010-1234-5678)",
        "010-1234-5678\u200b 며느리",
        "010-1234-5678 (101호)",
    ],
)
def test_every_writing_of_one_mobile_is_the_same_number(raw: str) -> None:
    phone = parse_phone(raw)
    assert phone.e164 == "+821012345678"
    assert phone.digits == "01012345678"
    assert phone.display == "010-1234-5678"
    assert phone.kind is PhoneKind.MOBILE and phone.can_text


@pytest.mark.parametrize(
    ("raw", "kind", "display", "e164"),
    [
        ("02)555-0101", PhoneKind.FIXED_LINE, "02-555-0101", "+8225550101"),
        ("(02) 555-0101", PhoneKind.FIXED_LINE, "02-555-0101", "+8225550101"),
        ("0212345678", PhoneKind.FIXED_LINE, "02-1234-5678", "+82212345678"),
        ("031 123 4567", PhoneKind.FIXED_LINE, "031-123-4567", "+82311234567"),
        ("07012345678", PhoneKind.VOIP, "070-1234-5678", "+827012345678"),
        ("050-4123-45678", PhoneKind.PERSONAL, "0504-1234-5678", "+8250412345678"),
        ("05021234567", PhoneKind.PERSONAL, "0502-123-4567", "+825021234567"),
        ("15881234", PhoneKind.UAN, "1588-1234", "+8215881234"),
        ("1588-1234", PhoneKind.UAN, "1588-1234", "+8215881234"),
        ("080-123-4567", PhoneKind.UAN, "080-123-4567", "+82801234567"),
    ],
)
def test_only_mobiles_take_texts(raw: str, kind: PhoneKind, display: str, e164: str) -> None:
    phone = parse_phone(raw)
    assert (phone.kind, phone.display, phone.e164) == (kind, display, e164)
    assert not phone.can_text
    assert parse_phone(phone.e164) == parse_phone(display)
    assert (dialled(e164), displayed(e164)) == (phone.digits, display), (
        "as it is stored, it need not be read again"
    )


def test_what_is_not_written_as_it_is_stored_is_read() -> None:
    assert dialled("010-1234-5678") == "01012345678"
    with pytest.raises(PhoneError):
        displayed("+82 누구")


@pytest.mark.parametrize("raw", ["010-1234-567", "010-4567-123", "010 456 7123", "+82 10-123-4567"])
def test_a_mobile_that_lacks_a_digit_is_asked_for_again(raw: str) -> None:
    with pytest.raises(PhoneError, match="여덟 자리"):
        parse_phone(raw)


def test_the_old_mobiles_of_seven_digits_still_are_numbers() -> None:
    for raw in ("011-234-5678", "019-234-5678"):
        assert parse_phone(raw).kind is PhoneKind.MOBILE


@pytest.mark.parametrize(
    ("raw", "note"),
    [
        ("010.9876.5432 (아들)", "아들"),
        ("딸 010-1234-5678", "딸"),
        ("02-555-0101 내선 123", "내선 123"),
        ("010-1234-5678 큰딸, 저녁에만 (직장)", "큰딸, 저녁에만 직장"),
        ("010-1234-5678", ""),
    ],
)
def test_remarks_beside_the_number_are_kept_as_a_note(raw: str, note: str) -> None:
    assert parse_phone(raw).note == note


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "   ",
        "아들",
        "119",
        "555-0101",
        "25550101",
        "+1 212 555 0101",
        "060-123-4567",
        "010-1234",
        "0" * 500,
    ],
)
def test_what_nobody_can_ring_is_refused_with_a_korean_sentence(raw: str) -> None:
    with pytest.raises(PhoneError) as caught:
        parse_phone(raw)
    assert caught.value.status == 422
    assert caught.value.detail.endswith(".") and "전화번호" in caught.value.detail


@pytest.mark.parametrize("raw", ["010-1234-5678 / 02-555-0101", "010-1234-5678 02-555-0101"])
def test_two_numbers_in_one_field_are_named_as_such(raw: str) -> None:
    with pytest.raises(PhoneError, match="여러 개"):
        parse_phone(raw)


@pytest.mark.parametrize(
    ("query", "digits"),
    [
        ("5678", "5678"),
        ("010-1234", "0101234"),
        ("+82 10-1234", "0101234"),
        ("82-10-1234-5678", "01012345678"),
        ("(02)555", "02555"),
        ("010.1234.5678 (딸)", "01012345678"),
        ("김영자", ""),
    ],
)
def test_search_digits_match_what_is_stored(query: str, digits: str) -> None:
    assert search_digits(query) == digits


def test_short_digits_are_shown_as_they_are() -> None:
    assert format_digits("0101234") == "0101234"


@given(st.text(max_size=60))
def test_any_text_gives_a_number_or_a_phone_error(raw: str) -> None:
    try:
        phone = parse_phone(raw)
    except PhoneError:
        return
    assert phone.digits.isascii() and phone.digits.isdigit()
    again = parse_phone(phone.display)
    assert (again.e164, again.kind) == (phone.e164, phone.kind)
