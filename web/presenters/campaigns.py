"""What the pages of campaigns say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from campaigns.outlook import Keeps, Outlook
from campaigns.rules import AGE, REPAIRS, RISKY
from campaigns.schemas import CampaignInfo, PickedHome, WhyNot
from campaigns.service import NEXT
from campaigns.texts_ahead import TextAhead
from core.dated import CompanyRules
from core.i18n import N_, _
from web.display import when_text
from web.presenters.notice_words import foreign_language

SOON = timedelta(minutes=1)

STATES: dict[str, tuple[str, str, str]] = {
    "draft": (N_("준비 중"), "mute", "edit"),
    "running": (N_("안내하는 중"), "ok", "check-circle"),
    "paused": (N_("사람이 멈춤"), "warn", "pause"),
    "halted": (N_("고장이 많아 스스로 멈춤"), "bad", "alert"),
    "stopped": (N_("그만둠"), "mute", "slash"),
    "finished": (N_("끝남"), "mute", "check"),
}
"""State -> words, tone, icon."""
NOT_BEGUN = (N_("첫 안내를 기다리는 중"), "info", "clock")
"""Of one that was started and has sent nothing yet."""

NOBODY_YET = {
    "draft": N_("시작하면 남는 시간만큼 한 시간마다 안내합니다."),
    "running": N_("남는 시간만큼 한 시간마다 안내합니다."),
    "paused": N_("다시 시작하면 남는 시간만큼 한 시간마다 안내합니다."),
    "halted": N_("다시 시작하면 남는 시간만큼 한 시간마다 안내합니다."),
    "stopped": N_("아무에게도 안내하지 않고 그만두었습니다."),
    "finished": N_("아무에게도 안내하지 않고 기간이 끝났습니다."),
}
"""State -> what is said while no home has been invited."""

SAID = {
    "start": N_("시작했습니다. 언제 첫 안내가 나가는지 이 화면에 보입니다."),
    "pause": N_("멈추었습니다. 아직 나가지 않은 안내는 거두었습니다. 다시 시작하면 다시 고릅니다."),
    "resume": N_("다시 시작했습니다."),
    "stop": N_("그만두었습니다. 아직 나가지 않은 안내는 거두었습니다."),
}
"""What is said after a step."""

KEEPS: dict[Keeps, tuple[str, str]] = {
    Keeps.FAULTS: (N_("고장이 먼저라 지금은 한 통도 나가지 않습니다."), "warn"),
    Keeps.NO_NUMBER: (
        N_("무료 수신 거부 번호(080)가 없어 나가지 않습니다. 관리자가 기준값에 넣어야 합니다."),
        "warn",
    ),
    Keeps.DRAFT: (N_("아직 시작하지 않아 한 통도 나가지 않습니다."), "info"),
    Keeps.HELD: (N_("멈추어 있어 한 통도 나가지 않습니다."), "warn"),
    Keeps.NEVER: (N_("남은 기간에 안내할 수 있는 날이 없습니다."), "warn"),
    Keeps.NOT_YET: (N_("시작하는 날이 되지 않아 나가지 않습니다."), "info"),
    Keeps.NIGHT: (N_("밤이라 지금은 나가지 않습니다."), "info"),
    Keeps.NOBODY: (N_("이제 안내할 수 있는 댁이 없습니다. 까닭은 ‘안내하지 않는 댁’에 있습니다."), "info"),
    Keeps.NO_ROOM: (
        N_("지난번에 보니 서비스점에 남는 시간이 더 없어 보내지 않았습니다. 한 시간마다 다시 봅니다."),
        "info",
    ),
}
"""What keeps it from sending now: words, tone."""

READERS = {"resident": N_("거주자께"), "requester": N_("가족께")}

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


def state_of(campaign: CampaignInfo, *, begun: bool) -> tuple[str, str, str]:
    """(message id, tone, icon) of where it stands. `begun`: a text of it has gone out."""
    waits = campaign.state == "running" and not begun
    return NOT_BEGUN if waits else STATES[campaign.state]


def outlook_words(
    campaign: CampaignInfo, outlook: Outlook, *, waiting: int, now: datetime
) -> list[tuple[str, str]]:
    """(sentence, tone): what keeps it from sending now, what waits, and when it goes on."""
    said = []
    if outlook.keeps is not None:
        words, tone = KEEPS[outlook.keeps]
        said.append((_(words), tone))
    if waiting:
        said.append((_("써 두고 아직 보내지 않은 안내가 {n}통 있습니다.").format(n=waiting), "info"))
    if outlook.sends_at is None or outlook.keeps in (Keeps.NEVER, Keeps.NO_NUMBER, Keeps.NOBODY):
        return said
    soon = outlook.sends_at <= now + SOON
    when = _("1분 안") if soon else when_text(outlook.sends_at, now)
    return [*said, (_(_next_words(campaign, outlook)).format(when=when), "info")]


def _next_words(campaign: CampaignInfo, outlook: Outlook) -> str:
    if outlook.keeps is Keeps.FAULTS:
        return N_("고장이 줄면 가장 이르게 {when}에 나갑니다.")
    if campaign.state == "draft":
        return N_("지금 시작하면 첫 안내는 {when}에 나갑니다.")
    if campaign.state in ("paused", "halted"):
        return N_("지금 다시 시작하면 다음 안내는 {when}에 나갑니다.")
    return N_("다음 안내는 {when}에 나갑니다.") if campaign.looked_at else N_("첫 안내는 {when}에 나갑니다.")


def reader_words(text: TextAhead) -> str:
    """`거주자께 · 영어 · 12댁`."""
    language = foreign_language(text.language)
    homes = _("{n}댁").format(n=text.homes)
    return " · ".join(part for part in (_(READERS[text.reader]), language, homes) if part)


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
