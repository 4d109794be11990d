"""What the house does while it is loaded: processor time, memory, what waits, where PostgreSQL waits."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import psutil
from sqlalchemy import text

from benchmarks.load_house import RunningHouse
from benchmarks.load_tally import Kept
from core.db import Database

LOOK_EVERY_S = 1.0
MEMORY_EVERY = 5
WAITS_EVERY_S = 0.02

_BACKLOG = text("""
    SELECT (SELECT count(*) FROM event WHERE handled_at IS NULL AND parked_at IS NULL) AS open_events,
           (SELECT coalesce(extract(epoch FROM now() - min(at)), 0) FROM event
            WHERE handled_at IS NULL AND parked_at IS NULL) AS oldest_s,
           (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
            AND (scheduled_at IS NULL OR scheduled_at <= now())) AS jobs,
           (SELECT count(*) FROM notice WHERE state = 'queued' AND next_try_at < now()) AS texts
""")
_WAITS = text("""
    SELECT CASE WHEN wait_event_type IS NULL THEN 'working' ELSE wait_event_type || ':' || wait_event END,
           count(*)
    FROM pg_stat_activity
    WHERE state = 'active' AND backend_type = 'client backend' AND pid <> pg_backend_pid() GROUP BY 1
""")
_KEPT = text("""
    SELECT t.number,
           (SELECT extract(epoch FROM min(e.at) - t.recorded_at) FROM timeline_entry e
            WHERE e.subject_kind = 'ticket' AND e.subject_id = t.id AND e.what = 'VisitPlanned') AS after_s,
           EXISTS (SELECT 1 FROM task k WHERE k.ticket_id = t.id AND k.state = 'open')
           OR EXISTS (SELECT 1 FROM placement p WHERE p.ticket_id = t.id AND p.state = 'OFFERED') AS asks
    FROM ticket t WHERE t.number = ANY(:numbers)
""")
_TEXTS = text("""
    SELECT n.state, count(*) FROM notice n JOIN ticket t ON t.id = n.ticket_id
    WHERE t.number = ANY(:numbers) GROUP BY 1 ORDER BY 1
""")


@dataclass(frozen=True)
class Backlog:
    """What waits at one moment. `oldest_s`: age of the oldest event that is not handled."""

    open_events: int
    oldest_s: float
    jobs: int
    texts: int

    @property
    def is_empty(self) -> bool:
        return self.open_events == 0 and self.texts == 0


@dataclass
class Watch:
    """Use as a context manager around the loaded seconds."""

    house: RunningHouse
    cores: dict[str, float] = field(default_factory=dict)
    """Processor seconds a second, by part."""
    memory_mb: dict[str, float] = field(default_factory=dict)
    """The most each part held (PSS: shared pages once)."""
    backlogs: list[Backlog] = field(default_factory=list)
    waits: Counter[str] = field(default_factory=Counter)
    machine: float = 0.0
    """All processor seconds a second of the machine, ours and others'."""

    def __enter__(self) -> Watch:
        self._stop = threading.Event()
        self._cpu, self._all, self._began = _cpu_by_part(self.house), _machine_cpu(), time.monotonic()
        self._threads = [threading.Thread(target=self._look), threading.Thread(target=self._look_at_waits)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        seconds = time.monotonic() - self._began
        after = _cpu_by_part(self.house)
        self.machine = (_machine_cpu() - self._all) / seconds
        for kind, processes in after.items():
            before = self._cpu.get(kind, {})
            self.cores[kind] = sum(s - before.get(pid, 0.0) for pid, s in processes.items()) / seconds

    def _look(self) -> None:
        turn = 0
        while not self._stop.wait(LOOK_EVERY_S):
            self.backlogs.append(read_backlog(self.house.database))
            if turn % MEMORY_EVERY == 0:
                for kind, megabytes in _memory_by_part(self.house).items():
                    self.memory_mb[kind] = max(self.memory_mb.get(kind, 0.0), megabytes)
            turn += 1

    def _look_at_waits(self) -> None:
        with self.house.database.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        ) as connection:
            while not self._stop.wait(WAITS_EVERY_S):
                self.waits.update(dict(connection.execute(_WAITS).tuples().all()))


def read_backlog(database: Database) -> Backlog:
    """What waits just now."""
    with database.reading() as session:
        row = session.execute(_BACKLOG).one()
    return Backlog(row.open_events, float(row.oldest_s), row.jobs, row.texts)


def wait_until_done(database: Database, *, within_s: float) -> float | None:
    """Seconds until nothing waits any more; None when that took longer than `within_s`."""
    began = time.monotonic()
    while not read_backlog(database).is_empty:
        if time.monotonic() - began > within_s:
            return None
        time.sleep(0.25)
    return time.monotonic() - began


def read_kept(database: Database, numbers: Collection[str]) -> list[Kept]:
    """What the house has of these tickets."""
    with database.reading() as session:
        rows = session.execute(_KEPT, {"numbers": list(numbers)}).all()
    return [Kept(row.number, None if row.after_s is None else float(row.after_s), row.asks) for row in rows]


def read_texts(database: Database, numbers: Collection[str]) -> dict[str, int]:
    """Texts about these tickets by state."""
    with database.reading() as session:
        return dict(session.execute(_TEXTS, {"numbers": list(numbers)}).tuples().all())


def _cpu_by_part(house: RunningHouse) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for kind, processes in house.processes().items():
        found[kind] = {}
        for process in processes:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            found[kind][process.pid] = times.user + times.system
    return found


def _memory_by_part(house: RunningHouse) -> dict[str, float]:
    found: Counter[str] = Counter()
    for kind, processes in house.processes().items():
        for process in processes:
            try:
                found[kind] += process.memory_full_info().pss / 1e6
            except psutil.NoSuchProcess:
                continue
    return dict(found)


def _machine_cpu() -> float:
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice + times.irq + times.softirq)
