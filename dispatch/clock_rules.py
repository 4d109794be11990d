"""When the three clocks of a ticket are due and what follows: pure decisions.

Source: domain.md section 12. The contact clock runs around the clock from October to March; outside it may
run in desk hours only (a company's setting), and then nights, Sundays and holidays do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from core.clock import KST, kst
from core.dated import CompanyRules

KINDS = ("contact", "promise", "handled")
STAGES = ("started", "reminded", "handed_over", "escalated")
LOOK_AHEAD_DAYS = 400
"""Longer than any stretch without desk hours, because a season of 24 hours lies within every year."""


class DaysOff(Protocol):
    """The company's calendar."""

    def is_holiday(self, day: date) -> bool:
        """Whether the day is a public holiday."""
        ...


@dataclass(frozen=True)
class Stage:
    """A step of reminding and when it is due."""

    name: str
    at: datetime


def is_round_the_clock(day: date, *, rules: CompanyRules) -> bool:
    """Whether no hour and no holiday stops the contact clock on this date."""
    if rules.contact_clock_off_season == "always":
        return True
    first, last, today = rules.season_24h_from, rules.season_24h_to, day.strftime("%m-%d")
    if first <= last:
        return first <= today <= last
    return today >= first or today <= last


def is_running(at: datetime, *, rules: CompanyRules, days_off: DaysOff) -> bool:
    """Whether the contact clock counts this moment (otherwise it shows as paused)."""
    stretch = _stretch_of(at.astimezone(KST).date(), rules=rules, days_off=days_off)
    return stretch is not None and stretch[0] <= at < stretch[1]


def moment_after(
    start: datetime, seconds: int, *, kind: str, safety: bool, rules: CompanyRules, days_off: DaysOff
) -> datetime:
    """When a clock of this kind has counted `seconds` since `start`.

    Promise and handled count every hour; so does contact for a safety case, in the season, and always when
    the company says so.
    """
    if kind != "contact" or safety:
        return start + timedelta(seconds=seconds)
    left = timedelta(seconds=seconds)
    for opens, closes in _stretches(start, rules=rules, days_off=days_off):
        begins = max(opens, start)
        if begins + left <= closes:
            return begins + left
        left -= closes - begins
    return start + timedelta(seconds=seconds)  # a company that never opens still owes an answer


def limit_of(kind: str, *, rules: CompanyRules) -> int:
    """Seconds until a clock of this kind is due."""
    limits = {
        "contact": rules.contact_limit_s,
        "promise": rules.promise_limit_s,
        "handled": rules.handled_limit_s,
    }
    return limits[kind]


def stages_of(
    kind: str, *, started_at: datetime, safety: bool, rules: CompanyRules, days_off: DaysOff
) -> tuple[Stage, ...]:
    """What happens by itself while a clock runs, in order; the last is the breach."""
    seconds = [("escalated", limit_of(kind, rules=rules))]
    if kind == "contact":
        seconds = [
            ("reminded", rules.contact_remind_after_s),
            ("handed_over", rules.contact_hand_over_after_s),
            *seconds,
        ]
    return tuple(
        Stage(
            name,
            moment_after(started_at, after, kind=kind, safety=safety, rules=rules, days_off=days_off),
        )
        for name, after in seconds
    )


def stage_reached(stages: tuple[Stage, ...], *, now: datetime) -> str:
    """The furthest stage that has come. Exactly on the due time is still met, so a breach comes after it."""
    reached = "started"
    for stage in stages:
        if now > stage.at or (now == stage.at and stage.name != "escalated"):
            reached = stage.name
    return reached


def next_stage_at(stages: tuple[Stage, ...], *, stage: str) -> datetime | None:
    """When the stage after this one is due; None after the last."""
    following = [s for s in stages if STAGES.index(s.name) > STAGES.index(stage)]
    return following[0].at if following else None


def state_when_stopped(
    *, due_at: datetime, at: datetime, recorded_at: datetime, rules: CompanyRules
) -> tuple[str, bool]:
    """`met` or `breached`, and whether the entry was late.

    `at` counts; but an entry later than the limit of the dated settings counts when it was written down, so
    that it never turns a breach green.
    """
    late = recorded_at - at > timedelta(seconds=rules.late_entry_flag_s)
    counts = recorded_at if late else at
    return ("met" if counts <= due_at else "breached"), late


def state_shown(
    *,
    kind: str,
    state: str,
    due_at: datetime,
    safety: bool,
    now: datetime,
    rules: CompanyRules,
    days_off: DaysOff,
) -> str:
    """The state to show at a moment: a running clock may stand still, or be over before the sweep came by."""
    if state != "running":
        return state
    if now > due_at:
        return "breached"
    stands = kind == "contact" and not safety and not is_running(now, rules=rules, days_off=days_off)
    return "paused" if stands else "running"


def _stretches(
    start: datetime, *, rules: CompanyRules, days_off: DaysOff
) -> Iterator[tuple[datetime, datetime]]:
    first = start.astimezone(KST).date()
    for offset in range(LOOK_AHEAD_DAYS):
        stretch = _stretch_of(first + timedelta(days=offset), rules=rules, days_off=days_off)
        if stretch is not None and stretch[1] > start:
            yield stretch


def _stretch_of(day: date, *, rules: CompanyRules, days_off: DaysOff) -> tuple[datetime, datetime] | None:
    """The stretch of a date in which the contact clock counts."""
    if is_round_the_clock(day, rules=rules):
        return kst(day), kst(day, 24)
    hours = rules.desk_hours.get(str(day.weekday()))
    if hours is None or days_off.is_holiday(day):
        return None
    opens, closes = (time.fromisoformat(value) for value in hours)
    return kst(day, opens.hour, opens.minute), kst(day, closes.hour, closes.minute)
