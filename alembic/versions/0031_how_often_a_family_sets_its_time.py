"""How often a day a family sets the time of its visit on its page.

Expand: a row that a process of the version before does not read.

Revision ID: 0031
Revises: 0030
"""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO dated_setting (key, value, valid_from, source, entered_at)"
        " SELECT 'link_times_a_day', '4', since, '온돌 결정: 더 바꾸면 가족과 기사에게 문자가 너무 많음', since"
        " FROM (VALUES (TIMESTAMPTZ '2000-01-01 00:00:00+09')) AS begins (since)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM dated_setting WHERE key = 'link_times_a_day'")
