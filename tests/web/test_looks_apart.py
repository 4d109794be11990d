"""Open pages' looks in a process of their own: the same answers, and nobody depends on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from core.settings import Settings
from tests.faults.installation import wait_until
from tests.serving import application, client_of, serving
from tests.web.conftest import ClientAs, WebWorld
from tests.web.test_looks import LOOK
from web.app import create_app
from web.context import WebContext
from web.live_hub import LiveHub
from web.looks_apart import AWAY_S, LooksApart


@dataclass(frozen=True)
class House:
    """A web process, and the one that writes its looks."""

    url: str
    web: FastAPI
    looks: FastAPI
    looks_url: str

    @staticmethod
    def answered(app: FastAPI, route: str) -> int:
        """How many of a route's requests a process has answered."""
        counts = app.state.request_times.registry.collect()
        return int(
            sum(
                sample.value
                for family in counts
                for sample in family.samples
                if sample.name.endswith("_count") and sample.labels["route"] == route
            )
        )


def answers(url: str) -> bool:
    """Whether anybody listens there."""
    with client_of(url) as client:
        try:
            return bool(client.get("/api/v1/health").status_code)
        except httpx.TransportError:
            return False


@pytest.fixture
def house(web_world: WebWorld, database_url: str) -> Iterator[House]:
    settings = Settings(database_url=database_url, notices="off")
    context = WebContext(
        settings=settings,
        database=web_world.database,
        clock=lambda: web_world.now,
        live=LiveHub(database_url),
    )
    with ExitStack() as stack:
        apart = stack.enter_context(application(replace(context, looks_alone=True)))
        apart_url = stack.enter_context(serving(apart))
        told = settings.model_copy(update={"looks_url": apart_url})
        web = create_app(replace(context, settings=told, live=LiveHub(database_url)))
        yield House(stack.enter_context(serving(web)), web, apart, apart_url)


def test_looks_are_written_there_and_everything_else_here(
    house: House, web_world: WebWorld, client_as: ClientAs
) -> None:
    before = House.answered(house.looks, "/dispatch/queue")
    with client_of(house.url, cookies=client_as("dispatcher").cookies) as desk:
        own, look = desk.get("/dispatch/queue"), desk.get("/dispatch/queue?point=", headers=LOOK)
        assert (own.status_code, look.status_code) == (200, 200)
        assert look.text == desk.get("/dispatch/queue?point=").text
        assert look.headers["content-security-policy"] == own.headers["content-security-policy"]
        assert look.headers["x-request-id"]
        assert len(look.headers.get_list("content-length")) == 1
    wait_until(lambda: House.answered(house.looks, "/dispatch/queue") == before + 1)
    wait_until(lambda: House.answered(house.web, "/dispatch/queue") == 2)
    with client_of(house.url) as stranger:
        assert stranger.get("/dispatch/queue", headers=LOOK).status_code == 401, (
            "who asks is asked there, too"
        )


def test_a_press_is_never_passed_on(house: House, client_as: ClientAs) -> None:
    with client_of(house.url, cookies=client_as("dispatcher").cookies) as desk:
        posted = desk.post("/live/active", headers=LOOK)
    assert posted.status_code == 204
    wait_until(lambda: House.answered(house.web, "/live/active") == 1)


def test_while_it_is_away_the_web_process_writes_them(house: House, client_as: ClientAs) -> None:
    with client_of(house.url, cookies=client_as("dispatcher").cookies) as desk:
        assert desk.get("/dispatch/queue", headers=LOOK).status_code == 200
        house.looks.state.stop_serving()
        wait_until(lambda: not answers(house.looks_url))
        looked = [desk.get("/dispatch/queue", headers=LOOK).status_code for _n in range(3)]
    assert looked == [200] * 3, "nobody else is there to answer"


class Elsewhere(httpx.AsyncBaseTransport):
    """What the looks process says, or how it fails."""

    def __init__(self, *says: httpx.Response | Exception) -> None:
        self.says = list(says)
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        said = self.says.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


def ask(through: LooksApart, *, client: str = "10.0.0.7", **headers: str) -> list[Message]:
    """The messages of one look."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    pairs = [(b"x-ondol-live", b"1")]
    pairs += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/dispatch/큐",
        "raw_path": b"/dispatch/%ED%81%90",
        "query_string": b"point=3&q=%26",
        "headers": pairs,
        "client": (client, 1234),
        "scheme": "https",
    }
    asyncio.run(through(scope, receive, send))
    return sent


async def by_itself(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_the_address_and_the_asker_arrive_as_they_came() -> None:
    there = Elsewhere(httpx.Response(200, stream=httpx.ByteStream(b"here"), headers={"x": "y"}))
    through = LooksApart(by_itself, url="http://looks:8009", transport=there)
    start, body = ask(through, x_forwarded_for="6.6.6.6", host="ondol.example.com", cookie="a=b")
    asked = there.asked[0]
    assert str(asked.url) == "http://looks:8009/dispatch/%ED%81%90?point=3&q=%26"
    assert asked.headers.get_list("x-forwarded-for") == ["10.0.0.7"], (
        "what the asker claimed is not handed on"
    )
    assert (asked.headers["host"], asked.headers["cookie"]) == ("ondol.example.com", "a=b")
    assert asked.headers["x-forwarded-proto"] == "https"
    assert (start["status"], body["body"]) == (200, b"here")


def test_too_slow_is_put_off_and_refused_is_left_alone_for_a_while() -> None:
    now = 100.0
    there = Elsewhere(
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("refused"),
        httpx.Response(200, stream=httpx.ByteStream(b"")),
    )
    through = LooksApart(by_itself, url="http://looks:8009", transport=there, seconds=lambda: now)
    assert ask(through)[0]["status"] == 429
    assert ask(through)[0]["status"] == 299
    assert ask(through)[0]["status"] == 299 and len(there.asked) == 2, "not asked again at once"
    now += AWAY_S
    assert ask(through)[0]["status"] == 200
