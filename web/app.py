"""The web process: one application, made from its context."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import anyio.to_thread
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.live import LOOK_AGAIN
from core.news import tell
from web.api.documented import document
from web.assets import STATIC_DIR
from web.body_limit import BodyLimit
from web.context import WebContext
from web.headers import KEY_IN_ADDRESS, PRIVATE, security_headers
from web.looks import PACKED_FROM, PACKED_HARD
from web.looks_apart import LooksApart, ways_there
from web.problems import answer_fault, answer_too_large, install_error_handlers
from web.readiness import connections_of
from web.request_log import RequestLog
from web.request_times import RequestTimes
from web.routes import API_ROUTERS, PAGE_ROUTERS
from workforce.callers import Held, standing

API_PREFIX = "/api/v1"
SWITCH_S = 0.0005
"""After so long a thread at work lets another one go on, and the event loop: a tenth of Python's own. Where
looks have a process of their own Python's is better: each change costs a wait for a core."""
LAST_LOOKS, LOOK_PAUSE_S = 100, 0.02


def create_app(context: WebContext) -> FastAPI:
    """The application for one context. Nothing global is touched, so tests make as many as they like."""
    app = FastAPI(
        title="Ondol API",
        version="1",
        description=(
            "보일러 수리 접수부터 해피콜까지. 모든 시각은 +09:00, 금액은 부가세 포함 원입니다. "
            "본문의 모르는 칸은 무시하고, 답에는 칸이 늘 수 있습니다. 오류의 말은 Accept-Language(ko, en)를 "
            "따릅니다. 모든 답에 X-Request-ID(문의 번호)가 있습니다."
        ),
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    set_context(app, context)
    app.state.request_times = RequestTimes()
    install_error_handlers(app)
    app.add_middleware(BodyLimit, refuse=answer_too_large)
    app.add_middleware(RequestLog, times=app.state.request_times, on_fault=answer_fault)
    app.add_middleware(StandardHeaders)
    app.add_middleware(GZipMiddleware, minimum_size=PACKED_FROM, compresslevel=PACKED_HARD)
    if context.settings.looks_url and not context.looks_alone:
        app.state.ways_to_looks = ways_there()
        app.add_middleware(LooksApart, url=context.settings.looks_url, transport=app.state.ways_to_looks)
    app.mount("/static", StaticFiles(directory=STATIC_DIR, check_dir=False), name="static")
    for router in API_ROUTERS:
        app.include_router(router, prefix=API_PREFIX)
    for router in PAGE_ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.openapi = partial(document, app)  # type: ignore[method-assign]
    return app


def set_context(app: FastAPI, context: WebContext) -> None:
    """What its routes work with; their transactions stay behind the wall between companies."""
    app.state.ondol = replace(context, database=context.database.walled())


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    context: WebContext = app.state.ondol
    # As many threads as pooled connections: a request that gets a thread also gets a connection.
    if not (context.looks_alone or context.settings.looks_url):
        sys.setswitchinterval(SWITCH_S)
    anyio.to_thread.current_default_thread_limiter().total_tokens = context.settings.web_threads
    await context.live.start(partial(_standing, context))
    await anyio.to_thread.run_sync(tell, context.database.engine, LOOK_AGAIN)
    yield
    await context.live.stop()
    if hasattr(app.state, "ways_to_looks"):
        await app.state.ways_to_looks.aclose()
    await _connections_come_back(context)
    context.database.dispose()


async def _connections_come_back(context: WebContext) -> None:
    """What a thread still holds would outlive its pool: who left without an answer is served to the end."""
    for _look in range(LAST_LOOKS):
        if connections_of(context.database.engine)[0] == 0:
            return
        await asyncio.sleep(LOOK_PAUSE_S)


def _standing(context: WebContext, held: Collection[Held]) -> set[Held]:
    with context.database.everywhere.reading() as session:
        return standing(session, held=held, now=context.clock())


class StandardHeaders:
    """Puts the security and cache headers on every answer. Plain ASGI: it costs no task a request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; the start of an HTTP answer gets the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        context: WebContext = scope["app"].state.ondol

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in security_headers(context.settings).items():
                    headers.setdefault(name, value)
                if scope["path"].startswith(KEY_IN_ADDRESS):
                    headers.update(PRIVATE)
                if scope["path"].startswith("/static/dist/"):
                    headers["Cache-Control"] = "public, max-age=31536000, immutable"
                else:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)
