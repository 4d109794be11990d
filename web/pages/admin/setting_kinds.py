"""How a dated number is shown, asked for and read: one small class a shape of value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from itertools import pairwise
from typing import Any, Protocol

from core.i18n import N_, P_, _
from core.phones import PhoneError, parse_phone
from web.display import span_text
from web.pages.admin.fields import Entry
from web.pages.admin.typed import Typed
from workforce.access_rules import WideNetworkError, read_network

MINUTE, HOUR, DAY = 60, 3600, 86400
UNITS = {1: N_("초"), MINUTE: N_("분"), HOUR: N_("시간"), DAY: N_("일")}
ACCOUNT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
SPAN = re.compile(r"(\d{1,2}:\d{2})\s*[-~～]\s*(\d{1,2}:\d{2})")


class Kind(Protocol):
    """A shape of value."""

    def words(self, value: Any) -> str:
        """For people."""
        ...

    def entries(self, value: Any) -> list[Entry]:
        """The fields that ask for it."""
        ...

    def read(self, typed: Typed) -> Any:
        """The value as it is stored; errors are noted beside the fields."""
        ...


@dataclass(frozen=True)
class Number:
    """A whole number, or one with decimals."""

    low: float
    high: float
    unit: str = ""
    whole: bool = True

    def words(self, value: Any) -> str:
        """`200,000점`."""
        return f"{value:,}{_(self.unit) if self.unit else ''}"

    def entries(self, value: Any) -> list[Entry]:
        """One field."""
        return [Entry("value", _("새 값"), "number", value, unit=_(self.unit) if self.unit else "")]

    def read(self, typed: Typed) -> Any:
        """Within its bounds."""
        if self.whole:
            return typed.integer("value", low=int(self.low), high=int(self.high))
        return typed.decimal("value", low=self.low, high=self.high)


@dataclass(frozen=True)
class Duration:
    """Seconds, asked for in a larger unit."""

    unit_s: int
    low: int
    high: int

    def words(self, value: Any) -> str:
        """`1시간 5분`, whole days as days."""
        if value and value % DAY == 0 and self.unit_s >= HOUR:
            return _("{n}일").format(n=value // DAY)
        return _("{n}초").format(n=value) if 0 < value < MINUTE else span_text(value) or _("0분")

    def entries(self, value: Any) -> list[Entry]:
        """One field in the unit."""
        return [Entry("value", _("새 값"), "number", f"{value / self.unit_s:g}", unit=_(UNITS[self.unit_s]))]

    def read(self, typed: Typed) -> Any:
        """Seconds."""
        return read_seconds(typed, "value", self)


@dataclass(frozen=True)
class MonthDay:
    """A day of the year `MM-DD`."""

    def words(self, value: Any) -> str:
        """`10월 1일`."""
        month, day = value.split("-")
        return _("{month}월 {day}일").format(month=int(month), day=int(day))

    def entries(self, value: Any) -> list[Entry]:
        """Month and day."""
        month, day = value.split("-")
        return [
            Entry("month", P_("날짜", "월"), "number", int(month), unit=P_("날짜", "월")),
            Entry("day", P_("날짜", "일"), "number", int(day), unit=P_("날짜", "일")),
        ]

    def read(self, typed: Typed) -> Any:
        """A day that every year has."""
        month, day = typed.integer("month", low=1, high=12), typed.integer("day", low=1, high=31)
        if month and day and day > (28, 31)[month != 2] - (month in (4, 6, 9, 11)):
            typed.refuse("day", _("그 달에는 그 날이 없습니다."))
        return f"{month or 1:02d}-{day or 1:02d}"


@dataclass(frozen=True)
class Clock:
    """A time of day."""

    def words(self, value: Any) -> str:
        """`18:00`."""
        return str(value)

    def entries(self, value: Any) -> list[Entry]:
        """One field."""
        return [Entry("value", _("새 값"), "time", value)]

    def read(self, typed: Typed) -> Any:
        """`HH:MM`."""
        return hhmm(typed.clock_time("value"))


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    options: Sequence[tuple[Any, str]]

    def words(self, value: Any) -> str:
        """Its name."""
        return next((_(name) for key, name in self.options if key == value), str(value))

    def entries(self, value: Any) -> list[Entry]:
        """Large buttons."""
        shown = [(str(key), _(name)) for key, name in self.options]
        return [Entry("value", _("새 값"), "choices", str(value), options=shown, wide=True)]

    def read(self, typed: Typed) -> Any:
        """The key with its own type."""
        word = typed.choice("value", {str(key) for key, _name in self.options})
        return next((key for key, _name in self.options if str(key) == word), None)


@dataclass(frozen=True)
class ClockList:
    """Times of day in a row."""

    def words(self, value: Any) -> str:
        """`06:00, 08:00`."""
        return ", ".join(value)

    def entries(self, value: Any) -> list[Entry]:
        """One line."""
        hint = _("시각을 쉼표로 나누어 적어 주세요. 예: 08:00, 10:00")
        return [Entry("value", _("새 값"), value=", ".join(value), hint=hint, wide=True)]

    def read(self, typed: Typed) -> Any:
        """In order, each once."""
        words = [word for word in re.split(r"[,\s]+", typed.raw("value")) if word]
        times = [hhmm(_clock(word)) for word in words]
        if not 1 <= len(words) <= 24 or "" in times:
            typed.refuse("value", _("시각을 08:00, 10:00처럼 1개에서 24개까지 적어 주세요."))
        return sorted(set(times))


@dataclass(frozen=True)
class Spans:
    """Stretches of a day."""

    def words(self, value: Any) -> str:
        """`10:00~12:00, 13:30~17:30`."""
        return ", ".join(f"{start}~{end}" for start, end in value)

    def entries(self, value: Any) -> list[Entry]:
        """One line."""
        hint = _("시작~끝을 쉼표로 나누어 적어 주세요. 예: 10:00~12:00, 13:30~17:30")
        return [Entry("value", _("새 값"), value=self.words(value), hint=hint, wide=True)]

    def read(self, typed: Typed) -> Any:
        """In order, none over another."""
        spans: list[list[str]] = []
        bad = False
        for part in filter(None, (piece.strip() for piece in typed.raw("value").split(","))):
            match = SPAN.fullmatch(part)
            start, end = (_clock(match[1]), _clock(match[2])) if match else (None, None)
            bad = bad or start is None or end is None or end <= start
            spans.append([hhmm(start), hhmm(end)])
        spans.sort()
        over = any(later[0] < before[1] for before, later in pairwise(spans))
        if bad or over or not 1 <= len(spans) <= 8:
            typed.refuse("value", _("10:00~12:00, 13:30~17:30처럼, 서로 겹치지 않게 적어 주세요."))
        return spans


@dataclass(frozen=True)
class Networks:
    """Networks in CIDR, a line each."""

    def words(self, value: Any) -> str:
        """In order."""
        return ", ".join(value) or _("정하지 않음")

    def entries(self, value: Any) -> list[Entry]:
        """A line a network."""
        hint = _("한 줄에 하나씩. 예: 203.0.113.0/24 또는 203.0.113.7. 모두 지우면 정하지 않은 것이 됩니다.")
        return [
            Entry("value", _("새 값"), "textarea", "\n".join(value), hint=hint, wide=True, required=False)
        ]

    def read(self, typed: Typed) -> Any:
        """As they are stored, each once."""
        found = []
        for word in re.split(r"[,\s]+", typed.raw("value")):
            try:
                found += [read_network(word)] if word else []
            except WideNetworkError:
                message = _("{word}: 너무 넓어 누구나 회사 안이 됩니다. 회사의 주소만 적어 주세요.")
                typed.refuse("value", message.format(word=word[:50]))
            except ValueError:
                typed.refuse("value", _("{word}: 네트워크로 읽을 수 없습니다.").format(word=word[:50]))
        if len(found) > 100:
            typed.refuse("value", _("100개까지 적어 주세요."))
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Accounts:
    """Accounts for texts by their names in the installation's settings, the first one tried first."""

    def words(self, value: Any) -> str:
        """In order."""
        return " → ".join(value) or _("설치의 기본 업체")

    def entries(self, value: Any) -> list[Entry]:
        """One line."""
        hint = _(
            "먼저 쓸 업체부터 쉼표로 나누어 적어 주세요. 예: solapi, sens. 비우면 설치의 기본 업체입니다."
        )
        return [Entry("value", _("새 값"), value=", ".join(value), hint=hint, wide=True, required=False)]

    def read(self, typed: Typed) -> Any:
        """In order, each once."""
        names = [word for word in re.split(r"[,\s]+", typed.raw("value")) if word]
        if len(names) > 8 or any(not ACCOUNT.fullmatch(name) for name in names):
            typed.refuse("value", _("업체의 이름은 영문 소문자와 숫자, '-'로 8개까지 적어 주세요."))
        return list(dict.fromkeys(names))


@dataclass(frozen=True)
class FreeNumber:
    """A toll-free number (080), or none."""

    def words(self, value: Any) -> str:
        """`080-123-4567`."""
        return parse_phone(value).display if value else _("없음")

    def entries(self, value: Any) -> list[Entry]:
        """One line."""
        hint = _("080으로 시작하는 번호입니다.")
        return [Entry("value", _("새 값"), value=value, hint=hint, required=False)]

    def read(self, typed: Typed) -> Any:
        """Digits as they are dialled."""
        raw = typed.raw("value")
        if not raw:
            return ""
        try:
            digits = parse_phone(raw).digits
        except PhoneError as error:
            typed.refuse("value", error.detail)
            return ""
        if not digits.startswith("080"):
            typed.refuse("value", _("080으로 시작하는 번호입니다."))
        return digits


def read_seconds(typed: Typed, name: str, kind: Duration) -> int | None:
    """Seconds from a number and its unit; None when they cannot be read."""
    number = typed.decimal(name, low=kind.low / kind.unit_s, high=kind.high / kind.unit_s)
    return None if number is None else round(number * kind.unit_s)


def _clock(word: str) -> time | None:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", word)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    return time(int(match[1]), int(match[2]))


def hhmm(at: time | None) -> str:
    """`09:30`; empty for none."""
    return f"{at:%H:%M}" if at is not None else ""
