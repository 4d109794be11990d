"""Every field of `CompanyRules` by group, with its name, its meaning and its shape."""

from __future__ import annotations

from dataclasses import dataclass

from core.dated import CompanyRules
from core.i18n import N_
from web.pages.admin.setting_kinds import (
    DAY,
    HOUR,
    MINUTE,
    Accounts,
    Choice,
    Clock,
    ClockList,
    Duration,
    Kind,
    MonthDay,
    Networks,
    Number,
    Spans,
)
from web.pages.admin.setting_tables import (
    ByName,
    ByPriority,
    RoleMinutes,
    SymptomMinutes,
    SymptomSkills,
    WeekHours,
)

COST = N_("점")
STANDINGS = {
    "tentative": N_("아직 알리지 않음"),
    "told": N_("기사에게 알림"),
    "promised": N_("고객과 약속함"),
}
"""How firmly a planned visit stands (`dispatch/planning/standing.py`)."""
CHANNELS = {
    "PUSH": N_("휴대전화 알림"),
    "SMS": N_("단문(SMS)"),
    "LMS": N_("장문(LMS)"),
    "ALIMTALK": N_("알림톡"),
    "VOICE": N_("음성"),
}
LONGEST_DAYS = 3653
"""Ten years: personal data is not kept for ever. The least a law asks for is each number's lower bound."""


@dataclass(frozen=True)
class Setting:
    """One number. `name` and `means` are message ids."""

    key: str
    name: str
    means: str
    kind: Kind


def _minutes(low: int = 0, high: int = DAY) -> Duration:
    return Duration(MINUTE, low, high)


def _kept(key: str, name: str, means: str, least: int) -> Setting:
    return Setting(key, name, means, Number(least, LONGEST_DAYS, N_("일")))


GROUPS: tuple[tuple[str, str, tuple[Setting, ...]], ...] = (
    (
        "clocks",
        N_("약속 시계 (SLA)"),
        (
            Setting(
                "contact_limit_s",
                N_("기사 통화 기한"),
                N_("접수부터 기사가 고객과 통화해 약속할 때까지"),
                _minutes(60),
            ),
            Setting(
                "promise_limit_s",
                N_("방문 약속 기한"),
                N_("접수부터 고객이 방문 시간을 받아들일 때까지"),
                _minutes(60),
            ),
            Setting("handled_limit_s", N_("처리 기한"), N_("접수부터 처리까지"), _minutes(60, 30 * DAY)),
            Setting(
                "contact_remind_after_s",
                N_("기사에게 다시 알림"),
                N_("접수부터 이만큼 통화가 없으면"),
                _minutes(),
            ),
            Setting(
                "contact_hand_over_after_s",
                N_("창구로 넘김"),
                N_("접수부터 이만큼 통화가 없으면"),
                _minutes(),
            ),
            Setting(
                "accept_limit_s", N_("지정점 수락 기한"), N_("지나면 다음 서비스점으로 갑니다"), _minutes(60)
            ),
            Setting(
                "late_entry_flag_s",
                N_("늦은 입력 표시"),
                N_("적은 시각과 실제 시각이 이만큼 다르면 표시"),
                _minutes(),
            ),
            Setting(
                "late_entry_limit_s",
                N_("종이 접수를 입력하는 기한"),
                N_("받은 때부터 이만큼 지나면 종이 접수로 넣을 수 없습니다"),
                Duration(HOUR, HOUR, 30 * DAY),
            ),
            Setting(
                "stale_step_s",
                N_("지난 단계로 보는 때"),
                N_("출발 같은 단계를 이만큼 지나서 적으면 그 문자는 보내지 않습니다"),
                _minutes(60),
            ),
            Setting(
                "season_24h_from",
                N_("24시간 시계를 시작하는 날"),
                N_("이날부터 밤과 휴일에도 시계가 갑니다"),
                MonthDay(),
            ),
            Setting("season_24h_to", N_("24시간 시계의 마지막 날"), N_("이날까지"), MonthDay()),
            Setting(
                "contact_clock_off_season",
                N_("철 밖의 통화 시계"),
                N_("24시간 철이 아닐 때"),
                Choice((("hours", N_("창구 시간에만 감")), ("always", N_("늘 감")))),
            ),
            Setting(
                "desk_hours", N_("철 밖의 창구 시간"), N_("철 밖에서 통화 시계가 가는 시간"), WeekHours()
            ),
        ),
    ),
    (
        "visits",
        N_("방문"),
        (
            Setting(
                "window_length_s",
                N_("방문 시간대의 길이"),
                N_("고객에게 약속하는 폭"),
                Duration(MINUTE, 1800, 12 * HOUR),
            ),
            Setting("window_starts", N_("방문 시간대의 시작"), N_("상담원이 제안하는 시각"), ClockList()),
            Setting(
                "visiting_from",
                N_("방문할 수 있는 첫 시각"),
                N_("급하지 않은 방문은 이보다 일찍 잡지 않습니다. 난방이 안 되거나 위험하면 언제든 갑니다"),
                Clock(),
            ),
            Setting(
                "visiting_to",
                N_("방문할 수 있는 마지막 시각"),
                N_("급하지 않은 방문은 이보다 늦게 시작하지 않습니다. 첫 시각과 같으면 온종일"),
                Clock(),
            ),
            Setting("absence_wait_s", N_("부재로 보기 전 기다림"), N_("도착한 뒤"), _minutes()),
            Setting(
                "absence_attempts",
                N_("부재로 보기 전 통화"),
                N_("몇 번 걸어야 하나"),
                Number(0, 10, N_("번")),
            ),
            Setting("job_duration_s", N_("작업 시간"), N_("증상마다 현장에서 걸리는 시간"), SymptomMinutes()),
            Setting(
                "symptom_skills", N_("필요한 자격"), N_("증상마다 기사가 가져야 하는 자격"), SymptomSkills()
            ),
            Setting(
                "visit_target_s",
                N_("방문 목표"),
                N_("접수부터 방문까지, 우선순위마다"),
                ByPriority(Duration(HOUR, 600, 30 * DAY)),
            ),
            Setting(
                "reopen_free_s",
                N_("무상 다시 열기"),
                N_("전화로 해결한 뒤 이 안에는 새로 접수하지 않습니다"),
                Duration(HOUR, 0, 90 * DAY),
            ),
            Setting(
                "warranty_recheck_s",
                N_("같은 고장 무상"),
                N_("보증 규칙이 없을 때"),
                Duration(DAY, 0, 730 * DAY),
            ),
            Setting("night_from", N_("야간이 시작하는 때"), N_("야간 출장비"), Clock()),
            Setting("night_to", N_("야간이 끝나는 때"), N_("야간 출장비"), Clock()),
            Setting(
                "approval_limit",
                N_("동의가 필요한 금액"),
                N_("이보다 비싼 작업은 비용 내실 분의 동의를 먼저 받음"),
                Number(0, 100_000_000, N_("원")),
            ),
            Setting("vat_percent", N_("부가가치세율"), N_("모든 금액에 들어 있음"), Number(0, 50, N_("%"))),
            Setting(
                "cash_receipt_from",
                N_("현금영수증 기준 금액"),
                N_("현금이 이 금액부터면 승인번호를 꼭 적음"),
                Number(0, 100_000_000, N_("원")),
            ),
            Setting(
                "outlier_part_amount",
                N_("다시 볼 부품값"),
                N_("월말 정산에서 이보다 비싼 부품을 따로 보임"),
                Number(0, 100_000_000, N_("원")),
            ),
            Setting(
                "outlier_part_times",
                N_("다시 볼 부품 사용"),
                N_("회사 평균의 몇 배부터 월말 정산에서 따로 보이나"),
                Number(2, 100, N_("배")),
            ),
        ),
    ),
    (
        "planning",
        N_("계획"),
        (
            Setting(
                "planning_days", N_("계획 기간"), N_("오늘 말고 며칠을 더 계획하나"), Number(0, 7, N_("일"))
            ),
            Setting(
                "candidate_points",
                N_("살펴보는 서비스점"),
                N_("가까운 순서로 몇 곳까지"),
                Number(1, 50, N_("곳")),
            ),
            Setting(
                "freeze_s",
                N_("다음 방문을 굳히는 시간"),
                N_("이 안에 시작하는 다음 방문은 저절로 옮기지 않습니다"),
                _minutes(),
            ),
            Setting(
                "route_change_pause_s",
                N_("경로를 다시 바꾸기까지"),
                N_("한 기사의 경로를 바꾼 뒤 쉬는 시간"),
                _minutes(),
            ),
            Setting(
                "max_overtime_s",
                N_("연장 근무의 한도"),
                N_("근무가 끝난 뒤 돌아올 때까지"),
                _minutes(0, 8 * HOUR),
            ),
            Setting(
                "overtime_cost", N_("연장 근무의 값"), N_("1초마다. 이동 1초가 1점"), Number(0, 1000, COST)
            ),
            Setting(
                "drop_cost",
                N_("미배정 벌점"),
                N_("우선순위마다. 클수록 빼지 않습니다"),
                ByPriority(Number(0, 10_000_000, COST)),
            ),
            Setting(
                "lateness_cost",
                N_("늦는 값"),
                N_("우선순위마다, 목표를 지난 1초마다"),
                ByPriority(Number(0, 1000, COST)),
            ),
            Setting(
                "safety_drop_cost",
                N_("안전 접수 미배정 벌점"),
                N_("가장 커야 합니다"),
                Number(0, 100_000_000, COST),
            ),
            Setting(
                "move_person_cost",
                N_("기사를 바꾸는 값"),
                N_("정해진 방문을 다른 기사에게 넘길 때. 클수록 넘기지 않습니다"),
                ByName(STANDINGS, Number(0, 1_000_000, COST)),
            ),
            Setting(
                "move_later_cost",
                N_("늦추는 값"),
                N_("정해진 때보다 늦게 시작하는 1초마다. 0이면 늦추는 것을 꺼리지 않습니다"),
                ByName(STANDINGS, Number(0, 1000, COST)),
            ),
            Setting("travel_detour", N_("우회 계수"), N_("직선거리에 곱하는 수"), Number(1, 3, whole=False)),
            Setting(
                "travel_speed_kmh",
                N_("주행 속도"),
                N_("시간대마다"),
                ByName(
                    {"peak": N_("출퇴근"), "day": N_("낮"), "night": N_("밤")},
                    Number(3, 120, " km/h", whole=False),
                ),
            ),
        ),
    ),
    (
        "happy",
        N_("해피콜"),
        (
            Setting(
                "happy_call_after_days",
                N_("며칠 뒤부터"),
                N_("수리를 마친 뒤 업무일로. 0은 그날, 거는 시간이 지났으면 다음 업무일"),
                Number(0, 30, N_("일")),
            ),
            Setting(
                "happy_call_until_days",
                N_("며칠 뒤까지"),
                N_("이날이 지나면 무응답으로 닫습니다"),
                Number(1, 60, N_("일")),
            ),
            Setting("happy_call_hours", N_("거는 시간"), N_("하루 가운데"), Spans()),
            Setting("happy_call_attempts", N_("거는 횟수"), N_("받지 않을 때"), Number(1, 10, N_("번"))),
            Setting(
                "happy_call_low_score",
                N_("낮은 만족도"),
                N_("7점 만점. 이 점수 이하면 다시 엽니다"),
                Number(1, 7, N_("점")),
            ),
            Setting(
                "happy_call_low_nps",
                N_("낮은 추천 점수"),
                N_("10점 만점. 이 점수 이하면 다시 엽니다"),
                Number(0, 10, N_("점")),
            ),
        ),
    ),
    (
        "access",
        N_("로그인과 보안"),
        (
            Setting(
                "second_factor",
                N_("2단계 확인"),
                N_("비밀번호 말고 휴대전화의 인증 앱 번호도 묻습니다"),
                Choice((("outside", N_("허용 네트워크 밖에서")), ("always", N_("어디서나 늘")))),
            ),
            Setting(
                "allowed_networks",
                N_("허용 네트워크"),
                N_("회사 안의 인터넷 주소. 비어 있으면 '밖에서'는 아무에게도 묻지 않습니다"),
                Networks(),
            ),
            Setting(
                "device_days",
                N_("기기 기억"),
                N_("내 기기라고 표시하면 이 동안 2단계 확인을 다시 묻지 않습니다"),
                Number(1, 365, N_("일")),
            ),
            Setting(
                "idle_lock_s",
                N_("화면 잠금"),
                N_("쓰지 않은 지 이만큼 지나면 비밀번호를 다시 묻습니다. 0은 잠그지 않음"),
                RoleMinutes(12 * HOUR),
            ),
            Setting(
                "api_per_minute",
                N_("API 요청 한도"),
                N_("토큰 하나가 1분에 보낼 수 있는 요청"),
                Number(10, 1_000_000, N_("번")),
            ),
        ),
    ),
    (
        "rest",
        N_("그 밖에"),
        (
            Setting(
                "duplicate_window_s",
                N_("중복을 의심하는 시간"),
                N_("같은 집에서 이 안에 다시 오면 표시"),
                Duration(HOUR, 0, 30 * DAY),
            ),
            Setting(
                "correction_days",
                N_("시정 권고 기한"),
                N_("고쳐 달라고 권고하는 날까지"),
                ByName(
                    {"use_stop": N_("사용 중지"), "repair": N_("고쳐야 함"), "advice": N_("권함")},
                    Number(1, 365, N_("일")),
                ),
            ),
            Setting(
                "quiet_from",
                N_("밤 시간이 시작하는 때"),
                N_("이때부터 급하지 않은 문자는 아침까지 기다립니다. 무엇이 급한지는 알림 화면에서 정합니다"),
                Clock(),
            ),
            Setting(
                "quiet_to",
                N_("밤 시간이 끝나는 때"),
                N_("시작하는 때와 같으면 기다리지 않습니다"),
                Clock(),
            ),
            Setting(
                "late_told_s",
                N_("늦음을 알리는 기준"),
                N_("알린 때보다 이만큼 넘게 늦으면 가족에게 새 시각을 알립니다"),
                _minutes(600),
            ),
            Setting(
                "contact_failed_after",
                N_("연락이 안 됨을 알리는 기준"),
                N_("전화를 이만큼 받지 않으시면 문자로 알립니다. 0은 알리지 않음"),
                Number(0, 10, N_("번")),
            ),
            Setting("link_days", N_("가족 주소가 열리는 날"), N_("수리를 마친 뒤"), Number(1, 365, N_("일"))),
            Setting("advert_from", N_("광고를 보낼 수 있는 때"), N_("이때부터"), Clock()),
            Setting("advert_until", N_("광고를 멈추는 때"), N_("이때부터 보내지 않습니다"), Clock()),
            Setting(
                "voice_enabled",
                N_("음성 안내"),
                N_("문자를 못 받는 집 전화에 음성으로 알립니다"),
                Choice(((False, N_("끔")), (True, N_("켬")))),
            ),
            Setting(
                "voice_hours",
                N_("음성 안내를 하는 시간"),
                N_("다른 때에는 사람이 전화합니다"),
                Spans(),
            ),
            Setting(
                "text_accounts",
                N_("문자 업체"),
                N_("앞의 업체가 받지 않으면 다음 업체로 보냅니다"),
                Accounts(),
            ),
            Setting(
                "push_answer_s",
                N_("기사 알림의 답을 기다림"),
                N_("휴대전화 알림을 이만큼 확인하지 않으면 문자로도 알립니다"),
                _minutes(60, HOUR),
            ),
            Setting(
                "message_tariff",
                N_("메시지 요금"),
                N_("1,000건에 원. 보낸 문자 화면의 비용을 셉니다"),
                ByName(CHANNELS, Number(0, 999_999, N_("원"))),
            ),
        ),
    ),
    (
        "retention",
        N_("보관 기간"),
        (
            Setting(
                "retain_ticket_days",
                N_("접수의 개인정보"),
                N_("접수가 끝난 뒤 이름·번호·메모를 지울 때까지. 비용과 시각은 남습니다"),
                Number(1827, LONGEST_DAYS, N_("일")),
            ),
            Setting(
                "retain_text_days",
                N_("보낸 문자의 내용"),
                N_("접수가 끝난 뒤 문자의 글을 지울 때까지"),
                Number(1096, LONGEST_DAYS, N_("일")),
            ),
            Setting(
                "retain_household_days",
                N_("댁의 정보"),
                N_("마지막 접수가 끝난 뒤 이름·번호·주소를 지울 때까지"),
                Number(1827, LONGEST_DAYS, N_("일")),
            ),
            Setting(
                "retain_timeline_days",
                N_("이력"),
                N_("설정을 바꾼 이력을 지울 때까지. 접수의 이력은 접수와 함께 지웁니다"),
                Number(1827, LONGEST_DAYS, N_("일")),
            ),
            Setting(
                "retain_access_log_days",
                N_("열람 기록"),
                N_("누가 누구의 정보를 보았는지의 기록"),
                Number(731, LONGEST_DAYS, N_("일")),
            ),
            Setting(
                "retain_request_days",
                N_("다시 온 요청의 답"),
                N_("같은 요청이 다시 올 때 쓰는 첫 답"),
                Number(1, LONGEST_DAYS, N_("일")),
            ),
            Setting(
                "retain_session_days",
                N_("끝난 로그인"),
                N_("끝난 로그인과 일회용 주소"),
                Number(1, LONGEST_DAYS, N_("일")),
            ),
            Setting(
                "retain_sign_in_try_days",
                N_("틀린 로그인 기록"),
                N_("비밀번호가 틀린 기록"),
                Number(30, LONGEST_DAYS, N_("일")),
            ),
            Setting(
                "retain_receipt_days",
                N_("통신사의 보고"),
                N_("문자가 갔는지 통신사가 알려 온 것"),
                Number(7, LONGEST_DAYS, N_("일")),
            ),
            Setting(
                "retain_plan_days",
                N_("지난 계획"),
                N_("지난날의 계획이 바뀌어 온 것"),
                Number(30, LONGEST_DAYS, N_("일")),
            ),
            Setting(
                "retain_event_days",
                N_("끝난 사건"),
                N_("다음 단계까지 모두 끝난 사건"),
                Number(1, LONGEST_DAYS, N_("일")),
            ),
            Setting(
                "retain_job_days",
                N_("끝난 작업"),
                N_("끝났거나 실패한 작업"),
                Number(1, LONGEST_DAYS, N_("일")),
            ),
        ),
    ),
)

SETTINGS: dict[str, Setting] = {item.key: item for _code, _name, items in GROUPS for item in items}

ELSEWHERE = {"notice_matrix"}
"""Asked for on a screen of their own (`notices.py`)."""

if set(SETTINGS) | ELSEWHERE != set(CompanyRules.model_fields):
    different = sorted((set(SETTINGS) | ELSEWHERE) ^ set(CompanyRules.model_fields))
    raise RuntimeError(f"settings page and CompanyRules differ: {different}")
