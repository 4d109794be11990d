"""Real processes for drills: `main.py` as a person starts it, or forked from one that has imported the house.

The provider is real HTTP too, served from a thread of the test, so that it outlives whoever is killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlalchemy import text

from core import clock
from core.db import Database, make_engine
from core.settings import Settings
from core.supervisor import find_free_port
from notifications.fake_provider import Controls, create_fake_provider
from notifications.fake_provider.ledger import Ledger
from tests import world
from tests.faults.nursery import Forked, Nursery
from tests.journeys.house import WEBHOOK_TOKEN, Clock, House
from tests.journeys.test_whole_journey import add_prices, company_of
from tests.serving import client_of, serving
from worker import WorkerContext

ROOT = Path(__file__).resolve().parents[2]
CANARIES = ("김영자", "김민수", "9333-0101", "93330101", "9876.5432", "98765432", "역삼동", "너무 추워요")
"""Of CALL, which every drill files."""
RESOURCE_TRACKER = re.compile(
    r"^\S+resource_tracker\.py:\d+: UserWarning: .*\n  warnings\.warn.*\n"
    r"|^Traceback .*\n  File \S+resource_tracker\.py.*\n(?:    .*\n)*\w+Error: .*\n",
    re.MULTILINE,
)
HEARTBEAT = {"WORKER_HEARTBEAT_S": "0.5", "WORKER_STALLED_S": "2"}


class WallClock(Clock):
    """The time of day: processes of their own cannot be given another."""

    def __call__(self) -> datetime:
        return clock.now()


@dataclass
class Program:
    """One process of ours. `kill()` is `kill -9`."""

    process: subprocess.Popen[bytes] | Forked
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """Ask it to end; the exit code."""
        self.process.terminate()
        return self.process.wait(20)

    def below(self) -> list[psutil.Process]:
        """Its children and theirs."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return list(psutil.Process(self.pid).children(recursive=True))
        return []

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def lines(self) -> list[dict[str, Any]]:
        """What it said, line by line; one that is broken off by `kill -9` is the last.

        Without what Python's own helper process complains of after a `kill -9`.
        """
        said = RESOURCE_TRACKER.sub("", self.said()).splitlines(keepends=True)
        whole = [line for line in said if line.endswith("\n")]
        return [json.loads(line) for line in whole]


@dataclass
class Installation:
    """A database, a provider, and the programs that a test starts on them."""

    house: House
    folder: Path
    environment: dict[str, str]
    port: int
    nursery: Nursery | None = None
    programs: list[Program] = field(default_factory=list)

    def start(self, *arguments: str, **environment: str) -> Program:
        """Run `main.py` with these arguments; what it says goes into a file."""
        log = self.folder / f"{arguments[0]}-{len(self.programs)}.log"
        program = Program(self._begin(arguments, {**self.environment, **environment}, log), log)
        self.programs.append(program)
        return program

    def _begin(
        self, arguments: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> subprocess.Popen[bytes] | Forked:
        if self.nursery is not None:
            return self.nursery.start(arguments, environment=environment, log=log)
        with log.open("wb") as out:
            return subprocess.Popen(
                [sys.executable, str(ROOT / "main.py"), *arguments],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def start_worker(self, **environment: str) -> Program:
        return self.start("worker", **environment)

    def start_web(self, **environment: str) -> Program:
        """A web server that answers."""
        web = self.start("serve", "--port", str(self.port), **environment)
        wait_until(self.answers, within_s=90, else_say=web.said)
        return web

    def answers(self) -> bool:
        """Whether anything listens on the port."""
        try:
            with client_of(self.house.url, timeout=5) as client:
                client.get("/api/v1/health")
        except httpx.TransportError:
            return False
        return True

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the database itself."""
        with self.house.database.reading() as session:
            return [tuple(row) for row in session.execute(text(query))]

    def change(self, statement: str) -> None:
        """Let time pass for rows, where a test cannot wait for it."""
        with self.house.database.transaction() as session:
            session.execute(text(statement))


@contextmanager
def open_installation(
    database_url: str, *, folder: Path, nursery: Nursery | None = None, **environment: str
) -> Iterator[Installation]:
    """Everything but the programs, which are started cold without a nursery and killed at the end."""
    port = find_free_port()
    fake = create_fake_provider(controls=Controls(delay_s=0.1), clock=clock.now)
    fake.state.fake.ledger = Ledger(clock.now() - timedelta(hours=1))  # it has been running for a while
    database = Database(make_engine(database_url, pool_size=8))
    with serving(fake) as provider_url:
        url = f"http://127.0.0.1:{port}"
        settings = Settings(
            database_url=database_url,
            ondol_mode="demo",
            base_url=url,
            sms_provider="fake",
            fake_provider_url=provider_url,
            webhook_token=WEBHOOK_TOKEN,
        )
        wall = WallClock(clock.now())
        context = WorkerContext(settings=settings, database=database, replayable=database, clock=wall)
        house = House(url, provider_url, database, settings, wall, context)
        house.control_provider(webhook_url=f"{url}/webhooks/solapi/{WEBHOOK_TOKEN}")
        made = Installation(house, folder, {**_environment(settings), **environment}, port, nursery)
        try:
            yield made
        finally:
            for client in house.clients:
                client.close()
            for program in made.programs:
                program.kill()
            database.dispose()
        for program in made.programs:
            no_people_in(program)


def no_people_in(program: Program) -> None:
    """Whatever went wrong, every line of the log is JSON, and nobody's name, number or address is in it."""
    program.lines()
    said = program.said()
    assert not [canary for canary in CANARIES if canary in said]


def open_point(installation: Installation, *, technicians: int = 2) -> None:
    """The maker of the journeys with a point in Gangnam, at work around the present moment."""
    house, now = installation.house, clock.now()
    house.add_company("onnuri")
    with house.database.transaction() as session:
        company = company_of(session)
        point = world.make_point(session, company=company, code="gangnam", now=now)
        for n in range(technicians):
            world.make_technician(session, point=point, name=f"박기사{n}", days=(0, 1, 2), now=now)
        add_prices(session, company_id=company.id or 0)


def wait_until(
    condition: Callable[[], object], *, within_s: float = 60.0, else_say: Callable[[], object] = str
) -> None:
    """Ask until it holds: another process cannot be hurried. What `else_say` gives explains a failure."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {else_say()}")
        time.sleep(0.05)


def own_environment() -> dict[str, str]:
    """This process's, without the proxies of a build server."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def _environment(settings: Settings) -> dict[str, str]:
    return {
        **own_environment(),
        **HEARTBEAT,
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "DATABASE_URL": settings.database_url,
        "ONDOL_MODE": "demo",
        "BASE_URL": settings.base_url,
        "SMS_PROVIDER": "fake",
        "FAKE_PROVIDER_URL": settings.fake_provider_url,
        "WEBHOOK_TOKEN": settings.webhook_token,
    }
