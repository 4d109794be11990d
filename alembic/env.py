"""How Alembic finds the database and the tables.

The address: `config.attributes["url"]` (called from Python), `-x url=…`, or DATABASE_URL.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from alembic import context
from sqlalchemy import create_engine, pool, text
from sqlmodel import SQLModel

from core.db import import_models, sqlalchemy_url

_MIGRATION_LOCK = 0x0DD01
"""Two processes that start at once migrate one after the other; the second finds nothing to do."""


def address() -> str:
    """The database to migrate."""
    given = context.config.attributes.get("url") or context.get_x_argument(as_dictionary=True).get("url")
    url = given or os.environ.get("DATABASE_URL", "")
    if not url:
        raise SystemExit("No database: set DATABASE_URL, or give `alembic -x url=postgresql://… COMMAND`.")
    return sqlalchemy_url(url)


LEFT = {("notice", "urgent")}
"""(table, column) that processes of the version before still write; a revision of the next drops them."""


def include_name(name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
    """What has no model here and yet must stay: procrastinate's own tables, and columns that are left."""
    if kind == "column" and (parents.get("table_name"), name) in LEFT:
        return False
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def migrate() -> None:
    """Run the revisions in one transaction."""
    import_models()
    engine = create_engine(address(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            include_name=include_name,
            compare_type=True,
        )
        with context.begin_transaction():
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Ondol migrates online only: revisions read what is there.")
migrate()
