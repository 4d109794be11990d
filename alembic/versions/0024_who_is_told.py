"""Who is told what, once: the truth a text tells, quiet hours, and who agreed to or refused which notices.

Expand: the columns are nullable, and the version before leaves them empty.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

DEFAULTS = [
    ("notice_matrix", {}, "온돌 결정: 알림 목록의 기본값을 따름"),
    ("quiet_from", "21:00", "정보통신망법의 광고 제한 시간(21~8시)을 급하지 않은 안내에도 따름"),
    ("quiet_to", "08:00", "정보통신망법의 광고 제한 시간(21~8시)을 급하지 않은 안내에도 따름"),
    ("late_told_s", 1800, "온돌 결정: 알린 때보다 30분 넘게 늦으면 새 시각을 알림"),
    ("contact_failed_after", 2, "온돌 결정: 전화를 두 번 받지 않으시면 문자로 알림"),
]

# A point's desk and a technician see the choices of the people whom they see.
WALL = """
ALTER TABLE notice_choice ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notice_choice TO ondol_web
    USING (company_id = (SELECT ondol_company())) WITH CHECK (company_id = (SELECT ondol_company()));
CREATE POLICY within_point ON notice_choice AS RESTRICTIVE TO ondol_point USING (ondol_sees_contact(contact_id));
CREATE POLICY within_technician ON notice_choice AS RESTRICTIVE TO ondol_technician
    USING (ondol_sees_contact(contact_id));
REVOKE UPDATE, DELETE ON notice_choice FROM ondol_web;
CREATE TRIGGER notice_choice_append_only BEFORE UPDATE OR DELETE ON notice_choice
    FOR EACH ROW EXECUTE FUNCTION ondol_append_only();
"""


def upgrade() -> None:
    op.add_column("notice", sa.Column("line", sa.String(), nullable=True))
    op.add_column("notice", sa.Column("truth", JSONB(), nullable=True))
    op.add_column("notice", sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))
    _choices()
    op.get_bind().connection.driver_connection.execute(WALL)
    _defaults()


def _choices() -> None:
    op.create_table(
        "notice_choice",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=True, nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("purpose IN ('VISIT', 'SURVEY', 'ADVERT')", name="purpose_known"),
        sa.CheckConstraint("choice IN ('AGREED', 'REFUSED')", name="choice_known"),
        sa.CheckConstraint("door IN ('INTAKE', 'CALL', 'TEXT', 'PAGE')", name="door_known"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"]),
        sa.ForeignKeyConstraint(["decided_by_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
    )
    op.create_index("ix_notice_choice_contact", "notice_choice", ["contact_id", "id"])
    op.create_index("ix_notice_choice_decided_by", "notice_choice", ["decided_by_id"])


def _defaults() -> None:
    table = sa.table(
        "dated_setting",
        sa.column("key", sa.Text),
        sa.column("value", JSONB),
        sa.column("valid_from", sa.DateTime(timezone=True)),
        sa.column("source", sa.Text),
        sa.column("entered_at", sa.DateTime(timezone=True)),
    )
    since = sa.text("TIMESTAMPTZ '2000-01-01 00:00:00+09'")
    for key, value, source in DEFAULTS:
        row = {"key": key, "value": value, "source": source}
        op.execute(table.insert().values(**row, valid_from=since, entered_at=since))


def downgrade() -> None:
    keys = ", ".join(f"'{key}'" for key, _value, _source in DEFAULTS)
    op.execute(f"DELETE FROM dated_setting WHERE key IN ({keys})")
    op.drop_table("notice_choice")
    for column in ("held_until", "truth", "line"):
        op.drop_column("notice", column)
