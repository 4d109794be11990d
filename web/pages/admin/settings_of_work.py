"""Settings of the work itself: clocks, visits, planning."""

from __future__ import annotations

from core.i18n import N_
from web.pages.admin.setting_kinds import (
    DAY,
    HOUR,
    MINUTE,
    Choice,
    Clock,
    ClockList,
    Duration,
    MonthDay,
    Number,
)
from web.pages.admin.setting_shape import Setting, minutes
from web.pages.admin.setting_tables import (
    ByName,
    ByPriority,
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


OF_WORK: tuple[tuple[str, str, tuple[Setting, ...]], ...] = (
    (
        "clocks",
        N_("약속 시계 (SLA)"),
        (
            Setting(
                "contact_limit_s",
                N_("기사 통화 기한"),
                N_("접수부터 기사가 고객과 통화해 약속할 때까지"),
                minutes(60),
            ),
            Setting(
                "promise_limit_s",
                N_("방문 약속 기한"),
                N_("접수부터 고객이 방문 시간을 받아들일 때까지"),
                minutes(60),
            ),
            Setting("handled_limit_s", N_("처리 기한"), N_("접수부터 처리까지"), minutes(60, 30 * DAY)),
            Setting(
                "contact_remind_after_s",
                N_("기사에게 다시 알림"),
                N_("접수부터 이만큼 통화가 없으면"),
                minutes(),
            ),
            Setting(
                "contact_hand_over_after_s",
                N_("창구로 넘김"),
                N_("접수부터 이만큼 통화가 없으면"),
                minutes(),
            ),
            Setting(
                "accept_limit_s", N_("지정점 수락 기한"), N_("지나면 다음 서비스점으로 갑니다"), minutes(60)
            ),
            Setting(
                "late_entry_flag_s",
                N_("늦은 입력 표시"),
                N_("적은 시각과 실제 시각이 이만큼 다르면 표시"),
                minutes(),
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
                minutes(60),
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
            Setting(
                "safety_depart_s",
                N_("안전 접수의 출발 기한"),
                N_("맡기고 이만큼 지나면 책임자에게 알립니다. 늦은 도착도 이만큼만 기다립니다"),
                minutes(60, HOUR),
            ),
            Setting(
                "arrival_check_s",
                N_("도착하지 않은 기사를 찾기까지"),
                N_("예상한 도착 시각에서 이만큼 지나면 사무실이 기사에게 확인합니다"),
                minutes(),
            ),
            Setting("absence_wait_s", N_("부재로 보기 전 기다림"), N_("도착한 뒤"), minutes()),
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
                minutes(),
            ),
            Setting(
                "route_change_pause_s",
                N_("경로를 다시 바꾸기까지"),
                N_("한 기사의 경로를 바꾼 뒤 쉬는 시간"),
                minutes(),
            ),
            Setting(
                "max_overtime_s",
                N_("연장 근무의 한도"),
                N_("근무가 끝난 뒤 돌아올 때까지"),
                minutes(0, 8 * HOUR),
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
                "checkup_drop_cost",
                N_("사전점검이 비켜 주는 값"),
                N_("고장은 그날의 사전점검을 모두 더한 것보다 무겁습니다"),
                Number(0, 100_000, COST),
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
            Setting(
                "known_face_cost",
                N_("아는 기사의 값"),
                N_("가족이 알거나 바라는 기사가 갈 때. 클수록 그 기사를 보냅니다"),
                Number(0, 1_000_000, COST),
            ),
            Setting(
                "fairness_cost",
                N_("골고루 나누는 값"),
                N_("동료보다 바빴던 시간이 10%p 많을 때마다 방문 하나에. 0이면 따지지 않습니다"),
                Number(0, 1_000_000, COST),
            ),
            Setting(
                "fairness_days",
                N_("바빴는지 보는 날"),
                N_("지난 며칠의 일로 따집니다"),
                Number(1, 92, N_("일")),
            ),
            Setting(
                "call_gap_s",
                N_("이동하다가 통화할 틈"),
                N_("기사가 다음 댁에 전화하려고 멈추는 시간"),
                Duration(MINUTE, MINUTE, HOUR),
            ),
            Setting(
                "call_gap_worth",
                N_("통화할 틈의 값"),
                N_("틈을 내느라 경로가 이보다 비싸지면 사무실이 대신 전화합니다"),
                Number(0, 1_000_000, COST),
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
)
