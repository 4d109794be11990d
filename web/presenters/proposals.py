"""A plan that waits for a person, in words: what changes for each visit, what the day gains, why it asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.clock import KST, operating_day_bounds
from core.i18n import _
from dispatch.planning.proposal_facts import Cause, Decision, Span, causes_of, promised_windows
from dispatch.planning.proposal_gains import Gain
from dispatch.planning.proposals import Proposal
from dispatch.planning.replans import Replan
from web.display import day_text, span_text, time_text, when_text, window_text
from workforce.queries import get_technicians

WORTH_SAYING_S = 60
"""Less than a minute more or less on a whole day is the same."""


def proposal_cards(
    session: Session, proposals: Sequence[Proposal], *, company_id: int, now: datetime
) -> list[dict[str, Any]]:
    """What each proposal's card shows, in their order."""
    sides = [
        side for one in proposals for change in one.changes for side in (change["from"], change["to"]) if side
    ]
    ids = {side["technician_id"] for side in sides if side["technician_id"] is not None}
    crew = get_technicians(session, technician_ids=ids, company_id=company_id) if ids else {}
    names = {who: info.name for who, info in crew.items()}
    causes, windows = causes_of(session, proposals), promised_windows(session, proposals)
    return [
        {
            **_card(one, names, now),
            "causes": [cause_words(cause, names, now) for cause in causes.get(one.id, ())],
            "promises": promise_words(one.changes, windows, now),
        }
        for one in proposals
    ]


def cause_words(cause: Cause, names: Mapping[int, str], now: datetime) -> str:
    """Why the plan that stands does not hold: who does not come."""
    name = names.get(cause.technician_id, "")
    if cause.away is None:
        return _("{name} 기사는 그날 근무표에 없습니다.").format(name=name)
    start, end = cause.away
    one_day = start.astimezone(KST).date() == end.astimezone(KST).date()
    span = window_text(start, end, now) if one_day else f"{when_text(start, now)} ~ {when_text(end, now)}"
    return _("{name} 기사가 {span} 쉽니다.").format(name=name, span=span)


def promise_words(
    changes: Sequence[Mapping[str, Any]], windows: Mapping[int, Span], now: datetime
) -> list[dict[str, str]]:
    """Whether the times agreed with families are kept; those which are not, one by one."""
    broken = [
        {
            "tone": "bad",
            "text": _("{number}: 고객과 약속한 시간({window})을 지키지 못합니다.").format(
                number=change["number"], window=window_text(*windows[change["visit_id"]], now)
            ),
        }
        for change in changes
        if change["visit_id"] in windows and not _keeps(change["to"], windows[change["visit_id"]])
    ]
    return broken or [{"tone": "ok", "text": _("고객과 약속한 시간은 모두 지킵니다.")}]


def decision_words(decision: Decision, point: str, now: datetime) -> str:
    """Who has just decided about a proposal, for whoever had it open."""
    words = (
        _("{point} · {day}: {who} 님이 {at}에 제안을 받아들였습니다.")
        if decision.accepted
        else _("{point} · {day}: {who} 님이 {at}에 제안을 받지 않았습니다.")
    )
    at, day = time_text(decision.decided_at), day_text(decision.day, now)
    return words.format(point=point, day=day, who=decision.decided_by, at=at)


def _keeps(side: Mapping[str, Any] | None, window: Span) -> bool:
    return bool(side and side["start"]) and side is not None and window[0] <= _moment(side) <= window[1]


def _card(proposal: Proposal, names: Mapping[int, str], now: datetime) -> dict[str, Any]:
    in_order = sorted(proposal.changes, key=lambda change: change["what"] == "retimed")
    gain = None if proposal.is_outdated else proposal.gain
    return {
        "id": proposal.id,
        "day": operating_day_bounds(proposal.day)[0],
        "made_at": proposal.made_at,
        "made_by": proposal.made_by,
        "asked_by": proposal.asked_by,
        "reasons": grouped_reasons(proposal.reasons),
        "changes": [
            {"number": change["number"], "text": change_words(change, names, now)} for change in in_order
        ],
        "gains": gain_words(gain) if gain is not None else [],
        "is_outdated": proposal.is_outdated,
    }


def change_words(change: Mapping[str, Any], names: Mapping[int, str], now: datetime) -> str:
    """One visit's change as a sentence: who went when, who goes when now."""
    before, after = change["from"], change["to"]
    then, there = _who_when(before, names, now), _who_when(after, names, now)
    if there is None and then is None:
        return _("기사와 시간이 그대로입니다.")
    if there is None and then is not None:
        return _("{name} 기사의 {at} 방문을 일정에서 뺍니다. 기사를 다시 정해야 합니다.").format(**then)
    if then is None and there is not None:
        return _("기사가 없던 방문에 {name} 기사가 {at}에 갑니다.").format(**there)
    assert then is not None and there is not None
    if before["technician_id"] != after["technician_id"]:
        return _("{a} 기사가 {then}에 가려던 것을 {b} 기사가 {at}에 갑니다.").format(
            a=then["name"], then=then["at"], b=there["name"], at=there["at"]
        )
    # What is read are whole minutes: from 13:00 to 13:46 are 46, whatever the seconds.
    shift = int((_minute(after) - _minute(before)).total_seconds())
    if abs(shift) < WORTH_SAYING_S:
        return _("{name} 기사가 {at}에 가는 것은 그대로입니다.").format(**there)
    words = (
        _("{name} 기사가 {then} 대신 {at}에 갑니다({span} 늦게).")
        if shift > 0
        else _("{name} 기사가 {then} 대신 {at}에 갑니다({span} 일찍).")
    )
    return words.format(name=there["name"], then=then["at"], at=there["at"], span=span_text(abs(shift)))


def gain_words(gain: Gain) -> list[dict[str, str]]:
    """What the whole day gains or pays, each with a tone."""
    before, after = gain.before, gain.after
    said = [
        _more_or_less(
            before.driven_s,
            after.driven_s,
            _("이동 시간이 모두 {span} 줄어듭니다({a} → {b})."),
            _("이동 시간이 모두 {span} 늘어납니다({a} → {b})."),
            _("이동 시간은 그대로입니다."),
        ),
        _more_or_less(
            before.late_s,
            after.late_s,
            _("기한보다 늦는 시간이 모두 {span} 줄어듭니다({a} → {b})."),
            _("기한보다 늦는 시간이 모두 {span} 늘어납니다({a} → {b})."),
            _("기한보다 늦는 시간은 그대로입니다."),
        ),
    ]
    if before.left_out != after.left_out:
        words = _("기사를 정하지 못한 방문이 {a}건에서 {b}건이 됩니다.")
        tone = "ok" if after.left_out < before.left_out else "warn"
        said.append({"tone": tone, "text": words.format(a=before.left_out, b=after.left_out)})
    return said


def grouped_reasons(reasons: Sequence[str]) -> list[dict[str, Any]]:
    """One sentence each, with all the tickets it is said of."""
    found: dict[str, list[str]] = {}
    for reason in reasons:
        number, colon, words = reason.partition(": ")
        if colon:
            found.setdefault(words, []).append(number)
        else:
            found.setdefault(reason, [])
    return [{"text": words, "numbers": numbers} for words, numbers in found.items()]


def replan_words(replan: Replan | None, point: str, now: datetime) -> dict[str, str] | None:
    """How the reader's own press stands: short, and whole for the title."""
    if replan is None:
        return None
    short, whole, tone, mark = {
        "published": (
            _("새 일정 적용됨"),
            _("더 나은 계획을 찾아 적용했습니다."),
            "ok",
            "check",
        ),
        "proposed": (
            _("제안으로 올라옴"),
            _(
                "찾은 계획에서는 이미 약속한 시간이나 통화한 기사가 바뀌어 "
                "제안으로 올렸습니다. 보고 정해 주세요."
            ),
            "accent",
            "bell",
        ),
        "kept": (
            _("더 나은 계획 없음"),
            _("더 나은 계획을 찾지 못해 지금 일정을 그대로 둡니다."),
            "mute",
            "check",
        ),
    }.get(
        replan.result,
        (_("다시 계획 중"), _("다시 계획하는 중입니다. 끝나면 여기에 결과가 나옵니다."), "info", "refresh"),
    )
    day = day_text(replan.day, now)
    return {"text": short, "title": f"{point} · {day}: {whole}", "whole": whole, "tone": tone, "mark": mark}


def _more_or_less(a: int, b: int, less: str, more: str, same: str) -> dict[str, str]:
    if abs(a - b) < WORTH_SAYING_S:
        return {"tone": "mute", "text": same}
    words = less if b < a else more
    spans = {"span": span_text(abs(a - b)), "a": _span(a), "b": _span(b)}
    return {"tone": "ok" if b < a else "warn", "text": words.format(**spans)}


def _span(seconds: int) -> str:
    return span_text(seconds) if seconds >= WORTH_SAYING_S // 2 else _("{minutes}분").format(minutes=0)


def _who_when(
    side: Mapping[str, Any] | None, names: Mapping[int, str], now: datetime
) -> dict[str, str] | None:
    if side is None or side["technician_id"] is None or not side["start"]:
        return None
    return {"name": names.get(side["technician_id"], ""), "at": when_text(_moment(side), now)}


def _minute(side: Mapping[str, Any]) -> datetime:
    return _moment(side).replace(second=0, microsecond=0)


def _moment(side: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(side["start"])
