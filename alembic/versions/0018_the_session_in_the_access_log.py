"""Which log-in saw somebody's data: after one was stolen, what it saw is told apart from its owner's work.

Expand: the column is nullable, and the version before leaves it empty. No foreign key: ended sessions are destroyed
years before the log.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("access_log", sa.Column("session_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("access_log", "session_id")
