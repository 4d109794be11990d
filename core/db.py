"""The engine, and the only place that commits: one request or job, one transaction."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlmodel import Session

from core.last_acts import run_last_acts

MODEL_MODULES = (
    "core.models",
    "workforce.models",
    "customers.models",
    "billing.models",
    "notifications.models",
    "dispatch.models",
    "callcenter.models",
    "happycall.models",
)
"""Every module that declares tables, so that Alembic and the tests see them all."""


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


def make_engine(url: str, *, pool_size: int = 16, statement_timeout_ms: int = 30_000) -> Engine:
    """An engine whose connections time out instead of hanging and always speak UTC."""
    engine = create_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5},
        hide_parameters=True,  # names and numbers must not reach the logs, nor `event.last_error`
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        autocommit = connection.autocommit
        connection.autocommit = True
        connection.execute(f"SET TIME ZONE 'UTC'; SET statement_timeout = {int(statement_timeout_ms)}")
        connection.autocommit = autocommit

    return engine


class Database:
    """Hands out transactions; nothing else in Ondol commits."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed when the block ends well, rolled back when it raises."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session
            run_last_acts(session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that must not write; PostgreSQL refuses it if it tries."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options={"postgresql_readonly": True})
            yield session

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
