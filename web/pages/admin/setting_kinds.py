"""How a dated number is shown, asked for and read: one small class a shape of value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from itertools import pairwise
from typing import Any, Protocol

from core.i18n import N_, P_, _
from core.weekdays import weekday_names
from dispatch.words import SYMPTOMS, symptom_words
from web.display import span_text
from web.pages.admin.fields import Entry
from web.pages.admin.typed import Typed
from workforce.access_rules import WideNetworkError, read_network
from workforce.certificates import QUALIFICATIONS, qualification_words

MINUTE, HOUR, DAY = 60, 3600, 86400
UNITS = {1: N_("초"), MINUTE: N_("분"), HOUR: N_("시간"), DAY: N_("일")}
PRIORITIES = (
    N_("0순위 (돌봄 가정의 난방·온수)"),
    N_("1순위 (난방)"),
    N_("2순위 (온수·누수)"),
    N_("3순위 (소리·조절기)"),
    N_("4순위 (점검·기타)"),
)
ROLE_NAMES = {
    "agent": N_("상담원"),
    "dispatcher": N_("배차 담당"),
    "point": N_("서비스점 창구"),
    "qa": N_("해피콜 담당"),
    "manager": N_("관리자(현황)"),
    "admin": N_("설정 관리자"),
    "technician": N_("기사"),
}
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
        return _seconds(typed, "value", self)


@dataclass(frozen=True)
class ByPriority:
    """Five values, one a priority."""

    each: Number | Duration

    def words(self, value: Any) -> str:
        """In order."""
        return " / ".join(self.each.words(one) for one in value)

    def entries(self, value: Any) -> list[Entry]:
        """Five fields."""
        each = self.each
        if isinstance(each, Duration):
            shown = [f"{one / each.unit_s:g}" for one in value]
            unit = _(UNITS[each.unit_s])
        else:
            shown, unit = list(value), _(each.unit) if each.unit else ""
        return [
            Entry(f"value_{n}", _(name), "number", shown[n], unit=unit) for n, name in enumerate(PRIORITIES)
        ]

    def read(self, typed: Typed) -> Any:
        """All five."""
        if isinstance(self.each, Duration):
            return [_seconds(typed, f"value_{n}", self.each) for n in range(len(PRIORITIES))]
        low, high = int(self.each.low), int(self.each.high)
        return [typed.integer(f"value_{n}", low=low, high=high) for n in range(len(PRIORITIES))]


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
        return _hhmm(typed.clock_time("value"))


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
        times = [_hhmm(_clock(word)) for word in words]
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
            spans.append([_hhmm(start), _hhmm(end)])
        spans.sort()
        over = any(later[0] < before[1] for before, later in pairwise(spans))
        if bad or over or not 1 <= len(spans) <= 8:
            typed.refuse("value", _("10:00~12:00, 13:30~17:30처럼, 서로 겹치지 않게 적어 주세요."))
        return spans


@dataclass(frozen=True)
class WeekHours:
    """Opening hours by weekday; an absent one is closed."""

    def words(self, value: Any) -> str:
        """`월 09:00~18:00, …`."""
        open_days = (f"{weekday_names()[int(day)]} {value[day][0]}~{value[day][1]}" for day in sorted(value))
        return ", ".join(open_days) or _("늘 닫음")

    def entries(self, value: Any) -> list[Entry]:
        """Two fields a weekday."""
        found = []
        for n, name in enumerate(weekday_names()):
            opens, closes = value.get(str(n), ["", ""])
            found.append(
                Entry(f"opens_{n}", _("{day} 여는 때").format(day=name), "time", opens, required=False)
            )
            found.append(
                Entry(f"closes_{n}", _("{day} 닫는 때").format(day=name), "time", closes, required=False)
            )
        return found

    def read(self, typed: Typed) -> Any:
        """Both fields or none."""
        hours: dict[str, list[str]] = {}
        for n in range(7):
            opens = typed.clock_time(f"opens_{n}", required=False)
            closes = typed.clock_time(f"closes_{n}", required=False)
            if (opens is None) != (closes is None):
                typed.refuse(f"closes_{n}", _("두 칸을 모두 적거나 모두 비워 주세요."))
            elif opens is not None and closes is not None:
                if closes <= opens:
                    typed.refuse(f"closes_{n}", _("닫는 때가 여는 때보다 뒤여야 합니다."))
                hours[str(n)] = [_hhmm(opens), _hhmm(closes)]
        return hours


@dataclass(frozen=True)
class SymptomMinutes:
    """Seconds by symptom, `default` for the rest."""

    def words(self, value: Any) -> str:
        """The default, and how many have their own."""
        rest = _("그 밖에 {time}").format(time=span_text(value["default"]))
        return _("{rest}, 증상 {n}가지는 따로").format(rest=rest, n=len(value) - 1)

    def entries(self, value: Any) -> list[Entry]:
        """A field a symptom; an empty one takes the default."""
        found = [
            Entry("value_default", _("그 밖의 증상"), "number", value["default"] // MINUTE, unit=_("분"))
        ]
        for symptom in SYMPTOMS:
            shown = value[symptom] // MINUTE if symptom in value else ""
            name = symptom_words(symptom)
            found.append(Entry(f"value_{symptom}", name, "number", shown, unit=_("분"), required=False))
        return found

    def read(self, typed: Typed) -> Any:
        """Minutes to seconds."""
        found = {"default": (typed.integer("value_default", low=5, high=600) or 0) * MINUTE}
        for symptom in SYMPTOMS:
            minutes = typed.integer(f"value_{symptom}", low=5, high=600, required=False)
            if minutes is not None:
                found[symptom] = minutes * MINUTE
        return found


@dataclass(frozen=True)
class SymptomSkills:
    """The qualifications a visit needs, by symptom."""

    def words(self, value: Any) -> str:
        """`가스 냄새: 가스시설 시공; …`."""
        parts = (
            f"{symptom_words(key)}: {', '.join(qualification_words(code) for code in codes)}"
            for key, codes in value.items()
            if codes and key != "default"
        )
        return "; ".join(parts) or _("없음")

    def entries(self, value: Any) -> list[Entry]:
        """Ticks a symptom."""
        options = [(code, _(name)) for code, name in QUALIFICATIONS.items()]
        keys = [("default", _("그 밖의 증상")), *((key, symptom_words(key)) for key in SYMPTOMS)]
        return [
            Entry(f"value_{key}", name, "many", value.get(key, []), options=options, required=False)
            for key, name in keys
        ]

    def read(self, typed: Typed) -> Any:
        """Known codes alone; a symptom without any is left to the default only when that is empty."""
        found: dict[str, list[str]] = {}
        for key in ("default", *SYMPTOMS):
            codes = typed.many(f"value_{key}")
            if set(codes) - set(QUALIFICATIONS):
                typed.refuse(f"value_{key}", _("아는 자격 가운데에서 골라 주세요."))
            if codes or key == "default" or found["default"]:
                found[key] = codes
        return found


@dataclass(frozen=True)
class Speeds:
    """Kilometres an hour by hour class."""

    names: Mapping[str, str]

    def words(self, value: Any) -> str:
        """In order."""
        return ", ".join(f"{_(name)} {value[key]:g}" for key, name in self.names.items()) + " km/h"

    def entries(self, value: Any) -> list[Entry]:
        """A field a class."""
        return [
            Entry(f"value_{key}", _(name), "number", f"{value[key]:g}", unit="km/h")
            for key, name in self.names.items()
        ]

    def read(self, typed: Typed) -> Any:
        """Within what cars do."""
        return {key: typed.decimal(f"value_{key}", low=3, high=120) for key in self.names}


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
class RoleMinutes:
    """Seconds by role, asked for in minutes; 0 for never."""

    longest_s: int

    def words(self, value: Any) -> str:
        """`상담원 15분, …`, those that are alike together."""
        alike: dict[int, list[str]] = {}
        for role, name in ROLE_NAMES.items():
            alike.setdefault(value.get(role, 0), []).append(_(name))
        return "; ".join(
            f"{', '.join(names)}: {span_text(seconds) if seconds else _('잠그지 않음')}"
            for seconds, names in alike.items()
        )

    def entries(self, value: Any) -> list[Entry]:
        """A field a role."""
        return [
            Entry(f"value_{role}", _(name), "number", value.get(role, 0) // MINUTE, unit=_("분"))
            for role, name in ROLE_NAMES.items()
        ]

    def read(self, typed: Typed) -> Any:
        """Seconds."""
        high = self.longest_s // MINUTE
        return {role: (typed.integer(f"value_{role}", low=0, high=high) or 0) * MINUTE for role in ROLE_NAMES}


def _seconds(typed: Typed, name: str, kind: Duration) -> int | None:
    number = typed.decimal(name, low=kind.low / kind.unit_s, high=kind.high / kind.unit_s)
    return None if number is None else round(number * kind.unit_s)


def _clock(word: str) -> time | None:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", word)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    return time(int(match[1]), int(match[2]))


def _hhmm(at: time | None) -> str:
    return f"{at:%H:%M}" if at is not None else ""
