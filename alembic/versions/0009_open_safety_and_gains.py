"""Open safety tickets are found by an index of their own; a proposal keeps what it would gain.

Expand: the column is nullable; a worker of the version before leaves it empty, and readers then show no gain.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_ticket_open_safety",
        "ticket",
        ["company_id", "received_at"],
        postgresql_where=sa.text(
            "safety AND status NOT IN ('SELF_FIXED', 'COMPLETED', 'CLOSED', 'CANCELLED')"
        ),
    )
    op.add_column("plan", sa.Column("gain", JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("plan", "gain")
    op.drop_index("ix_ticket_open_safety", table_name="ticket")
