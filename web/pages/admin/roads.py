"""Where travel times come from, for the settings pages: the road engine's state in a sentence and figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from core.facts import read_facts
from core.i18n import N_, _
from geo.road_fetching import ANSWERED, COUNTS, FAILED, FAILURES, FALL_BACKS, FETCHED, state_of_engine
from web.context import context_of

WORDS = {
    "off": ("info", N_("도로 엔진을 쓰지 않습니다. 이동 시간은 거리와 속도로 어림합니다.")),
    "unasked": ("info", N_("도로 엔진에 아직 물어본 적이 없습니다. 첫 접수 때 묻습니다.")),
    "answers": ("ok", N_("도로 엔진이 답합니다. 계획은 도로 시간으로 짭니다.")),
    "away": (
        "warn",
        N_(
            "도로 엔진이 답하지 않아 어림 시간으로 계획합니다. 접수는 늦어지지 않습니다. "
            "서버를 맡은 사람에게 알려 주세요."
        ),
    ),
}


@dataclass(frozen=True)
class Roads:
    """The engine of the installation; counts are since it was first used."""

    state: str
    tone: str
    says: str
    answered_at: datetime | None
    failed_at: datetime | None
    failures: int
    estimated: int
    told: int


def roads_of(request: Request) -> Roads:
    """Its state now; the same for every company, and nobody's data."""
    context = context_of(request)
    with context.database.everywhere.reading() as session:
        found = read_facts(session, names=[*COUNTS, ANSWERED, FAILED])
    answered, failed = (found[name][1] if name in found else None for name in (ANSWERED, FAILED))
    state = state_of_engine(answered=answered, failed=failed) if context.settings.osrm_url else "off"
    tone, says = WORDS[state]
    failures, estimated, told = (
        int(found[name][0]) if name in found else 0 for name in (FAILURES, FALL_BACKS, FETCHED)
    )
    return Roads(state, tone, _(says), answered, failed, failures, estimated, told)
