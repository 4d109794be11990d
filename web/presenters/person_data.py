"""The readable file of what is held on a person: its names and codes in words."""

from __future__ import annotations

from datetime import datetime

from core.clock import KST
from core.i18n import N_, _
from dispatch.words import symptom_words
from notifications.catalogue import CATALOGUE
from web.display import won_text
from web.presenters.happy_call import OUTCOMES
from web.presenters.technician import OUTCOME_WORDS, ROLE_WORDS
from web.presenters.timeline import WORDS

LABELS = {
    "made_at": N_("만든 때"),
    "contacts": N_("본인"),
    "homes": N_("댁"),
    "tickets": N_("접수"),
    "texts": N_("보낸 문자"),
    "invitations": N_("사전점검 안내"),
    "campaign": N_("사전점검"),
    "as_advert": N_("광고로 보냄"),
    "because": N_("고른 까닭"),
    "answer": N_("답하신 것"),
    "access_log": N_("열람 기록"),
    "name": N_("이름"),
    "phone": N_("번호"),
    "can_text": N_("문자 받음"),
    "notices_refused_at": N_("문자를 거절한 때"),
    "notice_choices": N_("알림에 대해 하신 말씀"),
    "purpose": N_("무엇에 대해"),
    "choice": N_("동의와 거부"),
    "door": N_("어디서"),
    "by_himself": N_("본인이 말씀함"),
    "number_refused_adverts_at": N_("무료 전화로 광고를 거부한 때"),
    "kept_since": N_("보관하기 시작한 때"),
    "household": N_("댁 번호"),
    "lives_there": N_("거기 삶"),
    "address": N_("주소"),
    "unit": N_("동·호"),
    "door_note": N_("출입 메모"),
    "priority_care": N_("우선 보호"),
    "age_band": N_("연령대"),
    "boilers": N_("보일러"),
    "model": N_("모델"),
    "serial": N_("제조 번호"),
    "installed_on": N_("설치한 날"),
    "number": N_("접수 번호"),
    "roles": N_("접수에서의 자리"),
    "given": N_("접수 때 말씀하신 것"),
    "relationship": N_("관계"),
    "received_at": N_("접수한 때"),
    "channel": N_("경로"),
    "symptom": N_("증상"),
    "error_code": N_("오류 번호"),
    "status": N_("상태"),
    "note": N_("메모"),
    "late_entry_reason": N_("늦게 입력한 까닭"),
    "late_entry_note": N_("늦게 입력한 사정"),
    "end_reason": N_("끝낸 까닭"),
    "completed_at": N_("수리를 마친 때"),
    "closed_at": N_("끝난 때"),
    "cancelled_at": N_("취소한 때"),
    "wished_windows": N_("원하신 시간"),
    "start": N_("시작"),
    "end": N_("끝"),
    "visits": N_("방문"),
    "state": N_("상태"),
    "window_start": N_("약속 시작"),
    "window_end": N_("약속 끝"),
    "arrived_at": N_("도착"),
    "ended_at": N_("끝난 때"),
    "calls": N_("통화 기록"),
    "at": N_("때"),
    "outcome": N_("결과"),
    "with": N_("누구와"),
    "timeline": N_("이력"),
    "what": N_("일"),
    "reason": N_("까닭"),
    "charges": N_("비용"),
    "total": N_("합계"),
    "lines": N_("항목"),
    "label": N_("이름"),
    "amount": N_("금액"),
    "happy_calls": N_("해피콜"),
    "answers": N_("대답"),
    "event": N_("알림"),
    "text": N_("글"),
    "by": N_("본 사람"),
    "act": N_("한 일"),
    "fields": N_("항목"),
}
"""By the names in data.json."""
STATUSES = {
    "SELF_FIXED": N_("직접 해결"),
    "COMPLETED": N_("완료"),
    "CLOSED": N_("종결"),
    "CANCELLED": N_("취소"),
}
OPEN = N_("진행 중")
ACTS = {
    "opened": N_("가린 것을 봄"),
    "viewed": N_("화면을 봄"),
    "searched": N_("찾아봄"),
    "downloaded": N_("파일로 받음"),
}
FIELDS = {
    "name": N_("이름"),
    "phone": N_("번호"),
    "address": N_("주소"),
    "door_note": N_("출입 메모"),
    "free_text": N_("메모"),
    "sent_text": N_("문자"),
    "history": N_("이력"),
    "everything": N_("모두"),
}
STATES = {
    "planned": N_("예정"),
    "agreed": N_("약속됨"),
    "en_route": N_("이동 중"),
    "arrived": N_("도착"),
    "in_progress": N_("작업 중"),
    "completed": N_("완료"),
    "absent": N_("부재"),
    "cancelled": N_("취소"),
    "queued": N_("보낼 차례"),
    "accepted": N_("보냄"),
    "delivered": N_("도착"),
    "failed": N_("가지 않음"),
    "unknown": N_("갔는지 모름"),
    "withdrawn": N_("거둠"),
}
"""Of visits and of texts."""
_CODES: dict[str, dict[str, str]] = {
    "roles": ROLE_WORDS,
    "with": ROLE_WORDS,
    "outcome": {**OUTCOME_WORDS, **OUTCOMES},
    "event": {event: rules.label for event, rules in CATALOGUE.items()},
    "state": STATES,
    "act": ACTS,
    "fields": FIELDS,
    "what": {what: words for what, (words, _tone) in WORDS.items()},
}
_MOMENTS = ("at", "start", "end", "kept_since", "window_start", "window_end")


def label_words(name: str) -> str:
    """A name of data.json in words; what has none stays as it is."""
    return _(LABELS.get(name, name))


def value_words(name: str, value: object) -> str:
    """A value of that name in words: codes, amounts in won, moments in Korean time."""
    if isinstance(value, bool):
        return _("예") if value else _("아니요")
    if isinstance(value, int) and name in ("total", "amount"):
        return won_text(value)
    return _text(name, value) if isinstance(value, str) else str(value)


def _text(name: str, value: str) -> str:
    if name == "symptom":
        return symptom_words(value)
    if name == "status":
        return _(STATUSES.get(value, OPEN))
    if name.endswith("_at") or name in _MOMENTS:
        return f"{datetime.fromisoformat(value).astimezone(KST):%Y-%m-%d %H:%M}"
    return _(_CODES.get(name, {}).get(value, value)) if value else ""
