"""On the way: the gap for a call, what that and a known face are worth, when a missing arrival is asked after.

Expand: rows that a process of the version before does not read, and an index.

Revision ID: 0036
Revises: 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

DEFAULTS = [
    ("arrival_check_s", 1800, "온돌 결정: 예상한 때에서 30분이 지나면 물어봄"),
    ("safety_depart_s", 300, "온돌 결정: 위험한 집으로는 5분 안에 출발"),
    ("call_gap_s", 300, "온돌 결정: 통화 한 번에 5분"),
    ("call_gap_worth", 7200, "온돌 결정: 한 시간 안의 통화는 이동 두 시간만큼 무겁고, 어떤 약속보다 가벼움"),
    ("known_face_cost", 1800, "온돌 결정: 아는 기사가 가는 것은 이동 30분만큼"),
]


def upgrade() -> None:
    insert = sa.text(
        "INSERT INTO dated_setting (key, value, valid_from, source, entered_at)"
        " SELECT :key, to_jsonb(CAST(:value AS integer)), since, :source, since"
        " FROM (VALUES (TIMESTAMPTZ '2000-01-01 00:00:00+09')) AS begins (since)"
    )
    for key, value, source in DEFAULTS:
        op.execute(insert.bindparams(key=key, value=value, source=source))
    on_the_way = sa.text("state = 'en_route'")
    op.create_index("ix_visit_on_the_way", "visit", ["arrives_at"], postgresql_where=on_the_way)


def downgrade() -> None:
    op.drop_index("ix_visit_on_the_way", "visit")
    keys = ", ".join(f"'{key}'" for key, _value, _source in DEFAULTS)
    op.execute(f"DELETE FROM dated_setting WHERE key IN ({keys})")
