"""What the agent reads out in a safety case, before anything else. Never a step of self-repair."""

from __future__ import annotations

from core.i18n import _
from dispatch.schemas import ScriptStep

FUME_SYMPTOMS = frozenset({"CO", "FLUE", "ODOUR_SMOKE"})
"""Carbon monoxide may be in the rooms."""


def script_steps(*, symptom: str) -> tuple[ScriptStep, ...]:
    """What the agent reads out at once, in this order (국민행동요령). Never a step of self-repair."""
    if symptom in FUME_SYMPTOMS:
        stop = _("보일러를 더 쓰지 마시고, 머리가 아프거나 어지러우면 바로 밖으로 나가세요.")
    else:
        stop = _("보일러를 더 쓰지 마세요. 전원 단추나 플러그에는 손대지 마세요.")
    return (
        ScriptStep("STOP_USE", stop),
        ScriptStep("CLOSE_VALVE", _("손이 닿으면 가스 중간밸브를 잠가 주세요.")),
        ScriptStep("VENTILATE", _("창문과 문을 활짝 열어 주세요. 환풍기는 켜지 마세요.")),
        ScriptStep("NO_SWITCH", _("전등이나 전기 스위치는 켜지도 끄지도 마세요. 불도 켜지 마세요.")),
        ScriptStep("LEAVE", _("모두 집 밖으로 나가, 이웃집처럼 안전하고 따뜻한 곳에서 기다려 주세요.")),
        ScriptStep("CALL_119", _("아픈 분이 계시면 지금 바로 119에 전화하세요.")),
        ScriptStep("CALL_GAS_SAFETY", _("한국가스안전공사 1544-4500에도 알려 주세요.")),
        ScriptStep("DO_NOT_RESET", _("기사가 볼 때까지 보일러를 켜지 마세요. 바로 기사를 보내겠습니다.")),
    )
