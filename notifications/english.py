"""How names, times and money are written in English texts, and what we can say in English of Korean values.

What people typed (names, notes, a maker's own price items) stays as they typed it: a guessed translation of a
bill would differ from the bill.
"""

from __future__ import annotations

import re
from datetime import datetime

from core.clock import KST
from core.i18n import catalogue
from notifications import texts
from notifications.contexts.base import Case
from notifications.languages import ENGLISH
from notifications.word_lists import english_words

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COUNTED = re.compile(r"(.+) (\d+)개")
_NAMELESS = "Customer"


def day_words(at: datetime) -> str:
    """`Tue, Dec 1`."""
    local = at.astimezone(KST)
    return f"{_DAYS[local.weekday()]}, {_MONTHS[local.month - 1]} {local.day}"


def date_words(at: datetime) -> str:
    """`Dec 1, 2026`: of what lies years away."""
    local = at.astimezone(KST)
    return f"{_MONTHS[local.month - 1]} {local.day}, {local.year}"


def clock_words(at: datetime) -> str:
    """`2:30 PM`, `2 PM`; noon and midnight by name, which nobody reads as the other."""
    local = at.astimezone(KST)
    if local.minute == 0 and local.hour % 12 == 0:
        return "12 noon" if local.hour else "12 midnight"
    half = "AM" if local.hour < 12 else "PM"
    hour = local.hour % 12 or 12
    return f"{hour}:{local.minute:02} {half}" if local.minute else f"{hour} {half}"


def moment_words(at: datetime) -> str:
    """`Tue, Dec 1, 2:30 PM`."""
    return f"{day_words(at)}, {clock_words(at)}"


def window_words(start: datetime, end: datetime) -> str:
    """`Tue, Dec 1, 2 PM to 4 PM`; another day is named."""
    days = (end.astimezone(KST).date() - start.astimezone(KST).date()).days
    local = end.astimezone(KST)
    same_night = days == 1 and (local.hour, local.minute) == (0, 0)
    closing = clock_words(end) if days == 0 or same_night else moment_words(end)
    return f"{moment_words(start)} to {closing}"


def won_words(amount: int) -> str:
    """`32,000 won`."""
    return f"{amount:,} won"


def said(value: str) -> str:
    """A value of ours (a symptom, an item of the usual price list) in English; others as they are."""
    counted = _COUNTED.fullmatch(value)
    if counted:
        return f"{said(counted[1])} x {counted[2]}"
    plain = value.strip()
    if not plain:
        return value
    return english_words().get(plain) or catalogue(ENGLISH).gettext(plain)


def name_words(value: str) -> str:
    """A name as it was given."""
    return texts.shorten(said(value), texts.NAME_BYTES, instead=_NAMELESS)


def asker_words(case: Case) -> str:
    """`김민수 (child)`: who asked for somebody else; empty when the resident asked in person."""
    if case.asker is None or case.requester is None:
        return ""
    relationship = (case.relationship or "").strip().lower()
    name = name_words(case.requester)
    return f"{name} ({relationship})" if case.knows_relationship else name


def task_words(case: Case) -> str:
    """What somebody comes for, in one word."""
    return "check-up" if case.checkup else "repair"
