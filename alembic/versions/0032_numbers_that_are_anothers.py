"""Since when a party's number is known to be another's; words on notices are found by their home.

Expand: the new column is empty, so a process of the version before works on.

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticket_party", sa.Column("phone_wrong_since", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_notice_choice_household",
        "notice_choice",
        ["household_id"],
        postgresql_where=sa.text("household_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_notice_choice_household", "notice_choice")
    op.drop_column("ticket_party", "phone_wrong_since")
