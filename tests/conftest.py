"""What every test may ask for: a moment, a database, and no way out to the network.

The database is a real PostgreSQL: the one of ONDOL_TEST_DATABASE_URL or DATABASE_URL, else an embedded
server of this test process (each parallel worker has its own). Alembic migrates one template per
process; `session` is rolled back, `database` may be committed to and is swept clean afterwards.
"""

from __future__ import annotations

import gc
import logging
import os
import shutil
import socket
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import structlog
from alembic import command
from alembic.config import Config
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine
from sqlmodel import Session
from xdist.scheduler import LoadFileScheduling

from core.db import Database, make_engine, sqlalchemy_url
from core.embedded_postgres import LOSABLE, EmbeddedPostgres
from tests.databases import Server, SweptDatabase
from tests.roads import RoadMap, make_map
from tools.environment import Environment
from tools.road_engine import bring_osrm

ROOT = Path(__file__).resolve().parent.parent
_SHARING = ("tests/simulation/", "tests/faults/")
"""Rooms whose tests share what takes long to make: the demo's world, the nursery of the drills' processes."""
_SECONDS = {"browser": 8.0, "faults": 5.0, "simulation": 2.0, "core": 1.5, "journeys": 1.5, "web": 0.6}
"""What a test of a room takes, roughly."""
_LONG_FILES = {
    "tests/faults/": 150.0,
    "tests/web/api/test_fuzz.py": 30.0,
    "tests/web/test_foreign_things.py": 22.0,
    "tests/web/test_canaries.py": 18.0,
    "tests/web/test_rights.py": 12.0,
}
"""What a file, or a room that shares, takes where that is no guess."""

gc.disable()  # until all tests are imported; see `pytest_collection_finish`

# The console's coloured traceback with every local takes seconds, in a server's loop as well.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
    ],
    # A line for each request and job would bury what a failing test has to say.
    wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
)


class _Together(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """A file's tests share a process, and so do those of a room that share what takes long to make."""

    def _split_scope(self, nodeid: str) -> str:
        return _unit(nodeid)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Shared among processes, what takes longest begins first: nobody waits for one last file at the end."""
    if not hasattr(config, "workerinput"):  # the processes themselves are given no `--dist`
        return
    seconds: Counter[str] = Counter()
    for item in items:
        seconds[_unit(item.nodeid)] += _SECONDS.get(item.nodeid.split("/")[1], 0.3)
    for unit in _LONG_FILES.keys() & seconds.keys():
        seconds[unit] = _LONG_FILES[unit]
    items.sort(key=lambda item: -seconds[_unit(item.nodeid)])


def pytest_collection_finish() -> None:
    """What was imported stays: it is never looked through for garbage, and the rest more seldom."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def _unit(nodeid: str) -> str:
    return next((room for room in _SHARING if nodeid.startswith(room)), nodeid.split("::", 1)[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Together | None:
    """For `--dist loadfile`."""
    return _Together(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture
def now() -> datetime:
    """A Tuesday in winter, 2026-12-01 10:00 in Korea."""
    return datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The server of this test process."""
    given = os.environ.get("ONDOL_TEST_DATABASE_URL") or os.environ.get("DATABASE_URL")
    if given:
        yield Server(sqlalchemy_url(given))
        return
    place = Path(tempfile.mkdtemp(prefix="ondol-tests-"))
    place.chmod(0o755)  # as root the server runs as nobody, who has to pass
    try:
        with EmbeddedPostgres(place, settings=LOSABLE) as server:
            yield Server(server.url)
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def template_database(postgres_server: Server) -> Iterator[str]:
    """Name of a database that Alembic itself has migrated; nobody connects to it."""
    with postgres_server.temporary() as name:
        config = Config(ROOT / "alembic.ini")
        config.attributes["url"] = postgres_server.url_of(name)
        command.upgrade(config, "head")
        yield name


@pytest.fixture(scope="session")
def swept_database(postgres_server: Server, template_database: str) -> Iterator[SweptDatabase]:
    """The database that the tests of this process have in turn."""
    kept = SweptDatabase(postgres_server, template_database)
    yield kept
    kept.close()


@pytest.fixture
def database_url(swept_database: SweptDatabase) -> Iterator[str]:
    """SQLAlchemy URL of a migrated, empty database of this test alone."""
    yield swept_database.url
    swept_database.sweep()


@cache
def _engine(url: str) -> Engine:
    """Kept from test to test: an engine remembers how its statements read in SQL."""
    return make_engine(url, pool_size=8)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database of this test alone, for tests that commit or need two connections."""
    opened = Database(_engine(database_url))
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def shared_database(postgres_server: Server, template_database: str) -> Iterator[Database]:
    """The database under `session`; nothing is ever committed to it."""
    with postgres_server.temporary(template_database) as name:
        opened = Database(make_engine(postgres_server.url_of(name), pool_size=2))
        yield opened
        opened.dispose()


@pytest.fixture
def session(shared_database: Database) -> Iterator[Session]:
    """A session whose work is rolled back after the test; a commit in it is a savepoint only."""
    with shared_database.engine.connect() as connection:
        outer = connection.begin()
        with Session(
            bind=connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as opened:
            yield opened
        outer.rollback()


@pytest.fixture(scope="session")
def road_map(tmp_path_factory: pytest.TempPathFactory) -> RoadMap:
    """A small town, ready for a real `osrm-routed`; its programs are brought when a test first asks."""
    return make_map(bring_osrm(Environment()), tmp_path_factory.mktemp("roads"))


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Passwords are slow to hash on purpose; two hundred tests found a company and need not wait for it."""
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.secrets._hasher", lambda: quick)
        yield


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """A test that reaches out to the network fails, instead of depending on it."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_outside(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_outside(self.family, address)
        return connect_ex(self, address)

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host is not None:
            _refuse_outside(socket.AF_INET, (host, 0))
        return look_up(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield


def _refuse_outside(family: int, address: Any) -> None:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0].decode() if isinstance(address[0], bytes) else str(address[0])
    if host == "localhost":
        return
    try:
        if ip_address(host).is_loopback:
            return
    except ValueError:
        pass
    raise RuntimeError(f"a test tried to reach {host}: put a fake with the same shape behind the adapter")
