"""How times, spans and money are written on screens: Jinja filters, none with a clock of its own."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from jinja2 import Environment

from core.clock import KST, kst, operating_day, today_kst
from core.i18n import _, get_language
from web.assets import asset_url

WEEKDAYS = "월화수목금토일"


def time_text(at: datetime | None) -> str:
    """``14:30`` in Korean time; empty for None."""
    return at.astimezone(KST).strftime("%H:%M") if at else ""


def date_text(at: datetime | None) -> str:
    """``12월 1일 (화)``, or ``1 Dec (Tue)`` in English; empty for None."""
    if at is None:
        return ""
    local = at.astimezone(KST)
    if get_language() == "en":
        return f"{local.day} {local:%b} ({local:%a})"
    return f"{local.month}월 {local.day}일 ({WEEKDAYS[local.weekday()]})"


def year_day_text(at: datetime | None) -> str:
    """``2028년 12월 1일``, or ``1 Dec 2028``: of what lies years away; empty for None."""
    if at is None:
        return ""
    local = at.astimezone(KST)
    if get_language() == "en":
        return f"{local.day} {local:%b %Y}"
    return f"{local.year}년 {local.month}월 {local.day}일"


def whole_day_text(day: date | None) -> str:
    """A calendar date by the words of ``date_text``; empty for None."""
    return date_text(kst(day, 12)) if day else ""


def day_text(day: date, now: datetime) -> str:
    """An operating day by the calendar's words: ``오늘``, ``내일``, ``모레``, else its date.

    Past midnight the running one is yesterday's, which nobody would look for: it is ``지금~05:00`` then.
    """
    today = today_kst(now)
    if day == operating_day(now) and day != today:
        return _("지금~05:00")
    near = {0: _("오늘"), 1: _("내일"), 2: _("모레")}.get((day - today).days)
    return near or whole_day_text(day)


def when_text(at: datetime | None, now: datetime) -> str:
    """``오늘 14:30``, ``내일 09:00``, ``어제 23:10``, else date and time; empty for None."""
    if at is None:
        return ""
    days = (at.astimezone(KST).date() - now.astimezone(KST).date()).days
    near = {0: _("오늘"), 1: _("내일"), -1: _("어제")}.get(days)
    return f"{near or date_text(at)} {time_text(at)}"


def window_text(start: datetime | None, end: datetime | None, now: datetime) -> str:
    """A visit window: ``오늘 14:00~16:00``; empty while none is agreed."""
    if start is None or end is None:
        return ""
    return f"{when_text(start, now)}~{time_text(end)}"


def iso_text(at: datetime | None) -> str:
    """RFC 3339 with +09:00, for data attributes and <time>; empty for None."""
    return at.astimezone(KST).isoformat(timespec="seconds") if at else ""


def span_text(seconds: int | timedelta | None) -> str:
    """Seconds in words: ``14분``, ``1시간 5분``; empty for None. Anything under a minute counts as one."""
    if seconds is None:
        return ""
    whole = int(seconds.total_seconds()) if isinstance(seconds, timedelta) else seconds
    minutes = max(1, round(whole / 60)) if whole else 0
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("{minutes}분").format(minutes=rest)
    if not rest:
        return _("{hours}시간").format(hours=hours)
    return _("{hours}시간 {minutes}분").format(hours=hours, minutes=rest)


def won_text(amount: int | None) -> str:
    """``32,000원``; empty for None."""
    return "" if amount is None else _("{amount}원").format(amount=f"{amount:,}")


def register_display(environment: Environment) -> None:
    """Give the templates filters (hhmm, date, day, when, window, iso, span, won) and ``asset(name)``."""
    environment.filters.update(
        hhmm=time_text,
        date=date_text,
        day=whole_day_text,
        when=when_text,
        window=window_text,
        iso=iso_text,
        span=span_text,
        year_day=year_day_text,
        won=won_text,
    )
    environment.globals["asset"] = asset_url
