"""What would let a visit into a plan, from one record in three tellings. Pure.

For whoever dispatches with names and numbers; for whoever telephones, what to offer; for the family in plain
words, without anything internal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.i18n import N_, _
from dispatch.planning.reason_words import moment_words, told_repair
from scheduling.plan import told_minutes

Kept = Mapping[str, Any]

OFFERS = {
    "BRING_FORWARD": N_(
        "{minutes}분 일찍 가도 되는지 여쭤 주세요. 괜찮다고 하시면 배차 담당자에게 알려 주세요."
    ),
    "WIDEN_WINDOW": N_(
        "{minutes}분 늦게 가도 되는지 여쭤 주세요. 괜찮다고 하시면 배차 담당자에게 알려 주세요."
    ),
    "OTHER_TIME": N_("{month}월 {day}일 {clock}쯤은 어떠신지 여쭤 주세요. 그때는 갈 수 있습니다."),
}
"""What a person on the phone may offer; every other change is the dispatcher's to make."""
ASK_DISPATCHER = N_("배차 담당자가 넣을 방법이 있습니다. 담당자에게 알리고, 시간은 아직 약속하지 마세요.")
NO_WAY = N_("지금은 넣을 방법이 없습니다. 배차 담당자에게 알리고, 시간은 아직 약속하지 마세요.")

TO_FAMILY = {
    "BRING_FORWARD": N_(
        "원하신 때에는 갈 수 있는 기사가 없습니다. {minutes}분쯤 일찍 가도 괜찮으신지 전화로 여쭙겠습니다."
    ),
    "WIDEN_WINDOW": N_(
        "원하신 때에는 갈 수 있는 기사가 없습니다. {minutes}분쯤 늦게 가도 괜찮으신지 전화로 여쭙겠습니다."
    ),
    "OTHER_TIME": N_(
        "원하신 때에는 갈 수 있는 기사가 없습니다. "
        "{month}월 {day}일 {clock}쯤은 괜찮으신지 전화로 여쭙겠습니다."
    ),
}
"""What would suit, in the order in which it is asked."""
SEEKING_SKILL = N_("이 보일러를 고칠 수 있는 기사를 찾고 있습니다. 찾는 대로 전화드리겠습니다.")
ALL_BUSY = N_("지금은 기사들의 일정이 모두 차 있습니다. 갈 수 있는 시간이 나는 대로 전화드리겠습니다.")
LACKS_SKILL = frozenset({"NO_QUALIFIED_TECHNICIAN", "SKILL_MISSING"})


@dataclass(frozen=True)
class WaysIn:
    """One record told three times. `family` names nobody, no cost and no other home."""

    dispatcher: tuple[str, ...]
    agent: tuple[str, ...]
    family: str


def tell_ways(entries: Iterable[Kept]) -> WaysIn:
    """The ways into the plans that left a visit out, in the reader's language.

    Args:
        entries: of each plan's row what it says of the visit: `{reasons, repairs}`, the sooner day first.
    """
    entries = list(entries)
    repairs = [repair for entry in entries for repair in entry.get("repairs", ())]
    codes = [reason["code"] for entry in entries for reason in entry.get("reasons", ())]
    return WaysIn(_to_dispatcher(repairs), _to_agent(repairs), _to_family(repairs, codes))


def _to_dispatcher(repairs: Sequence[Kept]) -> tuple[str, ...]:
    texts = (f"{repair['technician']}: {told_repair(repair)['text']}" for repair in repairs)
    return tuple(dict.fromkeys(texts))


def _to_agent(repairs: Sequence[Kept]) -> tuple[str, ...]:
    offers = [_say(OFFERS[repair["code"]], repair) for repair in repairs if repair["code"] in OFFERS]
    if not offers:
        return (_(ASK_DISPATCHER) if repairs else _(NO_WAY),)
    return tuple(dict.fromkeys(offers))


def _to_family(repairs: Sequence[Kept], codes: Sequence[str]) -> str:
    for code, sentence in TO_FAMILY.items():
        for repair in repairs:
            if repair["code"] == code:
                return _say(sentence, repair)
    return _(SEEKING_SKILL) if codes and LACKS_SKILL.issuperset(codes) else _(ALL_BUSY)


def _say(sentence: str, repair: Kept) -> str:
    """With what may be said on the phone: minutes and moments, never whose route or what it costs."""
    params = repair["params"]
    if repair["code"] == "OTHER_TIME":
        return _(sentence).format(**moment_words(str(params["at"])))
    return _(sentence).format(minutes=told_minutes(int(params["seconds"])))
