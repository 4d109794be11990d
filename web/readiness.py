"""Whether this process can do its work: what a load balancer asks, as opposed to whether it lives."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import anyio.to_thread
import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from core.revision import code_revisions, is_behind, read_revision
from core.settings import Settings
from geo.road_fetching import ANSWERED, FAILED, state_of_engine

log = structlog.get_logger(__name__)

KEPT_S = 1.0
"""An answer is given again for so long: however many ask, the database is asked once a second."""
WORKER_GONE_AFTER = 3
"""A worker that has been silent for this many times `worker_stalled_s` does not come back by itself."""
CHECKS = ("database", "revision", "pool", "worker", "disk", "roads")
"""`roads` is told and never failed: without its engine travel times are estimated."""
MEGABYTE = 2**20


@dataclass(frozen=True)
class Check:
    """One thing that must hold. `facts` are figures and states only: anybody may read them."""

    name: str
    ok: bool
    facts: dict[str, str | int | None]


class Readiness:
    """The checks of one process, asked at most once a second. `monotonic` gives seconds."""

    def __init__(
        self, settings: Settings, engine: Engine, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: tuple[float, tuple[Check, ...]] | None = None
        # A thread of its own: it answers also when every other one is held up by a slow database.
        self._limiter = anyio.CapacityLimiter(1)

    async def ask(self) -> tuple[Check, ...]:
        """The same as `look()`, for a route."""
        return await anyio.to_thread.run_sync(self.look, limiter=self._limiter)

    def look(self) -> tuple[Check, ...]:
        """Every check by its name in CHECKS' order; never raises."""
        with self._lock:
            at = self._monotonic()
            if self._kept is None or at - self._kept[0] >= KEPT_S:
                self._kept = (at, self._look_now())
            return self._kept[1]

    def _look_now(self) -> tuple[Check, ...]:
        pool = _check_pool(self._engine)
        if pool.ok:
            asked = _ask_database(self._engine, self._settings)
        else:  # asking would wait for a connection as everybody does
            asked = (*_unknown("database", "revision", "worker"), _roads("unknown"))
        found = {check.name: check for check in (*asked, pool, _check_disks(self._settings))}
        return tuple(found[name] for name in CHECKS)


def free_megabytes(folders: Iterable[Path]) -> int | None:
    """Free space on the fullest of their disks; None when none of the folders is there."""
    free = [shutil.disk_usage(folder).free // MEGABYTE for folder in folders if folder.exists()]
    return min(free, default=None)


def connections_of(engine: Engine) -> tuple[int, int]:
    """Connections that are in use, and how many this engine opens at most."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout(), pool.size() + max(0, pool._max_overflow)  # it has no other name


def _gone_after_s(settings: Settings) -> float:
    return WORKER_GONE_AFTER * settings.worker_stalled_s


def _check_pool(engine: Engine) -> Check:
    used, most = connections_of(engine)
    return Check("pool", used < most, {"in_use": used, "most": most})


def _ask_database(engine: Engine, settings: Settings) -> tuple[Check, ...]:
    gone_after_s = _gone_after_s(settings)
    try:
        with engine.connect() as connection:
            found = read_revision(connection)
            standby = bool(connection.execute(text("SELECT pg_is_in_recovery()")).scalar_one())
            silent = _silence_of_worker(connection) if found is not None else None
            roads = _state_of_roads(connection, settings, migrated=not is_behind(found))
    except SQLAlchemyError as error:
        log.warning("not_ready", check="database", error=type(error).__name__)
        return (Check("database", ok=False, facts={}), *_unknown("revision", "worker"), _roads("unknown"))
    return (
        # A standby answers every question and takes no ticket.
        Check("database", not standby, {"writes": "no" if standby else "yes"}),
        Check("revision", not is_behind(found), {"found": found, "wanted": code_revisions()[0]}),
        Check("worker", silent is not None and silent <= gone_after_s, {"silent_s": silent}),
        _roads(roads),
    )


def _silence_of_worker(connection: Connection) -> int | None:
    # Both moments are the database's own, so no machine's clock matters.
    query = "SELECT extract(epoch FROM now() - max(last_heartbeat))::bigint FROM procrastinate_workers"
    silent: int | None = connection.execute(text(query)).scalar_one()
    return silent


def _state_of_roads(connection: Connection, settings: Settings, *, migrated: bool) -> str:
    """`off`, `unasked`, `answers` or `away`, by what the workers have written down."""
    if not settings.osrm_url:
        return "off"
    if not migrated:
        return "unknown"
    query = "SELECT name, at FROM operating_fact WHERE name IN (:answered, :failed)"
    rows = connection.execute(text(query), {"answered": ANSWERED, "failed": FAILED}).all()
    found: dict[str, datetime] = {name: at for name, at in rows}  # noqa: C416 - rows have no types
    return state_of_engine(answered=found.get(ANSWERED), failed=found.get(FAILED))


def _roads(state: str) -> Check:
    return Check("roads", ok=True, facts={"engine": state})


def _check_disks(settings: Settings) -> Check:
    free = free_megabytes(settings.watched_disks)
    return Check("disk", free is not None and free >= settings.disk_free_mb, {"free_mb": free})


def _unknown(*names: str) -> tuple[Check, ...]:
    return tuple(Check(name, ok=False, facts={"known": "no"}) for name in names)
