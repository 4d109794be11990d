"""Since when an account has its password: what was begun with the one before is over.

Expand: the column is nullable, and the version before leaves it empty.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("password_set_at", UTCDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("account", "password_set_at")
