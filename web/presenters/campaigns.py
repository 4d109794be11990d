"""What the pages of campaigns say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from campaigns.rules import AGE, REPAIRS, RISKY
from campaigns.schemas import PickedHome, WhyNot
from campaigns.service import NEXT
from core.dated import CompanyRules
from core.i18n import N_, _

STATES: dict[str, tuple[str, str, str]] = {
    "draft": (N_("준비 중"), "mute", "edit"),
    "running": (N_("안내하는 중"), "ok", "check-circle"),
    "paused": (N_("사람이 멈춤"), "warn", "pause"),
    "halted": (N_("고장이 많아 스스로 멈춤"), "bad", "alert"),
    "stopped": (N_("그만둠"), "mute", "slash"),
    "finished": (N_("끝남"), "mute", "check"),
}
"""State -> words, tone, icon."""

STEPS = {
    "start": (N_("안내 시작"), "primary"),
    "pause": (N_("멈추기"), ""),
    "resume": (N_("다시 시작"), "primary"),
    "stop": (N_("그만두기"), "danger"),
}

WHY_NOT: dict[WhyNot, str] = {
    WhyNot.NO_CONSENT: N_("광고를 받겠다고 하신 적이 없음"),
    WhyNot.OLD_CONSENT: N_("광고 동의가 오래됨"),
    WhyNot.REFUSED: N_("받지 않겠다고 하심"),
    WhyNot.NO_MOBILE: N_("문자를 받는 번호가 없음"),
    WhyNot.OPEN_TICKET: N_("접수한 수리가 아직 끝나지 않음"),
    WhyNot.VISITED: N_("얼마 전에 다녀옴"),
    WhyNot.INVITED: N_("이번 철에 이미 안내함"),
    WhyNot.NO_PLACE: N_("집의 위치를 모름"),
}

BECAUSE = {
    AGE: N_("오래된 보일러"),
    REPAIRS: N_("자주 고친 보일러"),
    RISKY: N_("가스·배기·동파 이력"),
}

CHANGES = {
    "CampaignPlanned": N_("만들었습니다"),
    "CampaignRunning": N_("안내를 시작했습니다"),
    "CampaignPaused": N_("멈추었습니다"),
    "CampaignHalted": N_("스스로 멈추었습니다"),
    "CampaignStopped": N_("그만두었습니다"),
    "CampaignFinished": N_("기간이 끝났습니다"),
}


def steps_of(state: str) -> list[tuple[str, str, str]]:
    """(step, words, kind) of what may be done now."""
    return [(step, _(words), kind) for step, (words, kind) in STEPS.items() if state in NEXT[step][0]]


def by_point(homes: Iterable[PickedHome]) -> list[tuple[int, int]]:
    """(point, homes) of those who may be invited, the most first."""
    return Counter(home.service_point_id for home in homes).most_common()


def season_words(rules: CompanyRules) -> str:
    """`8월 1일 ~ 10월 31일`."""
    return " ~ ".join(
        _("{month}월 {day}일").format(month=int(month), day=int(day))
        for month, day in (
            rules.campaign_season_from.split("-"),
            rules.campaign_season_to.split("-"),
        )
    )
