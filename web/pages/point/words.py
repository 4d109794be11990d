"""Words and marks of the point's desk, beside those that other parts give."""

from __future__ import annotations

from core.i18n import N_, _
from web.display import won_text

DECLINE_REASONS = (
    ("full", N_("오늘 기사 일정이 가득 참")),
    ("skill", N_("필요한 자격을 가진 기사가 없음")),
    ("part", N_("맞는 부품이 없음")),
    ("far", N_("너무 멀거나 길이 막힘")),
    ("sick", N_("기사가 갑자기 못 나옴")),
    ("other", N_("다른 까닭 (아래에 적기)")),
)

TASKS: dict[str, tuple[str, str]] = {
    "CONTACT_CALL": (N_("방문 시간 약속 전화"), "phone"),
    "REVISIT_CALL": (N_("다시 갈 시간 약속 전화"), "phone"),
    "PART_CALL": (N_("부품 도착 예정일 알려 드리기"), "phone"),
    "ARRIVAL_CHECK": (N_("도착하지 않은 기사에게 확인하기"), "phone"),
    "CORRECTION_CHECK": (N_("시정 권고한 것을 고쳤는지 확인"), "phone"),
    "CALL_LANDLINE": (N_("전화로 알려 드리기"), "phone"),
    "NOTICE_FAILED": (N_("문자 대신 전화로 알려 드리기"), "phone"),
    "RIGHT_NUMBER": (N_("바른 전화번호 알아내기"), "phone"),
    "CHECK_BILL": (N_("청구서 확인"), "won"),
    "PLAN_BY_HAND": (N_("기사 정하기"), "users"),
    "ESCALATION": (N_("고객 불편 처리"), "alert"),
    "SAFETY_UNMOVED": (N_("안전 접수의 기사가 출발하지 않음"), "shield"),
    "SAFETY_ALARM": (N_("안전 접수에 기사 보내기"), "shield"),
}
AGREEMENT_CALLS = ("CONTACT_CALL", "REVISIT_CALL")
"""Done by themselves once a visit time is agreed; they are never ticked off without a call."""
TELLING_CALLS = ("CALL_LANDLINE", "NOTICE_FAILED")
"""Done when the family has been told."""

PARTIES = {
    "resident": N_("거주자"),
    "requester": N_("접수하신 분"),
    "payer": N_("비용 내실 분"),
    "technician": N_("기사"),
    "point": N_("서비스점"),
}

OWNER_ROLES = {"technician": N_("기사"), "desk": N_("창구"), "escalation": N_("책임자")}

OUTCOMES = (
    ("CONNECTED", N_("통화함"), N_("아래에서 방문 시간을 고르면 약속이 됩니다")),
    ("NO_ANSWER", N_("안 받음"), ""),
    ("BUSY", N_("통화 중"), ""),
    ("WRONG_NUMBER", N_("잘못된 번호"), ""),
    ("CALL_BACK", N_("다시 걸기로 함"), ""),
    ("SOLVED_BY_PHONE", N_("전화로 해결"), N_("방문 없이 접수를 끝냅니다")),
)

STATUSES = (
    ("", N_("모든 상태")),
    ("UNASSIGNED", N_("미배정")),
    ("ASSIGNED", N_("배정")),
    ("CONTACTED", N_("통화함")),
    ("APPOINTED", N_("방문 약속")),
    ("EN_ROUTE", N_("이동 중")),
    ("ARRIVED", N_("도착")),
    ("IN_PROGRESS", N_("작업 중")),
    ("ON_HOLD", N_("보류")),
    ("ABSENT", N_("부재")),
    ("REOPENED", N_("재접수")),
    ("COMPLETED", N_("완료")),
    ("CLOSED", N_("종결")),
    ("CANCELLED", N_("취소")),
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

DAYS = 3
"""A desk looks at the running operating day and two more."""

DONE = {
    "accepted": N_("접수를 맡았습니다. 기사에게 알립니다."),
    "declined": N_("돌려보냈습니다. 다음 서비스점에 묻습니다."),
    "agreed": N_("방문 시간을 약속했습니다. 거주자와 접수하신 분께 알립니다."),
    "noted": N_("통화를 적었습니다."),
    "solved": N_("전화로 해결해 접수를 끝냈습니다."),
    "assigned": N_("기사를 정했습니다."),
    "task": N_("할 일을 마쳤습니다."),
    "paper": N_("종이 접수를 넣었습니다."),
    "paper-record": N_("종이에 적힌 일을 넣었습니다."),
    "replan": N_("다시 계획하도록 했습니다. 잠시 뒤 시간표에 나타납니다."),
    "proposal-taken": N_("바뀐 계획을 적용했습니다."),
    "proposal-put-away": N_("바뀐 계획을 쓰지 않기로 했습니다."),
    "duty": N_("당직을 정했습니다."),
    "filled": N_("빈 당직을 채웠습니다. 사람과 시간을 확인해 주세요."),
    "away": N_("못 나오는 시간을 넣고 다시 계획하도록 했습니다."),
    "back": N_("다시 나오는 것으로 바꾸고 다시 계획하도록 했습니다."),
    "closed": N_("휴무를 넣었습니다. 그동안 새 접수를 받지 않습니다."),
    "opened": N_("휴무를 끝냈습니다. 새 접수를 다시 받습니다."),
}


def done_flash(code: str) -> list[dict[str, str]]:
    """The short message after something was done, by its code in the address."""
    return [{"kind": "ok", "text": _(DONE[code])}] if code in DONE else []


def bill_flash(total: int) -> list[dict[str, str]]:
    """The short message after a bill was put right, with what it comes to now (won)."""
    text = _("저장했습니다: 고친 비용 {sum}. 가족에게 다시 알립니다.").format(sum=won_text(total))
    return [{"kind": "ok", "text": text}]


def age_words(band: str | None) -> str:
    """`75세 이상`, `65~74세`; empty when it is not known."""
    if not band:
        return ""
    if band.endswith("+"):
        return _("{age}세 이상").format(age=band[:-1])
    return _("{ages}세").format(ages=band.replace("-", "~"))


def task_words(kind: str) -> tuple[str, str]:
    """A task's name and icon; an unknown kind as it is."""
    name, mark = TASKS.get(kind, (kind, "list"))
    return _(name), mark
