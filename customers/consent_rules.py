"""What a word about notices is, and whether an advertisement may go out on it: pure decisions.

정보통신망법 제50조: an advertisement needs a yes beforehand, a no holds at once, and a yes is asked again
every two years (제50조 제8항, 시행령 제62조의3). There a yes goes on when nobody answers; ours ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.clock import KST


class Choice(StrEnum):
    """What was said."""

    AGREED = "AGREED"
    REFUSED = "REFUSED"


class Purpose(StrEnum):
    """What the notices are for. Only `ADVERT` needs a yes; the others hold until a no."""

    VISIT = "VISIT"
    SURVEY = "SURVEY"
    ADVERT = "ADVERT"


class Door(StrEnum):
    """Where it was said. `FREE_CALL`: the company's free number to refuse by (080)."""

    INTAKE = "INTAKE"
    CALL = "CALL"
    TEXT = "TEXT"
    PAGE = "PAGE"
    FREE_CALL = "FREE_CALL"


class Standing(StrEnum):
    """How it stands with one person and one purpose: `AGREED` alone lets something go out."""

    AGREED = "AGREED"
    NEVER = "NEVER"
    LAPSED = "LAPSED"
    REFUSED = "REFUSED"
    ALL_REFUSED = "ALL_REFUSED"
    NUMBER_REFUSED = "NUMBER_REFUSED"
    SHARED_REFUSED = "SHARED_REFUSED"


@dataclass(frozen=True)
class Heard:
    """What is known of one person and one purpose.

    `choice`, `door`, `at`: his newest own word (None: he never said one). `refused_all`: he wants no notices
    whatever. `shared_refused`: somebody else on his number said no. `number_refused_at`: when his number last
    rang the free number.
    """

    choice: Choice | None = None
    door: Door | None = None
    at: datetime | None = None
    refused_all: bool = False
    shared_refused: bool = False
    number_refused_at: datetime | None = None


def judge(heard: Heard, *, years: int, now: datetime) -> Standing:
    """How it stands with him now. A no of any kind comes before a yes of any kind."""
    if heard.refused_all:
        return Standing.ALL_REFUSED
    if heard.number_refused_at is not None and not _from_that_telephone_since(heard):
        return Standing.NUMBER_REFUSED
    if heard.choice is Choice.REFUSED:
        return Standing.REFUSED
    if heard.shared_refused:
        return Standing.SHARED_REFUSED
    if heard.choice is None or heard.at is None:
        return Standing.NEVER
    return Standing.LAPSED if now >= years_after(heard.at, years) else Standing.AGREED


def _from_that_telephone_since(heard: Heard) -> bool:
    """Whoever opens a link that was sent to the number has it in hand; what is typed for him is not that."""
    return (
        heard.door is Door.PAGE
        and heard.at is not None
        and heard.number_refused_at is not None
        and heard.at > heard.number_refused_at
    )


def years_after(at: datetime, years: int) -> datetime:
    """The same day and hour in Korea so many years later; 29 February becomes the 28th."""
    local = at.astimezone(KST)
    try:
        return local.replace(year=local.year + years)
    except ValueError:
        return local.replace(year=local.year + years, day=28)
