"""One LISTEN a web process, one bounded queue a browser: changes reach open pages within a second."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncGenerator, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.db import libpq_url
from core.live import CHANNEL, RESYNC

log = structlog.get_logger(__name__)

QUEUE_LENGTH = 200
RECONNECT_PAUSE_S = 1.0
CHECK_EVERY_S = 15.0
BREATH_S = 0.25
"""A page that was just told something hears what comes next together: its first news is never held back."""
BREATH_AT_MOST_S = 2.0
TOLD_A_SECOND = 300
"""So many pages a process tells a second and still answers people in time: more of them breathe longer."""
LOOK_EVERY_S = 3.0
"""How soon a stream notices that its log-in has ended."""
CHANGE = "change"
ENDED = "ended"

Held = tuple[str, int]
"""`session` or `token`, and its id: what a stream was opened with."""
Standing = Callable[[Collection[Held]], Collection[Held]]
"""Of some sessions and tokens, those that still count."""


@dataclass(eq=False)
class Listener:
    """One open page: what it may hear, and what waits for it."""

    company_id: int
    service_point_id: int | None
    held: Held | None = None
    """The session or token that may end while it listens."""
    deaf_to: frozenset[str] = frozenset()
    """Topics that none of its parts waits for."""
    hears: frozenset[str] | None = None
    """All that its parts wait for; None: whatever it may hear."""
    queue: asyncio.Queue[tuple[str, tuple[str, ...]]] = field(
        default_factory=lambda: asyncio.Queue(QUEUE_LENGTH)
    )

    def may_hear(self, change: dict[str, Any]) -> bool:
        """Own company only; a point's desk hears its own point and what belongs to none."""
        if change.get("company") != self.company_id or change.get("topic") in self.deaf_to:
            return False
        point = change.get("service_point_id")
        return self.service_point_id is None or point is None or point == self.service_point_id

    def waits_for(self, topics: Collection[str]) -> bool:
        """Whether one of its parts looks again at this news: `ticket` takes every `ticket:…`."""
        return self.hears is None or any(
            topic in self.hears or topic.partition(":")[0] in self.hears for topic in topics
        )


class LiveHub:
    """Fans database notifications out to browsers."""

    def __init__(self, url: str) -> None:
        self._url = libpq_url(url)
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._standing: Standing | None = None
        self._watch: asyncio.Task[None] | None = None
        self.connected = False
        self._process = secrets.token_hex(4)
        self._count = 0
        self._breathing = 0
        self._asking: asyncio.Future[Collection[Held]] | None = None

    @property
    def mark(self) -> str:
        """What this process has spread so far; pages compare it, so it must not meet another process's."""
        return f"{self._process}-{self._count}"

    @property
    def breath_s(self) -> float:
        """How long a page that was just told something hears nothing more: by how many were just told."""
        return min(max(BREATH_S, self._breathing / TOLD_A_SECOND), BREATH_AT_MOST_S)

    @property
    def listener_count(self) -> int:
        """Open pages of this process."""
        return len(self._listeners)

    async def start(self, standing: Standing | None = None, *, look_every_s: float = LOOK_EVERY_S) -> None:
        """Begin to listen; called when the process starts serving.

        Args:
            standing: of some sessions and tokens those that still count; the others' streams are ended.
        """
        self._task = asyncio.create_task(self._listen_for_ever())
        if standing is not None:
            self._standing = standing
            self._watch = asyncio.create_task(self._watch_for_ever(look_every_s))

    async def stop(self) -> None:
        """End every stream, so that the process can leave at once."""
        for task in filter(None, (self._task, self._watch)):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._asking is not None:  # its thread holds a connection until it is answered
            await asyncio.wait([self._asking])
        self._send_all("bye")

    async def stream(
        self,
        *,
        company_id: int,
        service_point_id: int | None,
        held: Held | None = None,
        deaf_to: frozenset[str] = frozenset(),
        hears: frozenset[str] | None = None,
    ) -> AsyncGenerator[dict[str, str]]:
        """The events of one browser or program until it goes away, or its session or token ends.

        Args:
            deaf_to: topics that its page has no part for.
            hears: all that its page has parts for: two thousand phones need not hear of each other's routes.
        """
        listener = Listener(company_id, service_point_id, held, deaf_to, hears)
        self._listeners.add(listener)
        try:
            yield {"event": "hello", "data": json.dumps({"mark": self.mark})}
            while True:
                event, topics = await listener.queue.get()
                if event == "bye":
                    return
                if event == CHANGE:
                    topics = _with_what_waits(listener, topics)
                yield {"event": event, "data": json.dumps({"topics": topics}) if topics else "{}"}
                if event == ENDED:
                    return
                if event == CHANGE:
                    await self._breathe()
        finally:
            self._listeners.discard(listener)

    async def _breathe(self) -> None:
        self._breathing += 1
        try:
            await asyncio.sleep(self.breath_s)
        finally:
            self._breathing -= 1

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                log.warning("live_listen_lost", error=str(error))
            self.connected = False
            await asyncio.sleep(RECONNECT_PAUSE_S)

    async def _watch_for_ever(self, every_s: float) -> None:
        """One question for all open pages of the process: an ended log-in hears no more within seconds."""
        while True:
            await asyncio.sleep(every_s)
            watched = [each for each in self._listeners if each.held is not None]
            if not watched or self._standing is None:
                continue
            try:
                held = {each.held for each in watched if each.held is not None}
                self._asking = asyncio.ensure_future(asyncio.to_thread(self._standing, held))
                standing = await asyncio.shield(self._asking)
            except (
                SQLAlchemyError,
                OSError,
            ) as error:  # the database is away: whoever listens hears nothing meanwhile anyway
                log.warning("live_sessions_not_asked", error=repr(error)[:200])
                continue
            for listener in watched:
                if listener.held not in standing:
                    _put(listener, ENDED)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=5)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.connected = True
            self._send_all("resync")
            while True:
                async for notification in connection.notifies(timeout=CHECK_EVERY_S):
                    self._spread(notification.payload)
                await connection.execute("SELECT 1")

    def _spread(self, payload: str) -> None:
        change = json.loads(payload)
        self._count += 1
        if change["topic"] == RESYNC:
            self._send_all("resync")
            return
        topics = tuple(topics_of(change))
        for listener in list(self._listeners):
            if listener.may_hear(change) and listener.waits_for(topics):
                _put(listener, CHANGE, topics)

    def _send_all(self, event: str) -> None:
        for listener in list(self._listeners):
            _put(listener, event)


def topics_of(change: dict[str, Any]) -> list[str]:
    """The names under which pages wait for a change: `ticket:ON-1`, `plan:12` of point 12, `technician:7`,
    `status:RECEIVED` of a ticket that stands so now, `safety` of one with danger."""
    topic = str(change["topic"])
    about = change.get("number") or change.get("id")
    if topic in ("plan", "proposal", "shift"):
        about = change.get("service_point_id")
    topics = [f"{topic}:{about or ''}".rstrip(":")]
    if change.get("service_point_id") is not None:
        topics.append(f"point:{change['service_point_id']}")
    if change.get("status"):
        topics.append(f"status:{change['status']}")
    if change.get("safety"):
        topics.append("safety")
    return [*topics, *(f"technician:{each}" for each in change.get("technician_ids", ()))]


def _with_what_waits(listener: Listener, topics: tuple[str, ...]) -> tuple[str, ...]:
    """The same with the changes that wait behind it, each topic once; something else that waits stays."""
    gathered = dict.fromkeys(topics)
    while not listener.queue.empty():
        event, more = listener.queue.get_nowait()
        if event != CHANGE:
            listener.queue.put_nowait((event, more))  # it comes after what was told before it
            break
        gathered.update(dict.fromkeys(more))
    return tuple(gathered)


def _put(listener: Listener, event: str, topics: tuple[str, ...] = ()) -> None:
    try:
        listener.queue.put_nowait((event, topics))
    except asyncio.QueueFull:
        # A browser that cannot keep up starts again from the present instead of growing our memory.
        while not listener.queue.empty():
            listener.queue.get_nowait()
        listener.queue.put_nowait(("resync", ()))
