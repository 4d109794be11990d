"""Staff by push: devices, who has seen what he was told, what falls back to a text; sending once more; tariffs.

Expand: every new column is empty or has a default, so a process of the version before works on.

Revision ID: 0026
Revises: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

DEFAULTS = [
    ("push_answer_s", 180, "온돌 결정: 알림을 3분 안에 확인하지 않으면 문자로"),
    (
        "message_tariff",
        {"PUSH": 0, "SMS": 13000, "LMS": 29000, "ALIMTALK": 9000, "VOICE": 60000},
        "확인 필요: 통신사 계약서의 단가를 넣으세요 (1,000건에 원, 부가세 포함)",
    ),
]

ME = "(SELECT ondol_person())"
OWN = "company_id = (SELECT ondol_company())"
POLICIES = f"""
ALTER TABLE push_subscription ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON push_subscription TO ondol_web USING ({OWN}) WITH CHECK ({OWN});
CREATE POLICY within_point ON push_subscription AS RESTRICTIVE TO ondol_point USING (person_id = {ME});
CREATE POLICY within_technician ON push_subscription AS RESTRICTIVE TO ondol_technician
    USING (person_id = {ME});
ALTER TABLE job_seen ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_its_visit ON job_seen TO ondol_web
    USING (EXISTS (SELECT FROM visit AS p WHERE p.id = job_seen.visit_id));
REVOKE UPDATE, DELETE ON job_seen FROM ondol_web;
"""


def upgrade() -> None:
    _new_tables()
    _more_of_notices()
    op.get_bind().connection.driver_connection.execute(POLICIES)
    _put_settings()


def _new_tables() -> None:
    op.create_table(
        "push_subscription",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
        sa.Column("company_id", sa.BigInteger, sa.ForeignKey("company.id"), nullable=False),
        sa.Column("person_id", sa.BigInteger, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("public_key", sa.String, nullable=False),
        sa.Column("auth", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ux_push_subscription", "push_subscription", ["company_id", "endpoint"], unique=True)
    op.create_index("ix_push_subscription_person", "push_subscription", ["person_id", "company_id"])
    op.create_table(
        "job_seen",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
        sa.Column("visit_id", sa.BigInteger, sa.ForeignKey("visit.id"), nullable=False),
        sa.Column("technician_id", sa.BigInteger, sa.ForeignKey("technician.id"), nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("how", sa.String, nullable=False),
        sa.CheckConstraint("how IN ('APP', 'PUSH', 'CALL', 'DESK')", name="how_known"),
    )
    op.create_index(
        "ux_job_seen", "job_seen", ["visit_id", "technician_id", "event", "generation"], unique=True
    )


def _more_of_notices() -> None:
    op.add_column("notice", sa.Column("person_id", sa.BigInteger, sa.ForeignKey("person.id")))
    op.add_column("notice", sa.Column("push_text", sa.Text))
    op.add_column("notice", sa.Column("fall_back_at", sa.DateTime(timezone=True)))
    op.add_column("notice", sa.Column("resend_of_id", sa.BigInteger, sa.ForeignKey("notice.id")))
    op.add_column("notice", sa.Column("resend_reason", sa.Text))
    op.create_index("ix_notice_resend_of_id", "notice", ["resend_of_id"])
    op.create_index("ix_notice_company_at", "notice", ["company_id", "created_at", "id"])
    for column in ("event", "channel"):
        op.create_index(
            f"ix_notice_company_{column}_at", "notice", ["company_id", column, "created_at", "id"]
        )
    op.create_index(
        "ix_notice_not_delivered",
        "notice",
        ["company_id", "state", "created_at", "id"],
        postgresql_where=sa.text("state <> 'delivered'"),
    )
    op.create_index(
        "ix_notice_fall_back",
        "notice",
        ["fall_back_at"],
        postgresql_where=sa.text("fall_back_at IS NOT NULL"),
    )


def _put_settings() -> None:
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
    op.drop_table("job_seen")
    op.drop_table("push_subscription")
    for index in ("company_at", "company_event_at", "company_channel_at", "not_delivered", "fall_back"):
        op.drop_index(f"ix_notice_{index}", "notice")
    op.drop_index("ix_notice_resend_of_id", "notice")
    for column in ("person_id", "push_text", "fall_back_at", "resend_of_id", "resend_reason"):
        op.drop_column("notice", column)
    op.execute("DELETE FROM dated_setting WHERE key IN ('push_answer_s', 'message_tariff')")
