"""시정 권고: what may be wrong about an installation, in a technician's words and in the family's. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from core.i18n import N_

Severity = Literal["use_stop", "repair", "advice"]
SEVERITIES: Mapping[Severity, str] = {
    "use_stop": N_("고칠 때까지 보일러를 쓰지 마세요"),
    "repair": N_("꼭 고쳐야 합니다"),
    "advice": N_("고치는 것이 좋습니다"),
}
"""Gravest first."""


@dataclass(frozen=True)
class Item:
    """One thing that does not fit. `label` is the technician's word, `plain` what the family reads."""

    severity: Severity
    label: str
    plain: str


ITEMS: Mapping[str, Item] = {
    "FLUE_LOOSE": Item(
        "use_stop",
        N_("배기통 빠짐·틈"),
        N_("보일러 연기가 나가는 통이 빠졌거나 틈이 있습니다. 연기가 집 안으로 들어와 매우 위험합니다."),
    ),
    "GAS_LEAK": Item(
        "use_stop",
        N_("가스 배관 누설"),
        N_("가스가 새는 곳이 있습니다. 가스 밸브를 잠그고, 고칠 때까지 열지 마세요."),
    ),
    "VENT_BLOCKED": Item(
        "use_stop",
        N_("급기·환기구 막힘"),
        N_("보일러실의 공기 구멍이 막혀 있습니다. 막은 것을 치우고 환기가 되게 해야 합니다."),
    ),
    "NO_CO_ALARM": Item(
        "repair",
        N_("일산화탄소 경보기 없음·고장"),
        N_("나쁜 연기가 새면 알려 주는 경보기가 없거나 고장 났습니다. 새로 달아야 합니다."),
    ),
    "GAS_PIPE": Item(
        "repair",
        N_("가스 배관·호스 낡음"),
        N_("가스 호스나 배관이 낡았습니다. 가스 회사나 시공 업체에 바꿔 달라고 하세요."),
    ),
    "DRAIN": Item(
        "repair",
        N_("응축수 배수 불량"),
        N_("보일러에서 나오는 물이 제대로 빠지지 않습니다. 물이 빠지는 관을 고쳐야 합니다."),
    ),
    "ELECTRIC": Item(
        "repair",
        N_("전원·접지 불량"),
        N_("보일러의 전기 연결이 안전하지 않습니다. 전기 업체에 손봐 달라고 하세요."),
    ),
    "PIPE_COLD": Item(
        "advice",
        N_("배관 보온 부족"),
        N_("물이 지나는 관을 감싼 것이 얇거나 없습니다. 추위에 얼 수 있으니 감싸 주세요."),
    ),
    "OLD_BOILER": Item(
        "advice",
        N_("권장 사용 기간 지남"),
        N_("보일러를 쓴 지 오래되었습니다. 갈 때가 되었는지 살펴보시는 것이 좋습니다."),
    ),
}


def gravest(codes: Iterable[str]) -> Severity:
    """The gravest of these items. Raises ValueError for none."""
    found = {ITEMS[code].severity for code in codes}
    return min(found, key=list(SEVERITIES).index)


def put_right_by(codes: Iterable[str], *, days: Mapping[str, int], today: date) -> date:
    """By when it is to be put right: the soonest of the items, by the company's days for each severity."""
    return today + timedelta(days=min(days[ITEMS[code].severity] for code in codes))
