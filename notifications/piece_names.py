"""What the pieces of a wording are called for those who edit it: values, parts, lines that may fall out.

The package's templates speak of `m.worker.name|name`; whoever edits a wording sees `{기사 이름}`. These
words stand in stored wordings: one that is changed here makes those that use it fall back to the package's.
"""

from __future__ import annotations

from core.i18n import N_

VALUES: dict[str, str] = {
    "m.case.maker|name": "회사 이름",
    "m.maker|name": "회사 이름",
    "m.case.call_back|phone": "회사 전화",
    "m.case.ticket_number": "접수번호",
    "m.ticket_number": "접수번호",
    "m.case.resident|name": "거주자 이름",
    "m.case.requester|name": "접수자 이름",
    "m.case.asker": "접수한 분",
    "m.case|asker": "접수한 분",
    "m.case|task": "하는 일",
    "m.case.paid_by|name": "내실 분 이름",
    "m.worker.name|name": "기사 이름",
    "m.worker.id_number|label": "기사 직원번호",
    "m.window|window": "방문 시간",
    "m.after|window": "바뀐 시간",
    "m.before|window": "바뀌기 전 시간",
    "m.reason|note": "사유",
    "m.visit_fee|won": "출장비",
    "m.arrives_at|day": "도착하는 날",
    "m.arrives_at|soon": "도착 시각",
    "m.visited_at|moment": "찾아간 시간",
    "m.came_before|window": "약속한 시간",
    "m.comes_before|window": "약속한 시간",
    "m.finished_at|moment": "마친 시간",
    "m.work|note": "한 일",
    "m.total|won": "합계",
    "m.place|label": "동네",
    "m.symptom|label": "증상",
    "m.worker_name|name": "담당 기사",
    "m.change|note": "바뀐 내용",
    "m.received_at|clock": "접수 시각",
    "m.due_at|clock": "연락 기한",
    "m.contact_due_at|clock": "고객 연락 기한",
    "m.planned_at|moment": "계획한 시간",
    "m.caller|name": "창구 담당",
    "m.closed_at|moment": "처리한 시간",
    "m.received_at|moment": "접수한 시간",
    "m.tried_at|moment": "전화한 시간",
    "m.tries": "전화한 횟수",
    "m.years": "쓰신 햇수",
    "m.fee|won": "점검비",
}
"""Expression in a package template -> its name."""

PARTS: dict[str, str] = {
    "advert_ask": "다시 여쭙는 말씀",
    "advert_said": "광고에 대해 하신 말씀",
    "again": "다시 가는 까닭",
    "arrival": "새 도착 시각 안내",
    "ask_first": "먼저 묻는 안내",
    "estimate_changed": "예상 비용이 바뀐 안내",
    "bill": "비용 내역",
    "checkup": "점검 내용과 점검비",
    "come_again": "다시 찾아갈 시간",
    "comes_early": "문의와 일찍 가는 안내",
    "correction": "고칠 것",
    "estimate": "예상 비용",
    "first_home": "처음 드리는 말",
    "first_payer": "처음 드리는 말",
    "first_resident": "처음 드리는 말",
    "hold": "미룬 까닭",
    "how_to_agree": "답하는 방법",
    "link": "진행을 보는 주소",
    "link_adverts": "광고를 받을지 정하는 주소",
    "link_checkup": "점검 시간을 고르는 주소",
    "link_answer": "답하는 주소",
    "link_more": "자세히 보는 주소",
    "paid_because": "비용을 받는 까닭",
    "resident_reached": "거주자께 알린 방법",
    "urgency": "급한 정도",
    "vat": "부가세",
    "visit_fee": "출장비 안내",
    "visited": "찾아간 시간 안내",
    "what_next": "다음 일 안내",
    "who_pays": "내실 분 안내",
    "worker": "기사와 직원번호",
}
"""File in `templates/_parts` -> its name."""

LINES: dict[str, str] = {
    "m.came_before": "약속한 시간 줄",
    "m.years": "쓰신 햇수 줄",
    "m.fee": "점검비 줄",
    "m.arrives_at": "도착 예정 줄",
    "m.visit_fee": "출장비 줄",
    "m.total": "내실 분 줄",
    "m.total == 0": "내실 금액 줄",
    "m.work": "한 일 줄",
    "m.reason and not m.wished": "사유 줄",
    "m.worker_name": "담당 줄",
    "m.agreed": "알림 동의 줄",
    "m.requester_told and m.case.asker": "함께 알리는 분과 문의",
    "m.window": "약속 시간 줄",
    "m.contact_due_at": "고객 연락 기한 줄",
    'm.urgency == "SAFETY" and m.caller and not m.window': "할 일 안내",
}
"""Condition of lines that are there only sometimes -> their name."""

WITHIN: dict[str, str] = {
    "m.came_before": "만나지 못한 사정",
    "m.wished": "시간이 바뀐 사정",
    "m.worker_name": "담당",
    'm.reason == "fault_first" or m.case.checkup and m.reason != "parts_wait"': "미루는 일",
    "m.case.checkup": "수리나 점검",
}
"""Condition of words within a line -> their name."""

MUST_STAY = frozenset(
    {
        "처음 드리는 말",
        "비용 내역",
        "예상 비용",
        "답하는 방법",
        "고칠 것",
        "급한 정도",
        "할 일 안내",
        "광고에 대해 하신 말씀",
        "다시 여쭙는 말씀",
    }
)
"""What may be moved but not left out, where the package's wording has it: who gave the number and how to
stop, every line of a bill, what a technician must do first, what the law wants told of a consent."""

MUST_TELL: dict[str, str] = {
    "기사 이름": N_("누가 오는지"),
    "기사 직원번호": N_("우리 직원이 맞는지"),
    "방문 시간": N_("언제 오는지"),
    "바뀐 시간": N_("언제 오는지"),
    "바뀌기 전 시간": N_("어느 약속이 바뀌었는지"),
    "도착 시각": N_("언제 오는지"),
    "약속한 시간": N_("어느 약속인지"),
    "찾아간 시간": N_("언제 찾아갔는지"),
    "출장비": N_("얼마인지"),
    "합계": N_("얼마인지"),
    "회사 전화": N_("어디로 전화할지"),
    "접수번호": N_("어느 접수인지"),
    "동네": N_("어디인지"),
    "증상": N_("무슨 고장인지"),
    "바뀐 내용": N_("무엇이 바뀌었는지"),
    "연락 기한": N_("언제까지 전화할지"),
    "고객 연락 기한": N_("언제까지 전화할지"),
}
"""Values that a reader must learn wherever the package's own wording tells them -> what he does not know
without, as a message id."""
