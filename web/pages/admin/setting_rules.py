"""Numbers that must fit each other before they are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from core.i18n import _
from happycall.rules import ELDERLY_NOT_BEFORE


def _spans(hours: Sequence[Sequence[str]]) -> list[tuple[time, time]]:
    return [(time.fromisoformat(start), time.fromisoformat(end)) for start, end in hours]


def contradictions(rules: Mapping[str, Any]) -> list[str]:
    """What does not fit, in sentences; empty when all does."""
    found = []
    if not rules["contact_remind_after_s"] <= rules["contact_hand_over_after_s"] <= rules["contact_limit_s"]:
        found.append(_("다시 알림, 창구로 넘김, 통화 기한은 이 순서로 커야 합니다."))
    if rules["happy_call_until_days"] < rules["happy_call_after_days"]:
        found.append(_("해피콜의 끝날이 첫날보다 앞섭니다."))
    if not any(end > ELDERLY_NOT_BEFORE for _start, end in _spans(rules["happy_call_hours"])):
        found.append(_("어르신께는 10시 전에 걸지 않습니다. 해피콜을 거는 시간에 10시 뒤를 넣어 주세요."))
    if rules["safety_drop_cost"] < max(rules["drop_cost"]):
        found.append(_("안전 접수의 값이 다른 접수의 값보다 작으면 안 됩니다."))
    if rules["checkup_drop_cost"] > min(rules["drop_cost"]):
        found.append(_("사전점검의 값이 가장 가벼운 고장의 값보다 크면 안 됩니다."))
    if any(later > before for before, later in zip(rules["drop_cost"], rules["drop_cost"][1:], strict=False)):
        found.append(_("급한 순위의 값이 덜 급한 순위의 값보다 작으면 안 됩니다."))
    return found
