"""The fake's HTTP side: Solapi's send and list, and `/control` for whoever plays with it."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from threading import Event, Lock
from typing import Annotated, Any

from fastapi import Body, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from core import clock as core_clock
from notifications.fake_provider.controls import Controls, SendFault
from notifications.fake_provider.intake import Refusal, SendRequest, take
from notifications.fake_provider.ledger import Ledger, new_id
from notifications.fake_provider.reports import Reporter
from notifications.fake_provider.signatures import ApiError, SignatureCheck

API_KEY = "DEMOKEY000000000"
API_SECRET = "DEMOSECRET0000000000000000000000"  # noqa: S105 - opens nothing: the fake sends nothing
MAX_LIMIT = 500


class FakeProvider:
    """The state behind the routes of one process."""

    def __init__(
        self, *, api_key: str, api_secret: str, controls: Controls, clock: Callable[[], datetime], seed: int
    ) -> None:
        self.clock = clock
        self.signatures = SignatureCheck(api_key=api_key, api_secret=api_secret)
        self.ledger = Ledger(clock())
        self.controls = controls
        self._first_controls = controls
        self.stopping = Event()
        self.reporter = Reporter(controls=lambda: self.controls, clock=clock)
        self._chance = random.Random(seed)  # noqa: S311 - the luck of a fault, not a secret
        self._lock = Lock()
        self._errors = 0

    def send(self, request: SendRequest) -> dict[str, Any]:
        """Take the messages unless a fault says otherwise; the answer of send-many/detail."""
        fault = self._next_fault()
        if fault is None:
            return self._take(request)
        answer = self._take(request) if fault.stored else None
        if fault.stall_s:
            self.stopping.wait(fault.stall_s)
        if fault.status is not None:
            raise ApiError(fault.status, "InternalError", "서버에 오류가 있습니다.")
        return answer if answer is not None else self._take(request)

    def change(self, changes: Controls) -> Controls:
        """Set the fields that were given, leave the rest."""
        with self._lock:
            given = {name: getattr(changes, name) for name in changes.model_fields_set}
            self.controls = self.controls.model_copy(update=given)
            return self.controls

    def reset(self) -> None:
        """As just started: no messages, no reports under way, the first settings. Used signatures stay."""
        with self._lock:
            self.reporter.forget()
            self.ledger = Ledger(self.clock())
            self.controls = self._first_controls

    def _next_fault(self) -> SendFault | None:
        with self._lock:
            if self.controls.next_faults:
                first, *rest = self.controls.next_faults
                self.controls = self.controls.model_copy(update={"next_faults": rest})
                return first
            if self._chance.random() >= self.controls.error_rate:
                return None
            self._errors += 1
            return SendFault(status=503, stored=self._errors % 2 == 0)

    def _take(self, request: SendRequest) -> dict[str, Any]:
        now = self.clock()
        group_id = new_id("G4V", now)
        taken, failed = [], []
        for message in request.messages:
            result = take(message, group_id=group_id, controls=self.controls, now=now)
            if isinstance(result, Refusal):
                failed.append(result.answered(message))
                continue
            self.ledger.add(result)
            self.reporter.schedule(result)
            taken.append(
                {
                    "messageId": result.message_id,
                    "statusCode": result.status_code,
                    "statusMessage": "정상 접수",
                    "customFields": result.custom_fields,
                }
            )
        count = {"total": len(taken) + len(failed), "registeredSuccess": len(taken)}
        answer = {
            "failedMessageList": failed,
            "groupInfo": {
                "groupId": group_id,
                "status": "SENDING",
                "count": {**count, "registeredFailed": len(failed)},
            },
        }
        return {**answer, "messageList": taken} if request.show_message_list else answer


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
    _add_solapi_routes(app, fake)
    _add_control_routes(app, fake)
    return app


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(ApiError)
    def refused(_request: Request, error: ApiError) -> JSONResponse:
        return JSONResponse({"errorCode": error.code, "errorMessage": error.message}, error.status)

    @app.exception_handler(RequestValidationError)
    def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"errorCode": "ValidationError", "errorMessage": str(error.errors()[:3])}, 400)


def _add_solapi_routes(app: FastAPI, fake: FakeProvider) -> None:
    @app.post("/messages/v4/send-many/detail")
    def send_many(
        body: Annotated[SendRequest, Body()], authorization: Annotated[str | None, Header()] = None
    ) -> dict[str, Any]:
        fake.signatures.require(authorization, now=fake.clock())
        return fake.send(body)

    @app.get("/messages/v4/list")
    def list_messages(
        *,
        authorization: Annotated[str | None, Header()] = None,
        message_id: Annotated[str | None, Query(alias="messageId")] = None,
        group_id: Annotated[str | None, Query(alias="groupId")] = None,
        to: str | None = None,
        sender: Annotated[str | None, Query(alias="from")] = None,
        kind: Annotated[str | None, Query(alias="type")] = None,
        status_code: Annotated[str | None, Query(alias="statusCode")] = None,
        since: Annotated[datetime | None, Query(alias="startDate")] = None,
        until: Annotated[datetime | None, Query(alias="endDate")] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
        start_key: Annotated[str | None, Query(alias="startKey")] = None,
    ) -> dict[str, Any]:
        fake.signatures.require(authorization, now=fake.clock())
        return fake.ledger.listed(
            limit=limit,
            start_key=start_key,
            since=since,
            until=until,
            message_id=message_id,
            group_id=group_id,
            to=to,
            sender=sender,
            kind=kind,
            status_code=status_code,
        )


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
