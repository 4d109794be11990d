"""When a family is rung, when it is enough, and what its answers lead to."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from core.clock import KST, kst
from core.dated import CompanyRules, read_rules
from happycall import rules
from happycall.rules import CallingHours, Verdict
from happycall.schemas import Answers
from tests import world

HOURS = [
    [["10:00", "12:00"], ["13:30", "17:30"]],
    [["08:00", "09:30"], ["09:30", "10:30"]],
    [["00:00", "23:59"]],
    [["19:00", "20:00"]],
]


class Weekends:
    """A calendar with weekends and one holiday."""

    def __init__(self, *holidays: date) -> None:
        self.holidays = holidays

    def is_day_off(self, day: date) -> bool:
        return day.weekday() >= 5 or day in self.holidays


@pytest.fixture
def company(session: Session) -> CompanyRules:
    """The national defaults."""
    return read_rules(session, company_id=world.make_company(session).id or 0, at=world.NOW)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return kst(date(2026, 12, day), hour, minute)


def window(company: CompanyRules, done: datetime, *holidays: date, elderly: bool = False) -> tuple[str, str]:
    hours = CallingHours.of(company, Weekends(*holidays), elderly=elderly)
    due, until = rules.call_window(done, rules=company, hours=hours)
    return f"{due.astimezone(KST):%d %H:%M}", f"{until.astimezone(KST):%d %H:%M}"


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (at(1, 10), ("02 10:00", "04 17:30")),  # Tuesday
        (at(1, 0), ("02 10:00", "04 17:30")),
        (at(1, 23, 59), ("02 10:00", "04 17:30")),
        (at(3, 15), ("04 10:00", "08 17:30")),  # Thursday: the weekend does not count
        (at(5, 15), ("07 10:00", "09 17:30")),  # Saturday
    ],
)
def test_a_call_is_due_from_the_next_to_the_third_working_day(
    company: CompanyRules, done: datetime, expected: tuple[str, str]
) -> None:
    assert window(company, done) == expected


@pytest.mark.parametrize(
    ("done", "due"),
    [
        (at(1, 9), "01 10:00"),  # Tuesday, before the hours
        (at(1, 11), "01 11:00"),
        (at(1, 12, 30), "01 13:30"),
        (at(1, 17, 30), "02 10:00"),  # the hours are over
        (at(5, 11), "07 10:00"),  # Saturday
    ],
)
def test_from_the_same_day_on_is_today_while_hours_are_left(
    company: CompanyRules, done: datetime, due: str
) -> None:
    at_once = company.model_copy(update={"happy_call_after_days": 0})
    assert window(at_once, done)[0] == due


@given(
    after=st.integers(0, 30),
    longer=st.integers(0, 60),
    off=st.sets(st.integers(0, 150), max_size=40),
    hours=st.sampled_from(HOURS),
    minute=st.integers(0, 30 * 24 * 60),
    elderly=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
def test_a_call_is_always_due_after_the_work_and_before_its_own_end(
    company: CompanyRules,
    after: int,
    longer: int,
    off: set[int],
    hours: list[list[str]],
    minute: int,
    elderly: bool,
) -> None:
    done = at(1, 0) + timedelta(minutes=minute)
    until = min(max(1, after + longer), 60)
    numbers = {"happy_call_after_days": after, "happy_call_until_days": until, "happy_call_hours": hours}
    chosen = company.model_copy(update=numbers)
    calendar = Weekends(*(date(2026, 12, 1) + timedelta(days=n) for n in off))
    calling = CallingHours.of(chosen, calendar, elderly=elderly)
    due, end = rules.call_window(done, rules=chosen, hours=calling)
    assert done <= due < end
    assert calling.open_until(due) is not None


def test_a_holiday_does_not_count(company: CompanyRules) -> None:
    assert window(company, at(1, 10), date(2026, 12, 2)) == ("03 10:00", "07 17:30")


def test_elderly_people_are_never_rung_before_ten(company: CompanyRules) -> None:
    early = company.model_copy(update={"happy_call_hours": [["08:00", "09:30"], ["09:30", "12:00"]]})
    assert window(early, at(1, 10))[0] == "02 08:00"
    assert window(early, at(1, 10), elderly=True)[0] == "02 10:00"


@pytest.mark.parametrize(
    ("care", "band", "elderly"),
    [
        (False, "75+", True),
        (False, "65-74", True),
        (False, "60-64", False),
        (False, None, False),
        (False, "?", False),
        (True, None, True),
    ],
)
def test_who_counts_as_elderly(care: bool, band: str | None, elderly: bool) -> None:
    assert rules.is_elderly(priority_care=care, age_band=band) is elderly


@pytest.mark.parametrize(
    ("tried", "again"),
    [
        (at(2, 10, 5), "02 13:30"),
        (at(2, 11, 59), "02 13:30"),
        (at(2, 13, 40), "03 10:00"),
        (at(4, 17), "07 10:00"),
        (at(2, 9), "02 13:30"),
    ],
)
def test_the_next_try_is_on_another_half_day(company: CompanyRules, tried: datetime, again: str) -> None:
    hours = CallingHours.of(company, Weekends(), elderly=False)
    assert f"{rules.next_try(tried, hours=hours).astimezone(KST):%d %H:%M}" == again


def test_only_tries_on_different_half_days_count(company: CompanyRules) -> None:
    morning = [at(2, 10), at(2, 11), at(2, 12, 59)]
    assert not rules.is_tried_out(morning, rules=company)
    assert not rules.is_tried_out([*morning, at(2, 14), at(2, 15)], rules=company)
    assert rules.is_tried_out([*morning, at(2, 14), at(3, 10)], rules=company)


def answers(**given: Any) -> Answers:
    return Answers(**{"fixed": True, "overall": 6, "nps": 9, "cost_matches": True, **given})


@pytest.mark.parametrize(
    ("given", "reopen", "escalate", "grounds"),
    [
        ({}, False, False, 0),
        ({"overall": None, "nps": None, "cost_matches": None}, False, False, 0),
        ({"fixed": False}, True, False, 1),
        ({"overall": 3}, True, False, 1),
        ({"overall": 4}, False, False, 0),
        ({"nps": 6}, True, False, 1),
        ({"nps": 7}, False, False, 0),
        ({"cost_matches": False}, False, True, 1),
        ({"fixed": False, "overall": 1, "nps": 0, "cost_matches": False}, True, True, 4),
    ],
)
def test_what_an_answer_leads_to(
    company: CompanyRules, given: dict[str, Any], reopen: bool, escalate: bool, grounds: int
) -> None:
    verdict = rules.judge(answers(**given), rules=company)
    assert (verdict.reopen, verdict.escalate, len(verdict.why)) == (reopen, escalate, grounds)
    assert isinstance(verdict, Verdict)


def test_the_day_ends_at_midnight_in_korea() -> None:
    assert rules.end_of_day(at(2, 23, 59)) == datetime.combine(date(2026, 12, 3), time(0), KST)
    assert rules.end_of_day(at(2, 0)) - at(2, 0) == timedelta(days=1)
