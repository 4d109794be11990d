"""The engine, and the only place that commits: one request or job, one transaction."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Engine, any_, bindparam, create_engine, event
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session, col

from core.last_acts import run_last_acts
from core.news import take_news, tell
from core.wall import across_the_company, go_behind_it

MODEL_MODULES = (
    "core.models",
    "workforce.access_models",
    "workforce.models",
    "workforce.photo_models",
    "customers.models",
    "geo.models",
    "billing.models",
    "billing.payment_models",
    "notifications.models",
    "notifications.wording_models",
    "dispatch.models",
    "dispatch.approval_models",
    "callcenter.models",
    "happycall.models",
    "campaigns.models",
    "privacy.models",
    "exchange.models",
)
"""Every module that declares tables, so that Alembic and the tests see them all."""


IDLE_S = 1.0
"""A connection that came back less than this many seconds ago is taken to be alive."""


def any_of(column: Any, name: str) -> ColumnElement[bool]:
    """The column has one of the values bound as a list under `name`.

    One statement for any number of values, so that it is compiled and prepared once; with `in_` every number
    of values makes another. For queries that every request or every ticket asks.
    """
    return col(column) == any_(bindparam(name, type_=ARRAY(column.type)))


def count_changed(session: Session, statement: Any, values: dict[str, Any] | None = None) -> int:
    """Run an UPDATE or DELETE; how many rows it met."""
    # Typed for every kind of statement, of which only these have a count.
    return int(session.execute(statement, values).rowcount)  # type: ignore[attr-defined]


def import_models() -> None:
    """Load every table into SQLModel's metadata."""
    for module in MODEL_MODULES:
        importlib.import_module(module)


def sqlalchemy_url(url: str) -> str:
    """Name the driver in a plain `postgres://` or `postgresql://` address."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def libpq_url(url: str) -> str:
    """The same address as libpq and procrastinate want it."""
    return sqlalchemy_url(url).replace("postgresql+psycopg://", "postgresql://", 1)


def make_engine(
    url: str, *, pool_size: int = 16, statement_timeout_ms: int = 30_000, durable: bool = True
) -> Engine:
    """An engine whose connections time out instead of hanging and always speak UTC.

    Args:
        durable: False when a commit need not wait for the disk, because whatever a crash of PostgreSQL takes
            back is done again by itself (docs/decisions/0009).
    """
    engine = create_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=10,
        connect_args={"connect_timeout": 5},
        hide_parameters=True,  # names and numbers must not reach the logs, nor `event.last_error`
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        autocommit = connection.autocommit
        connection.autocommit = True
        try:
            connection.execute(f"SET TIME ZONE 'UTC'; SET statement_timeout = {int(statement_timeout_ms)}")
            if not durable:
                connection.execute("SET synchronous_commit = off")
        except Exception:
            connection.close()  # the server went away just now: the pool forgets a connection it never got
            raise
        connection.autocommit = autocommit

    _ask_before_use(engine)
    return engine


def _ask_before_use(engine: Engine) -> None:
    """A connection that has lain idle is asked whether it lives, and replaced when it does not answer.

    `pool_pre_ping` asks every time, which under load is one statement in twenty for nothing.
    """

    @event.listens_for(engine, "checkin")
    def _note_time(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["returned"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("returned", time.monotonic()) < IDLE_S:
            return
        try:
            alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error
        if not alive:
            raise DisconnectionError


class Database:
    """Hands out transactions; nothing else in Ondol commits.

    Args:
        info: what each session carries in its own `info`, e.g. a room's memory of this process.

    One that is `walled` works behind the wall (`core.wall`): each transaction sees the rows of the company,
    the point or the own visits of whom its request is made for, and none without one.
    """

    def __init__(
        self, engine: Engine, *, walled: bool = False, info: Mapping[str, Any] | None = None
    ) -> None:
        self.engine = engine
        self._walled = walled
        self.info = info or {}

    def walled(self) -> Database:
        """The same database behind the wall, for everything that a signed-in person asks."""
        return Database(self.engine, walled=True, info=self.info)

    @property
    def everywhere(self) -> Database:
        """The same database without the wall: for what is done before anybody is known, or for nobody."""
        return Database(self.engine, info=self.info)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed when the block ends well, rolled back when it raises.

        What it has to tell open pages and workers is told after the commit.
        """
        with self._session() as session, session.begin():
            if self._walled:
                go_behind_it(session)
            yield session
            with across_the_company(session):
                run_last_acts(session)
            news = take_news(session)
        tell(self.engine, news)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that must not write; PostgreSQL refuses it if it tries."""
        with self._session() as session, session.begin():
            session.connection(execution_options={"postgresql_readonly": True})
            if self._walled:
                go_behind_it(session)
            yield session

    @contextmanager
    def glancing(self) -> Iterator[Session]:
        """For one read or two that need not agree with each other: no transaction around them, so a third of
        the ways to the server. Nothing may be written, and nothing is walled.
        """
        with self._session() as session:
            session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            yield session

    def _session(self) -> Session:
        return Session(self.engine, expire_on_commit=False, info=dict(self.info))

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
