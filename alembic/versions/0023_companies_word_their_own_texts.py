"""Companies word their own texts: versions of wordings, texts sent to try them, the hours of advertisements.

Expand: new tables and settings alone; a process of the version before goes on with the package's wordings.

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

LAW = "정보통신망법 제50조 제3항: 21시부터 다음 날 8시까지 광고는 따로 동의를 받아야 함"
DEFAULTS = [("advert_from", "08:00", LAW), ("advert_until", "21:00", LAW)]

OWN = "company_id = (SELECT ondol_company())"
WALL = f"""
ALTER TABLE message_text ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON message_text TO ondol_web USING ({OWN}) WITH CHECK ({OWN});
REVOKE UPDATE, DELETE ON message_text FROM ondol_web;
ALTER TABLE trial_text ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON trial_text TO ondol_web USING ({OWN}) WITH CHECK ({OWN});
CREATE POLICY within_point ON trial_text AS RESTRICTIVE TO ondol_point USING (false);
CREATE POLICY within_technician ON trial_text AS RESTRICTIVE TO ondol_technician USING (false);
"""
"""A point and a technician read the wordings: what they do writes texts. Trials are the administrators' own."""


def upgrade() -> None:
    _wordings()
    _trials()
    op.get_bind().connection.driver_connection.execute(WALL)
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


def _wordings() -> None:
    op.create_table(
        "message_text",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("event", AutoString(), nullable=False),
        sa.Column("variant", AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=True),
        sa.Column("writer_name", AutoString(), nullable=False),
        sa.CheckConstraint(
            "variant IN ('resident', 'requester', 'shared', 'payer', 'technician', 'point', 'subject')",
            name="variant_known",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"]),
        sa.ForeignKeyConstraint(["written_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ux_message_text", "message_text", ["company_id", "event", "variant", "version"], unique=True
    )


def _trials() -> None:
    op.create_table(
        "trial_text",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("event", AutoString(), nullable=False),
        sa.Column("variant", AutoString(), nullable=False),
        sa.Column("channel", AutoString(), nullable=False),
        sa.Column("to_phone", AutoString(), nullable=False),
        sa.Column("from_phone", AutoString(), nullable=False),
        sa.Column("subject", AutoString(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("provider", AutoString(), nullable=False),
        sa.Column("provider_message_id", AutoString(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=True),
        sa.Column("asker_name", AutoString(), nullable=False),
        sa.Column("settled_at", UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'accepted', 'delivered', 'failed', 'unknown')",
            name="state_known",
        ),
        sa.CheckConstraint("channel IN ('SMS', 'LMS')", name="channel_known"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"]),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_trial_text_company", "trial_text", ["company_id", "id"])


def downgrade() -> None:
    op.execute("DELETE FROM dated_setting WHERE key IN ('advert_from', 'advert_until')")
    op.drop_table("trial_text")
    op.drop_table("message_text")
