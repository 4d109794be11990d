"""Changes know the request they go back to; what always fails is put aside; figures for `/metrics`.

Expand: the columns are nullable, and the version before leaves them empty. It also does not see that an event
is put aside and tries it again, which is harmless.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("timeline_entry", "event"):
        op.add_column(table, sa.Column("request_id", AutoString(), nullable=True))
        op.create_index(
            f"ix_{table}_request",
            table,
            ["request_id"],
            postgresql_where=sa.text("request_id IS NOT NULL"),
        )
    op.add_column("event", sa.Column("parked_at", UTCDateTime(), nullable=True))
    op.create_index(
        "ix_event_parked", "event", ["parked_at"], postgresql_where=sa.text("parked_at IS NOT NULL")
    )
    op.create_table(
        "operating_fact",
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    # Of the whole installation: the worker writes it, and /metrics reads it outside the wall.
    op.execute("REVOKE ALL ON operating_fact FROM ondol_web")


def downgrade() -> None:
    op.drop_table("operating_fact")
    op.drop_column("event", "parked_at")
    for table in ("timeline_entry", "event"):
        op.drop_column(table, "request_id")
