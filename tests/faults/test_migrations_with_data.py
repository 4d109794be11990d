"""A full database of the first version becomes one of today: nothing is lost, the version before runs on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text

from operators.database import ROOT
from tests.databases import Server
from tests.journeys.house import House
from tests.journeys.steps import agree, file, finish, go_there
from tests.journeys.test_whole_journey import open_gangnam

FIRST = "0001"
COLUMNS = """
SELECT table_name, column_name, is_nullable, column_default, is_identity FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
AND table_name <> 'alembic_version' AND table_name NOT LIKE 'procrastinate%' ORDER BY 1, ordinal_position
"""

Columns = dict[str, dict[str, Any]]


@pytest.fixture
def lived_in(calm_house: House) -> House:
    """Rows as the product writes them: a case from the call to the bill, and one that waits."""
    open_gangnam(calm_house)
    number = file(calm_house)
    agree(calm_house, number)
    go_there(calm_house, number)
    finish(calm_house, number)
    calm_house.api("agent").post("/tickets", json={**_other(), "note": "waits"})
    return calm_house


def _other() -> dict[str, Any]:
    resident = {"name": "박영희", "phone": "010-7777-0101", "address": "서울 강남구 역삼동 700"}
    return {"channel": "app", "symptom": "LEAK", "resident": resident}


@pytest.fixture
def old(postgres_server: Server) -> Iterator[Engine]:
    """A database as the first version made it."""
    with postgres_server.temporary() as name:
        engine = create_engine(postgres_server.url_of(name))
        _migrate(engine, FIRST)
        yield engine
        engine.dispose()


def _migrate(engine: Engine, revision: str) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = engine.url.render_as_string(hide_password=False)
    command.upgrade(config, revision)


def columns_of(connection: Connection) -> Columns:
    """Table -> column -> its facts."""
    found: Columns = {}
    for table, column, *facts in connection.execute(text(COLUMNS)):
        found.setdefault(table, {})[column] = facts
    return found


def rows_of(connection: Connection, table: str, columns: list[str]) -> list[str]:
    """Rows as JSON text, in an order that does not depend on where they lie."""
    listed = ", ".join(f'"{name}"' for name in columns)
    query = f"SELECT to_jsonb(r)::text FROM (SELECT {listed} FROM {table}) AS r ORDER BY 1"
    return list(connection.execute(text(query)).scalars())


def fill(connection: Connection, table: str, columns: list[str], rows: list[str]) -> None:
    listed = ", ".join(f'"{name}"' for name in columns)
    connection.execute(
        text(
            f"INSERT INTO {table} ({listed}) OVERRIDING SYSTEM VALUE SELECT {listed}"
            f" FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb))"
        ),
        {"rows": f"[{','.join(rows)}]"},
    )


def test_rows_of_the_first_version_are_there_after_every_revision(
    lived_in: House, old: Engine, template_database: str, postgres_server: Server
) -> None:
    seeded = create_engine(postgres_server.url_of(template_database))
    with seeded.connect() as connection:
        brought = {t for t in columns_of(connection) if rows_of(connection, t, ["ctid"])}
    seeded.dispose()
    kept: dict[str, tuple[list[str], list[str]]] = {}
    with lived_in.database.engine.connect() as source, old.begin() as target:
        target.execute(text("SET LOCAL session_replication_role = replica"))
        now = columns_of(source)
        for table, columns in columns_of(target).items():
            names = [name for name in columns if name in now[table]]
            assert names == list(columns), f"{table}: a column of the first version is gone"
            rows = rows_of(source, table, names)
            if table not in brought and rows:
                fill(target, table, names, rows)
                kept[table] = (names, rows)
    assert {"ticket", "visit", "charge", "notice", "timeline_entry", "event", "plan"} <= kept.keys()
    assert len(kept) > 25

    _migrate(old, "head")
    with old.connect() as connection:
        for table, (names, rows) in kept.items():
            assert rows_of(connection, table, names) == rows, table


def test_what_was_added_since_does_not_stop_the_version_before(old: Engine) -> None:
    """Expand only: a process of the old version inserts rows without knowing the new columns."""
    with old.connect() as connection:
        before = columns_of(connection)
    _migrate(old, "head")
    with old.connect() as connection:
        after = columns_of(connection)
    for table, columns in before.items():
        for name, (nullable, default, identity) in after[table].items():
            if name not in columns:
                assert nullable == "YES" or default is not None or identity == "YES", f"{table}.{name}"
