"""The fake's HTTP side: the providers' shapes, and `/control` for whoever plays with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from core import clock as core_clock
from notifications.fake_provider.controls import Controls
from notifications.fake_provider.credentials import API_KEY, API_SECRET
from notifications.fake_provider.nhn import add_nhn_routes
from notifications.fake_provider.sens import add_sens_routes
from notifications.fake_provider.signatures import ApiError
from notifications.fake_provider.solapi import add_solapi_routes
from notifications.fake_provider.state import FakeProvider

__all__ = ["API_KEY", "API_SECRET", "FakeProvider", "create_fake_provider"]


def create_fake_provider(
    *,
    api_key: str = API_KEY,
    api_secret: str = API_SECRET,
    controls: Controls | None = None,
    clock: Callable[[], datetime] = core_clock.now,
    seed: int = 1,
) -> FastAPI:
    """An application for one account. Bind it to loopback: whoever reaches `/control` rules it."""
    fake = FakeProvider(
        api_key=api_key, api_secret=api_secret, controls=controls or Controls(), clock=clock, seed=seed
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        fake.reporter.start()
        yield
        fake.stopping.set()
        fake.reporter.stop()

    app = FastAPI(title="가상 문자 서버", lifespan=lifespan)
    app.state.fake = fake
    _answer_errors(app)
    for add_routes in (add_solapi_routes, add_sens_routes, add_nhn_routes, _add_control_routes):
        add_routes(app, fake)
    return app


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(ApiError)
    def refused(_request: Request, error: ApiError) -> JSONResponse:
        return JSONResponse({"errorCode": error.code, "errorMessage": error.message}, error.status)

    @app.exception_handler(RequestValidationError)
    def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"errorCode": "ValidationError", "errorMessage": str(error.errors()[:3])}, 400)


def _add_control_routes(app: FastAPI, fake: FakeProvider) -> None:
    @app.get("/control")
    def show() -> Controls:
        return fake.controls

    @app.post("/control")
    def change(changes: Annotated[Controls, Body()]) -> Controls:
        return fake.change(changes)

    @app.post("/control/flush")
    def flush() -> dict[str, int]:
        return {"reported": fake.reporter.flush()}

    @app.post("/control/reset", status_code=204)
    def reset() -> None:
        fake.reset()

    @app.get("/control/messages")
    def messages(to: str | None = None) -> list[dict[str, Any]]:
        return [message.listed() for message in fake.ledger.sent() if to in (None, message.to)]

    @app.get("/control/requests")
    def requests() -> dict[str, int]:
        return {"requests": fake.requests}
