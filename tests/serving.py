"""Applications on a loopback port, and clients for them.

FastAPI works out what a route needs when it is first called, which takes longer than most tests. So the
application over a context is one of a few that a process keeps: contexts change, routes do not.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from web.app import create_app
from web.context import WebContext

_idle: list[FastAPI] = []
_no_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Without the list of authorities: reading it takes as long as ten requests, and loopback needs none."""


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application from a thread; the socket listens before the server does, so nobody waits.

    `app.state.stop_serving()` ends it early.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        app.state.stop_serving = partial(setattr, server, "should_exit", True)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            if hasattr(app.state, "fake"):
                app.state.fake.stopping.set()
            server.should_exit = True
            thread.join(timeout=10)
            assert not thread.is_alive()


@contextmanager
def application(context: WebContext) -> Iterator[FastAPI]:
    """The application over a context, for as long as the block runs."""
    app = _idle.pop() if _idle else create_app(context)
    app.state.ondol = context
    yield app
    _idle.append(app)


@contextmanager
def serving_context(context: WebContext) -> Iterator[str]:
    """Address of the application over a context."""
    with application(context) as app, serving(app) as url:
        yield url


def client_of(url: str, **options: Any) -> httpx.Client:
    """A client of an address on this machine."""
    return httpx.Client(base_url=url, trust_env=False, verify=_no_tls, **{"timeout": 30, **options})
