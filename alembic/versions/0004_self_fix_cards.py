"""The self-fix cards that every company begins with.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RESET_STOP = "껐다 켜기는 한 번만 합니다. 같은 오류가 다시 나오면 더 누르지 마시고 방문을 잡아 드립니다."

CARDS = [
    {
        "code": "FROZEN_PIPE",
        "title": "배관이 얼었을 때",
        "symptoms": ["FREEZE", "NO_HOT_WATER"],
        "steps": [
            {
                "say": "찬물은 나오고 뜨거운 물 쪽만 안 나오나요?",
                "why": "둘 다 안 나오면 수도가 언 것입니다.",
            },
            {
                "say": "보일러 아래 물 나가는 관을 만져 보세요. 아주 차갑고 딱딱한가요?",
                "why": "언 곳을 찾습니다.",
            },
            {
                "say": "따뜻한 수건이나 드라이기로 10분쯤 천천히 녹여 주세요. 끓는 물은 붓지 마세요.",
                "why": "관이 터질 수 있습니다.",
            },
            {"say": "수도꼭지를 뜨거운 물 쪽으로 조금 틀어 두세요.", "why": "녹으면 물이 나옵니다."},
        ],
        "stop_when": "30분이 지나도 물이 나오지 않거나 물이 새면 방문을 잡습니다. 동파는 무상 수리가 아닙니다.",
    },
    {
        "code": "THERMOSTAT",
        "title": "실내 온도조절기 확인",
        "symptoms": ["CONTROLLER", "NO_HEAT"],
        "steps": [
            {"say": "조절기 화면에 불이 들어와 있나요?", "why": "전원을 봅니다."},
            {
                "say": "‘외출’이나 ‘예약’으로 되어 있으면 ‘난방’으로 바꿔 주세요.",
                "why": "외출이면 거의 데우지 않습니다.",
            },
            {"say": "희망 온도를 지금 온도보다 5도 높게 올려 주세요.", "why": "가동을 시켜 봅니다."},
            {"say": "10분 뒤에 바닥이나 관이 따뜻해지는지 봐 주세요.", "why": "바닥은 천천히 데워집니다."},
        ],
        "stop_when": "화면에 숫자 오류가 나오거나 10분 뒤에도 그대로면 방문을 잡습니다.",
    },
    {
        "code": "POWER_VALVE",
        "title": "전원과 가스 밸브 확인",
        "symptoms": ["POWER", "NO_HEAT", "NO_HOT_WATER", "IGNITION"],
        "steps": [
            {"say": "보일러 전기 코드가 꽂혀 있고 두꺼비집이 내려가 있지 않은가요?", "why": "전원을 봅니다."},
            {"say": "가스레인지 불은 켜지나요?", "why": "가스가 들어오는지 봅니다."},
            {
                "say": "보일러 아래 가스 밸브가 관과 나란한가요? 가로로 되어 있으면 돌려 주세요.",
                "why": "나란하면 열린 것입니다.",
            },
            {"say": "직수(물) 밸브도 나란히 열려 있나요?", "why": "물이 없으면 켜지지 않습니다."},
        ],
        "stop_when": "가스 냄새가 나면 바로 멈추고 안전 안내로 넘어갑니다.",
    },
    {
        "code": "RESET",
        "title": "한 번 껐다 켜기",
        "symptoms": ["ERROR_CODE", "NO_HEAT", "NO_HOT_WATER", "NOISE", "IGNITION"],
        "steps": [
            {"say": "조절기의 전원을 끄고 30초 기다려 주세요.", "why": "저장된 오류를 지웁니다."},
            {"say": "다시 켜고 온도를 올려 주세요.", "why": "한 번만 해 봅니다."},
            {"say": "화면에 나온 숫자를 불러 주시겠어요?", "why": "기사가 부품을 챙깁니다."},
        ],
        "stop_when": RESET_STOP,
    },
]


def upgrade() -> None:
    table = sa.table(
        "self_fix_card",
        sa.column("code", sa.Text),
        sa.column("version", sa.Integer),
        sa.column("symptoms", JSONB),
        sa.column("title", sa.Text),
        sa.column("steps", JSONB),
        sa.column("stop_when", sa.Text),
        sa.column("valid_from", sa.DateTime(timezone=True)),
    )
    since = sa.text("TIMESTAMPTZ '2000-01-01 00:00:00+09'")
    for card in CARDS:
        op.execute(table.insert().values(version=1, valid_from=since, **card))


def downgrade() -> None:
    op.execute("DELETE FROM self_fix_card WHERE company_id IS NULL")
