"""One LISTEN a web process, one bounded queue a browser: changes reach open pages within a second."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog

from core.db import libpq_url
from core.live import CHANNEL, RESYNC

log = structlog.get_logger(__name__)

QUEUE_LENGTH = 200
RECONNECT_PAUSE_S = 1.0
CHECK_EVERY_S = 15.0


@dataclass(eq=False)
class Listener:
    """One open page: what it may hear, and what waits for it."""

    company_id: int
    service_point_id: int | None
    queue: asyncio.Queue[tuple[str, str]] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))

    def may_hear(self, change: dict[str, Any]) -> bool:
        """Own company only; a point's desk hears its own point and what belongs to none."""
        if change.get("company") != self.company_id:
            return False
        point = change.get("service_point_id")
        return self.service_point_id is None or point is None or point == self.service_point_id


class LiveHub:
    """Fans database notifications out to browsers."""

    def __init__(self, url: str) -> None:
        self._url = libpq_url(url)
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self.connected = False
        self._process = secrets.token_hex(4)
        self._count = 0

    @property
    def mark(self) -> str:
        """What this process has spread so far; pages compare it, so it must not meet another process's."""
        return f"{self._process}-{self._count}"

    @property
    def listener_count(self) -> int:
        """Open pages of this process."""
        return len(self._listeners)

    async def start(self) -> None:
        """Begin to listen; called when the process starts serving."""
        self._task = asyncio.create_task(self._listen_for_ever())

    async def stop(self) -> None:
        """End every stream, so that the process can leave at once."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._send_all("bye", "{}")

    async def stream(self, *, company_id: int, service_point_id: int | None) -> AsyncIterator[dict[str, str]]:
        """The events of one browser until it goes away."""
        listener = Listener(company_id=company_id, service_point_id=service_point_id)
        self._listeners.add(listener)
        try:
            yield {"event": "hello", "data": json.dumps({"mark": self.mark})}
            while True:
                event, data = await listener.queue.get()
                if event == "bye":
                    return
                yield {"event": event, "data": data}
        finally:
            self._listeners.discard(listener)

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                log.warning("live_listen_lost", error=str(error))
            self.connected = False
            await asyncio.sleep(RECONNECT_PAUSE_S)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.connected = True
            self._send_all("resync", "{}")
            while True:
                async for notification in connection.notifies(timeout=CHECK_EVERY_S):
                    self._spread(notification.payload)
                await connection.execute("SELECT 1")

    def _spread(self, payload: str) -> None:
        change = json.loads(payload)
        self._count += 1
        if change["topic"] == RESYNC:
            self._send_all("resync", "{}")
            return
        data = json.dumps({"topics": topics_of(change)})
        for listener in list(self._listeners):
            if listener.may_hear(change):
                _put(listener, "change", data)

    def _send_all(self, event: str, data: str) -> None:
        for listener in list(self._listeners):
            _put(listener, event, data)


def topics_of(change: dict[str, Any]) -> list[str]:
    """The names under which pages wait for a change, e.g. `ticket:ON-1`, `point:12`, `technician:7`."""
    topic = str(change["topic"])
    topics = [f"{topic}:{change.get('number') or change.get('id') or ''}".rstrip(":")]
    for key, name in (("service_point_id", "point"), ("technician_id", "technician")):
        if change.get(key) is not None:
            topics.append(f"{name}:{change[key]}")
    return topics


def _put(listener: Listener, event: str, data: str) -> None:
    try:
        listener.queue.put_nowait((event, data))
    except asyncio.QueueFull:
        # A browser that cannot keep up starts again from the present instead of growing our memory.
        while not listener.queue.empty():
            listener.queue.get_nowait()
        listener.queue.put_nowait(("resync", "{}"))
