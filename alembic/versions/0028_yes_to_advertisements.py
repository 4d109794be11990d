"""Yes to advertisements: its years, the free number to refuse by, numbers that refused, links that answer for it.

Expand: new columns are empty, and the version before knows one door less.

Revision ID: 0028
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

DEFAULTS = [
    ("advert_consent_years", 2, "정보통신망법 제50조 제8항, 시행령 제62조의3: 동의한 날부터 2년마다 확인"),
    ("advert_reconfirm_days", 30, "온돌 결정: 2년이 되기 30일 전에 여쭙고, 답이 없으면 더 보내지 않음"),
    ("advert_refusal_number", "", "확인 필요: 회사가 신청한 080 무료 수신 거부 번호를 넣으세요"),
]
DOORS = "'INTAKE', 'CALL', 'TEXT', 'PAGE'"

OWN = "company_id = (SELECT ondol_company())"
POLICIES = f"""
ALTER TABLE refused_number ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON refused_number TO ondol_web USING ({OWN}) WITH CHECK ({OWN});
CREATE POLICY within_point ON refused_number AS RESTRICTIVE TO ondol_point
    USING (EXISTS (SELECT FROM contact AS p WHERE p.phone = refused_number.phone));
CREATE POLICY within_technician ON refused_number AS RESTRICTIVE TO ondol_technician
    USING (EXISTS (SELECT FROM contact AS p WHERE p.phone = refused_number.phone));
REVOKE UPDATE, DELETE ON refused_number FROM ondol_web;
CREATE TRIGGER refused_number_append_only BEFORE UPDATE OR DELETE ON refused_number
    FOR EACH ROW EXECUTE FUNCTION ondol_append_only();
"""


def upgrade() -> None:
    _let_in_by(f"{DOORS}, 'FREE_CALL'")
    op.create_index(
        "ix_notice_choice_advert_yes",
        "notice_choice",
        ["at"],
        postgresql_where=sa.text("purpose = 'ADVERT' AND choice = 'AGREED'"),
    )
    op.create_table(
        "refused_number",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
        sa.Column("company_id", sa.BigInteger, sa.ForeignKey("company.id"), nullable=False),
        sa.Column("phone", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger, sa.ForeignKey("account.id"), nullable=True),
    )
    op.create_index("ux_refused_number", "refused_number", ["company_id", "phone", "at"], unique=True)
    op.add_column("family_link", sa.Column("adverts_until", sa.DateTime(timezone=True)))
    op.get_bind().connection.driver_connection.execute(POLICIES)
    _put_settings()


def _let_in_by(doors: str) -> None:
    op.drop_constraint("door_known", "notice_choice", type_="check")
    op.create_check_constraint("door_known", "notice_choice", f"door IN ({doors})")


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
    keys = ", ".join(f"'{key}'" for key, _value, _source in DEFAULTS)
    op.execute(f"DELETE FROM dated_setting WHERE key IN ({keys})")
    op.drop_column("family_link", "adverts_until")
    op.drop_table("refused_number")
    op.drop_index("ix_notice_choice_advert_yes", "notice_choice")
    op.execute("ALTER TABLE notice_choice DISABLE TRIGGER notice_choice_append_only")
    op.execute("DELETE FROM notice_choice WHERE door = 'FREE_CALL'")
    op.execute("ALTER TABLE notice_choice ENABLE TRIGGER notice_choice_append_only")
    _let_in_by(DOORS)
