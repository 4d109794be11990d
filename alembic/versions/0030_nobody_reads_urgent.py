"""A notice's `urgent` is no longer written: nobody reads it, `held_until` says what follows from it.

Expand: the column keeps a value for processes of the version before, and goes with the next version.

Revision ID: 0030
Revises: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("notice", "urgent", server_default=sa.true())


def downgrade() -> None:
    op.alter_column("notice", "urgent", server_default=None)
