"""In which language people are written to, and on which ways a company tells whom of what.

Expand: a contact is Korean unless somebody said otherwise, a notice without ways goes as it always did, and the
version before reads neither.

Revision ID: 0029
Revises: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

READERS = ("resident", "requester", "shared", "payer", "technician", "point", "subject")
DEFAULTS = [("notice_ways", {}, "온돌 결정: 알림톡, 안 되면 문자, 안 되면 사람의 전화")]


def upgrade() -> None:
    op.add_column("contact", sa.Column("language", sa.String(), nullable=False, server_default="ko"))
    op.create_check_constraint("language_known", "contact", "language IN ('ko', 'en')")
    op.add_column("notice", sa.Column("ways", JSONB(), nullable=True))
    _name_wordings((*READERS, *(f"{reader}.en" for reader in READERS)))
    table = sa.table(
        "dated_setting",
        sa.column("key", sa.Text),
        sa.column("value", JSONB),
        sa.column("valid_from", sa.DateTime(timezone=True)),
        sa.column("source", sa.Text),
        sa.column("entered_at", sa.DateTime(timezone=True)),
    )
    since = sa.text("TIMESTAMPTZ '2000-01-01 00:00:00+09'")
    for key, value, source in DEFAULTS:
        row = {"key": key, "value": value, "source": source}
        op.execute(table.insert().values(**row, valid_from=since, entered_at=since))


def downgrade() -> None:
    op.execute("DELETE FROM dated_setting WHERE key = 'notice_ways'")
    op.execute("DELETE FROM message_text WHERE variant LIKE '%.en'")
    _name_wordings(READERS)
    op.drop_column("notice", "ways")
    op.drop_constraint("language_known", "contact")
    op.drop_column("contact", "language")


def _name_wordings(known: tuple[str, ...]) -> None:
    op.drop_constraint("variant_known", "message_text")
    names = ", ".join(f"'{each}'" for each in known)
    op.create_check_constraint("variant_known", "message_text", f"variant IN ({names})")
