"""The fixtures keep tests apart, and inside the house."""

from __future__ import annotations

import socket
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlmodel import Session

from core.db import Database


@pytest.mark.parametrize("_round", [1, 2])
def test_session_leaves_nothing_behind(session: Session, _round: int) -> None:
    assert session.execute(text("SELECT to_regclass('scratch')")).scalar() is None
    session.execute(text("CREATE TABLE scratch (n int)"))
    session.commit()
    assert session.execute(text("SELECT count(*) FROM scratch")).scalar() == 0


def test_database_commits_for_everyone_to_see(database: Database) -> None:
    with database.transaction() as writing:
        writing.execute(text("CREATE TABLE scratch (n int)"))
    with database.reading() as reading:
        assert reading.execute(text("SELECT to_regclass('scratch')")).scalar() == "scratch"


def test_database_is_migrated_by_alembic(database: Database) -> None:
    with database.reading() as reading:
        assert reading.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        assert reading.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is not None


def test_network_is_closed_but_loopback_is_open() -> None:
    with pytest.raises(RuntimeError, match="tried to reach"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(RuntimeError, match="tried to reach"):
        socket.getaddrinfo("example.com", 80)
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_now_is_ten_in_korea(now: datetime) -> None:
    assert now.isoformat() == "2026-12-01T01:00:00+00:00"
