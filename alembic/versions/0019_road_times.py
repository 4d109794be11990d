"""Travel times of a road engine are kept; plans and placements know where theirs come from.

Expand: the columns are nullable, and the version before leaves them empty.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

SOURCES = {"plan": "'road', 'model', 'mixed'", "placement": "'road', 'model'"}


def upgrade() -> None:
    # UNLOGGED: a cache. A crash of PostgreSQL empties it, and no backup takes its rows along.
    op.create_table(
        "road_time",
        sa.Column("origin", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("target", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hour_class", AutoString(), nullable=False),
        sa.Column("source", AutoString(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("fetched_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("hour_class IN ('free')", name="hour_class_known"),
        sa.PrimaryKeyConstraint("origin", "target", "hour_class"),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_road_time_fetched_at", "road_time", ["fetched_at"])
    # Of no company: the worker writes it, everybody plans by it.
    op.execute("REVOKE INSERT, UPDATE, DELETE ON road_time FROM ondol_web")
    for table, known in SOURCES.items():
        op.add_column(table, sa.Column("travel_source", AutoString(), nullable=True))
        op.create_check_constraint("travel_source_known", table, f"travel_source IN ({known})")


def downgrade() -> None:
    for table in SOURCES:
        op.drop_column(table, "travel_source")
    op.drop_table("road_time")
