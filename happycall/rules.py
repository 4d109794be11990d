"""Pure decisions of the follow-up desk: when to ring, when it is enough, and what an answer leads to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from core.clock import KST, today_kst
from core.dated import CompanyRules
from core.i18n import _
from happycall.schemas import Answers

MERGE_DAYS = 14
ELDERLY_FROM_AGE = 65
ELDERLY_NOT_BEFORE = time(10, 0)
HALF_DAY_TURNS = time(13, 0)
LONGEST_CALL_BACK = timedelta(days=14)
DAYS_AHEAD = 400
"""Longer than the most working days a company may set (sixty), however many days off lie between."""


class WorkingDays(Protocol):
    """A company's calendar."""

    def is_day_off(self, day: date) -> bool:
        """Saturday, Sunday or public holiday."""
        ...


@dataclass(frozen=True)
class CallingHours:
    """When people are rung: stretches of a working day, in Korea."""

    stretches: tuple[tuple[time, time], ...]
    calendar: WorkingDays

    @classmethod
    def of(cls, rules: CompanyRules, calendar: WorkingDays, *, elderly: bool) -> CallingHours:
        """A company's calling hours; elderly people are never rung before ten."""
        read = ((time.fromisoformat(a), time.fromisoformat(b)) for a, b in rules.happy_call_hours)
        earliest = ELDERLY_NOT_BEFORE if elderly else time(0, 0)
        kept = tuple((max(a, earliest), b) for a, b in read if b > max(a, earliest))
        return cls(kept, calendar)

    def after(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches that begin after a moment, in order."""
        first = today_kst(at)
        for offset in range(DAYS_AHEAD):
            day = first + timedelta(days=offset)
            if self.calendar.is_day_off(day):
                continue
            for start, end in self.stretches:
                begins = datetime.combine(day, start, KST)
                if begins > at:
                    yield begins, datetime.combine(day, end, KST)

    def left_on_day(self, at: datetime) -> datetime | None:
        """The next moment of that day at which people are rung, `at` itself within the hours; else None."""
        day = today_kst(at)
        if self.calendar.is_day_off(day):
            return None
        left = [start for start, end in self.stretches if datetime.combine(day, end, KST) > at]
        return max(at, datetime.combine(day, left[0], KST)) if left else None

    def open_until(self, at: datetime) -> datetime | None:
        """The end of the stretch that a moment lies in; None outside the calling hours."""
        day = today_kst(at)
        if self.calendar.is_day_off(day):
            return None
        for start, end in self.stretches:
            if datetime.combine(day, start, KST) <= at < datetime.combine(day, end, KST):
                return datetime.combine(day, end, KST)
        return None


def is_elderly(*, priority_care: bool, age_band: str | None) -> bool:
    """Whether a home is rung as elderly people's: a band from 65 up, or priority care."""
    age = re.match(r"\s*(\d+)", age_band or "")
    return priority_care or (age is not None and int(age.group(1)) >= ELDERLY_FROM_AGE)


def call_window(done_at: datetime, *, rules: CompanyRules, hours: CallingHours) -> tuple[datetime, datetime]:
    """When the call is due and until when it is tried: D+1 .. D+3, counted in working days of the company.

    A call is due at the beginning of the calling hours of its first day. From D+0 on means the same day while
    it has calling hours left, else the next calling day. The end never comes before the beginning.
    """
    days: dict[date, list[tuple[datetime, datetime]]] = {}
    midnight = datetime.combine(today_kst(done_at) + timedelta(days=1), time(0, 0), KST)
    last = max(rules.happy_call_after_days, rules.happy_call_until_days, 1)
    for start, end in hours.after(midnight - timedelta(microseconds=1)):
        if len(days) == last and start.date() not in days:
            break
        days.setdefault(start.date(), []).append((start, end))
    listed = list(days.values())
    due = hours.left_on_day(done_at) if rules.happy_call_after_days == 0 else None
    return due or listed[max(rules.happy_call_after_days, 1) - 1][0][0], listed[last - 1][-1][1]


def half_day(at: datetime) -> tuple[date, bool]:
    """The half of a Korean day: its date, and whether it is the afternoon."""
    local = at.astimezone(KST)
    return local.date(), local.time() >= HALF_DAY_TURNS


def next_try(at: datetime, *, hours: CallingHours) -> datetime:
    """When to ring again after nobody answered: the beginning of the calling hours of another half-day."""
    return next(start for start, _end in hours.after(at) if half_day(start) != half_day(at))


def end_of_day(at: datetime) -> datetime:
    """The end of a moment's Korean day."""
    return datetime.combine(today_kst(at) + timedelta(days=1), time(0, 0), KST)


def is_tried_out(unreached: Iterable[datetime], *, rules: CompanyRules) -> bool:
    """Whether nobody answered often enough: only tries on different half-days count."""
    return len({half_day(at) for at in unreached}) >= rules.happy_call_attempts


@dataclass(frozen=True)
class Verdict:
    """What answers lead to: a new visit, a person who settles it, or neither; `why` in plain words."""

    reopen: bool
    escalate: bool
    why: tuple[str, ...]


def judge(answers: Answers, *, rules: CompanyRules) -> Verdict:
    """Not fixed or a low score re-opens the case; a bill that differs is settled by a person, not a visit."""
    low_overall = answers.overall is not None and answers.overall <= rules.happy_call_low_score
    low_nps = answers.nps is not None and answers.nps <= rules.happy_call_low_nps
    wrong_bill = answers.cost_matches is False
    grounds = (
        (not answers.fixed, _("고쳐지지 않았다고 하셨습니다.")),
        (low_overall, _("만족도 {score}점을 주셨습니다.").format(score=answers.overall)),
        (low_nps, _("추천 의향 {score}점을 주셨습니다.").format(score=answers.nps)),
        (wrong_bill, _("안내받은 비용과 내신 비용이 다르다고 하셨습니다.")),
    )
    reopen = not answers.fixed or low_overall or low_nps
    return Verdict(reopen, wrong_bill, tuple(text for holds, text in grounds if holds))
