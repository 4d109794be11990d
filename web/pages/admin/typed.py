"""What somebody typed into a form: read field by field, every bad one told at once, nothing lost."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date, time

from fastapi import Depends, Request

from core.errors import FieldError, InvalidError
from core.i18n import _
from core.phones import PhoneError, parse_phone

LONGEST = 4000
MOST_VALUES = 400
CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,19}")
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")


class Typed:
    """The fields of a posted form. Readers note errors; `check` raises them together.

    A reader that meets an error returns a harmless value of its type, so that the others still read.
    """

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self.fields = {name: [_clean(value) for value in values] for name, values in fields.items()}
        self.errors: dict[str, str] = {}

    @property
    def values(self) -> dict[str, str | list[str]]:
        """What was typed, for showing the form again; never passwords."""
        shown: dict[str, str | list[str]] = {}
        for name, values in self.fields.items():
            if "password" not in name and name != "idempotency_key":
                shown[name] = values if len(values) > 1 else values[-1]
        return shown

    def raw(self, name: str) -> str:
        """The text as typed, without blanks around it; empty when absent."""
        return (self.fields.get(name) or [""])[-1].strip()

    def password(self, name: str) -> str:
        """As typed, blanks and all."""
        return (self.fields.get(name) or [""])[-1]

    def many(self, name: str) -> list[str]:
        """Every ticked value."""
        return [value.strip() for value in self.fields.get(name, []) if value.strip()]

    def refuse(self, name: str, message: str) -> None:
        """Note an error beside a field; the first one stays."""
        self.errors.setdefault(name, message)

    def text(self, name: str, *, required: bool = True, longest: int = 200) -> str:
        """A line or a paragraph."""
        value = self.raw(name)
        if required and not value:
            self.refuse(name, _("빈칸입니다. 적어 주세요."))
        elif len(value) > longest:
            self.refuse(name, _("{n}자까지 적어 주세요.").format(n=longest))
        return value

    def integer(self, name: str, *, low: int, high: int, required: bool = True, unit: str = "") -> int | None:
        """A whole number; commas, blanks, full-width digits and the unit behind it are taken."""
        number = self.decimal(name, low=low, high=high, required=required, unit=unit)
        if number is not None and number != int(number):
            self.refuse(name, _("소수점 없이 적어 주세요."))
        return None if number is None else int(number)

    def decimal(
        self, name: str, *, low: float, high: float, required: bool = True, unit: str = ""
    ) -> float | None:
        """A number within bounds, with or without its unit."""
        value = unicodedata.normalize("NFKC", self.raw(name)).replace(",", "").replace(" ", "")
        value = value.removesuffix(unit)
        if not value:
            if required:
                self.refuse(name, _("빈칸입니다. 숫자를 적어 주세요."))
            return None
        if not NUMBER.fullmatch(value) or len(value) > 20:
            self.refuse(name, _("숫자로 적어 주세요."))
            return None
        number = float(value)
        if not low <= number <= high:
            message = _("{low}에서 {high} 사이로 적어 주세요.")
            self.refuse(name, message.format(low=f"{low:,g}", high=f"{high:,.10g}"))
            return None
        return number

    def day(self, name: str, *, not_before: date | None = None, required: bool = True) -> date | None:
        """A date `YYYY-MM-DD`."""
        value = self.raw(name)
        if not value:
            if required:
                self.refuse(name, _("날짜를 골라 주세요."))
            return None
        try:
            found = date.fromisoformat(value)
        except ValueError:
            found = date.min
        if not 2000 <= found.year <= 2100:
            self.refuse(name, _("날짜를 2026-12-01처럼 적어 주세요."))
            return None
        if not_before is not None and found < not_before:
            message = _("지난 날짜로는 바꿀 수 없습니다. {day}부터 고를 수 있습니다.")
            self.refuse(name, message.format(day=not_before.isoformat()))
            return None
        return found

    def clock_time(self, name: str, *, required: bool = True) -> time | None:
        """A time of day `HH:MM`; 24:00 is midnight."""
        value = unicodedata.normalize("NFKC", self.raw(name))
        if not value:
            if required:
                self.refuse(name, _("시각을 적어 주세요."))
            return None
        match = re.fullmatch(r"(\d{1,2}):?(\d{2})(:\d{2})?", value)
        if (
            match is None
            or int(match[1]) > 24
            or int(match[2]) > 59
            or (match[1] == "24" and match[2] != "00")
        ):
            self.refuse(name, _("시각을 09:00처럼 적어 주세요."))
            return None
        return time(int(match[1]) % 24, int(match[2]))

    def phone(self, name: str) -> str:
        """One Korean telephone number in any writing, as typed."""
        value = self.text(name, longest=100)
        try:
            if value:
                parse_phone(value)
        except PhoneError as error:
            self.refuse(name, error.detail)
        return value

    def code(self, name: str) -> str:
        """A short name for addresses and commands: small letters, digits, hyphens."""
        value = self.raw(name).lower()
        if not CODE.fullmatch(value):
            self.refuse(name, _("영문 소문자와 숫자로 2자에서 20자까지 적어 주세요."))
        return value

    def choice(self, name: str, allowed: Collection[str], *, required: bool = True) -> str:
        """One of the offered values."""
        value = self.raw(name)
        if not value and not required:
            return ""
        if value not in allowed:
            self.refuse(name, _("하나를 골라 주세요."))
            return ""
        return value

    def number_choice(self, name: str, allowed: Collection[int], *, required: bool = True) -> int | None:
        """One of the offered ids."""
        value = self.choice(name, {str(each) for each in allowed}, required=required)
        return int(value) if value else None

    def check(self) -> None:
        """Raise what was noted, if anything. Raises InvalidError."""
        if self.errors:
            pairs = tuple(FieldError(name, message) for name, message in self.errors.items())
            raise InvalidError(_("고칠 곳이 있습니다."), errors=pairs)


def _clean(text: str) -> str:
    """Without control characters (PostgreSQL refuses NUL) and lone surrogates; line breaks stay."""
    kept = (c for c in text[:LONGEST] if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept)


async def read_form(request: Request) -> Typed:
    """The posted fields of a request; files and anything beyond a sane number are left out."""
    form = await request.form(max_files=0, max_fields=MOST_VALUES)
    fields: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
    return Typed(fields)


FormFields = Depends(read_form)
