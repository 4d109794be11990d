"""Kills at random while a day goes on: `run.py bench kills` does two hundred, the tests twenty.

Callers file tickets and take them through their visit over two web processes; whatever is killed is started
again at once, as systemd or the demo's supervisor would. Every request has an `Idempotency-Key` and is sent
until it is answered. At the end the rows and the provider's own list say whether anything was lost, told
twice, planned twice or timed wrongly.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Lock, Thread
from typing import Any

import httpx
import psutil

from core.embedded_postgres import EmbeddedPostgres
from core.supervisor import find_free_port
from tests.faults.installation import Installation, Program, open_point, wait_until
from tests.journeys.test_whole_journey import CALL
from tests.serving import client_of

TARGETS = ("web", "worker", "solver", "postgres", "backend")
STEPS = ("en-route", "arrived", "started")
CALLERS = 3
PAUSE_S = 0.1
WAITED_S = 45
"""How long a step may wait for its turn (a plan, a technician) before the caller goes on to the next call."""


@dataclass
class Ledger:
    """What callers were answered."""

    filed: dict[str, str] = field(default_factory=dict)
    """Note of the call (its key) -> ticket's number."""
    steps: dict[tuple[str, str], int] = field(default_factory=dict)
    """(number, step) -> status of the first answer that was one."""
    odd: list[str] = field(default_factory=list)
    """Answers that nobody should get."""
    lock: Lock = field(default_factory=Lock)

    @property
    def answered(self) -> int:
        return len(self.filed) + len(self.steps)


class Caller:
    """Somebody at a desk: files a ticket, agrees a window, then logs the visit to its end."""

    def __init__(
        self, name: str, urls: list[str], headers: dict[str, dict[str, str]], ledger: Ledger
    ) -> None:
        self._name = name
        self._ledger = ledger
        self._clients = [client_of(f"{url}/api/v1", timeout=10) for url in urls]
        self._headers = headers
        self.over = Event()

    def work(self) -> None:
        """One case after the other, until it is over."""
        for serial in count(1):
            if self.over.is_set():
                break
            self._case(f"{self._name}-{serial}", serial)
        for client in self._clients:
            client.close()

    def _case(self, key: str, serial: int) -> None:
        resident = {**CALL["resident"], "phone": f"010-{9000 + int(self._name):04}-{serial:04}"}
        call = {**CALL, "note": key, "resident": resident, "requester": None, "payer": "resident"}
        number = self._send("agent", "/tickets", call, key)["number"]
        with self._ledger.lock:
            self._ledger.filed[key] = number
        slots = self._until(lambda: self._get("/slots", ticket=number) if self._planned(number) else None)
        if not slots:
            return
        window = {"start": slots[0]["start"], "end": slots[0]["end"]}
        told = {"outcome": "CONNECTED", "with": "resident", "window": window}
        for step, body in (("contact-attempts", told), *((f"visit/{step}", {}) for step in STEPS)):
            if self._step(number, step, body) >= 400:
                return
        ticks = {item["code"]: True for item in self._get(f"/tickets/{number}")["visit"]["checklist"]}
        lines = [{"code": "LABOUR_IGNITION", "quantity": 1}]
        self._step(number, "visit/completed", {"checklist": ticks, "lines": lines})

    def _step(self, number: str, step: str, body: dict[str, Any]) -> int:
        answer = self._answered("dispatcher", f"/tickets/{number}/{step}", body, f"{number}/{step}")
        with self._ledger.lock:
            self._ledger.steps[number, step] = answer.status_code
        if answer.status_code not in (200, 201, 409):  # 409: another's plan or step came between
            self._ledger.odd.append(f"{step}: {answer.status_code} {answer.text[:200]}")
        return answer.status_code

    def _planned(self, number: str) -> bool:
        return bool(self._get(f"/tickets/{number}")["status"] == "ASSIGNED")

    def _until(self, ask: Callable[[], Any]) -> Any:
        until = time.monotonic() + WAITED_S
        while time.monotonic() < until and not self.over.is_set():
            if found := ask():
                return found
            time.sleep(PAUSE_S)
        return None

    def _get(self, path: str, **query: str) -> Any:
        return self._answered_by(
            lambda client: client.get(path, params=query, headers=self._headers["dispatcher"])
        ).json()

    def _send(self, role: str, path: str, body: dict[str, Any], key: str) -> Any:
        answer = self._answered(role, path, body, key)
        if answer.status_code != 201:
            self._ledger.odd.append(f"{path}: {answer.status_code} {answer.text[:200]}")
        return answer.json()

    def _answered(self, role: str, path: str, body: dict[str, Any], key: str) -> httpx.Response:
        headers = {**self._headers[role], "Idempotency-Key": key}
        return self._answered_by(lambda client: client.post(path, json=body, headers=headers))

    def _answered_by(self, ask: Callable[[httpx.Client], httpx.Response]) -> httpx.Response:
        """The first answer that is one, from whichever web process is there: 503 and silence are not."""
        for nth in count():
            with contextlib.suppress(httpx.TransportError):
                answer = ask(self._clients[nth % len(self._clients)])
                if answer.status_code < 500:
                    return answer
                if answer.status_code != 503:
                    self._ledger.odd.append(f"{answer.request.url.path}: {answer.status_code}")
            time.sleep(PAUSE_S)
        raise AssertionError("unreachable")


@dataclass
class Drill:
    """An installation whose parts are killed. `killed` counts what was."""

    installation: Installation
    server: EmbeddedPostgres
    chance: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    ledger: Ledger = field(default_factory=Ledger)
    webs: dict[int, Program] = field(default_factory=dict)
    worker: Program | None = None
    slowest_s: float = 0.0
    """From a kill until somebody was answered again."""

    def run(self, *, kills: int) -> None:
        """Kill so many times, each time after somebody was answered since the one before."""
        with self._at_work():
            self._wait_for_answers(self.ledger.answered + CALLERS)
            for _nth in range(kills):
                before = self.ledger.answered
                self._kill(self.chance.choice(TARGETS))
                began = time.monotonic()
                self._wait_for_answers(before + 1)
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)
                time.sleep(self.chance.uniform(0, 0.4))
        self._settle()

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        house = self.installation.house
        ports = [self.installation.port, find_free_port()]
        for port in ports:
            self.webs[port] = self._start_web(port)
        self.worker = self.installation.start_worker(SOLVE_SECONDS="1")
        wait_until(self.installation.answers, within_s=90)
        headers = {role: dict(house.api(role).headers) for role in ("agent", "dispatcher")}
        headers = {role: {"Authorization": all_["authorization"]} for role, all_ in headers.items()}
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        callers = [Caller(str(n), urls, headers, self.ledger) for n in range(CALLERS)]
        threads = [Thread(target=caller.work, daemon=True) for caller in callers]
        for thread in threads:
            thread.start()
        yield
        for caller in callers:
            caller.over.set()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive(), "a caller is still waiting for an answer"

    def _wait_for_answers(self, wanted: int) -> None:
        def look() -> bool:
            self.server.ensure_running()
            return self.ledger.answered >= wanted

        wait_until(look, within_s=60, else_say=self._last_words)

    def _kill(self, target: str) -> None:
        self.killed[target] += 1
        if target == "web":
            port = self.chance.choice(sorted(self.webs))
            self.webs[port].kill()
            self.webs[port] = self._start_web(port)
        elif target == "worker":
            assert self.worker is not None
            self.worker.kill()
            self.worker = self.installation.start_worker(SOLVE_SECONDS="1")
        elif target == "solver":
            assert self.worker is not None
            self._kill_one(self.worker.below())
        elif target == "postgres":
            assert self.server.pid is not None
            os.kill(self.server.pid, signal.SIGKILL)
        else:
            self._kill_one(psutil.Process(self.server.pid).children())

    def _kill_one(self, processes: list[psutil.Process]) -> None:
        if processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                self.chance.choice(processes).kill()

    def _start_web(self, port: int) -> Program:
        return self.installation.start("serve", "--port", str(port))

    def _last_words(self) -> str:
        assert self.worker is not None
        return "\n".join(program.said()[-1500:] for program in (*self.webs.values(), self.worker))

    def _settle(self) -> None:
        """What is left is done without any help but time."""
        ask = self.installation.ask
        self.server.ensure_running()
        waiting = "SELECT id, name, attempts, last_error FROM event WHERE handled_at IS NULL"
        # A step that was killed several times pauses for minutes: no test waits for that.
        hurry = "UPDATE event SET next_try_at = now() WHERE handled_at IS NULL AND next_try_at > now()"

        def all_is_done() -> bool:
            self.installation.change(hurry)
            return not ask(waiting)

        wait_until(all_is_done, within_s=120, else_say=lambda: ask(waiting))
        self.installation.change(
            "UPDATE notice SET sending_since = sending_since - interval '40 seconds',"
            " next_try_at = next_try_at - interval '40 seconds' WHERE state = 'queued'"
        )
        # The provider gives up after six reports that nobody took: such a text stays accepted, and is told.
        unsent = "SELECT id, event, state, problem FROM notice WHERE state = 'queued'"
        wait_until(lambda: not ask(unsent), within_s=120, else_say=lambda: ask(unsent))


def begin_drill(
    installation: Installation, server: EmbeddedPostgres, *, seed: int, technicians: int
) -> Drill:
    """A point with technicians at work now."""
    open_point(installation, technicians=technicians)
    return Drill(installation, server, random.Random(seed))
