"""A voice before the text: what it says to a technician, beside the text that follows an unanswered call.

Expand: the new column is empty, so a process of the version before works on.

Revision ID: 0030
Revises: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notice", sa.Column("spoken_text", sa.Text))


def downgrade() -> None:
    op.drop_column("notice", "spoken_text")
