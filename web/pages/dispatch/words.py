"""Words, tones and marks of the console, beside those that other parts give."""

from __future__ import annotations

from core.i18n import N_, _

SECTIONS: tuple[tuple[str, str, str], ...] = (
    ("safety", N_("안전"), "bad"),
    ("unplanned", N_("미배정"), "warn"),
    ("overdue", N_("기한 넘김"), "bad"),
    ("contact", N_("연락 전"), "info"),
    ("task", N_("할 일"), "accent"),
    ("hold", N_("보류"), "mute"),
    ("new", N_("방금 접수"), "info"),
    ("other", N_("그 밖의 접수"), "mute"),
)
"""Code, name, tone: the sections of the queue in their order."""

STATUSES = {
    "RECEIVED": N_("접수"),
    "UNASSIGNED": N_("미배정"),
    "ASSIGNED": N_("배정"),
    "CONTACTED": N_("통화함"),
    "APPOINTED": N_("방문 약속"),
    "EN_ROUTE": N_("이동 중"),
    "ARRIVED": N_("도착"),
    "IN_PROGRESS": N_("작업 중"),
    "ON_HOLD": N_("보류"),
    "ABSENT": N_("부재"),
    "REOPENED": N_("재접수"),
}
"""Open statuses, for the filter."""

STATUS_TONES = {
    "RECEIVED": "accent",
    "UNASSIGNED": "warn",
    "REOPENED": "warn",
    "ABSENT": "warn",
    "ON_HOLD": "mute",
    "ASSIGNED": "info",
    "CONTACTED": "info",
    "APPOINTED": "info",
    "EN_ROUTE": "move",
    "ARRIVED": "work",
    "IN_PROGRESS": "work",
}
"""The colour of a ticket on the map."""

MAP_LEGEND: tuple[tuple[str, str], ...] = (
    ("bad", N_("안전")),
    ("warn", N_("미배정")),
    ("info", N_("배정·약속")),
    ("move", N_("이동 중")),
    ("work", N_("작업 중")),
)

VISIT_STATES = {
    "planned": N_("예정"),
    "agreed": N_("약속됨"),
    "en_route": N_("이동 중"),
    "arrived": N_("도착"),
    "in_progress": N_("작업 중"),
    "completed": N_("완료"),
    "absent": N_("부재"),
}

TASKS = {
    "MAP_PICK": N_("지도에서 집 고르기"),
    "CALL_LANDLINE": N_("전화로 알리기"),
    "NOTICE_FAILED": N_("문자 대신 전화하기"),
    "CONTACT_CALL": N_("약속 전화하기"),
    "REVISIT_CALL": N_("재방문 약속 전화"),
    "PART_CALL": N_("부품 도착 예정일 알려 드리기"),
    "ARRIVAL_CHECK": N_("도착하지 않은 기사에게 확인하기"),
    "CORRECTION_CHECK": N_("시정 권고한 것을 고쳤는지 확인"),
    "RIGHT_NUMBER": N_("바른 전화번호 알아내기"),
    "PLACE_BY_HAND": N_("서비스점 정하기"),
    "PLAN_BY_HAND": N_("기사 정하기"),
    "ESCALATION": N_("고객 불편 처리"),
    "SAFETY_UNMOVED": N_("안전 접수의 기사가 출발하지 않음"),
    "SAFETY_ALARM": N_("안전 접수에 기사 보내기"),
    "CHECK_BILL": N_("청구서 확인"),
}

PARTIES = {
    "resident": N_("거주자"),
    "requester": N_("접수하신 분"),
    "payer": N_("비용 내실 분"),
    "technician": N_("기사"),
    "point": N_("서비스점"),
}


def task_words(kind: str) -> str:
    """A task's kind in words; an unknown one as it is."""
    return _(TASKS[kind]) if kind in TASKS else kind


def section_words(code: str) -> str:
    """A section's name."""
    return next((_(name) for key, name, _tone in SECTIONS if key == code), code)
