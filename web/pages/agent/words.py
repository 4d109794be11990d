"""Words and marks of the intake desk, beside those that other packages give."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from core.actor import Role
from core.clock import kst, operating_day, rfc3339_kst, today_kst
from core.dated import CompanyRules
from core.i18n import N_, _
from customers.rules import Relationship, relationship_label
from dispatch.intake_rules import SAFETY_SYMPTOMS
from dispatch.words import symptom_words
from web.display import date_text, time_text

DESK_ROLES = (Role.AGENT, Role.DISPATCHER, Role.MANAGER, Role.ADMIN)

UNMASK_REASON = N_("상담 통화 중 본인 확인")
CALL_REASON = N_("문자를 못 받는 분께 전화로 알림")

SYMPTOM_MARKS = (
    ("NO_HEAT", "thermometer"),
    ("NO_HOT_WATER", "drop"),
    ("ERROR_CODE", "alert"),
    ("LEAK", "leak"),
    ("CONTROLLER", "settings"),
    ("POWER", "power"),
    ("IGNITION", "flame"),
    ("NOISE", "sound"),
    ("FREEZE", "snow"),
    ("INSPECTION", "search"),
    ("INSTALL", "wrench"),
    ("BILLING", "won"),
    ("COMPLAINT", "message"),
    ("GAS_SMELL", "gas"),
    ("CO", "bell"),
    ("FLUE", "pipe"),
    ("ODOUR_SMOKE", "smoke"),
)
"""What callers say most comes first, dangers stand last in a group of their own."""

AGE_BANDS = (
    ("75+", N_("75세 이상")),
    ("65-74", N_("65~74세")),
    ("40-64", N_("40~64세")),
    ("0-39", N_("39세까지")),
)

PRECISIONS = {
    "address": N_("집까지 정확합니다"),
    "road": N_("도로까지 압니다"),
    "ri": N_("리까지 압니다"),
    "dong": N_("동까지 확인됐습니다"),
    "sgg": N_("시·군·구까지만 확인됐습니다"),
    "sido": N_("시·도까지만 압니다"),
    "none": N_("어디인지 찾지 못했습니다"),
}

PARTY_ROLES = {
    "resident": N_("거주자"),
    "requester": N_("접수하신 분"),
    "payer": N_("비용 내실 분"),
    "technician": N_("기사"),
    "point": N_("서비스점"),
}

TASKS = {
    "MAP_PICK": (N_("지도에서 집 고르기"), "map"),
    "CALL_LANDLINE": (N_("전화로 알리기"), "phone"),
    "NOTICE_FAILED": (N_("문자 대신 전화하기"), "phone"),
    "CONTACT_CALL": (N_("약속 전화하기"), "phone"),
    "REVISIT_CALL": (N_("재방문 약속 전화"), "phone"),
    "PART_CALL": (N_("부품 도착 예정일 알려 드리기"), "phone"),
    "ARRIVAL_CHECK": (N_("도착하지 않은 기사에게 확인하기"), "phone"),
    "CORRECTION_CHECK": (N_("시정 권고한 것을 고쳤는지 확인"), "phone"),
    "RIGHT_NUMBER": (N_("바른 전화번호 알아내기"), "phone"),
    "PLACE_BY_HAND": (N_("서비스점 정하기"), "home"),
    "PLAN_BY_HAND": (N_("기사 정하기"), "users"),
    "ESCALATION": (N_("고객 불편 처리"), "alert"),
    "SAFETY_UNMOVED": (N_("안전 접수의 기사가 출발하지 않음"), "shield"),
    "SAFETY_ALARM": (N_("안전 접수에 기사 보내기"), "shield"),
    "CHECK_BILL": (N_("청구서 확인"), "won"),
}

SELF_FIX = (
    ("SOLVED", N_("해결됨"), N_("방문 없이 끝냅니다")),
    ("FAILED", N_("안 됨"), N_("기사를 보냅니다")),
    ("REFUSED", N_("안 하겠다고 하심"), N_("기사를 보냅니다")),
    ("NOT_APPLICABLE", N_("해당 없음"), N_("기사를 보냅니다")),
)

DONE = {
    "filed": N_("접수했습니다."),
    "noted": N_("이 접수에 이어서 적었습니다."),
    "approval": N_("답을 적었습니다. 기사 화면에 바로 나옵니다."),
    "window": N_("방문 시간을 약속했습니다. 거주자와 접수하신 분께 알립니다."),
    "cancelled": N_("접수를 취소했습니다."),
    "danger": N_("무엇이 위험한지 적었습니다."),
    "advice": N_("읽어 드린 안내를 적었습니다."),
    "merged": N_("하나로 합쳤습니다. 앞선 접수로 이어 갑니다."),
    "other-case": N_("다른 건으로 두었습니다. 중복 의심 표시를 지웠습니다."),
    "reopened": N_("다시 열었습니다. 기사를 다시 정합니다."),
    "escalated": N_("책임자에게 넘겼습니다."),
    "self-fix": N_("직접 고쳐 보신 결과를 적었습니다."),
    "located": N_("집의 위치를 정했습니다."),
    "located-roughly": N_("동네까지 정했습니다. 찾아가는 길을 더 여쭤 이어서 적어 주세요."),
    "number": N_("바른 번호를 적었습니다. 이제 그 번호로 알립니다."),
    "task": N_("할 일을 마쳤습니다."),
    "adverts": N_("광고에 대해 하신 말씀을 적었습니다. 문자로도 알려 드립니다."),
}


def symptom_choices() -> list[dict[str, str | bool]]:
    """Symptoms as large buttons: code, words, icon, and whether it is a danger."""
    return [
        {"code": code, "text": symptom_words(code), "mark": mark, "safety": code in SAFETY_SYMPTOMS}
        for code, mark in SYMPTOM_MARKS
    ]


def danger_choices() -> list[dict[str, str | bool]]:
    """The dangers among the symptoms."""
    return [one for one in symptom_choices() if one["safety"]]


def relationship_choices() -> list[tuple[str, str]]:
    """Who somebody is to the one who lives there."""
    return [(r.value, relationship_label(r)) for r in Relationship if r is not Relationship.RESIDENT]


def relationship_words(code: str) -> str:
    """The word for a stored relationship; an unknown one as it is."""
    try:
        return relationship_label(Relationship(code))
    except ValueError:
        return code


def window_choices(rules: CompanyRules, now: datetime) -> list[tuple[str, list[tuple[str, str]]]]:
    """Windows that a family may wish, by day: (day, [(start/end as RFC 3339, hours)])."""
    days = []
    for k in range(rules.planning_days + 1):
        windows = list(_windows(rules, now, k))
        if windows:
            texts = [
                (f"{rfc3339_kst(a)}/{rfc3339_kst(b)}", f"{time_text(a)}~{time_text(b)}") for a, b in windows
            ]
            days.append((_day_name(windows[0][0], now), texts))
    return days


def age_words(since: datetime, now: datetime) -> str:
    """How long something waits: `방금`, `12분`, `3시간`, `2일`."""
    minutes = int((now - since).total_seconds() // 60)
    if minutes < 1:
        return _("방금")
    if minutes < 60:
        return _("{n}분째").format(n=minutes)
    if minutes < 48 * 60:
        return _("{n}시간째").format(n=minutes // 60)
    return _("{n}일째").format(n=minutes // 1440)


def _windows(rules: CompanyRules, now: datetime, days_ahead: int) -> Iterator[tuple[datetime, datetime]]:
    day = operating_day(now) + timedelta(days=days_ahead)
    for written in rules.window_starts:
        hour, minute = (int(part) for part in written.split(":"))
        start = kst(day, hour if hour >= 5 else hour + 24, minute)
        if start >= now:
            yield start, start + timedelta(seconds=rules.window_length_s)


def _day_name(at: datetime, now: datetime) -> str:
    near = {0: _("오늘"), 1: _("내일"), 2: _("모레")}.get((today_kst(at) - today_kst(now)).days, "")
    return f"{near} {date_text(at)}".strip()
