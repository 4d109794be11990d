"""Web processes are restarted one after the other while tickets come in: none is lost, none filed twice."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import httpx

from core.supervisor import find_free_port
from tests.faults.installation import Installation, Program, open_point, wait_until
from tests.journeys.test_whole_journey import CALL
from tests.serving import client_of


@dataclass
class Proxy:
    """What a reverse proxy does: a connection goes to the next process that takes it."""

    behind: list[int]
    port: int = 0
    turn: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, listening: socket.socket) -> None:
        with suppress(OSError):  # closed at the end
            while True:
                client, _address = listening.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with client:
            for _ in self.behind:
                with self.lock:
                    self.turn += 1
                    port = self.behind[self.turn % len(self.behind)]
                with (
                    suppress(ConnectionRefusedError),
                    socket.create_connection(("127.0.0.1", port)) as server,
                ):
                    back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
                    back.start()
                    _pass_on(client, server)
                    back.join(30)
                    return


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def proxied(*ports: int) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        proxy = Proxy(list(ports))
        threading.Thread(target=proxy.serve, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@dataclass
class Caller:
    """Files one ticket after the other; a broken connection or a 503 is tried again with the same key."""

    client: httpx.Client
    taken: dict[str, str] = field(default_factory=dict)
    broken: int = 0
    refused: list[int] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def call(self, name: str) -> None:
        serial = 0
        while not self.over.is_set():
            serial += 1
            key = f"{name}-{serial}"
            while key not in self.taken and not self.over.wait(0.02):
                self._file(key)

    def file_some_more(self) -> None:
        """Wait until a few more are taken."""
        enough = len(self.taken) + 3
        wait_until(lambda: len(self.taken) >= enough, else_say=lambda: self.refused)

    def _file(self, key: str) -> None:
        try:
            answer = self.client.post(
                "/api/v1/tickets", json={**CALL, "note": key}, headers={"Idempotency-Key": key}
            )
        except httpx.TransportError:
            self.broken += 1
            return
        if answer.status_code == 201:
            self.taken[key] = answer.json()["number"]
        else:
            self.refused.append(answer.status_code)


def start_web(installation: Installation, port: int) -> Program:
    """A web process that a load balancer would send people to."""
    web = installation.start("serve", "--port", str(port))

    def is_ready() -> bool:
        with suppress(httpx.TransportError), client_of(f"http://127.0.0.1:{port}", timeout=5) as client:
            return client.get("/api/v1/ready?exclude=worker").status_code == 200
        return False

    wait_until(is_ready, within_s=90, else_say=web.said)
    return web


def test_tickets_keep_coming_in_while_each_process_is_restarted(installation: Installation) -> None:
    open_point(installation)
    ports = [find_free_port(), find_free_port()]
    webs = {port: start_web(installation, port) for port in ports}
    with proxied(*ports) as url:
        headers = {**installation.house.api("agent").headers, "Connection": "close"}
        with client_of(url, headers=headers) as client:
            caller = Caller(client)
            threads = [threading.Thread(target=caller.call, args=(name,)) for name in ("a", "b")]
            for thread in threads:
                thread.start()
            try:
                for port in ports:
                    caller.file_some_more()
                    # uvicorn ends in order, and then by the signal that asked it to.
                    assert webs[port].stop() in (0, -signal.SIGTERM)
                    caller.file_some_more()
                    webs[port] = start_web(installation, port)
            finally:
                caller.over.set()
                for thread in threads:
                    thread.join(60)
    filed = dict(installation.ask("SELECT note, number FROM ticket"))
    assert caller.refused == []
    assert caller.taken.items() <= filed.items(), "every answer 201 is kept"
    assert len(set(filed.values())) == len(filed)
    assert installation.ask("SELECT count(*) FROM ticket") == [(len(filed),)], "none twice"
