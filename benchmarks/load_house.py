"""A real installation to be loaded: PostgreSQL, web, workers and the phones as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from sqlalchemy import text

from benchmarks.load_homes import fill_homes
from core import clock
from core.db import Database, make_engine
from core.embedded_postgres import EmbeddedPostgres
from core.lifeline import command
from core.supervisor import find_free_port
from operators.database import migrate_database
from simulation.demo import PROVIDER_DELAY_S, WEBHOOK_TOKEN
from simulation.world import prepare_world

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_S, STOP_WITHIN_S = 90.0, 20.0
SHARED_BUFFERS = "1GB"
"""A million homes with their indexes are 2 GB; the demo's 128 MB would measure the machine's disk."""


@dataclass(frozen=True)
class Shape:
    """How many processes serve and work, and whether looks have a process of their own."""

    web: int = 1
    workers: int = 1
    looks: int = 0

    def __str__(self) -> str:
        looks = " + looks" if self.looks else ""
        return f"{self.web} web + {self.workers} worker{looks}"


@dataclass
class RunningHouse:
    """What the measurement needs of it."""

    url: str
    database: Database
    folder: Path
    postgres_pid: int
    programs: dict[str, list[int]] = field(default_factory=dict)
    """Process ids by what they are: web, worker, sms."""
    looks_url: str | None = None
    """Where a front server would send streams and looks straight to."""

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Each part's processes with all below them (PostgreSQL's backends, the solver's child)."""
        roots = {**self.programs, "PostgreSQL": [self.postgres_pid]}
        return {kind: [p for pid in pids for p in _family(pid)] for kind, pids in roots.items()}


@dataclass
class Foundation:
    """Database and data, on which houses of different shapes stand one after the other."""

    folder: Path
    database_url: str
    database: Database
    postgres_pid: int

    @contextmanager
    def house(self, shape: Shape) -> Iterator[RunningHouse]:
        """Web, workers and phones until the end of the block."""
        port, provider_port = find_free_port(), find_free_port()
        url = f"http://127.0.0.1:{port}"
        environment = {
            "DATABASE_URL": self.database_url,
            "ONDOL_MODE": "demo",
            "BASE_URL": url,
            "SMS_PROVIDER": "fake",
            "FAKE_PROVIDER_URL": f"http://127.0.0.1:{provider_port}",
            "WEBHOOK_TOKEN": WEBHOOK_TOKEN,
            "WEB_PROCESSES": str(shape.web),
            "PYTHONPATH": str(ROOT),
        }
        provider: tuple[str, ...] = ("-m", "notifications.fake_provider", "--port", str(provider_port))
        provider += ("--webhook-url", f"{url}/webhooks/solapi/{WEBHOOK_TOKEN}")
        provider += ("--delay", str(PROVIDER_DELAY_S))
        parts = [("sms", provider)]
        if shape.looks:
            looks_port = str(find_free_port())
            environment["LOOKS_URL"] = f"http://127.0.0.1:{looks_port}"
            parts.append(("looks", ("main.py", "serve", "--looks", "--port", looks_port)))
        parts.append(("web", ("main.py", "serve", "--port", str(port))))
        parts += [("worker", ("main.py", "worker"))] * shape.workers
        started: list[subprocess.Popen[bytes]] = []
        programs: dict[str, list[int]] = {}
        try:
            for kind, arguments in parts:
                log = f"{kind}{len(programs.setdefault(kind, [])) or ''}"
                started.append(self._start(log, arguments, environment))
                programs[kind].append(started[-1].pid)
            looks_url = environment.get("LOOKS_URL")
            for address in filter(None, (url, looks_url)):
                _wait(address, started)
            yield RunningHouse(url, self.database, self.folder, self.postgres_pid, programs, looks_url)
        finally:
            for each in started:
                each.terminate()
            for each in started:
                _end(each)

    def _start(
        self, name: str, arguments: tuple[str, ...], environment: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as out:
            return subprocess.Popen(
                command((sys.executable, *arguments)),
                cwd=ROOT,
                env={**_own_environment(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )


@contextmanager
def open_foundation(folder: Path, *, homes: int) -> Iterator[Foundation]:
    """The demo's two makers on a PostgreSQL of their own, and `homes` more homes; what is there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with EmbeddedPostgres(folder / "postgres", settings={"shared_buffers": SHARED_BUFFERS}) as server:
        migrate_database(server.url)
        database = Database(make_engine(server.url, pool_size=4, statement_timeout_ms=300_000))
        try:
            prepare_world(database, now=clock.now(), tell=lambda _line: None)
            seeded = time.monotonic() - began
            filled = fill_homes(database, count=homes)
            with database.reading() as session:
                served = session.execute(text("SELECT count(*) FROM household")).scalar_one()
            sys.stderr.write(
                f"{served:,} homes ({filled:,} filled in {time.monotonic() - began - seeded:.0f} s), "
                f"the demo's world in {seeded:.0f} s\n"
            )
            pid = int((folder / "postgres" / "postgres" / "postmaster.pid").read_text().split()[0])
            yield Foundation(folder, server.url, database, pid)
        finally:
            database.dispose()


def _own_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def _wait(url: str, started: list[subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        if any(each.poll() is not None for each in started):
            raise RuntimeError("a part of the house ended before it was ready: see its log")
        try:
            if httpx.get(f"{url}/api/v1/health", timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the house did not become ready")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
