"""National defaults of every dated number, each with its source. Companies add rows of their own beside them.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UNCONFIRMED = "확인 필요"

DEFAULTS: list[tuple[str, object, str]] = [
    ("contact_limit_s", 3600, "접수 뒤 1시간 안 기사와 고객의 통화 (2017 업계 기사)"),
    ("promise_limit_s", 600, "10분 안 방문 약속 (1004 서비스)"),
    ("handled_limit_s", 6000, "100분 안 처리 (1004 서비스); 시작은 접수로 봄, 확인 필요"),
    ("contact_remind_after_s", 1800, "온돌 결정: 30분에 기사에게 다시 알림"),
    ("contact_hand_over_after_s", 2700, "온돌 결정: 45분에 서비스점 창구로"),
    ("accept_limit_s", 300, "온돌 결정: 지정점의 수락 기한"),
    ("late_entry_flag_s", 300, "온돌 결정"),
    ("season_24h_from", "10-01", "10월부터 다음 해 3월까지 24시간 (2017 업계 기사)"),
    ("season_24h_to", "03-31", "10월부터 다음 해 3월까지 24시간 (2017 업계 기사)"),
    (
        "desk_hours",
        {
            "0": ["09:00", "18:00"],
            "1": ["09:00", "18:00"],
            "2": ["09:00", "18:00"],
            "3": ["09:00", "18:00"],
            "4": ["09:00", "18:00"],
            "5": ["09:00", "13:00"],
        },
        UNCONFIRMED,
    ),
    ("contact_clock_off_season", "hours", "온돌 결정: 철 밖에는 운영 시간에만"),
    ("absence_wait_s", 600, "온돌 결정: 10분 기다림"),
    ("absence_attempts", 2, "온돌 결정: 통화 2번"),
    ("freeze_s", 3600, "온돌 결정: 다음 방문과 60분"),
    ("route_change_pause_s", 600, "온돌 결정: 10분에 한 번"),
    ("window_length_s", 7200, UNCONFIRMED),
    ("window_starts", ["06:00", "08:00", "10:00", "12:00", "14:00", "16:00", "18:00", "20:00"], UNCONFIRMED),
    ("planning_days", 2, "온돌 결정: 오늘과 이틀"),
    ("drop_cost", [200000, 80000, 30000, 12000, 6000], "온돌 결정: 우선순위 0-4"),
    ("lateness_cost", [10, 5, 3, 1, 1], "온돌 결정: 우선순위 0-4, 초마다"),
    ("visit_target_s", [10800, 21600, 43200, 86400, 129600], UNCONFIRMED),
    ("safety_drop_cost", 2000000, "온돌 결정: 안전 접수는 빠지지 않음"),
    ("overtime_cost", 3, "온돌 결정"),
    ("max_overtime_s", 3600, UNCONFIRMED),
    (
        "job_duration_s",
        {
            "default": 2400,
            "NO_HEAT": 2700,
            "NO_HOT_WATER": 2400,
            "LEAK": 3000,
            "CONTROLLER": 1500,
            "POWER": 1800,
            "FREEZE": 3600,
            "IGNITION": 2700,
            "FLUE": 3600,
            "GAS_SMELL": 2700,
            "CO": 3600,
            "ODOUR_SMOKE": 2700,
            "INSPECTION": 1800,
            "INSTALL": 7200,
            "NOISE": 2400,
            "ERROR_CODE": 2400,
            "BILLING": 900,
            "COMPLAINT": 1800,
        },
        "건당 30-60분 (추정)",
    ),
    (
        "symptom_skills",
        {
            "default": [],
            "GAS_SMELL": ["GAS_WORK"],
            "CO": ["GAS_WORK", "FLUE"],
            "FLUE": ["FLUE"],
            "IGNITION": ["GAS_WORK"],
            "ODOUR_SMOKE": ["GAS_WORK"],
            "INSTALL": ["GAS_WORK", "FLUE"],
        },
        UNCONFIRMED,
    ),
    ("travel_detour", 1.35, "직선거리 보정 (추정)"),
    ("travel_speed_kmh", {"peak": 22.0, "day": 27.0, "night": 38.0}, "추정"),
    ("candidate_points", 6, "온돌 결정"),
    ("reopen_free_s", 259200, "온돌 결정: 전화로 해결한 뒤 72시간"),
    ("warranty_recheck_s", 5184000, "같은 고장 2개월 무상 (소비자분쟁해결기준, 확인 필요)"),
    ("happy_call_after_days", 1, "온돌 결정: D+1"),
    ("happy_call_until_days", 3, "온돌 결정: D+3"),
    ("happy_call_hours", [["10:00", "12:00"], ["13:30", "17:30"]], "온돌 결정"),
    ("happy_call_attempts", 3, "온돌 결정"),
    ("happy_call_low_score", 3, "온돌 결정: 7점 만점에 3점 이하"),
    ("happy_call_low_nps", 6, "온돌 결정"),
    ("night_from", "18:00", "야간 출장비 18시부터 (소비자 기사)"),
    ("night_to", "08:00", UNCONFIRMED),
    ("duplicate_window_s", 86400, "같은 날 다시 온 접수"),
    ("link_days", 14, "온돌 결정"),
    ("voice_enabled", False, "음성 안내는 회사가 켬"),
]


def upgrade() -> None:
    table = sa.table(
        "dated_setting",
        sa.column("key", sa.Text),
        sa.column("value", sa.dialects.postgresql.JSONB),
        sa.column("valid_from", sa.DateTime(timezone=True)),
        sa.column("source", sa.Text),
        sa.column("entered_at", sa.DateTime(timezone=True)),
    )
    rows = [
        {"key": key, "value": json.loads(json.dumps(value)), "source": source}
        for key, value, source in DEFAULTS
    ]
    since = sa.text("TIMESTAMPTZ '2000-01-01 00:00:00+09'")
    for row in rows:
        op.execute(table.insert().values(**row, valid_from=since, entered_at=since))


def downgrade() -> None:
    op.execute("DELETE FROM dated_setting WHERE company_id IS NULL")
