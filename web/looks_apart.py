"""Open pages' looks in a process of their own, so that the system's scheduler keeps them behind people.

In one interpreter every thread gets its turn, a look's as well as that of the agent who searches. A process
that gives way (`main.py serve --looks`) gets what people leave over, and writes each part once for all web
processes. Nothing depends on it: while it is away, the web process writes the looks itself (`web/looks.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from web.looks import BY_ITSELF, put_off

log = structlog.get_logger(__name__)

_LOOKS_HEADER = BY_ITSELF.encode()
CONNECT_S, ANSWER_S = 0.5, 8.0
"""It puts looks off by itself after four seconds (`looks.WAIT_AT_MOST_S`); a part takes well below one."""
AWAY_S = 2.0
"""So long it is not asked again after a refused connection."""
_OF_ONE_CONNECTION = frozenset(
    {b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"content-length"}
)
_OF_OUR_OWN = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})


def ways_there() -> httpx.AsyncHTTPTransport:
    """Connections to it, kept shorter than its server keeps them; whoever makes them closes them."""
    return httpx.AsyncHTTPTransport(
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=32, keepalive_expiry=3.0)
    )


class LooksApart:
    """ASGI: passes looks on to the process at `url`, everything else to the application.

    The answer is handed back as it is. Who asks is identified there; this process does not even open it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        url: str,
        transport: httpx.AsyncBaseTransport,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._url = httpx.URL(url)
        self._transport = transport
        self._seconds = seconds
        self._away_until = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on where it belongs."""
        is_look = (
            scope["type"] == "http"
            and scope["method"] == "GET"
            and any(name == _LOOKS_HEADER for name, _value in scope["headers"])
        )
        if not is_look or self._seconds() < self._away_until:
            await self._app(scope, receive, send)
            return
        try:
            status, headers, body = await self._ask(scope)
        except httpx.ReadTimeout:
            await put_off()(scope, receive, send)
            return
        except httpx.TransportError as error:
            self._away_until = self._seconds() + AWAY_S
            log.warning("looks_process_away", error=repr(error)[:200])
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _ask(self, scope: Scope) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Status, headers and the body as it is packed.

        Raises:
            httpx.ReadTimeout: it is too slow.
            httpx.TransportError: it is away.
        """
        path = scope.get("raw_path") or scope["path"].encode()
        query = scope["query_string"]
        request = httpx.Request(
            "GET",
            self._url.copy_with(raw_path=path + (b"?" + query if query else b"")),
            headers=_handed_on(scope),
            extensions={
                "timeout": {"connect": CONNECT_S, "pool": CONNECT_S, "write": CONNECT_S, "read": ANSWER_S}
            },
        )
        answer = await self._transport.handle_async_request(request)
        try:
            body = b"".join([piece async for piece in answer.aiter_raw()])
        finally:
            await answer.aclose()
        kept = [(name.lower(), value) for name, value in answer.headers.raw]
        headers = [(name, value) for name, value in kept if name not in _OF_ONE_CONNECTION]
        return answer.status_code, [*headers, (b"content-length", str(len(body)).encode())], body


def _handed_on(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The asker's own headers, and where they come from."""
    dropped = _OF_ONE_CONNECTION | _OF_OUR_OWN
    headers = [(name, value) for name, value in scope["headers"] if name not in dropped]
    if scope.get("client"):
        headers.append((b"x-forwarded-for", scope["client"][0].encode()))
    return [*headers, (b"x-forwarded-proto", scope["scheme"].encode())]
