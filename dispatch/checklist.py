"""What a technician ticks before a visit is complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import FieldError
from core.i18n import N_, _

USAGE_EXPLAINED = "usage_explained"
FLUE_LEAK_TEST = "flue_leak_test"
SAFETY_SIGNED_OFF = "safety_signed_off"

_LABELS = {
    USAGE_EXPLAINED: N_("올바른 사용법을 설명했습니다"),
    FLUE_LEAK_TEST: N_("배기통과 가스 누설을 시험했고 이상이 없습니다"),
    SAFETY_SIGNED_OFF: N_("다시 써도 안전하다고 확인했습니다"),
    "operation_checked": N_("보일러가 제대로 켜지고 꺼지는지 확인했습니다"),
    "cost_explained": N_("비용을 미리 설명했습니다"),
}
_SAFETY = (FLUE_LEAK_TEST, SAFETY_SIGNED_OFF)


@dataclass(frozen=True)
class ChecklistItem:
    """One thing to tick; completion is refused without the required ones."""

    code: str
    label: str
    required: bool


def checklist_for(*, safety: bool) -> tuple[ChecklistItem, ...]:
    """What to tick at the end of a visit.

    Explaining the right use is always due; after a safety case only a passed flue and leak test with a
    sign-off may put the boiler back into use.
    """
    codes = [code for code in _LABELS if safety or code not in _SAFETY]
    required = {USAGE_EXPLAINED, *(_SAFETY if safety else ())}
    return tuple(ChecklistItem(code, _(_LABELS[code]), code in required) for code in codes)


def missing_items(items: tuple[ChecklistItem, ...], ticked: Mapping[str, bool]) -> tuple[FieldError, ...]:
    """The required items that were not ticked, each as a bad field."""
    text = _("확인이 필요합니다: {label}")
    return tuple(
        FieldError(f"checklist.{item.code}", text.format(label=item.label))
        for item in items
        if item.required and ticked.get(item.code) is not True
    )
