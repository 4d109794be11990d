"""Pooled connections: one that died while it lay idle is replaced before anybody notices."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text

from core import db
from core.db import Database, libpq_url


def backend(database: Database) -> int:
    with database.transaction() as session:
        return int(session.execute(text("SELECT pg_backend_pid()")).scalar_one())


def test_a_dead_connection_is_replaced(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "IDLE_S", 0.0)
    first = backend(database)
    assert backend(database) == first, "the pool hands the same one out again"
    with psycopg.connect(libpq_url(database_url), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert backend(database) != first


def test_a_glance_takes_no_transaction_and_leaves_the_connection_as_it_was(database: Database) -> None:
    with database.glancing() as session:
        first = session.execute(text("SELECT pg_current_xact_id(), pg_backend_pid()")).one()
        second = session.execute(text("SELECT pg_current_xact_id(), pg_backend_pid()")).one()
        assert first[0] != second[0] and first[1] == second[1]
    with database.transaction() as session:
        one, other = (session.execute(text("SELECT pg_current_xact_id()")).scalar_one() for _n in range(2))
        assert one == other, "the next one of the pool has its transaction again"
