"""Korean telephone numbers: reading what people write, and showing them the way Koreans do."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

from core.errors import InvalidError
from core.i18n import _

REGION = "KR"
COUNTRY_CODE = 82
MAX_RAW = 100


class PhoneKind(StrEnum):
    """What a number can do. UAN covers company numbers: 15xx/16xx/18xx and toll-free 080."""

    MOBILE = "MOBILE"
    FIXED_LINE = "FIXED_LINE"
    VOIP = "VOIP"
    PERSONAL = "PERSONAL"
    UAN = "UAN"


class PhoneError(InvalidError):
    """The text is not one Korean telephone number; the detail says what to ask the caller."""

    code = "bad-phone"


@dataclass(frozen=True, slots=True)
class Phone:
    """One number. `digits` is as dialled inside Korea (01012345678, 15881234); `note` stood beside it."""

    e164: str
    kind: PhoneKind
    digits: str
    note: str = ""

    @property
    def can_text(self) -> bool:
        """Only mobiles take an SMS: never count any other number as notified by text."""
        return self.kind is PhoneKind.MOBILE

    @property
    def display(self) -> str:
        """010-1234-5678, 02-555-0101, 0504-1234-5678, 1588-1234."""
        return format_digits(self.digits)


_SEPARATORS = r"\s().\-‐‑‒–—−·"
"""Every dash that people and word processors write; a slash parts two numbers instead."""
_RUN = re.compile(rf"\+?[(]?\d[\d{_SEPARATORS}]*\d|\d")
_BRACKETED = re.compile(r"[(\[{<]([^)\]}>]*)[)\]}>]")
_NOT_DIGIT = re.compile(r"\D")
_KINDS = {
    phonenumbers.PhoneNumberType.MOBILE: PhoneKind.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE: PhoneKind.FIXED_LINE,
    phonenumbers.PhoneNumberType.VOIP: PhoneKind.VOIP,
    phonenumbers.PhoneNumberType.PERSONAL_NUMBER: PhoneKind.PERSONAL,
    phonenumbers.PhoneNumberType.UAN: PhoneKind.UAN,
    phonenumbers.PhoneNumberType.TOLL_FREE: PhoneKind.UAN,
}
_LONGEST = 16
"""001-82-10-1234-5678 has 15 digits; more are two numbers written side by side."""
_SEVEN_BEHIND_010 = 9
_SHORTEST_WITHOUT_ZERO = 9
"""Spreadsheets drop the leading 0: 1012345678 is safe to mend, 25550101 may lack its area code instead."""


def parse_phone(raw: str) -> Phone:
    """Read one Korean number from any writing; raises PhoneError.

    Full-width digits, dots, blanks, `+82 10`, `82-10`, `02)555-0101` and remarks such as `(딸)` are taken;
    the remark comes back as `note`.
    """
    text = _plain(raw)
    if not text:
        raise PhoneError(_("전화번호를 입력해 주세요."))
    written, note = _split_note(text)
    number = _read(written)
    if number is not None and _lacks_a_digit(str(number.national_number)):
        raise PhoneError(_("010 뒤에는 숫자가 여덟 자리여야 합니다. 빠진 숫자가 없는지 다시 여쭤 주세요."))
    kind = _KINDS.get(phonenumbers.number_type(number)) if number else None
    if number is None or kind is None:
        raise PhoneError(_("전화번호를 확인해 주세요. 지역번호나 010부터 빠짐없이 적어야 합니다."))
    national = str(number.national_number)
    return Phone(f"+{COUNTRY_CODE}{national}", kind, _dialled_at_home(national), note)


def dialled(e164: str) -> str:
    """01012345678 from a number as it is stored, +821012345678.

    What is stored was read by `parse_phone` once; to read it again at each showing was a fifth of a search.
    Raises PhoneError for what is no number at all.
    """
    national = e164.removeprefix(f"+{COUNTRY_CODE}")
    if national == e164 or not national.isdigit():
        return parse_phone(e164).digits
    return _dialled_at_home(national)


def displayed(e164: str) -> str:
    """010-1234-5678 from a number as it is stored. Raises PhoneError as `dialled` does."""
    return format_digits(dialled(e164))


def _dialled_at_home(national: str) -> str:
    """Company numbers (1588-1234) are dialled as they are, all others with a 0 before them."""
    return national if len(national) == 8 and national.startswith("1") else f"0{national}"


def _lacks_a_digit(national: str) -> bool:
    """010 has had eight digits behind it since it was given out (2004); 011, 016 to 019 may have seven."""
    return national.startswith("10") and len(national) == _SEVEN_BEHIND_010


def format_digits(digits: str) -> str:
    """Hyphens for a domestic number: the area or service code, the middle, the last four."""
    if len(digits) == 8 and digits.startswith("1"):
        return f"{digits[:4]}-{digits[4:]}"
    head = 2 if digits.startswith("02") else 4 if digits.startswith("050") else 3
    if len(digits) < head + 7:
        return digits
    return f"{digits[:head]}-{digits[head:-4]}-{digits[-4:]}"


def search_digits(query: str) -> str:
    """The digits to look for, as stored: `+82 10-1234` gives 0101234, `5678` stays, none give ""."""
    text = _BRACKETED.sub(lambda m: m.group(1) if m.group(1).strip().isdigit() else " ", _plain(query))
    digits = _NOT_DIGIT.sub("", text)
    if text.lstrip("( ").startswith("+82") or (digits.startswith("82") and len(digits) >= 10):
        return "0" + digits[2:].lstrip("0")
    return digits


def _plain(raw: str) -> str:
    """Half-width, without invisible characters; anything absurdly long is cut before it costs time."""
    text = unicodedata.normalize("NFKC", raw[:MAX_RAW])
    return "".join(c for c in text if unicodedata.category(c) != "Cf").strip()


def _split_note(text: str) -> tuple[str, str]:
    """The written number, and the remarks around it."""
    notes: list[str] = []

    def keep_area_code(match: re.Match[str]) -> str:
        inner = match.group(1).strip()
        if inner.isdigit() and inner.startswith("0") and len(inner) <= 4:
            return f"({inner})"
        if len(_NOT_DIGIT.sub("", inner)) >= 7:  # the whole number stands in brackets: 딸(010-1234-5678)
            return f" {inner} "
        notes.append(inner)
        return " "

    rest = _BRACKETED.sub(keep_area_code, text)
    runs = [m for m in _RUN.finditer(rest) if len(_NOT_DIGIT.sub("", m.group())) >= 7]
    if not runs:
        raise PhoneError(_("전화번호가 너무 짧습니다. 지역번호나 010부터 적어 주세요."))
    if len(runs) > 1 or len(_NOT_DIGIT.sub("", runs[0].group())) > _LONGEST:
        raise PhoneError(_("전화번호가 여러 개입니다. 한 칸에 하나씩 적어 주세요."))
    around = f"{rest[: runs[0].start()]} {rest[runs[0].end() :]}"
    outside = around.strip(" :,;=~-/.·")
    note = " ".join(" ".join([outside, *notes]).split())
    return runs[0].group(), note


def _read(written: str) -> phonenumbers.PhoneNumber | None:
    """A valid Korean number, or None. Foreign numbers are none of ours: nobody can be sent to ring them."""
    digits = _NOT_DIGIT.sub("", written)
    international = written.lstrip("( ").startswith("+")
    if digits.startswith("82") and len(digits) >= 10:
        digits, international = "+82" + digits[2:].lstrip("0"), True
    elif international:
        digits = "+" + digits
    mended = digits.startswith("1") and len(digits) == 8
    if (
        not international
        and not digits.startswith("0")
        and not mended
        and len(digits) < _SHORTEST_WITHOUT_ZERO
    ):
        return None
    try:
        number = phonenumbers.parse(digits, REGION)
    except phonenumbers.NumberParseException:
        return None
    if number.country_code != COUNTRY_CODE or not phonenumbers.is_valid_number(number):
        return None
    return number
