"""Texts find their way: accounts by company, channels, tries that the carrier reports as failed.

Expand: new columns have defaults, so a process of the version before writes rows that this one understands.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

DEFAULTS = [
    ("text_accounts", [], "비어 있으면 설치의 기본 업체"),
    ("voice_hours", [["08:00", "21:00"]], "온돌 결정: 밤 9시부터 아침 8시까지는 기계가 전화하지 않음"),
]
NUMBERS = ("route", "spares", "failed_try")


def upgrade() -> None:
    op.add_column("notice", sa.Column("variant", sa.String(), server_default="", nullable=False))
    for name in NUMBERS:
        op.add_column("notice", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column("notice", sa.Column("text_only", sa.Boolean(), server_default="false", nullable=False))
    for name in ("outdated_at", "report_due_at"):
        op.add_column("notice", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_notice_report_due",
        "notice",
        ["report_due_at"],
        postgresql_where=sa.text("report_due_at IS NOT NULL"),
    )
    op.create_table(
        "alimtalk_template",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=True),
        sa.Column("company_id", sa.BigInteger(), sa.ForeignKey("company.id"), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("wording_version", sa.String(), nullable=False),
        sa.Column("channel_key", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('approved', 'stopped')", name=op.f("ck_alimtalk_template_state_known")),
    )
    op.create_index(
        "ux_alimtalk_template",
        "alimtalk_template",
        ["company_id", "account", "event", "variant", "wording_version"],
        unique=True,
        postgresql_where=sa.text("state = 'approved'"),
    )
    connection = op.get_bind().connection.driver_connection
    own = "company_id = (SELECT ondol_company())"
    connection.execute("ALTER TABLE alimtalk_template ENABLE ROW LEVEL SECURITY")
    connection.execute(
        f"CREATE POLICY own ON alimtalk_template TO ondol_web USING ({own}) WITH CHECK ({own})"
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
    op.execute("DELETE FROM dated_setting WHERE key IN ('text_accounts', 'voice_hours')")
    op.drop_table("alimtalk_template")
    op.drop_index("ix_notice_report_due", "notice")
    for name in ("variant", *NUMBERS, "text_only", "outdated_at", "report_due_at"):
        op.drop_column("notice", name)
