"""One line of the log a request, and the id by which it is found again."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from fastapi import Request, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.origin import caused_by, is_request_id, new_request_id
from web.request_times import RequestTimes

log = structlog.get_logger(__name__)

HEADER = "X-Request-ID"
UNKNOWN = "(none)"
"""The route of an address that does not exist: made-up addresses must not make new time series."""
_TOO_OFTEN = ("/api/v1/health", "/api/v1/ready", "/live/here", "/static")
"""Asked by machines all day: a line only when something is wrong."""

Fault = Callable[[Request, Exception], Awaitable[Response]]


class RequestLog:
    """Gives each request its id, answers for what nobody caught, and writes it down.

    `X-Request-ID` of another program (a proxy) is taken over when it is well formed. The line names the
    route as it is written in the code, never the address: addresses hold tokens and what people searched.
    """

    def __init__(self, app: ASGIApp, *, times: RequestTimes, on_fault: Fault) -> None:
        self._app = app
        self._times = times
        self._on_fault = on_fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an HTTP request on under its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if is_request_id(given) else new_request_id()
        with caused_by(request_id):
            await self._answer(scope, receive, send, request_id=request_id)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, *, request_id: str) -> None:
        began, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            if status:  # it broke off in the middle: the server ends the connection
                log.exception("answer_broke_off", route=route_of(scope))
                return
            answer = await self._on_fault(Request(scope, receive), error)
            await answer(scope, receive, send_with_id)
        finally:
            self._write_down(scope, status=status, seconds=time.perf_counter() - began)

    def _write_down(self, scope: Scope, *, status: int, seconds: float) -> None:
        route = route_of(scope)
        self._times.add(route=route, method=scope["method"], status=status, seconds=seconds)
        if status < 400 and route.startswith(_TOO_OFTEN):
            return
        principal = scope.get("state", {}).get("principal")
        log.info(
            "request",
            route=route,
            method=scope["method"],
            status=status,
            ms=round(seconds * 1000, 1),
            account_id=principal.account_id if principal else None,
        )


def route_of(scope: Scope) -> str:
    """The path of a request's route as it is written in the code, e.g. `/api/v1/tickets/{number}`."""
    effective: Any = scope.get("fastapi", {}).get("effective_route_context")
    found: str | None = getattr(effective or scope.get("route"), "path", None)
    if found:
        return found
    return "/static" if scope["path"].startswith("/static/") else UNKNOWN
