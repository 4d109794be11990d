"""A voice before the text: what it says to a technician; which log-in asked to be told by push; a number's end.

Expand: the new columns are empty or filled by the database, so a process of the version before works on.

Revision ID: 0027
Revises: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notice", sa.Column("spoken_text", sa.Text))
    op.add_column(
        "push_subscription",
        sa.Column("session_id", sa.BigInteger, sa.ForeignKey("web_session.id", ondelete="SET NULL")),
    )
    op.create_index("ix_push_subscription_session_id", "push_subscription", ["session_id"])
    tail = sa.Computed("right(number, 5)", persisted=True)
    op.add_column("ticket", sa.Column("number_tail", sa.String, tail))
    op.create_index("ix_ticket_number_tail", "ticket", ["number_tail", "company_id"])


def downgrade() -> None:
    op.drop_column("ticket", "number_tail")
    op.drop_column("push_subscription", "session_id")
    op.drop_column("notice", "spoken_text")
