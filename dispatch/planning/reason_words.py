"""Why a visit is not planned: kept as a code with its numbers, told in the language of whoever reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from core.clock import KST
from core.i18n import N_, _
from scheduling.plan import Params, Reason, Repair, render_reason, render_repair
from workforce.certificates import qualification_words

OWN_REASONS = {
    "PINNED_ELSEWHERE": N_("이 접수는 {name} 기사에게 고정되어 있습니다."),
    "PINNED_AWAY": N_("이 접수는 {name} 기사에게 고정되어 있는데, 그 기사는 이날 갈 수 없습니다."),
    "EXCLUDED": N_("고객 불만으로 이 접수에서 빠진 기사입니다."),
    "EXCLUDED_ALONE": N_("고객 불만으로 빠진 기사 말고는 갈 수 있는 기사가 없습니다."),
    "STANDBY": N_("당직 기사는 안전 접수만 바로 맡습니다."),
    "DAILY_LIMIT": N_("이 서비스점이 하루에 받는 방문 수({limit})가 다 찼습니다."),
    "VISITING_HOURS": N_(
        "급하지 않은 접수는 {opens}~{closes}에만 방문합니다. 이 기사에게는 그 시간에 자리가 없습니다."
    ),
    "NO_SHIFT": N_("이날 이 서비스점에 근무하는 기사가 없습니다."),
}
OWN_REPAIRS = {
    "OTHER_TIME": N_(
        "{month}월 {day}일 {clock}쯤에는 갈 수 있습니다. 그때로 다시 약속할 수 있는지 확인해 주세요."
    ),
}
SKILLS = "skills"
"""The parameter that lists codes of qualifications."""


def own_reason(code: str, **params: Any) -> dict[str, Any]:
    """A reason of dispatch's own, in the shape of the planner's."""
    sentence = OWN_REASONS[code]
    return {
        "code": code,
        "kind": "proof",
        "technician_id": None,
        "technician": None,
        "text": _(sentence).format(**params),
        "params": params,
        "own": True,
        "repair": None,
    }


def planners_reason(reason: Reason) -> dict[str, Any]:
    """A reason of the planner's as a plan's row keeps it; whose it is stays open."""
    repair = reason.repair
    return {
        "code": reason.code,
        "kind": reason.kind,
        "text": _sentence(reason.code, reason.params),
        "params": dict(reason.params),
        "repair": repair and kept_repair(repair),
    }


def kept_repair(repair: Repair) -> dict[str, Any]:
    """A repair of the planner's as a plan's row keeps it; whose route it concerns stays open."""
    return {
        "code": repair.code,
        "params": dict(repair.params),
        "tried": repair.tried,
        "text": _advice(repair.code, repair.params),
    }


def told(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A kept reason with its sentences in the reader's language; rows without numbers stay as written."""
    repair = kept.get("repair")
    if repair and "params" in repair:
        repair = told_repair(repair)
    return {**kept, "text": _text_of(kept), "repair": repair}


def told_repair(kept: Mapping[str, Any]) -> dict[str, Any]:
    """A kept repair with its sentence in the reader's language."""
    return {**kept, "text": _advice(kept["code"], kept["params"])}


def moment_words(at: str) -> dict[str, int | str]:
    """Month, day and clock of a moment in RFC 3339, as sentences take them."""
    local = datetime.fromisoformat(at).astimezone(KST)
    return {"month": local.month, "day": local.day, "clock": local.strftime("%H:%M")}


def skill_words(codes: Iterable[str]) -> str:
    """Qualifications by name, as a list in a sentence."""
    return ", ".join(qualification_words(code) for code in codes)


def _text_of(kept: Mapping[str, Any]) -> str:
    params = kept.get("params")
    if params is None:
        return str(kept["text"])
    if kept.get("own"):
        sentence = OWN_REASONS[kept["code"]]
        return _(sentence).format(**params)
    return _sentence(kept["code"], params)


def _sentence(code: str, params: Params) -> str:
    return render_reason(Reason(code, "proof", params=_named(params)), _)


def _advice(code: str, params: Params) -> str:
    if code in OWN_REPAIRS:
        sentence = OWN_REPAIRS[code]
        return _(sentence).format(**moment_words(str(params["at"])))
    return render_repair(Repair(code, _named(params)), _)


def _named(params: Params) -> Params:
    if SKILLS not in params:
        return params
    return {**params, SKILLS: skill_words(str(params[SKILLS]).split(", "))}
