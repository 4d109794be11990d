"""What moving a planned visit costs, by how firmly it stands: national defaults, each with its source.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

DEFAULTS = [
    (
        "move_person_cost",
        {"tentative": 300, "told": 3600, "promised": 14400},
        "온돌 결정: 약속한 방문의 기사는 이동 4시간을 아낄 때만 바꿈",
    ),
    (
        "move_later_cost",
        {"tentative": 0, "told": 1, "promised": 3},
        "온돌 결정: 알린 방문을 1분 늦추는 것은 이동 1분, 약속한 방문은 3분과 같음",
    ),
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
    since = sa.text("TIMESTAMPTZ '2000-01-01 00:00:00+09'")
    for key, value, source in DEFAULTS:
        row = {"key": key, "value": value, "source": source}
        op.execute(table.insert().values(**row, valid_from=since, entered_at=since))


def downgrade() -> None:
    op.execute("DELETE FROM dated_setting WHERE key IN ('move_person_cost', 'move_later_cost')")
