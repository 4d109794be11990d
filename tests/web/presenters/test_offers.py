"""Offered windows and the limit for the work: told in words, never put first while another keeps it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.clock import kst
from dispatch.detail_shapes import ClockFacts
from dispatch.planning.slot_shapes import Slot
from tests.world import NOW
from web.presenters.offers import weigh_offers

HOUR = timedelta(hours=1)


def slot(hours: float, *, as_planned: bool = False, overtime: bool = False) -> Slot:
    start = NOW + hours * HOUR
    return Slot(start, start + 2 * HOUR, 7, "박기사", 1, 0, 1.0, as_planned=as_planned, overtime=overtime)


def limit(due: datetime, **changes: Any) -> ClockFacts:
    facts: dict[str, Any] = {
        "kind": "handled",
        "generation": 1,
        "started_at": NOW,
        "due_at": due,
        "state": "running",
        "stopped_at": None,
        "evidence": None,
        "stage": "started",
        "breached_at": None,
    }
    return ClockFacts(**{**facts, **changes})


def test_a_window_past_the_limit_says_so_and_is_not_put_first() -> None:
    planned, soon = slot(4, as_planned=True), slot(1, overtime=True)
    due = NOW + 5 * HOUR
    offers = weigh_offers([planned, slot(6), soon], clocks=[limit(due)], now=NOW)
    assert [offer.start for offer in offers.slots] == [planned.start, soon.start, NOW + 6 * HOUR]
    said = offers.slots[0].note
    assert said == "처리 시한(오늘 15:00)을 넘길 수 있습니다"
    assert offers.best is not None and offers.best.start == soon.start
    assert offers.best.note == soon.note, "what else is to be known stays"
    assert offers.warning == ""


def test_a_window_that_begins_after_the_limit_certainly_passes_it() -> None:
    due = NOW + 4 * HOUR
    offers = weigh_offers([slot(1), slot(3), slot(4), slot(5)], clocks=[limit(due)], now=NOW)
    may, will = "처리 시한(오늘 14:00)을 넘길 수 있습니다", "처리 시한(오늘 14:00)이 지난 뒤입니다"
    assert [offer.late for offer in offers.slots] == ["", may, will, will]
    assert offers.warning == ""
    late = weigh_offers([slot(4), slot(6)], clocks=[limit(due)], now=NOW)
    assert "모두 처리 시한(오늘 14:00)이 지난 뒤입니다" in late.warning
    mixed = weigh_offers([slot(3), slot(6)], clocks=[limit(due)], now=NOW)
    assert "모두 처리 시한(오늘 14:00)을 넘길 수 있습니다" in mixed.warning
    called = replace(slot(3), standby_at=NOW + 3.2 * HOUR)
    offers = weigh_offers([slot(3), called, slot(6)], clocks=[limit(due)], now=NOW)
    assert offers.warning == "" and offers.best is not None and offers.best.standby_at == called.standby_at


def test_exactly_on_the_limit_is_met() -> None:
    offers = weigh_offers([slot(1)], clocks=[limit(NOW + 3 * HOUR)], now=NOW)
    assert (offers.slots[0].late, offers.warning) == ("", "")


def test_when_all_are_late_it_is_said_once_above() -> None:
    due = kst(NOW.date() + timedelta(days=1), 14, 20)
    offers = weigh_offers([slot(48, as_planned=True), slot(50)], clocks=[limit(due)], now=NOW)
    assert "내일 14:20" in offers.warning
    assert [offer.note for offer in offers.slots] == ["", ""]
    assert offers.best is not None and offers.best.as_planned


@pytest.mark.parametrize(
    "clock",
    [
        limit(NOW - HOUR, state="breached"),
        limit(NOW + HOUR, state="met", stopped_at=NOW),
        limit(NOW + HOUR, state="void"),
        limit(NOW + HOUR, kind="contact"),
    ],
    ids=["passed-already", "stopped", "void", "a-talk-stops-it"],
)
def test_what_has_stopped_or_passed_says_nothing_more(clock: ClockFacts) -> None:
    offers = weigh_offers([slot(4)], clocks=[clock], now=NOW)
    assert (offers.slots[0].note, offers.warning) == ("", "")


def test_without_windows_there_is_nothing_to_say() -> None:
    offers = weigh_offers([], clocks=[limit(NOW + HOUR)], now=NOW)
    assert (offers.slots, offers.best, offers.warning) == ((), None, "")
