"""Figures as they are drawn: shares that never flatter, bars, and a week's hours as a table of heat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from core.i18n import _
from dispatch.figures import Hour
from web.display import WEEKDAYS, whole_day_text

LEVELS = 5
"""Of heat, beside none."""


def share(part: int, whole: int) -> int | None:
    """Per cent, rounded down: 100 means all. None: nothing was counted."""
    return part * 100 // whole if whole else None


def difference(value: int | None, before: int | None) -> int | None:
    """How much more than before; None where one of them is unknown."""
    return None if value is None or before is None else value - before


def bars_of_hours(hours: Iterable[Hour]) -> list[dict[str, Any]]:
    """A day's 24 hours."""
    calls, late = Counter[int](), Counter[int]()
    for each in hours:
        calls[each.hour] += each.received
        late[each.hour] += each.late
    named = [(_("{hour}시").format(hour=hour), str(hour), calls[hour], late[hour]) for hour in range(24)]
    return _bars(named)


def bars_of_days(days: Sequence[tuple[date, int, int]]) -> list[dict[str, Any]]:
    """One bar a day."""
    return _bars([(whole_day_text(day), str(day.day), calls, late) for day, calls, late in days])


def _bars(named: Sequence[tuple[str, str, int, int]]) -> list[dict[str, Any]]:
    """Heights in per cent of the highest, which is at least ten calls: three calls are no peak."""
    highest = max([10, *(calls for _name, _short, calls, _late in named)])
    return [
        {
            "name": name,
            "short": short,
            "calls": calls,
            "late": late,
            "height": round(calls * 100 / highest, 1),
            "late_height": round(late * 100 / highest, 1),
        }
        for name, short, calls, late in named
    ]


def heat_of(hours: Iterable[Hour]) -> list[tuple[str, list[tuple[int, int]]]]:
    """By weekday, Monday first: 24 hours of (calls, level of heat 0-5)."""
    counted = Counter[tuple[int, int]]()
    for each in hours:
        counted[each.day.weekday(), each.hour] += each.received
    most = max(counted.values(), default=0)
    return [
        (WEEKDAYS[weekday], [(n, _level(n, most)) for n in (counted[weekday, hour] for hour in range(24))])
        for weekday in range(7)
    ]


def _level(calls: int, most: int) -> int:
    return -(-calls * LEVELS // most) if most else 0
