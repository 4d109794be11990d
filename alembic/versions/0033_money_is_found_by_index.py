"""Which bill counts, what became of a payment, what was asked for a visit: each found by an index.

Expand: indexes alone; a process of the version before works on.

Revision ID: 0033
Revises: 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (("charge", "replaces_id"), ("payment", "corrects_id")):
        only = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_{table}_{column}", table, [column], postgresql_where=only)
    op.create_index("ix_payment_company", "payment", ["company_id", "taken_at"])
    op.create_index("ix_cost_approval_visit", "cost_approval", ["visit_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_cost_approval_visit", "cost_approval")
    op.drop_index("ix_payment_company", "payment")
    for table, column in (("payment", "corrects_id"), ("charge", "replaces_id")):
        op.drop_index(f"ix_{table}_{column}", table)
