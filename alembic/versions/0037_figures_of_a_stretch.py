"""How a stretch of days went is counted from indexes: visits by their end, clocks by their start, answers.

Expand: a process of the version before does not ask them.

Revision ID: 0037
Revises: 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_visit_ended", "visit", ["company_id", "ended_at"])
    contact = sa.text("kind = 'contact'")
    op.create_index("ix_ticket_clock_begun", "ticket_clock", ["started_at"], postgresql_where=contact)
    connected = sa.text("outcome = 'CONNECTED'")
    op.create_index("ix_happy_call_answered", "happy_call_attempt", ["at"], postgresql_where=connected)


def downgrade() -> None:
    op.drop_index("ix_happy_call_answered", "happy_call_attempt")
    op.drop_index("ix_ticket_clock_begun", "ticket_clock")
    op.drop_index("ix_visit_ended", "visit")
