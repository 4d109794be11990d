"""Announcements reach open pages when a transaction commits, and not otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from core.db import Database, libpq_url
from core.live import CHANNEL, announce


@pytest.fixture
def ears(database: Database, database_url: str) -> Iterator[psycopg.Connection]:
    """A connection that listens."""
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        yield connection


def heard(ears: psycopg.Connection) -> list[int]:
    return [json.loads(told.payload)["ticket_id"] for told in ears.notifies(timeout=0.2)]


def test_what_was_announced_survives_a_savepoint_that_is_taken_back(
    database: Database, ears: psycopg.Connection
) -> None:
    with database.transaction() as session:
        announce(session, company_id=1, topic="ticket", ticket_id=7)
        announce(session, company_id=1, topic="ticket", ticket_id=7)
        session.begin_nested().rollback()
    assert heard(ears) == [7]


def test_nothing_is_announced_of_a_transaction_that_failed(
    database: Database, ears: psycopg.Connection
) -> None:
    def fail() -> None:
        with database.transaction() as session:
            announce(session, company_id=1, topic="ticket", ticket_id=7)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert heard(ears) == []
