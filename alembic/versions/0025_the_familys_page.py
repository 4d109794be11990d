"""The family's page: its links (hashed), what was sent from it, correction notices, technicians' pictures.

Expand: new tables, which the version before leaves empty.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

OWN = "company_id = (SELECT ondol_company())"
OF_ITS_TICKET = "ondol_sees_ticket(ticket_id)"
TABLES = ("family_link", "family_act", "correction_notice")
DEFAULTS = [
    (
        "correction_days",
        {"use_stop": 3, "repair": 14, "advice": 60},
        "온돌 결정: 쓰면 안 되는 것은 3일, 고쳐야 하는 것은 14일, 권하는 것은 60일 안에 (확인 필요)",
    ),
]


def upgrade() -> None:
    op.create_table(
        "family_link",
        _id(),
        *_of_a_case(),
        sa.Column("visit_id", sa.BigInteger(), sa.ForeignKey("visit.id"), nullable=True),
        sa.Column("roles", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("token_hash", AutoString(), nullable=False, unique=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
    )
    op.create_index("ix_family_link_ticket", "family_link", ["ticket_id"])
    op.create_table(
        "family_act",
        _id(),
        *_of_a_case(),
        sa.Column("link_id", sa.BigInteger(), sa.ForeignKey("family_link.id"), nullable=False),
        sa.Column("form_key", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("body_hash", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
    op.create_index("ux_family_act", "family_act", ["link_id", "form_key"], unique=True)
    op.create_index("ix_family_act_ticket_id", "family_act", ["ticket_id"])
    op.create_table(
        "correction_notice",
        _id(),
        *_of_a_case(),
        sa.Column("visit_id", sa.BigInteger(), sa.ForeignKey("visit.id"), nullable=False),
        sa.Column("technician_id", sa.BigInteger(), sa.ForeignKey("technician.id"), nullable=False),
        sa.Column("items", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("use_stop", sa.Boolean(), nullable=False),
        sa.Column("put_right_by", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("acknowledged", AutoString(), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("acknowledged IN ('signed', 'refused', 'nobody')", name="acknowledged_known"),
    )
    op.create_index("ix_correction_notice_ticket", "correction_notice", ["ticket_id"])
    op.create_table(
        "technician_photo",
        sa.Column(
            "technician_id",
            sa.BigInteger(),
            sa.ForeignKey("technician.id"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("entered_at", UTCDateTime(), nullable=False),
    )
    op.execute("ALTER TABLE technician_photo ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY of_its_technician ON technician_photo TO ondol_web"
        " USING (EXISTS (SELECT FROM technician AS p WHERE p.id = technician_photo.technician_id))"
    )
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own ON {table} TO ondol_web USING ({OWN}) WITH CHECK ({OWN})")
        for role in ("point", "technician"):
            op.execute(
                f"CREATE POLICY within_{role} ON {table} AS RESTRICTIVE TO ondol_{role} USING ({OF_ITS_TICKET})"
            )
    _settings()


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=True)


def _of_a_case() -> tuple[sa.Column[int], ...]:
    return (
        sa.Column("company_id", sa.BigInteger(), sa.ForeignKey("company.id"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), sa.ForeignKey("ticket.id"), nullable=False),
    )


def _settings() -> None:
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
    op.execute("DELETE FROM dated_setting WHERE key = 'correction_days'")
    for table in ("technician_photo", *reversed(TABLES)):
        op.drop_table(table)
