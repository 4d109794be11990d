"""The only place that reads the time. Everything else gets `now` as an argument."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

KST = ZoneInfo("Asia/Seoul")

OPERATING_DAY_STARTS = time(5, 0)
"""An operating day runs 05:00-05:00 KST, so that a night duty belongs to the evening it began in."""


def now() -> datetime:
    """The present moment, timezone-aware UTC. Only edges (a request, a job, a command) call this."""
    return datetime.now(UTC)


def today_kst(at: datetime) -> date:
    """The calendar date in Korea at a moment."""
    return at.astimezone(KST).date()


def operating_day(at: datetime) -> date:
    """The operating day (05:00-05:00 KST) that a moment belongs to, named by the date it began on."""
    local = at.astimezone(KST)
    return (local - timedelta(hours=OPERATING_DAY_STARTS.hour)).date()


def operating_day_bounds(day: date) -> tuple[datetime, datetime]:
    """Start and end of an operating day as UTC moments."""
    start = datetime.combine(day, OPERATING_DAY_STARTS, KST)
    return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC)


def kst(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of a Korean calendar date as UTC. Hours past 23 run into the next day."""
    midnight = datetime.combine(day, time(0, 0), KST)
    return (midnight + timedelta(hours=hour, minutes=minute)).astimezone(UTC)


def rfc3339_kst(at: datetime) -> str:
    """A moment as the API writes it: RFC 3339 with +09:00, whole seconds."""
    return at.astimezone(KST).isoformat(timespec="seconds")
