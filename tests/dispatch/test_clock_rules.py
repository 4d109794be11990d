"""The contact clock: its borders in the year, in the day and to the second."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from core.clock import KST, kst
from core.dated import Calendar, CompanyRules, read_rules
from dispatch import clock_rules
from tests.world import NOW, make_company

NO_HOLIDAYS = Calendar({})
MINUTE, HOUR = 60, 3600


@pytest.fixture
def rules(session: Session) -> CompanyRules:
    """The national defaults, as the first migration wrote them."""
    return read_rules(session, company_id=make_company(session).id or 0, at=NOW)


def due(start: datetime, rules: CompanyRules, calendar: Calendar = NO_HOLIDAYS, **changes: Any) -> datetime:
    given = {"kind": "contact", "safety": False, "seconds": rules.contact_limit_s, **changes}
    return clock_rules.moment_after(start, rules=rules, days_off=calendar, **given)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KST)


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ("2026-09-29 23:00", "2026-09-30 10:00"),  # next opening + 1 h
        ("2026-10-01 23:00", "2026-10-02 00:00"),  # the season of 24 hours
        ("2026-09-30 23:30", "2026-10-01 01:00"),  # the season begins at midnight
        ("2026-09-30 17:30", "2026-10-01 00:30"),
        ("2027-03-31 23:30", "2027-04-01 09:30"),  # and ends at midnight
        ("2026-07-14 17:30", "2026-07-15 09:30"),
        ("2026-07-14 17:00", "2026-07-14 18:00"),
        ("2026-07-14 03:00", "2026-07-14 10:00"),
        ("2026-07-11 12:30", "2026-07-13 09:30"),  # Saturday until 13:00, Sunday closed
        ("2027-02-07 03:00", "2027-02-07 04:00"),  # 설날, 3 a.m.
        ("2026-12-25 22:00", "2026-12-25 23:00"),
    ],
)
def test_when_contact_is_due(rules: CompanyRules, received: str, expected: str) -> None:
    assert due(at(received), rules) == at(expected)


def test_a_public_holiday_outside_the_season_does_not_count(rules: CompanyRules) -> None:
    assert due(at("2026-09-23 17:30"), rules) == at("2026-09-28 09:30")  # 추석 24-26, then Sunday


def test_the_operators_own_holiday_counts_too(rules: CompanyRules) -> None:
    calendar = Calendar({date(2026, 7, 15): (True, "임시공휴일")})
    assert due(at("2026-07-14 17:30"), rules, calendar) == at("2026-07-16 09:30")


def test_only_the_contact_clock_stands_still(rules: CompanyRules) -> None:
    night = at("2026-09-29 23:00")
    assert due(night, rules, kind="promise", seconds=600) == night + timedelta(minutes=10)
    assert due(night, rules, kind="handled", seconds=6000) == night + timedelta(minutes=100)


def test_safety_never_pauses_and_a_company_may_always_run(rules: CompanyRules) -> None:
    night = at("2026-09-29 23:00")
    assert due(night, rules, safety=True) == night + timedelta(hours=1)
    always = rules.model_copy(update={"contact_clock_off_season": "always"})
    assert due(night, always) == night + timedelta(hours=1)


def test_a_season_within_one_year_works_as_well(rules: CompanyRules) -> None:
    summer = rules.model_copy(update={"season_24h_from": "06-01", "season_24h_to": "08-31"})
    assert clock_rules.is_round_the_clock(date(2026, 8, 31), rules=summer)
    assert not clock_rules.is_round_the_clock(date(2026, 9, 1), rules=summer)


def test_a_company_without_desk_hours_starts_with_the_season(rules: CompanyRules) -> None:
    never = rules.model_copy(update={"desk_hours": {}})
    assert due(at("2026-09-29 23:00"), never) == at("2026-10-01 01:00")


@pytest.mark.parametrize(
    ("seconds", "state"), [(59 * MINUTE + 59, "met"), (60 * MINUTE, "met"), (60 * MINUTE + 1, "breached")]
)
def test_exactly_sixty_minutes_is_met(rules: CompanyRules, seconds: int, state: str) -> None:
    called = NOW + timedelta(seconds=seconds)
    judged = clock_rules.state_when_stopped(
        due_at=NOW + timedelta(hours=1), at=called, recorded_at=called, rules=rules
    )
    assert judged == (state, False)


@pytest.mark.parametrize(
    ("recorded_s", "verdict"),
    [
        (64 * MINUTE, ("met", False)),  # four minutes to write it down
        (64 * MINUTE + 59, ("met", False)),
        (65 * MINUTE + 1, ("breached", True)),  # a late entry never turns a breach green
        (59 * MINUTE + 59, ("met", False)),
    ],
)
def test_a_late_entry_counts_when_it_is_written_down(
    rules: CompanyRules, recorded_s: int, verdict: tuple[str, bool]
) -> None:
    called = NOW + timedelta(seconds=min(recorded_s, 60 * MINUTE))
    judged = clock_rules.state_when_stopped(
        due_at=NOW + timedelta(hours=1),
        at=called,
        recorded_at=NOW + timedelta(seconds=recorded_s),
        rules=rules,
    )
    assert judged == verdict


def test_a_late_entry_within_the_hour_is_still_met(rules: CompanyRules) -> None:
    judged = clock_rules.state_when_stopped(
        due_at=NOW + timedelta(hours=1),
        at=NOW + timedelta(minutes=5),
        recorded_at=NOW + timedelta(minutes=55),
        rules=rules,
    )
    assert judged == ("met", True)


@pytest.fixture
def stages(rules: CompanyRules) -> tuple[clock_rules.Stage, ...]:
    return clock_rules.stages_of("contact", started_at=NOW, safety=False, rules=rules, days_off=NO_HOLIDAYS)


@pytest.mark.parametrize(
    ("seconds", "stage"),
    [
        (30 * MINUTE - 1, "started"),
        (30 * MINUTE, "reminded"),
        (45 * MINUTE - 1, "reminded"),
        (45 * MINUTE, "handed_over"),
        (60 * MINUTE, "handed_over"),
        (60 * MINUTE + 1, "escalated"),
        (5 * HOUR, "escalated"),
    ],
)
def test_stages_at_30_45_and_after_60(
    stages: tuple[clock_rules.Stage, ...], seconds: int, stage: str
) -> None:
    assert clock_rules.stage_reached(stages, now=NOW + timedelta(seconds=seconds)) == stage


def test_next_stage(stages: tuple[clock_rules.Stage, ...]) -> None:
    moments = [clock_rules.next_stage_at(stages, stage=name) for name in clock_rules.STAGES]
    assert moments == [
        NOW + timedelta(minutes=30),
        NOW + timedelta(minutes=45),
        NOW + timedelta(minutes=60),
        None,
    ]


def test_reminders_stand_still_with_the_clock(rules: CompanyRules) -> None:
    stages = clock_rules.stages_of(
        "contact", started_at=at("2026-07-14 17:50"), safety=False, rules=rules, days_off=NO_HOLIDAYS
    )
    assert [s.at for s in stages] == [at(f"2026-07-15 {t}") for t in ("09:20", "09:35", "09:50")]


def shown(rules: CompanyRules, now: datetime, **changes: Any) -> str:
    given = {"kind": "contact", "state": "running", "due_at": kst(date(2026, 9, 30), 10), "safety": False}
    return clock_rules.state_shown(now=now, rules=rules, days_off=NO_HOLIDAYS, **{**given, **changes})


@pytest.mark.parametrize(
    ("now", "changes", "state"),
    [
        ("2026-09-30 03:00", {}, "paused"),
        ("2026-09-30 09:00", {}, "running"),
        ("2026-09-30 10:00", {}, "running"),
        ("2026-09-30 10:01", {}, "breached"),
        ("2026-09-30 03:00", {"safety": True}, "running"),
        ("2026-09-30 03:00", {"kind": "handled"}, "running"),
        ("2026-09-30 03:00", {"state": "met"}, "met"),
    ],
)
def test_what_shows(rules: CompanyRules, now: str, changes: dict[str, Any], state: str) -> None:
    assert shown(rules, at(now), **changes) == state
