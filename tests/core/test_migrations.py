"""The revisions, and nothing else, make the tables that the models describe."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config


def test_models_match_migrations(database_url: str) -> None:
    config = Config(Path(__file__).resolve().parents[2] / "alembic.ini")
    config.attributes["url"] = database_url
    command.check(config)
