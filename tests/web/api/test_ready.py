"""`/ready`: what a load balancer hears, check by check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from core import revision
from core.db import Database, make_engine
from core.settings import Settings
from tests.serving import client_of
from tests.web.conftest import WebWorld
from web.readiness import CHECKS, KEPT_S, Readiness


@pytest.fixture
def nobody(web_world: WebWorld) -> Iterator[httpx.Client]:
    with client_of(f"{web_world.url}/api/v1") as client:
        yield client


@pytest.fixture
def seconds() -> list[float]:
    """What the readiness' own watch shows."""
    return [0.0]


@pytest.fixture
def readiness(database: Database, seconds: list[float]) -> Readiness:
    """Of a process on this database with a watch that stands."""
    return Readiness(Settings(), database.engine, monotonic=lambda: seconds[0])


def beat(database: Database, *, ago_s: int = 0) -> None:
    """A worker was there."""
    with database.transaction() as session:
        query = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - :ago * interval '1 s')"
        session.execute(text("DELETE FROM procrastinate_workers"))
        session.execute(text(query), {"ago": ago_s})


def failed(readiness: Readiness) -> list[str]:
    return [check.name for check in readiness.look() if not check.ok]


def test_with_a_worker_everything_is_ready_and_without_one_it_is_told(
    web_world: WebWorld, nobody: httpx.Client
) -> None:
    alone = nobody.get("/ready")
    assert alone.status_code == 503
    told: dict[str, Any] = alone.json()
    assert (told["status"], list(told["checks"])) == ("not_ready", list(CHECKS))
    assert told["checks"]["worker"] == {"state": "failed", "silent_s": None}
    assert [name for name, check in told["checks"].items() if check["state"] != "ok"] == ["worker"]
    assert nobody.get("/ready", params={"exclude": "worker"}).status_code == 200
    assert nobody.get("/health").status_code == 200, "it lives all the same"
    assert "ondol_test" not in alone.text and "postgres" not in alone.text


def test_an_unknown_check_is_refused(nobody: httpx.Client) -> None:
    answer = nobody.get("/ready", params={"exclude": "everything"})
    assert answer.status_code == 422


def test_the_database_is_asked_once_a_second(
    database: Database, readiness: Readiness, seconds: list[float]
) -> None:
    assert failed(readiness) == ["worker"]
    beat(database)
    assert failed(readiness) == ["worker"], "within the second the same answer"
    seconds[0] += KEPT_S
    assert failed(readiness) == []


def test_a_worker_that_fell_silent_counts_no_more(database: Database, readiness: Readiness) -> None:
    beat(database, ago_s=120)
    assert failed(readiness) == ["worker"]


@pytest.mark.parametrize(("found", "ready"), [("0001", False), ("9999", True)])
def test_older_tables_stop_it_and_newer_ones_do_not(
    database: Database, readiness: Readiness, found: str, *, ready: bool
) -> None:
    """In a rolling update the database goes ahead of the code."""
    beat(database)
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})
    try:
        assert failed(readiness) == ([] if ready else ["revision"])
    finally:
        with database.transaction() as session:
            newest = {"newest": revision.code_revisions()[0]}
            session.execute(text("UPDATE alembic_version SET version_num = :newest"), newest)


def test_a_database_that_is_away_is_told_within_the_answer() -> None:
    away = make_engine("postgresql://ondol@127.0.0.1:9/ondol", pool_size=1)
    assert failed(Readiness(Settings(), away)) == ["database", "revision", "worker"]


def test_an_exhausted_pool_is_told_without_waiting_for_it(database_url: str) -> None:
    engine = make_engine(database_url, pool_size=1)
    readiness = Readiness(Settings(), engine)
    with ExitStack() as held:
        for _ in range(5):  # one kept, four more at most
            held.enter_context(engine.connect())
        checks = {check.name: check for check in readiness.look()}
    assert checks["pool"].facts == {"in_use": 5, "most": 5}
    assert not checks["pool"].ok
    assert checks["database"].facts == {"known": "no"}
    engine.dispose()


def test_a_disk_that_fills_up_is_told(database: Database) -> None:
    beat(database)
    full = Settings(disk_free_mb=10**9)
    assert failed(Readiness(full, database.engine)) == ["disk"]
    nowhere = Settings(disk_paths="/no/such/folder")
    assert failed(Readiness(nowhere, database.engine)) == ["disk"]
