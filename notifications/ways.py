"""In which order the ways to one person are tried: 알림톡, a text, a voice, a person's call.

An order is about numbers that take texts. Those that take none hear the voice where the company has one, else
a person, unless a person's call comes first. Each way is tried when the one before it certainly came to
nothing; what may have arrived ends the order. A person's call ends every order, so everybody is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from core.clock import KST
from core.dated import CompanyRules
from core.i18n import N_


class Way(StrEnum):
    """One way to tell somebody. `TEXT` is short or long by its length."""

    ALIMTALK = "ALIMTALK"
    TEXT = "TEXT"
    VOICE = "VOICE"
    PERSON = "PERSON"


Order = tuple[Way, ...]
USUAL: Order = (Way.ALIMTALK, Way.TEXT, Way.PERSON)

OFFERED: dict[Order, str] = {
    USUAL: N_("알림톡, 안 되면 문자"),
    (Way.TEXT, Way.PERSON): N_("문자만 (알림톡은 쓰지 않음)"),
    (Way.ALIMTALK, Way.TEXT, Way.VOICE, Way.PERSON): N_("알림톡이나 문자, 안 되면 음성 전화"),
    (Way.VOICE, Way.ALIMTALK, Way.TEXT, Way.PERSON): N_("음성 전화 먼저, 안 되면 알림톡이나 문자"),
    (Way.VOICE, Way.PERSON): N_("음성 전화만"),
    (Way.PERSON,): N_("사람이 바로 전화 (문자 없음)"),
}
"""The orders that make sense, as a company chooses them. A person's call, the end of each, is not named."""


def read_order(stored: Sequence[str] | None, *, has_voice: bool) -> Order:
    """An order as it is stored, without a voice where the company has none (any more); else the usual one."""
    order = tuple(Way(each) for each in stored) if stored else USUAL
    order = order if order in OFFERED else USUAL
    return order if has_voice else without_voice(order)


def without_voice(order: Order) -> Order:
    """The same without a voice: it speaks Korean alone, and not every company has one."""
    return tuple(way for way in order if way is not Way.VOICE)


def offered(*, rings: bool, has_voice: bool) -> list[Order]:
    """What may be chosen; nobody is rung up, by a voice or a person, about what is no reason to ring."""
    return [
        order
        for order in OFFERED
        if (Way.VOICE not in order or (has_voice and rings)) and (Way.TEXT in order or rings)
    ]


def next_way(stored: Sequence[str] | None, *, channel: str) -> Way | None:
    """What is tried after a text, or a voice, that came to nothing; None: a person's call."""
    order = [Way(each) for each in stored] if stored else list(USUAL)
    now = Way.VOICE if channel == "VOICE" else Way.TEXT
    later = order[order.index(now) + 1 :] if now in order else []
    following = next((way for way in later if way is not Way.PERSON), None)
    return Way.TEXT if following is Way.ALIMTALK else following


def voice_may_ring(rules: CompanyRules, at: datetime) -> bool:
    """Whether the company lets a voice call, and at this hour: at night none rings anybody up."""
    clock = at.astimezone(KST).strftime("%H:%M")
    return rules.voice_enabled and any(begins <= clock < ends for begins, ends in rules.voice_hours)
