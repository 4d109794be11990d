"""Applications on a loopback port, and clients for them.

FastAPI works out what a route needs when it is first called, which takes longer than most tests. So the
application over a context is one of a few that a process keeps: contexts change, routes do not.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from web.app import create_app, set_context
from web.context import WebContext

_idle: list[FastAPI] = []
_no_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Without the list of authorities: reading it takes as long as ten requests, and loopback needs none."""


class _PromptServer(uvicorn.Server):
    """uvicorn, but it ends at once: its own loops look around ten times a second only."""

    _asked: asyncio.Event | None = None

    def stop(self) -> None:
        """End, from any thread."""
        self.should_exit = True
        if self._asked is not None:
            with suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._asked.set)

    async def main_loop(self) -> None:
        """Wait to be stopped."""
        await self.on_tick(0)
        self._loop, self._asked = asyncio.get_running_loop(), asyncio.Event()
        if not self.should_exit:
            await self._asked.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let answers that are under way end, for two seconds; no socket outlives the loop."""
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        await self._accepted()
        await self._connections_end(lambda connection: connection.shutdown(), within=2)
        await self._connections_end(lambda connection: connection.transport.abort(), within=2)
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # what was aborted closes its socket in the loop's next round
        await self.lifespan.shutdown()

    async def _accepted(self) -> None:
        """Wait for connections that were being accepted when the door closed: they are not counted yet."""
        accepting = [
            task
            for task in asyncio.all_tasks()
            if getattr(task.get_coro(), "__name__", "") == "_accept_connection2"
        ]
        await asyncio.gather(*accepting, return_exceptions=True)

    async def _connections_end(self, end: Callable[[Any], None], *, within: float) -> None:
        """End each connection, one that was accepted a moment ago as well, and wait until it has ended."""
        asked: set[Any] = set()
        state = self.server_state
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await asyncio.sleep(0.001)
                while state.connections or state.tasks:
                    for connection in state.connections - asked:
                        end(connection)
                        asked.add(connection)
                    await asyncio.sleep(0.005)


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application from a thread; the socket listens before the server does, so nobody waits.

    `app.state.stop_serving()` ends it early.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = _PromptServer(uvicorn.Config(app, log_level="error", ws="none"))
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        app.state.stop_serving = server.stop
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            if hasattr(app.state, "fake"):
                app.state.fake.stopping.set()
            server.stop()
            thread.join(timeout=10)
            assert not thread.is_alive()


@contextmanager
def application(context: WebContext) -> Iterator[FastAPI]:
    """The application over a context, for as long as the block runs."""
    app = _idle.pop() if _idle else create_app(context)
    set_context(app, context)
    yield app
    _idle.append(app)  # not after an error: nobody knows what state it is in


@contextmanager
def serving_context(context: WebContext) -> Iterator[str]:
    """Address of the application over a context."""
    with application(context) as app, serving(app) as url:
        yield url


def client_of(url: str, **options: Any) -> httpx.Client:
    """A client of an address on this machine."""
    return httpx.Client(base_url=url, trust_env=False, verify=_no_tls, **{"timeout": 30, **options})
