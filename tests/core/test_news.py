"""What listeners hear: after the commit, once each, and never instead of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from core.db import Database, libpq_url, make_engine
from core.jobs import QUEUE_DEFAULT, defer
from core.live import CHANNEL, LOOK_AGAIN, RESYNC
from core.news import tell, tell_after_commit

JOBS = f"procrastinate_queue_v1#{QUEUE_DEFAULT}"


@pytest.fixture
def listening(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        for channel in (CHANNEL, JOBS):
            connection.execute(f'LISTEN "{channel}"')
        yield connection


def heard(listening: psycopg.Connection, *, count: int) -> list[tuple[str, str]]:
    """So many, and then silence."""
    found = list(listening.notifies(timeout=5, stop_after=count)) if count else []
    found += listening.notifies(timeout=0.2)
    return [(said.channel, said.payload) for said in found]


def test_two_jobs_wake_their_worker_once_and_after_the_commit(
    database: Database, listening: psycopg.Connection
) -> None:
    with database.transaction() as session:
        defer(session, "test", number=1)
        defer(session, "test", number=2)
        assert not list(listening.notifies(timeout=0))
    said = heard(listening, count=1)
    assert said == [(JOBS, json.dumps({"type": "job_inserted"}))], "procrastinate's own trigger is silent"


def test_nothing_is_told_of_what_was_taken_back(database: Database, listening: psycopg.Connection) -> None:
    def fail() -> None:
        with database.transaction() as session:
            tell_after_commit(session, CHANNEL, "lost")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.transaction() as session:
        tell_after_commit(session, CHANNEL, "kept")
        session.begin_nested().rollback()
    assert heard(listening, count=1) == [(CHANNEL, "kept")]


def test_a_process_that_starts_asks_pages_to_look_again(
    database: Database, listening: psycopg.Connection
) -> None:
    tell(database.engine, LOOK_AGAIN)
    assert [json.loads(payload)["topic"] for _channel, payload in heard(listening, count=1)] == [RESYNC]


def test_a_database_that_went_away_after_the_commit_hurts_nobody() -> None:
    nowhere = make_engine("postgresql://nobody@127.0.0.1:1/none", pool_size=1)
    tell(nowhere, LOOK_AGAIN)
    nowhere.dispose()
