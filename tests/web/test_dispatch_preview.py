"""What a change by hand does to other visits is told in minutes before it is made."""

from __future__ import annotations

import pytest

from web.pages.dispatch.ticket import _with_minutes


@pytest.mark.parametrize(
    ("what", "start", "expected"),
    [
        ("retimed", "2026-12-01T14:20:00+09:00", "T1: 가 (20분 늦어짐)"),
        ("retimed", "2026-12-01T13:30:00+09:00", "T1: 가 (30분 빨라짐)"),
        ("moved", "2026-12-01T15:00:00+09:00", "T1: 가"),
    ],
)
def test_minutes_are_told_where_the_technician_stays(what: str, start: str, expected: str) -> None:
    change = {
        "what": what,
        "text": "T1: 가",
        "from": {"technician_id": 7, "start": "2026-12-01T14:00:00+09:00"},
        "to": {"technician_id": 7, "start": start},
    }
    assert _with_minutes(change) == expected
