from __future__ import annotations

from datetime import timedelta

import pytest

from dispatch.checklist import checklist_for, missing_items
from dispatch.visit_rules import OtherVisit, Step, Verdict, absence_errors, judge_step, oddities
from tests.world import NOW


def judge(step: Step, state: str | None, *, status: str = "APPOINTED", **changes: bool) -> Verdict:
    facts = {"has_technician": True, "on_hold": False, **changes}
    return judge_step(step, ticket_status=status, visit_state=state, **facts)


@pytest.mark.parametrize(
    ("step", "states"),
    [
        (Step.DEPART, {"planned", "agreed"}),
        (Step.ARRIVE, {"en_route"}),
        (Step.START, {"arrived"}),
        (Step.ABSENT, {"arrived"}),
        (Step.HOLD, {"planned", "agreed", "en_route", "arrived", "in_progress"}),
        (Step.COMPLETE, {"arrived", "in_progress"}),
    ],
)
def test_only_the_visits_own_state_decides(step: Step, states: set[str]) -> None:
    every = {"planned", "agreed", "en_route", "arrived", "in_progress", "absent", "completed", "cancelled"}
    assert {state for state in every if judge(step, state) is Verdict.TAKE} == states


@pytest.mark.parametrize("status", ["SELF_FIXED", "COMPLETED", "CLOSED", "CANCELLED"])
def test_nobody_sets_out_for_a_case_that_has_ended(status: str) -> None:
    assert judge(Step.DEPART, "agreed", status=status) is Verdict.REFUSE


def test_no_step_without_a_visit_or_a_technician() -> None:
    assert judge(Step.DEPART, None) is Verdict.REFUSE
    assert judge(Step.DEPART, "planned", has_technician=False) is Verdict.REFUSE


@pytest.mark.parametrize(
    ("step", "state"),
    [
        (Step.DEPART, "en_route"),
        (Step.ARRIVE, "arrived"),
        (Step.START, "in_progress"),
        (Step.ABSENT, "absent"),
        (Step.COMPLETE, "completed"),
    ],
)
def test_the_same_step_twice_is_a_repetition(step: Step, state: str) -> None:
    assert judge(step, state, status="COMPLETED") is Verdict.REPEATED


def test_a_visit_broken_off_is_on_hold_and_not_completed() -> None:
    assert judge(Step.HOLD, "completed", status="ON_HOLD", on_hold=True) is Verdict.REPEATED
    assert judge(Step.COMPLETE, "completed", status="ON_HOLD", on_hold=True) is Verdict.REFUSE


@pytest.mark.parametrize(
    ("waited", "tries", "fields"),
    [
        (599, 2, ["at"]),
        (600, 1, ["attempts"]),
        (0, 0, ["at", "attempts"]),
        (600, 2, []),
    ],
)
def test_absence_needs_the_wait_and_the_calls(waited: int, tries: int, fields: list[str]) -> None:
    errors = absence_errors(
        arrived_at=NOW, at=NOW + timedelta(seconds=waited), tries=tries, wait_s=600, tries_needed=2
    )
    assert [error.field for error in errors] == fields


def test_the_end_of_the_wait_is_told_by_the_minute_rounded_up() -> None:
    (error,) = absence_errors(
        arrived_at=NOW - timedelta(seconds=30),
        at=NOW + timedelta(seconds=541),
        tries=2,
        wait_s=600,
        tries_needed=2,
    )
    assert "10:10까지" in error.message


def test_odd_steps_are_noted() -> None:
    noted = oddities(
        at=NOW,
        window=(NOW + timedelta(hours=1), NOW + timedelta(hours=3)),
        planned_start=NOW + timedelta(hours=1),
        others=[
            OtherVisit("T-1", "in_progress", NOW - timedelta(hours=1)),
            OtherVisit("T-2", "planned", NOW + timedelta(minutes=30)),
            OtherVisit("T-3", "agreed", NOW + timedelta(hours=5)),
        ],
    )
    assert noted == {"EARLY": [], "ANOTHER_VISIT_OPEN": ["T-1"], "OUT_OF_ORDER": ["T-2"]}


def test_a_step_on_the_borders_of_the_window_is_neither_early_nor_late() -> None:
    window = (NOW, NOW + timedelta(hours=2))
    for at in window:
        assert oddities(at=at, window=window, planned_start=NOW, others=[]) == {}
    late = oddities(at=window[1] + timedelta(seconds=1), window=window, planned_start=NOW, others=[])
    assert late == {"LATE": []}


def test_safety_cases_need_the_test_and_the_sign_off() -> None:
    plain = {item.code for item in checklist_for(safety=False) if item.required}
    safety = {item.code for item in checklist_for(safety=True) if item.required}
    assert plain == {"usage_explained"}
    assert safety == {"usage_explained", "flue_leak_test", "safety_signed_off"}


def test_what_is_not_ticked_is_named() -> None:
    errors = missing_items(checklist_for(safety=True), {"usage_explained": True, "flue_leak_test": False})
    assert [error.field for error in errors] == ["checklist.flue_leak_test", "checklist.safety_signed_off"]
