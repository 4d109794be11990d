"""Databases of tests: a server on which they are made, and one database that is swept clean between tests.

Cloning a template costs a quarter of a second a test. Most tests leave some hundred rows in twenty tables:
deleting those costs a hundredth of it, so a process keeps one database and makes a new one only when a test
has changed its tables.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from core.db import libpq_url

_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
_SHAPE = """
SELECT (SELECT array[count(*), max(oid::bigint)] FROM pg_class WHERE relnamespace = 'public'::regnamespace),
       (SELECT array[count(*), max(oid::bigint)] FROM pg_proc),
       (SELECT array[count(*), max(oid::bigint)] FROM pg_constraint),
       (SELECT array[count(*), max(oid::bigint)] FROM pg_trigger),
       (SELECT count(*) FROM pg_attribute)
"""
"""What changes when a test makes, alters or drops a table, function, constraint or trigger."""
_ALONE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SEQUENCES = "SELECT format('%I.%I', schemaname, sequencename), last_value, start_value FROM pg_sequences"
_COUNTERS = "public.ticket_number_"


@dataclass(frozen=True)
class Server:
    """A PostgreSQL on which tests may make and drop databases; `url` is any database of it."""

    url: str

    def url_of(self, name: str) -> str:
        """SQLAlchemy URL of a database on this server."""
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def run(self, statement: sql.SQL | sql.Composed) -> None:
        """Run one statement outside a transaction."""
        with psycopg.connect(libpq_url(self.url), autocommit=True) as connection:
            connection.execute(statement)

    def make(self, template: str | None = None) -> str:
        """A new database, a clone of `template` if given. Returns its name."""
        name = f"ondol_test_{uuid.uuid4().hex[:16]}"
        create: sql.Composed = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            create += sql.SQL(" TEMPLATE {} STRATEGY wal_log").format(sql.Identifier(template))
        self.run(create)
        return name

    def drop(self, name: str) -> None:
        """Away with a database, whoever is still connected to it."""
        self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def temporary(self, template: str | None = None) -> Iterator[str]:
        """A new database by name, dropped afterwards."""
        name = self.make(template)
        try:
            yield name
        finally:
            self.drop(name)


@dataclass
class SweptDatabase:
    """One database for many tests in turn. `url` is valid until `sweep()` or `close()`."""

    server: Server
    template: str
    name: str = ""
    _seeds: dict[str, bytes] = field(default_factory=dict)
    _sequences: frozenset[tuple[str, int | None, int]] = frozenset()
    _shape: object = None

    def __post_init__(self) -> None:
        self._renew()

    @property
    def url(self) -> str:
        """SQLAlchemy URL."""
        return self.server.url_of(self.name)

    def sweep(self) -> None:
        """Back to what the migrations left: nobody connected, their rows alone, ids from the start."""
        with psycopg.connect(libpq_url(self.url), autocommit=True) as connection:
            connection.execute(_ALONE)
            self._drop_counters(connection)
            if _shape_of(connection) == self._shape:
                self._empty(connection)
                return
        self.server.drop(self.name)
        self._renew()

    def close(self) -> None:
        """The end of the process."""
        self.server.drop(self.name)

    def _renew(self) -> None:
        self.name = self.server.make(self.template)
        with psycopg.connect(libpq_url(self.url), autocommit=True) as connection:
            self._shape = _shape_of(connection)
            self._seeds = {table: _rows_of(connection, table) for table in _used_tables(connection)}
            self._sequences = _sequences(connection)

    def _drop_counters(self, connection: psycopg.Connection) -> None:
        """Companies of the test began to count their tickets: not worth a new database."""
        kept = {name for name, *_ in self._sequences}
        for name in {name for name, *_ in _sequences(connection)} - kept:
            if name.startswith(_COUNTERS):
                connection.execute(sql.SQL("DROP SEQUENCE {}").format(sql.Identifier(*name.split("."))))

    def _empty(self, connection: psycopg.Connection) -> None:
        used = _used_tables(connection)
        moved = {name for name, *_ in _sequences(connection) - self._sequences}
        seeded = [table for table in self._seeds if _rows_of(connection, table) != self._seeds[table]]
        with connection.transaction():
            # Foreign keys and append-only triggers are for the product.
            connection.execute("SET LOCAL session_replication_role = replica")
            for table in [*(used - self._seeds.keys()), *seeded]:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            for table in seeded:
                into = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
                with connection.cursor().copy(into) as copy:
                    copy.write(self._seeds[table])
            for name, last, start in self._sequences:
                if name in moved:
                    connection.execute("SELECT setval(%s, %s, %s)", (name, last or start, last is not None))


def _shape_of(connection: psycopg.Connection) -> object:
    return connection.execute(_SHAPE).fetchone()


def _used_tables(connection: psycopg.Connection) -> set[str]:
    """Tables that hold a row, found in one round trip."""
    names = [name for (name,) in connection.execute(_TABLES)]
    question = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(sql.Literal(name), sql.Identifier(name))
        for name in names
    )
    return {name for (name,) in connection.execute(question)}


def _sequences(connection: psycopg.Connection) -> frozenset[tuple[str, int | None, int]]:
    """(name, last value, start value) of each."""
    return frozenset(connection.execute(_SEQUENCES).fetchall())


def _rows_of(connection: psycopg.Connection, table: str) -> bytes:
    """All rows of a table as COPY writes them."""
    out = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
    with connection.cursor().copy(out) as copy:
        return b"".join(bytes(part) for part in copy)
