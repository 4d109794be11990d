"""Which tables this code was written for, and whether a database has them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection

ALEMBIC = Path(__file__).resolve().parent.parent / "alembic"


@cache
def code_revisions() -> tuple[str, ...]:
    """The revisions that this code knows, newest first."""
    from alembic.script import ScriptDirectory

    return tuple(each.revision for each in ScriptDirectory(str(ALEMBIC)).walk_revisions())


def read_revision(connection: Connection) -> str | None:
    """The revision of a database; None when it has no tables of ours."""
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def is_behind(found: str | None) -> bool:
    """Whether a database must be migrated before this code runs on it.

    A revision that we do not know is a newer one: during a rolling update the database goes ahead, and what
    went ahead only adds (docs/operations.md), so the code of the version before runs on.
    """
    return found is None or found in code_revisions()[1:]
