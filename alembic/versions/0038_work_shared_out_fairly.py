"""Work shared out fairly: what it costs to send whoever was busier of late, and over how many days.

Expand: rows that a process of the version before does not read. 0 is off: a company turns it on by itself.

Revision ID: 0038
Revises: 0037
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

DEFAULTS = [
    ("fairness_cost", 0, "온돌 결정: 회사가 정하기 전에는 따지지 않음"),
    ("fairness_days", 14, "온돌 결정: 지난 두 주"),
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
    keys = ", ".join(f"'{key}'" for key, _value, _source in DEFAULTS)
    op.execute(f"DELETE FROM dated_setting WHERE key IN ({keys})")
