"""The revisions, and nothing else, make the tables that the models describe."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import text

from core.db import Database


def differences(url: str) -> str:
    """What a new revision would have to do; empty when there is nothing."""
    config = Config(Path(__file__).resolve().parents[2] / "alembic.ini")
    config.attributes["url"] = url
    try:
        command.check(config)
    except CommandError as error:
        return str(error)
    return ""


def test_models_match_migrations(database_url: str) -> None:
    assert differences(database_url) == ""


@pytest.mark.parametrize(
    ("change", "found"),
    [("ALTER TABLE ticket DROP COLUMN note", "add_column"), ("CREATE TABLE stray (n int)", "remove_table")],
)
def test_what_does_not_match_is_found(database: Database, database_url: str, change: str, found: str) -> None:
    with database.transaction() as session:
        session.execute(text(change))
    assert found in differences(database_url)
