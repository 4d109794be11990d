"""The timeline of a company's settings in sentences: what, from what to what, who, when, why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.clock import KST
from core.i18n import N_, _
from core.models import TimelineEntry
from core.weekdays import weekday_names
from notifications.catalogue import CATALOGUE
from web.display import won_text
from web.pages.admin.setting_catalogue import SETTINGS
from web.pages.admin.subjects import PERSON_FIELD, POINT_FIELD, Named
from web.presenters.message_texts import READERS
from web.presenters.notice_words import matrix_words, ways_words
from workforce.certificates import qualification_words
from workforce.tokens import SCOPES

WHAT = {
    "CompanyAdded": N_("회사를 만듦"),
    "CompanyChanged": N_("회사 정보를 바꿈"),
    "ServicePointAdded": N_("서비스점을 넣음"),
    "ServicePointChanged": N_("서비스점 정보를 바꿈"),
    "ServicePointEnded": N_("서비스점이 끝나는 날을 정함"),
    "ServicePointReopened": N_("서비스점이 끝나는 날을 없앰"),
    "DeskHoursSet": N_("창구 시간을 바꿈"),
    "PointClosed": N_("휴무를 넣음"),
    "PointOpenedAgain": N_("휴무를 일찍 끝냄"),
    "PersonAdded": N_("사람을 넣음"),
    "PersonChanged": N_("이름이나 번호를 바꿈"),
    "LogInAdded": N_("아이디를 만듦"),
    "PasswordSet": N_("비밀번호를 새로 정함"),
    "AccountDisabled": N_("아이디를 막음"),
    "AccountEnabled": N_("아이디를 다시 엶"),
    "PasswordChanged": N_("본인이 비밀번호를 바꿈"),
    "SecondFactorSet": N_("2단계 확인을 만듦"),
    "SecondFactorReset": N_("2단계 확인을 새로 하게 함"),
    "RecoveryCodeUsed": N_("복구 번호로 들어옴"),
    "RecoveryCodesRenewed": N_("복구 번호를 새로 받음"),
    "DeviceRemembered": N_("기기를 기억함"),
    "DeviceForgotten": N_("기기를 지움"),
    "SessionsEnded": N_("로그인을 끝냄"),
    "AccountUnlocked": N_("로그인 막힘을 풂"),
    "ProviderLogInSet": N_("회사 계정을 정함"),
    "TokenMade": N_("API 토큰을 만듦"),
    "LogInLinkMade": N_("한 번 쓰는 로그인 주소를 만듦"),
    "TokenRevoked": N_("API 토큰을 거둠"),
    "MembershipGranted": N_("소속을 줌"),
    "MembershipEnded": N_("소속을 끝냄"),
    "BadgeCorrected": N_("기사 번호를 고침"),
    "PhotoSet": N_("사진을 올림"),
    "PhotoRemoved": N_("사진을 지움"),
    "QualificationAdded": N_("자격을 넣음"),
    "QualificationEnded": N_("자격이 끝나는 날을 정함"),
    "ShiftAdded": N_("근무를 넣음"),
    "ShiftPatternAdded": N_("근무를 여러 날 넣음"),
    "ShiftRemoved": N_("근무를 지움"),
    "AbsenceAdded": N_("쉬는 시간을 넣음"),
    "AbsenceEnded": N_("쉬는 시간을 끝냄"),
    "DutySet": N_("당직을 정함"),
    "PriceSet": N_("가격을 정함"),
    "PriceWithdrawn": N_("팔지 않기로 함"),
    "PriceRecalled": N_("예정한 가격을 거둠"),
    "WarrantyRuleSet": N_("보증 규칙을 정함"),
    "DayClosed": N_("하루를 마감함"),
    "SettingChanged": N_("기준값을 바꿈"),
    "AlimtalkApproved": N_("알림톡 템플릿을 넣음"),
    "AlimtalkStopped": N_("알림톡 템플릿을 끝냄"),
    "AccessLogReviewed": N_("열람 기록을 확인함"),
    "DataImported": N_("목록을 가져옴"),
    "DataExported": N_("모든 자료를 내보냄"),
    "DataBackedUp": N_("모든 자료를 백업함"),
    "DaySheetsWritten": N_("하루 일정표를 폴더에 두기 시작함"),
    "BreachReported": N_("유출 보고서를 만듦"),
    "CalendarDaySet": N_("회사 달력을 바꿈"),
    "StepRetried": N_("멈춘 일을 다시 시도함"),
    "StepDropped": N_("멈춘 일을 접음"),
    "MessageTextStored": N_("문자 문구를 고침"),
    "MessageTextDropped": N_("문자 문구를 처음 것으로 되돌림"),
    "TrialTextSent": N_("시험 문자를 보냄"),
    "CalendarDayCleared": N_("회사 달력을 나라 달력으로 되돌림"),
}

FIELD = {
    "name": N_("이름"),
    "brand_name": N_("브랜드"),
    "colour": N_("색"),
    "kind": N_("종류"),
    "main_phone": N_("대표 번호"),
    "sender_number": N_("발신 번호"),
    "greeting": N_("인사말"),
    "address": N_("주소"),
    "area_code": N_("지역 코드"),
    "lat": N_("위도"),
    "lon": N_("경도"),
    "desk_phone": N_("창구 전화"),
    "daily_limit": N_("하루 한도"),
    "open_until": N_("끝나는 날"),
    "code": N_("코드"),
    "tier": N_("시간대"),
    "amount": N_("금액"),
    "from": N_("시작일"),
    "valid_from": N_("시작"),
    "first_day": N_("첫날"),
    "last_day": N_("끝날"),
    "hours": N_("시간"),
    "count": N_("건수"),
    "weekdays": N_("요일"),
    "start_at": N_("시작"),
    "end_at": N_("끝"),
    "role": N_("역할"),
    "boiler_kind": N_("보일러"),
    "months": N_("개월"),
    "repeat_free_days": N_("같은 고장 무상(일)"),
    "day": N_("날짜"),
    "is_holiday": N_("쉬는 날"),
    "key": N_("항목"),
    "value": N_("값"),
    "fields": N_("바뀐 칸"),
    "phone": N_("전화번호"),
    "badge_number": N_("기사 번호"),
    "before": N_("전에는"),
    "token": N_("토큰"),
    "scope": N_("범위"),
    "list": N_("목록"),
    "file": N_("파일"),
    "taken": N_("가져옴"),
    "present": N_("이미 있음"),
    "refused": N_("거절"),
    "step": N_("단계"),
    "told": N_("알림"),
    "reader": N_("받는 분"),
    "version": N_("판"),
}
VALUES = {
    "role": {
        "agent": N_("상담원"),
        "dispatcher": N_("배차 담당"),
        "point": N_("서비스점 창구"),
        "technician": N_("기사"),
        "qa": N_("해피콜 담당"),
        "manager": N_("관리자(현황)"),
        "admin": N_("설정 관리자"),
    },
    "scope": SCOPES,
    "list": {
        "points": N_("서비스점"),
        "technicians": N_("기사"),
        "households": N_("가구"),
        "refusals": N_("수신 거부 번호"),
        "boilers": N_("보일러"),
        "prices": N_("가격표"),
        "tickets": N_("접수 건"),
    },
    "told": {event.value: rules.label for event, rules in CATALOGUE.items()},
    "reader": READERS,
    "kind": {"direct": N_("직영"), "designated": N_("지정점")},
    "tier": {"any": N_("언제나"), "day": N_("주간"), "night_holiday": N_("야간·휴일")},
    "boiler_kind": {
        "any": N_("모든 보일러"),
        "condensing": N_("콘덴싱"),
        "standard": N_("일반"),
        "commercial": N_("업소용"),
    },
}
"""What stored words are called, by field."""
HIDDEN = frozenset(
    {
        "token_id",
        "event_id",
        "membership_id",
        POINT_FIELD,
        PERSON_FIELD,
        "closure_id",
        "qualification_id",
        "trial_id",
    }
)
"""Ids; those that `Named` knows are said by name."""


@dataclass(frozen=True)
class Change:
    """One line of history."""

    id: int
    what: str
    details: tuple[str, ...]
    who: str
    source: str
    at: datetime
    reason: str
    about: str = ""
    """Whom or what it was about, and below where that is shown; empty on its own page."""
    about_href: str = ""


def changes_of(
    entries: Iterable[TimelineEntry], names: Named | None = None, *, on_its_page: bool = False
) -> list[Change]:
    """Timeline entries in sentences. `on_its_page`: whom they are about stands above them already."""
    return [_change(entry, names or Named(), on_its_page=on_its_page) for entry in entries]


def _change(entry: TimelineEntry, names: Named, *, on_its_page: bool) -> Change:
    about, href = ("", "") if on_its_page else names.of(entry.subject_kind, entry.subject_id)
    return Change(
        id=entry.id or 0,
        what=_(WHAT[entry.what]) if entry.what in WHAT else entry.what,
        details=(*_named(entry, names), *_details(entry.what, entry.data)),
        who=entry.actor_name,
        source=entry.source,
        at=entry.at,
        reason=entry.reason or "",
        about=about,
        about_href=href,
    )


def _named(entry: TimelineEntry, names: Named) -> Iterable[str]:
    """The people and points among its facts, by name."""
    point, _href = names.of("service_point", entry.data.get(POINT_FIELD))
    if point:
        yield f"{_('서비스점')}: {point}"
    desk, _href = names.of("person", entry.data.get(PERSON_FIELD))
    if desk:
        yield f"{_('창구')}: {desk}"


def _details(what: str, data: dict[str, Any]) -> Iterable[str]:
    setting = SETTINGS.get(str(data.get("key")))
    # JSONB forgets the order in which things were said; ours is that of FIELD.
    order = list(FIELD)
    known = sorted(data.items(), key=lambda pair: order.index(pair[0]) if pair[0] in FIELD else len(order))
    for key, value in known:
        if key in HIDDEN or value is None or value == "":
            continue
        if setting is not None and key in ("key", "value"):
            yield _(setting.name) if key == "key" else setting.kind.words(value)
            continue
        if data.get("key") == "notice_matrix" and key in ("key", "value"):
            yield _("누구에게 무엇을 알리나") if key == "key" else matrix_words(value)
            continue
        if data.get("key") == "notice_ways" and key in ("key", "value"):
            yield _("어떤 순서로 알리나") if key == "key" else ways_words(value)
            continue
        label = _(FIELD[key]) if key in FIELD else key
        if key == "code" and what.startswith("Qualification"):
            label = _("자격")
        if isinstance(value, list) and len(value) == 2 and key not in ("hours", "weekdays"):
            yield f"{label}: {_said(key, value[0])} → {_said(key, value[1])}"
        else:
            yield f"{label}: {_said(key, value)}"


def _said(key: str, value: Any) -> str:
    """A value in the words of its field."""
    if key == "weekdays":
        return ", ".join(weekday_names()[day] for day in value)
    if key == "fields":
        return ", ".join(_(FIELD[name]) if name in FIELD else name for name in value)
    if key == "amount":
        return won_text(value)
    if isinstance(value, str) and value in VALUES.get(key, {}):
        return _(VALUES[key][value])
    return qualification_words(value) if key == "code" and isinstance(value, str) else _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(each)}" for key, each in value.items())
    if isinstance(value, bool):
        return _("예") if value else _("아니요")
    if isinstance(value, int):
        return f"{value:,}"
    return _words(str(value)) if value else _("없음")


def _words(text: str) -> str:
    """A stored moment in Korean time; any other text as it is, if short."""
    if len(text) >= 19 and text[10:11] == "T":
        moment = datetime.fromisoformat(text).astimezone(KST)
        return f"{moment:%Y-%m-%d %H:%M}"
    return text[:120]
