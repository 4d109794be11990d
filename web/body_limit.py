"""No request may be larger than what any of ours is: refused with a sentence, before it is read."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 2_500_000
"""An uploaded list (2 MB, which says so itself) with its form around it; far above a ticket (some kB) and a
batch of the text provider's reports (about 1 kB each)."""
TOO_LARGE = 413


class BodyLimit:
    """Refuses by `Content-Length` at once, and a body without one as soon as it grows too large."""

    def __init__(self, app: ASGIApp, *, refuse: Callable[[Request], Response]) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an HTTP request on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isascii() or not announced.isdigit() or int(announced[:20]) > MOST_BYTES:
            await self._refuse(Request(scope, receive))(scope, receive, send)
            return
        size, refused = 0, False

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MOST_BYTES:
                raise HTTPException(TOO_LARGE)
            return message

        async def send_or_refuse(message: Message) -> None:
            nonlocal refused
            if refused:
                return
            if message["type"] == "http.response.start" and size > MOST_BYTES:
                # Whoever read the body may have taken its end for a fault of its own (400).
                refused = True
                await self._refuse(Request(scope, receive))(scope, receive, send)
                return
            await send(message)

        await self._app(scope, counted, send_or_refuse)
