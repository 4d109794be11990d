"""Settings of what stands around the work: calls afterwards, access, texts, how long things are kept."""

from __future__ import annotations

from core.i18n import N_
from web.pages.admin.setting_kinds import (
    DAY,
    HOUR,
    Accounts,
    Choice,
    Clock,
    Duration,
    FreeNumber,
    Networks,
    Number,
    Spans,
)
from web.pages.admin.setting_shape import LONGEST_DAYS, Setting, minutes
from web.pages.admin.setting_tables import (
    ByName,
    RoleMinutes,
)

CHANNELS = {
    "PUSH": N_("휴대전화 알림"),
    "SMS": N_("단문(SMS)"),
    "LMS": N_("장문(LMS)"),
    "ALIMTALK": N_("알림톡"),
    "VOICE": N_("음성"),
}


OF_THE_HOUSE: tuple[tuple[str, str, tuple[Setting, ...]], ...] = (
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
                minutes(600),
            ),
            Setting(
                "contact_failed_after",
                N_("연락이 안 됨을 알리는 기준"),
                N_("전화를 이만큼 받지 않으시면 문자로 알립니다. 0은 알리지 않음"),
                Number(0, 10, N_("번")),
            ),
            Setting("link_days", N_("가족 주소가 열리는 날"), N_("수리를 마친 뒤"), Number(1, 365, N_("일"))),
            Setting(
                "link_times_a_day",
                N_("가족이 시간을 정하는 횟수"),
                N_("하루에 이만큼 정하면 그다음은 전화로 바꿉니다"),
                Number(1, 50, N_("번")),
            ),
            Setting("advert_from", N_("광고를 보낼 수 있는 때"), N_("이때부터"), Clock()),
            Setting("advert_until", N_("광고를 멈추는 때"), N_("이때부터 보내지 않습니다"), Clock()),
            Setting(
                "advert_refusal_number",
                N_("무료 수신 거부 번호"),
                N_("광고 끝에 적는 080 번호. 비어 있으면 광고를 한 건도 보내지 않습니다"),
                FreeNumber(),
            ),
            Setting(
                "advert_consent_years",
                N_("광고 동의가 이어지는 동안"),
                N_("동의한 날부터. 그 전에 다시 여쭙고, 답이 없으면 더 보내지 않습니다"),
                Number(1, 2, N_("년")),
            ),
            Setting(
                "advert_reconfirm_days",
                N_("광고 동의를 다시 여쭙는 때"),
                N_("동의가 끝나기 이만큼 전에 한 번"),
                Number(1, 90, N_("일 전")),
            ),
            Setting(
                "voice_enabled",
                N_("음성 안내"),
                N_("문자를 못 받는 집 전화와, 고객과 통화가 늦는 기사에게 음성으로 알립니다"),
                Choice(((False, N_("끔")), (True, N_("켬")))),
            ),
            Setting(
                "voice_hours",
                N_("음성 안내를 하는 시간"),
                N_("집 전화에 거는 때. 다른 때에는 사람이 전화하고, 근무 중인 기사에게는 언제나 겁니다"),
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
                N_("휴대전화 알림을 이만큼 확인하지 않거나 음성 전화를 받지 않으면 문자로도 알립니다"),
                minutes(60, HOUR),
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
                N_("같은 요청이 다시 올 때 쓰는 첫 답, 가져오지 못한 줄에 적힌 글"),
                Number(1, LONGEST_DAYS, N_("일")),
            ),
            Setting(
                "retain_session_days",
                N_("끝난 로그인"),
                N_("끝난 로그인, 일회용 주소, 기억하던 기기와 다 쓴 복구 번호"),
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
