"""How data was seen, monthly reviews of the log, what retention destroys and when.

Expand: columns have a default or are nullable. Only a transaction that says it is retention's may delete from the
append-only tables; a web process never says so.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

COMMERCE = "전자상거래법 시행령 제6조"
LOG = "개인정보의 안전성 확보조치 기준 제8조"
OURS = "온돌 결정, 확인 필요"
DEFAULTS: list[tuple[str, int, str]] = [
    ("retain_ticket_days", 1827, f"{COMMERCE}: 대금결제 기록 5년"),
    ("retain_text_days", 1096, f"{COMMERCE}: 소비자 불만·분쟁처리 기록 3년"),
    ("retain_household_days", 1827, f"{COMMERCE}: 마지막 접수 뒤 5년"),
    ("retain_timeline_days", 1827, f"{COMMERCE}: 대금결제 기록 5년"),
    ("retain_access_log_days", 731, f"{LOG}: 5만 명 이상 2년"),
    ("retain_request_days", 30, OURS),
    ("retain_session_days", 90, OURS),
    ("retain_sign_in_try_days", 90, OURS),
    ("retain_receipt_days", 90, OURS),
    ("retain_plan_days", 366, OURS),
    ("retain_event_days", 30, OURS),
    ("retain_job_days", 30, OURS),
]

APPEND_ONLY = """
CREATE OR REPLACE FUNCTION ondol_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('ondol.retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
"""

WALL = """
ALTER TABLE access_review ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON access_review TO ondol_web
    USING (company_id = (SELECT ondol_company())) WITH CHECK (company_id = (SELECT ondol_company()));
REVOKE UPDATE, DELETE ON access_review FROM ondol_web;
ALTER TABLE retention_run ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON retention_run FOR SELECT TO ondol_web USING (company_id = (SELECT ondol_company()));
CREATE POLICY of_the_house ON retention_run FOR SELECT TO ondol_web USING (company_id IS NULL);
REVOKE INSERT, UPDATE, DELETE ON retention_run FROM ondol_web;
"""


def upgrade() -> None:
    op.add_column("access_log", sa.Column("act", sa.String(), server_default="opened", nullable=False))
    op.create_check_constraint(
        "act_known", "access_log", "act IN ('opened', 'viewed', 'searched', 'downloaded')"
    )
    op.create_index("ix_access_log_subject", "access_log", ["subject_kind", "subject_id", "at"])
    op.add_column("ticket", sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("household", sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("notice", sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True))
    _reviews()
    _runs()
    for statements in (APPEND_ONLY, WALL):
        op.get_bind().connection.driver_connection.execute(statements)
    since = sa.text("TIMESTAMPTZ '2000-01-01 00:00:00+09'")
    table = sa.table(
        "dated_setting",
        sa.column("key", sa.Text),
        sa.column("value", sa.dialects.postgresql.JSONB),
        sa.column("valid_from", sa.DateTime(timezone=True)),
        sa.column("source", sa.Text),
        sa.column("entered_at", sa.DateTime(timezone=True)),
    )
    for key, days, source in DEFAULTS:
        value = json.loads(json.dumps(days))
        op.execute(
            table.insert().values(key=key, value=value, source=source, valid_from=since, entered_at=since)
        )


def _reviews() -> None:
    op.create_table(
        "access_review",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_by", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_access_review_company_id_company")
        ),
        sa.ForeignKeyConstraint(
            ["checked_by"], ["account.id"], name=op.f("fk_access_review_checked_by_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_review")),
    )
    op.create_index("ux_access_review", "access_review", ["company_id", "month"], unique=True)


def _runs() -> None:
    op.create_table(
        "retention_run",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_retention_run_company_id_company")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    op.create_index(
        "ux_retention_run",
        "retention_run",
        ["company_id", "kind", "day"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    raise NotImplementedError("Restore a backup: what was destroyed does not come back.")
