"""Dated numbers of several rows: by priority, symptom, weekday or role. Else as `setting_kinds`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.i18n import N_, _
from core.weekdays import weekday_names
from dispatch.words import SYMPTOMS, symptom_words
from web.display import span_text
from web.pages.admin.fields import Entry
from web.pages.admin.setting_kinds import (
    MINUTE,
    UNITS,
    Duration,
    Number,
    hhmm,
    read_seconds,
)
from web.pages.admin.typed import Typed
from workforce.certificates import QUALIFICATIONS, qualification_words

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
            return [read_seconds(typed, f"value_{n}", self.each) for n in range(len(PRIORITIES))]
        low, high = int(self.each.low), int(self.each.high)
        return [typed.integer(f"value_{n}", low=low, high=high) for n in range(len(PRIORITIES))]


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
                hours[str(n)] = [hhmm(opens), hhmm(closes)]
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
class ByName:
    """One number a name."""

    names: Mapping[str, str]
    each: Number

    def words(self, value: Any) -> str:
        """In order, the unit once."""
        named = ", ".join(f"{_(name)} {value[key]:,g}" for key, name in self.names.items())
        return f"{named}{_(self.each.unit)}"

    def entries(self, value: Any) -> list[Entry]:
        """A field a name."""
        unit = _(self.each.unit).strip()
        return [
            Entry(f"value_{key}", _(name), "number", f"{value[key]:g}", unit=unit)
            for key, name in self.names.items()
        ]

    def read(self, typed: Typed) -> Any:
        """Each within the bounds."""
        low, high = self.each.low, self.each.high
        if self.each.whole:
            return {key: typed.integer(f"value_{key}", low=int(low), high=int(high)) for key in self.names}
        return {key: typed.decimal(f"value_{key}", low=low, high=high) for key in self.names}


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
