"""Forms that were filled in on paper: why a ticket was entered later than it was received, and its limits.

Expand: the columns are nullable, and the version before leaves them empty.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

DEFAULTS = [
    ("late_entry_limit_s", 7 * 86400, "온돌 결정: 종이 접수는 7일 안에 입력"),
    ("stale_step_s", 900, "온돌 결정: 15분 넘게 지난 단계의 중간 안내 문자는 보내지 않음"),
]


def upgrade() -> None:
    op.add_column("ticket", sa.Column("late_entry_reason", AutoString(), nullable=True))
    op.add_column("ticket", sa.Column("late_entry_note", sa.Text(), nullable=True))
    op.create_check_constraint(
        "late_entry_reason_known",
        "ticket",
        "late_entry_reason IN ('NETWORK_DOWN', 'SYSTEM_DOWN', 'POINT_PAPER', 'OTHER')",
    )
    op.create_index(
        "ix_ticket_late_entry",
        "ticket",
        ["company_id", "id"],
        postgresql_where=sa.text("late_entry_reason IS NOT NULL"),
    )
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
    op.execute("DELETE FROM dated_setting WHERE key IN ('late_entry_limit_s', 'stale_step_s')")
    op.drop_index("ix_ticket_late_entry", table_name="ticket")
    op.drop_constraint("late_entry_reason_known", "ticket", type_="check")
    op.drop_column("ticket", "late_entry_note")
    op.drop_column("ticket", "late_entry_reason")
