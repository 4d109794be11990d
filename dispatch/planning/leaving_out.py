"""Why a visit is left out of a board's plan and what would let it in, as a plan's row keeps it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dispatch.planning.board_problem import BoardProblem
from dispatch.planning.board_shapes import BoardVisit, Stretch
from dispatch.planning.reason_words import kept_repair, own_reason, planners_reason
from dispatch.planning.visiting_hours import visiting_hours, works_outside
from scheduling.plan import Params, Reason, Repair, Unserved

TIME_REASONS = ("OUTSIDE_SHIFT", "WINDOW_UNREACHABLE", "NO_LUNCH_LEFT", "FIXED_BLOCKED", "NO_TIME_LEFT")
"""Reasons of the planner's that speak of time: visiting hours may stand behind them."""

Kept = tuple[dict[str, Any], ...]


def reasons_of(bp: BoardProblem, left: Unserved) -> tuple[Kept, Kept]:
    """The reasons, and the repairs that dispatch may really make."""
    visit = bp.visits[left.job]
    reasons = tuple(reason_json(bp, visit, reason) for reason in left.reasons)
    return reasons, repairs_json(bp, visit, left.repairs)


def repairs_json(bp: BoardProblem, visit: BoardVisit, repairs: tuple[Repair, ...]) -> Kept:
    """Repairs with the names that dispatch gives things; those which break a rule of the house left out."""
    found = []
    for repair in repairs:
        possible = _possible(bp, visit, repair)
        if possible is not None:
            who = _stretch(bp, possible)
            found.append(
                {**kept_repair(possible), "technician_id": who.technician_id, "technician": who.name}
            )
    return tuple(found)


def _stretch(bp: BoardProblem, repair: Repair) -> Stretch:
    assert repair.technician is not None, "what was tried was tried with somebody"
    return bp.stretch_of(repair.technician)


def _possible(bp: BoardProblem, visit: BoardVisit, repair: Repair) -> Repair | None:
    """The repair in dispatch's terms, or None where its own rules forbid it."""
    if repair.code == "EXTEND_SHIFT" and not _may_stay_on(bp, _stretch(bp, repair)):
        return None
    if repair.code in ("WIDEN_WINDOW", "BRING_FORWARD") and visiting_hours(visit, bp.board.rules) is not None:
        return None  # not the family's time but the company's: nobody rings at night for being late
    if repair.code == "REPLACE_JOB":
        other = bp.visits[str(repair.params["job"])]
        return replace(repair, params={**repair.params, "job": other.number})
    if repair.code == "WITH_SKILL":
        lacking = str(repair.params["skills"]).split(", ")
        if all(skill.startswith("@") for skill in lacking):
            return replace(repair, code="UNPIN", params=_without_private(repair.params))
        if any(_is_private(skill) for skill in lacking):
            return None
    return repair


def _may_stay_on(bp: BoardProblem, stretch: Stretch) -> bool:
    """Nobody stays on who is booked or absent next, who is on standby, or who works again the same day."""
    again = any(
        other.technician_id == stretch.technician_id and other.start_at > stretch.start_at
        for other in bp.board.stretches
    )
    return not (stretch.hard_end or stretch.standby or again)


def reason_json(bp: BoardProblem, visit: BoardVisit, reason: Reason) -> dict[str, Any]:
    """One reason, in dispatch's own words where its rules stand behind it."""
    stretch = bp.stretch_of(reason.technician) if reason.technician else None
    skills = str(reason.params.get("skills", "")).split(", ")
    own = _own_code(bp, visit, reason, skills)
    if own is not None:
        found = own_reason(own, name=bp.board.names.get(_pinned_to(visit), ""))
    elif stretch and reason.code in TIME_REASONS and works_outside(bp.board, visit, stretch):
        rules = bp.board.rules
        found = own_reason("VISITING_HOURS", opens=rules.visiting_from, closes=rules.visiting_to)
        found["kind"] = reason.kind
    else:
        found = planners_reason(_public(bp, visit, reason))
    return {
        **found,
        "technician_id": stretch.technician_id if stretch else None,
        "technician": stretch.name if stretch else None,
    }


def _public(bp: BoardProblem, visit: BoardVisit, reason: Reason) -> Reason:
    """Without the private skills (pins and exclusions are no licences), and with what may really be done."""
    repair = reason.repair
    if repair is not None and repair.tried:
        repair = _possible(bp, visit, repair)
    elif repair is not None:
        repair = replace(repair, params=_without_private(repair.params))
    return replace(reason, params=_without_private(reason.params), repair=repair)


def _without_private(params: Params) -> Params:
    if "skills" not in params:
        return params
    skills = str(params["skills"]).split(", ")
    return {**params, "skills": ", ".join(skill for skill in skills if not _is_private(skill))}


def _is_private(skill: str) -> bool:
    return skill[:1] in ("@", "!", "#")


def _own_code(bp: BoardProblem, visit: BoardVisit, reason: Reason, skills: list[str]) -> str | None:
    """Private skills (pins, exclusions) are dispatch's rules: they are told in its own words."""
    if reason.technician is not None:
        if any(skill.startswith("@") for skill in skills):
            return "PINNED_ELSEWHERE"
        if any(skill.startswith("!") for skill in skills):
            return "EXCLUDED"
        return "STANDBY" if "#shift" in skills else None
    if not any(visit.skills <= stretch.skills for stretch in bp.board.stretches):
        return None
    if any(skill.startswith("@") for skill in skills):
        return "PINNED_AWAY"
    return "EXCLUDED_ALONE" if any(skill.startswith("!") for skill in skills) else None


def _pinned_to(visit: BoardVisit) -> int:
    return visit.only_technician_id or visit.technician_id or 0
