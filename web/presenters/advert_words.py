"""How it stands with a person and advertisements, in words for a desk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.dated import read_rules
from core.i18n import N_, _
from customers.consent_rules import Door, Heard, Purpose, Standing, years_after
from customers.standings import standings
from web.display import year_day_text
from web.presenters.notice_words import DOORS

SAID_AT = (Door.CALL, Door.INTAKE, Door.TEXT, Door.FREE_CALL)
"""Where a desk hears of a word; the page writes its own down."""
_WORDS: Mapping[Standing, tuple[str, str]] = {
    Standing.AGREED: (N_("{until}까지 받기로 하심"), "ok"),
    Standing.NEVER: (N_("여쭌 적 없음"), ""),
    Standing.LAPSED: (N_("{until}에 동의가 끝남"), "warn"),
    Standing.REFUSED: (N_("받지 않겠다고 하심"), "warn"),
    Standing.ALL_REFUSED: (N_("어떤 문자도 원하지 않으심"), "warn"),
    Standing.NUMBER_REFUSED: (N_("무료 전화로 거부한 번호"), "warn"),
    Standing.SHARED_REFUSED: (N_("같은 번호를 쓰는 분이 거부하심"), "warn"),
}


def advert_standings(
    session: Session, *, company_id: int, contact_ids: Collection[int], now: datetime
) -> dict[int, dict[str, Any]]:
    """By person: `{words, tone, can_agree}`, `can_agree` where a yes said to a desk changes something."""
    found = standings(
        session, company_id=company_id, contact_ids=contact_ids, purpose=Purpose.ADVERT, now=now
    )
    years = read_rules(session, company_id=company_id, at=now).advert_consent_years
    return {contact_id: _shown(standing, heard, years) for contact_id, (standing, heard) in found.items()}


def advert_doors() -> list[tuple[str, str]]:
    """Where it can have been said, for a choice."""
    return [(door.value, _(DOORS[door])) for door in SAID_AT]


def _shown(standing: Standing, heard: Heard, years: int) -> dict[str, Any]:
    words, tone = _WORDS[standing]
    until = year_day_text(years_after(heard.at, years)) if heard.at else ""
    return {
        "words": _(words).format(until=until),
        "tone": tone,
        "can_agree": standing is not Standing.NUMBER_REFUSED,
    }
