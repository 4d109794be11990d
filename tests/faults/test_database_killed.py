"""`kill -9` of PostgreSQL while tickets come in: a clear answer, nothing lost, nothing told twice."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

import httpx
import pytest

from core.embedded_postgres import EmbeddedPostgres
from operators.database import migrate_database
from tests.core.processes import open_folder
from tests.faults.installation import Installation, open_installation, open_point, wait_until
from tests.journeys.test_whole_journey import CALL
from tests.serving import client_of

CALLERS = 3


@dataclass
class Calls:
    """What callers of the API were answered; each call has a key of its own and is not given up."""

    taken: dict[str, str] = field(default_factory=dict)
    refused: list[httpx.Response] = field(default_factory=list)
    over: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def file_for_ever(self, client: httpx.Client, name: str) -> None:
        """One ticket after the other, each sent again until it is taken."""
        serial = 0
        while not self.over.is_set():
            serial += 1
            key = f"{name}-{serial}"
            while not self._file(client, key):
                time.sleep(0.1)

    def _file(self, client: httpx.Client, key: str) -> bool:
        answer = client.post("/tickets", json={**CALL, "note": key}, headers={"Idempotency-Key": key})
        with self.lock:
            if answer.status_code == 201:
                self.taken[key] = answer.json()["number"]
                return True
            self.refused.append(answer)
            return False


@dataclass
class Stream:
    """An open page's stream of changes: the names of the events, as they come."""

    client: httpx.Client
    heard: list[str] = field(default_factory=list)

    def listen(self) -> None:
        with (
            contextlib.suppress(httpx.TransportError),  # the server ends with the test
            self.client.stream("GET", "/live", timeout=60) as lines,
        ):
            for line in lines.iter_lines():
                if line.startswith("event:"):
                    self.heard.append(line.removeprefix("event:").strip())


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """A server of this test alone: what is committed is written; only the disk is not waited for."""
    place = open_folder()
    with EmbeddedPostgres(place, settings={"fsync": "off"}) as running:
        migrate_database(running.url)
        yield running
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def installation(server: EmbeddedPostgres, tmp_path: Path) -> Iterator[Installation]:
    with open_installation(server.url, folder=tmp_path) as opened:
        yield opened


def test_killed_under_incoming_calls(server: EmbeddedPostgres, installation: Installation) -> None:
    open_point(installation, technicians=3)
    house = installation.house
    worker = installation.start_worker()
    web = installation.start_web()
    page = client_of(house.url, headers=dict(house.api("dispatcher").headers))
    house.clients.append(page)
    stream, calls = Stream(page), Calls()
    Thread(target=stream.listen, daemon=True).start()
    callers = [
        Thread(target=calls.file_for_ever, args=(house.api("agent"), f"caller-{n}"), daemon=True)
        for n in range(CALLERS)
    ]
    for caller in callers:
        caller.start()
    wait_until(lambda: len(calls.taken) >= 6 and "change" in stream.heard, else_say=web.said)

    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: len(calls.refused) >= 3, else_say=web.said)
    shown = page.get("/dispatch", headers={"Accept": "text/html"})
    before, heard = len(calls.taken), len(stream.heard)
    assert server.ensure_running()
    back_at = time.monotonic()
    wait_until(lambda: len(calls.taken) >= before + 3, else_say=web.said)
    recovered_in_s = time.monotonic() - back_at
    calls.over.set()
    for caller in callers:
        caller.join(30)
        assert not caller.is_alive()

    _was_said_clearly(calls, shown)
    assert recovered_in_s < 20
    filed = dict(installation.ask("SELECT note, number FROM ticket"))
    assert filed == calls.taken, "every ticket that was answered is there, once"
    wait_until(lambda: {"resync", "change"} <= set(stream.heard[heard:]), else_say=lambda: stream.heard)
    _goes_on(installation)
    assert worker.stop() == 0


def _was_said_clearly(calls: Calls, shown: httpx.Response) -> None:
    assert {answer.status_code for answer in calls.refused} == {503}, [a.text for a in calls.refused]
    for answer in calls.refused:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"]
        assert "저장" in answer.json()["detail"]
    assert shown.status_code == 503
    assert "저장" in shown.text and "<h1>" in shown.text


def _goes_on(installation: Installation) -> None:
    """The worker comes back by itself and does what is left, each thing once."""
    waiting = "SELECT id, name, attempts, last_error FROM event WHERE handled_at IS NULL"
    wait_until(lambda: not installation.ask(waiting), else_say=lambda: installation.ask(waiting))
    assert not installation.ask("SELECT number FROM ticket WHERE service_point_id IS NULL")
    installation.change(
        "UPDATE notice SET sending_since = sending_since - interval '40 seconds',"
        " next_try_at = next_try_at - interval '40 seconds' WHERE state = 'queued'"
    )
    unsettled = "SELECT event, state, problem FROM notice WHERE state NOT IN ('delivered', 'withdrawn')"
    wait_until(lambda: not installation.ask(unsettled), else_say=lambda: installation.ask(unsettled))
    told = Counter(text["customFields"]["noticeId"].partition("-")[0] for text in installation.house.texts())
    assert told and set(told.values()) == {1}
