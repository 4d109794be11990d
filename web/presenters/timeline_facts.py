"""What a line of the timeline says beside its sentence: from what to what, and what came of a call.

Only ids, codes and moments are stored; they are put into words here, in the language of whoever reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.clock import KST
from core.i18n import N_, _
from dispatch.detail_shapes import TicketDetail
from dispatch.placement_rules import said_again
from dispatch.safety_advice import SHORT as ADVICE
from dispatch.words import late_reason_words, symptom_words
from web.display import date_text, span_text, time_text, won_text
from web.presenters.bills import PAY_METHODS
from web.presenters.happy_call import OUTCOMES as HAPPY_OUTCOMES
from web.presenters.masks import MASKED, Masks
from web.presenters.notice_words import LANGUAGE_NAMES, WITHHELD
from web.presenters.technician import HOLD_WORDS, OUTCOME_WORDS, ROLE_WORDS
from workforce.queries import get_technicians, points_by_id

Facts = Mapping[str, Any]
ARROW = " → "
TECHNICIAN_KEYS = (
    *("technician_id", "from_technician_id"),
    *("excluded_technician_id", "preferred_technician_id"),
)
POINT_KEYS = ("service_point_id", "from", "to")
CLOCKS = {"contact": N_("연락"), "promise": N_("약속"), "handled": N_("처리")}
READERS = {**ROLE_WORDS, "technician": N_("기사"), "point": N_("서비스점")}


@dataclass(frozen=True)
class Names:
    """Technicians and points of a timeline by their ids, the family by part, as the reader sees it."""

    technicians: Mapping[int, str] = field(default_factory=dict)
    points: Mapping[int, str] = field(default_factory=dict)
    family: Mapping[str, str] = field(default_factory=dict)


def names_in(session: Session, detail: TicketDetail, masks: Masks = MASKED) -> Names:
    """The names behind the ids of a ticket's timeline; asks for those alone that the ticket does not show."""
    crew = {v.technician.id: v.technician.name for v in detail.visits if v.technician is not None}
    points = {p.point.id: p.point.name for p in detail.placements}
    missing = _ids(detail, TECHNICIAN_KEYS) - crew.keys()
    if missing:
        found = get_technicians(session, technician_ids=missing, company_id=detail.company.id)
        crew |= {key: info.name for key, info in found.items()}
    gone = _ids(detail, POINT_KEYS) - points.keys()
    if gone:
        points |= {key: info.name for key, info in points_by_id(session, point_ids=gone).items()}
    return Names(crew, points, {party.role: masks.name(party.name) for party in detail.parties})


def facts_of(what: str, data: Facts, names: Names) -> str:
    """The facts of a line in words, empty when its sentence says it all."""
    write = _WRITERS.get(what)
    return write(data, names) if write is not None else ""


def reason_of(what: str, reason: str | None, data: Facts) -> str:
    """Why, in the reader's language as far as it is ours: what a person typed stays as it was typed."""
    travel_s = data.get("travel_s")
    if what == "TicketPlaced" and isinstance(travel_s, int):
        return said_again(str(data.get("code")), reason or "", travel_s=travel_s)
    if what == "NoticeWithheld" and reason in WITHHELD:
        return _(WITHHELD[reason])
    return _(reason) if reason else ""


def happened_words(what: str, data: Facts) -> str:
    """When a step really was that was written down late; empty where the line's own time says it."""
    if not data.get("late_entry") or what in ("TicketFiled", "ClockStopped"):
        return ""
    at = _moment(data.get("at"))
    return _("실제 시각 {when}").format(when=at) if at else ""


def _ids(detail: TicketDetail, keys: tuple[str, ...]) -> set[int]:
    values = (entry.data.get(key) for entry in detail.timeline for key in keys)
    return {value for value in values if isinstance(value, int)}


def _plan(data: Facts, names: Names) -> str:
    before, after = _technician(data, names, "from_technician_id"), _technician(data, names, "technician_id")
    who = _changed(before, after)
    return ", ".join(part for part in (who, _moved(data.get("from_start"), data.get("start"))) if part)


def _taken_off(data: Facts, names: Names) -> str:
    who = _technician(data, names, "from_technician_id")
    return ", ".join(part for part in (who, _moment(data.get("from_start"))) if part)


def _call(data: Facts, _names: Names) -> str:
    outcome, role = str(data.get("outcome", "")), str(data.get("with") or "")
    parts = [_(OUTCOME_WORDS.get(outcome, outcome))]
    if role in ROLE_WORDS:
        parts[0] += f" ({_(ROLE_WORDS[role])})"
    if agreed := _window(data.get("window")):
        parts.append(_changed(_window(data.get("window_before")), agreed))
    asked_by = _ASKED.get(str(data.get("asked_by")))
    if asked_by is not None:
        parts.append(_(asked_by))
    return ", ".join(part for part in parts if part)


def _whose(data: Facts, names: Names) -> str:
    """Of whom: `접수하신 분 김*수`."""
    roles = [str(role) for role in data.get("roles") or ()]
    return ", ".join(
        f"{_(ROLE_WORDS[r])} {names.family.get(r, '')}".strip() for r in roles if r in ROLE_WORDS
    )


def _picked(data: Facts, _names: Names) -> str:
    return _changed(_window(data.get("window_before")), _window(data.get("window")))


def _turned_back(data: Facts, _names: Names) -> str:
    return _("기사가 가는 중이었음") if data.get("on_the_way") else ""


def _happy_call(data: Facts, _names: Names) -> str:
    outcome, role = str(data.get("outcome", "")), str(data.get("with") or "")
    said = _(HAPPY_OUTCOMES.get(outcome, outcome))
    who = f" ({_(ROLE_WORDS[role])})" if role in ROLE_WORDS else ""
    return said + who + (_(", 전화 시간 밖") if data.get("outside_hours") else "")


def _transfer(data: Facts, names: Names) -> str:
    before, after = names.points.get(data.get("from") or 0, ""), names.points.get(data.get("to") or 0, "")
    return _changed(before, after)


def _point(data: Facts, names: Names) -> str:
    return names.points.get(data.get("service_point_id") or 0, "")


def _clock(data: Facts, _names: Names) -> str:
    kind = str(data.get("kind", ""))
    return _(CLOCKS[kind]) if kind in CLOCKS else ""


def _arrival(data: Facts, _names: Names) -> str:
    early_s = data.get("early_s")
    if not early_s:
        return ""
    early = _("약속보다 {span} 빠름").format(span=span_text(int(early_s)))
    called = data.get("family_called")
    if called is None:
        return early
    return early + ", " + (_("고객과 통화함") if called else _("통화 없이 도착함"))


def _absence(data: Facts, _names: Names) -> str:
    start = _read(data.get("window_start"))
    if start is None:
        return ""
    early = _("약속한 시간({time})이 되기 전").format(time=time_text(start))
    return early + (", " + _("묻고 확인함") if data.get("confirmed") else "")


def _hold(data: Facts, _names: Names) -> str:
    reason = str(data.get("hold_reason", ""))
    due = _moment(data.get("due"))
    parts = (_(HOLD_WORDS[reason]) if reason in HOLD_WORDS else "", _("{until}까지").format(until=due))
    return ", ".join(parts[: 2 if due else 1])


def _boiler(data: Facts, _names: Names) -> str:
    """`설치한 날 모름 → 2026-05-01`, each field that changed; which boiler, when it is another one now."""
    changed = data.get("changed") or {}
    parts = [_("대상 {boiler}").format(boiler=data["boiler"])] if data.get("boiler") else []
    for name, words in _BOILER_FIELDS.items():
        if name in changed:
            before, after = changed[name]
            parts.append(f"{_(words)} {before or _('모름')}{ARROW}{after or _('모름')}")
    return ", ".join(parts)


def _bill(data: Facts, _names: Names) -> str:
    total = data.get("total")
    return won_text(total) if isinstance(total, int) else ""


def _payment(data: Facts, _names: Names) -> str:
    amount, name = data.get("amount"), PAY_METHODS.get(str(data.get("method")), "")
    parts = [_(name) if name else "", won_text(amount) if isinstance(amount, int) else ""]
    return " ".join(part for part in parts if part)


def _corrected(data: Facts, _names: Names) -> str:
    before, after = data.get("from_total"), data.get("total")
    old = won_text(before) if isinstance(before, int) else ""
    amount = _changed(old, won_text(after)) if isinstance(after, int) else ""
    if data.get("misuse_before") == data.get("misuse"):
        return amount
    return amount + ", " + (_("사용 부주의로 봄") if data.get("misuse") else _("사용 부주의가 아니라고 봄"))


def _reopened(data: Facts, names: Names) -> str:
    who = _technician(data, names, "excluded_technician_id")
    return _("{name} 기사는 뺌").format(name=who) if who else ""


def _wished(data: Facts, names: Names) -> str:
    wished = _technician(data, names, "preferred_technician_id")
    parts = [_("{name} 기사를 바람").format(name=wished)] if wished else []
    left_out = _reopened(data, names)
    return ", ".join([*parts, *([left_out] if left_out else [])]) or _("바라는 기사 없음")


def _reader(data: Facts, _names: Names) -> str:
    role = str(data.get("recipient", ""))
    return _(READERS[role]) if role in READERS else ""


def _technician(data: Facts, names: Names, key: str) -> str:
    return names.technicians.get(data.get(key) or 0, "")


def _filed(data: Facts, _names: Names) -> str:
    """`종이 접수, 받은 때 12월 1일 (화) 07:10, 인터넷이 끊김`; nothing for one that was entered at once."""
    code = data.get("late_entry_reason")
    if code is None:
        return ""
    received = _("받은 때 {when}").format(when=_moment(data.get("at")))
    return ", ".join((_("종이 접수"), received, late_reason_words(str(code))))


def _paper(data: Facts, names: Names) -> str:
    calls = int(data.get("calls") or 0)
    parts = [_("통화 {n}번").format(n=calls)] if calls else []
    if data.get("visited"):
        who = _technician(data, names, "technician_id")
        parts.append(_("방문 완료") if data.get("completed") else _("방문"))
        parts[-1] += f" ({who})" if who else ""
    return ", ".join(parts)


def _departure(data: Facts, _names: Names) -> str:
    return _("늦게 적어 출발 문자는 보내지 않음") if data.get("untold") else ""


def _imported(data: Facts, _names: Names) -> str:
    return _("예전 번호 {number}").format(number=data.get("old_number", ""))


def _changed(before: str, after: str) -> str:
    return before + ARROW + after if before and after and before != after else after or before


def _moved(before: object, after: object) -> str:
    """`12월 1일 (화) 14:00 → 15:30`: the day is said again only where it is another."""
    old, new = _read(before), _read(after)
    if old is None or new is None:
        return _moment(after) or _moment(before)
    same_day = old.astimezone(KST).date() == new.astimezone(KST).date()
    return _changed(_moment(before), time_text(new) if same_day and old != new else _moment(after))


def _moment(value: object) -> str:
    at = _read(value)
    return f"{date_text(at)} {time_text(at)}" if at is not None else ""


def _window(value: object) -> str:
    if not isinstance(value, list) or len(value) != 2:
        return ""
    return f"{_moment(value[0])}~{time_text(_read(value[1]))}"


def _read(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _advice(data: Facts, _names: Names) -> str:
    return ", ".join(_(ADVICE[code]) for code in data.get("steps", ()) if code in ADVICE)


def _languages(data: Facts, _names: Names) -> str:
    chosen = dict.fromkeys((data.get("languages") or {}).values())
    return ", ".join(_(LANGUAGE_NAMES[each]) for each in chosen if each in LANGUAGE_NAMES)


def _danger(data: Facts, _names: Names) -> str:
    return symptom_words(str(data.get("symptom", "")))


_BOILER_FIELDS = {
    "model": N_("모델"),
    "serial": N_("제조 번호"),
    "installer": N_("설치한 곳"),
    "installed_on": N_("설치한 날"),
    "warranty_start": N_("보증 시작"),
    "bought_on": N_("산 날"),
    "made_on": N_("만든 날"),
}


def _other_ticket(data: Facts, _names: Names) -> str:
    return str(data.get("into") or data.get("number") or "")


def _taken_in(data: Facts, _names: Names) -> str:
    """The merged number, and who of its people is told with this ticket from now on."""
    came = ", ".join(_(ROLE_WORDS[role]) for role in data.get("people", ()) if role in ROLE_WORDS)
    more = _("{who}도 함께 올림").format(who=came) if came else ""
    return ", ".join(part for part in (str(data.get("number") or ""), more) if part)


def _other_now(data: Facts, _names: Names) -> str:
    return _changed(str(data.get("before") or ""), str(data.get("number") or ""))


_ASKED = {"family": N_("고객이 원함"), "company": N_("우리 사정")}
_WRITERS: dict[str, Callable[[Facts, Names], str]] = {
    "VisitPlanned": _plan,
    "VisitMoved": _plan,
    "VisitRetimed": _plan,
    "VisitAssignedByHand": _plan,
    "VisitTakenOff": _taken_off,
    "ContactAttempted": _call,
    "HappyCallAttempted": _happy_call,
    "TicketTransferred": _transfer,
    "TicketPlaced": _point,
    "PlacementAccepted": _point,
    "PlacementRefused": _point,
    "ClockStopped": _clock,
    "ClockAdvanced": _clock,
    "TicketFiled": _filed,
    "PaperRecorded": _paper,
    **dict.fromkeys(("NumberFoundWrong", "NumberCorrected"), _whose),
    "TechnicianDeparted": _departure,
    "TechnicianArrived": _arrival,
    "FamilyAgreed": _picked,
    "LanguageChosen": _languages,
    "FamilyNotAtHome": _turned_back,
    "FamilyAbsent": _absence,
    "BoilerCorrected": _boiler,
    "VisitHeld": _hold,
    "VisitCompleted": _bill,
    "ChargeCorrected": _corrected,
    **dict.fromkeys(("ApprovalAsked", "ApprovalGiven", "ApprovalRefused"), _bill),
    **dict.fromkeys(("PaymentTaken", "UnpaidNoted", "PaymentRefunded", "PaymentCorrected"), _payment),
    "TicketReopened": _reopened,
    "TechnicianWished": _wished,
    "TicketImported": _imported,
    "SafetyAdviceRead": _advice,
    "DangerNamed": _danger,
    "DuplicateMerged": _other_ticket,
    "DuplicateTakenIn": _taken_in,
    "DuplicateGivenBack": _other_ticket,
    "DuplicateNowOf": _other_now,
    "DuplicateRuledOut": _other_ticket,
    "DuplicateSuspected": _other_ticket,
    "NoticeDelivered": _reader,
    "NoticeFailed": _reader,
    "NoticeUnknown": _reader,
}
