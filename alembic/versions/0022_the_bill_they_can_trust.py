"""Approvals before dear work, payments as rows, parts by serial number, the day's close, VAT, wider warranty rules.

Expand: new tables, and columns that are empty or have a default; a process of the version before goes on.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

DEFAULTS = [
    ("approval_limit", 300_000, "온돌 결정: 이보다 비싼 작업은 비용 내실 분의 동의를 먼저 받음"),
    ("vat_percent", 10, "부가가치세법 제30조"),
    (
        "cash_receipt_from",
        100_000,
        "소득세법 제162조의3: 보일러 수리업은 2024-01-01부터 10만원 이상 현금 거래에 현금영수증 의무 발급",
    ),
    ("outlier_part_amount", 90_000, "온돌 결정: 한 줄에 이보다 비싼 부품은 월말에 다시 봄"),
    ("outlier_part_times", 3, "온돌 결정: 회사 평균의 3배 넘게 쓴 부품은 월말에 다시 봄"),
]
OWN = "company_id = (SELECT ondol_company())"
OF_ITS_TICKET = "ondol_sees_ticket(ticket_id)"
SCOPES = {
    "cost_approval": (OF_ITS_TICKET, OF_ITS_TICKET),
    "payment": (OF_ITS_TICKET, OF_ITS_TICKET),
    "part_change": (OF_ITS_TICKET, OF_ITS_TICKET),
    "day_close": (
        "service_point_id = (SELECT ondol_point())",
        "technician_id = (SELECT ondol_technician())",
    ),
}
"""By table: what a point's desk sees of it, and what a technician does."""
ONLY_ADDED = ("payment", "part_change", "day_close")
"""What the web writes once and never changes: a refund or a correction is a row of its own."""


def upgrade() -> None:
    op.create_table(
        "cost_approval",
        *_of_visit(),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), sa.ForeignKey("account.id"), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", AutoString(), nullable=False, server_default=""),
        sa.Column("how", AutoString(), nullable=True),
        sa.CheckConstraint("state IN ('asked', 'agreed', 'refused', 'withdrawn')", name="state_known"),
        sa.CheckConstraint("how IN ('FAMILY', 'PHONE')", name="how_known"),
    )
    op.create_index("ix_cost_approval_ticket", "cost_approval", ["ticket_id"])
    op.create_index(
        "ux_cost_approval_open",
        "cost_approval",
        ["visit_id"],
        unique=True,
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_table(
        "payment",
        *_of_visit(),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("method", AutoString(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("receipt_number", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("corrects_id", sa.BigInteger(), sa.ForeignKey("payment.id"), nullable=True),
        sa.Column("technician_id", sa.BigInteger(), sa.ForeignKey("technician.id"), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.BigInteger(), sa.ForeignKey("account.id"), nullable=True),
        sa.CheckConstraint("kind IN ('paid', 'refund', 'correction')", name="kind_known"),
        sa.CheckConstraint("method IN ('card', 'transfer', 'cash', 'unpaid')", name="method_known"),
        sa.CheckConstraint(
            "kind = 'correction' OR (kind = 'refund') = (amount < 0)", name="refund_is_negative"
        ),
    )
    op.create_index("ix_payment_ticket", "payment", ["ticket_id"])
    op.create_index("ix_payment_visit", "payment", ["visit_id"])
    op.create_index("ix_payment_technician", "payment", ["technician_id", "taken_at"])
    op.create_table(
        "part_change",
        *_of_visit(),
        sa.Column("code", AutoString(), nullable=False),
        sa.Column("label", AutoString(), nullable=False),
        sa.Column("old_serial", AutoString(), nullable=False),
        sa.Column("new_serial", AutoString(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_part_change_visit", "part_change", ["visit_id"])
    op.create_index("ix_part_change_serial", "part_change", ["company_id", "new_serial"])
    op.create_table(
        "day_close",
        sa.Column("id", sa.BigInteger(), autoincrement=True, primary_key=True),
        sa.Column("company_id", sa.BigInteger(), sa.ForeignKey("company.id"), nullable=False),
        sa.Column("technician_id", sa.BigInteger(), sa.ForeignKey("technician.id"), nullable=False),
        sa.Column("service_point_id", sa.BigInteger(), sa.ForeignKey("service_point.id"), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        *(
            sa.Column(f"{method}_{kind}", sa.Integer(), nullable=False)
            for method in ("cash", "card", "transfer")
            for kind in ("expected", "counted")
        ),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.BigInteger(), sa.ForeignKey("account.id"), nullable=True),
    )
    op.create_index("ix_day_close", "day_close", ["company_id", "day"])
    op.create_index("ix_day_close_technician", "day_close", ["technician_id", "day"])
    op.add_column("charge", sa.Column("vat", sa.Integer(), nullable=True))
    op.add_column("charge", sa.Column("paid_because", AutoString(), nullable=False, server_default=""))
    op.add_column(
        "charge", sa.Column("tracks_payment", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute("UPDATE charge SET vat = total / 11")
    op.add_column("warranty_rule", sa.Column("model_code", AutoString(), nullable=True))
    op.add_column(
        "warranty_rule",
        sa.Column("start_rule", AutoString(), nullable=False, server_default="installed"),
    )
    op.add_column("warranty_rule", sa.Column("made_plus_months", sa.Integer(), nullable=True))
    op.create_check_constraint("start_rule_known", "warranty_rule", "start_rule IN ('installed', 'bought')")
    op.add_column("boiler", sa.Column("bought_on", sa.Date(), nullable=True))
    op.add_column("boiler", sa.Column("made_on", sa.Date(), nullable=True))
    _write_defaults()
    for statement in _wall():
        op.execute(statement)


def _of_visit() -> list[sa.Column[int]]:
    return [
        sa.Column("id", sa.BigInteger(), autoincrement=True, primary_key=True),
        sa.Column("company_id", sa.BigInteger(), sa.ForeignKey("company.id"), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), sa.ForeignKey("ticket.id"), nullable=False),
        sa.Column("visit_id", sa.BigInteger(), sa.ForeignKey("visit.id"), nullable=False),
    ]


def _write_defaults() -> None:
    table = sa.table(
        "dated_setting",
        sa.column("key", sa.Text),
        sa.column("value", postgresql.JSONB),
        sa.column("valid_from", sa.DateTime(timezone=True)),
        sa.column("source", sa.Text),
        sa.column("entered_at", sa.DateTime(timezone=True)),
    )
    since = sa.text("TIMESTAMPTZ '2000-01-01 00:00:00+09'")
    for key, value, source in DEFAULTS:
        row = {"key": key, "value": value, "source": source}
        op.execute(table.insert().values(**row, valid_from=since, entered_at=since))


def _wall() -> list[str]:
    own = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        f"CREATE POLICY own ON {table} TO ondol_web USING ({OWN}) WITH CHECK ({OWN})"
        for table in SCOPES
    ]
    within = [
        f"CREATE POLICY within_{role} ON {table} AS RESTRICTIVE TO ondol_{role} USING ({condition})"
        for table, conditions in SCOPES.items()
        for role, condition in zip(("point", "technician"), conditions, strict=True)
    ]
    return [*own, *within, f"REVOKE UPDATE, DELETE ON {', '.join(ONLY_ADDED)} FROM ondol_web"]


def downgrade() -> None:
    raise NotImplementedError("Payments are not taken back with a version: restore a backup.")
