"""Jobs wake their worker after the commit (core/news.py), no longer inside the transaction.

Expand: a worker of the version before finds its jobs by looking every second.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TRIGGER = "procrastinate_jobs_notify_queue_job_inserted_v1"


def upgrade() -> None:
    op.execute(f"ALTER TABLE procrastinate_jobs DISABLE TRIGGER {TRIGGER}")


def downgrade() -> None:
    op.execute(f"ALTER TABLE procrastinate_jobs ENABLE TRIGGER {TRIGGER}")
