"""How long a technician stands still for a call, what that and a known face are worth: numbers of a company.

Expand: rows that a process of the version before does not read.

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


def downgrade() -> None:
    op.execute("DELETE FROM dated_setting WHERE key IN ('call_gap_s', 'call_gap_worth', 'known_face_cost')")
