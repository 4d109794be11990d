"""Settings of preseason campaigns: when, whom, on how much idle time, and when they stop by themselves."""

from __future__ import annotations

from core.i18n import N_
from web.pages.admin.setting_kinds import MonthDay, Number
from web.pages.admin.setting_shape import Setting, minutes

OF_CAMPAIGNS: tuple[tuple[str, str, tuple[Setting, ...]], ...] = (
    (
        "campaigns",
        N_("사전점검"),
        (
            Setting("campaign_season_from", N_("사전점검 철의 첫날"), N_("이날부터"), MonthDay()),
            Setting("campaign_season_to", N_("사전점검 철의 마지막 날"), N_("이날까지"), MonthDay()),
            Setting(
                "checkup_age_years",
                N_("오래된 보일러"),
                N_("설치한 지 이만큼 된 댁을 고릅니다. 사전점검마다 바꿀 수 있습니다"),
                Number(1, 50, N_("년")),
            ),
            Setting(
                "checkup_repairs",
                N_("자주 고친 보일러"),
                N_("이만큼 고친 댁을 고릅니다. 0은 고르지 않음"),
                Number(0, 20, N_("번")),
            ),
            Setting(
                "checkup_repairs_months",
                N_("고친 때를 세는 기간"),
                N_("지난 몇 달 동안의 수리를 셉니다"),
                Number(1, 120, N_("달")),
            ),
            Setting(
                "checkup_visited_months",
                N_("얼마 전에 다녀온 댁"),
                N_("이 안에 방문한 댁에는 안내하지 않습니다"),
                Number(1, 24, N_("달")),
            ),
            Setting(
                "checkup_travel_s",
                N_("방문 하나의 이동 시간"),
                N_("남는 시간을 셀 때 방문마다 더합니다"),
                minutes(),
            ),
            Setting(
                "checkup_reserve_percent",
                N_("고장 수리에 남겨 두는 몫"),
                N_("근무 시간 가운데. 그 철에 예상하는 고장만큼, 추워지기 전에 올리세요"),
                Number(0, 100, "%"),
            ),
            Setting(
                "checkup_response_percent",
                N_("안내에 응하는 댁"),
                N_("100댁에 안내하면 시간을 고르는 댁의 수"),
                Number(1, 100, "%"),
            ),
            Setting(
                "checkup_answer_days",
                N_("안내에 답하는 기간"),
                N_("지나면 주소가 열리지 않습니다"),
                Number(1, 60, N_("일")),
            ),
            Setting(
                "checkup_stop_waiting",
                N_("멈추는 기준: 기다리는 고장"),
                N_("기사가 없는 고장이 이만큼이면 안내를 스스로 멈춥니다"),
                Number(1, 10_000, N_("건")),
            ),
            Setting(
                "checkup_stop_overdue",
                N_("멈추는 기준: 늦은 첫 통화"),
                N_("기한이 지나도록 통화하지 못한 댁이 이만큼이면 멈춥니다"),
                Number(1, 10_000, N_("곳")),
            ),
            Setting(
                "checkup_stop_surge_percent",
                N_("멈추는 기준: 접수가 몰림"),
                N_("하루 접수가 평소(지난 4주)의 이만큼이면 멈춥니다"),
                Number(110, 1000, "%"),
            ),
        ),
    ),
)
