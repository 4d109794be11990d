"""The fake provider on a real loopback port, and a webhook that keeps what it is posted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response

from notifications.fake_provider import Controls, create_fake_provider
from notifications.fake_provider.app import API_KEY, API_SECRET
from notifications.providers.solapi import SolapiProvider
from tests.serving import client_of, serving


@dataclass
class Webhook:
    """What arrived; `answers` are the statuses to give next, 200 after those."""

    url: str = ""
    posts: list[list[dict[str, Any]]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    arrived: Condition = field(default_factory=Condition)

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [entry for post in self.posts for entry in post]

    def wait_for(self, count: int) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.posts) >= count, timeout=5)


@pytest.fixture(scope="session")
def webhook_server() -> Iterator[Webhook]:
    received = Webhook()
    app = FastAPI()

    @app.post("/hook")
    def take(entries: list[dict[str, Any]]) -> Response:
        with received.arrived:
            received.posts.append(entries)
            status = received.answers.pop(0) if received.answers else 200
            received.arrived.notify_all()
        return Response(status_code=status)

    with serving(app) as url:
        received.url = f"{url}/hook"
        yield received


@pytest.fixture
def webhook(webhook_server: Webhook) -> Webhook:
    webhook_server.posts.clear()
    webhook_server.answers.clear()
    return webhook_server


@dataclass
class Fake:
    """A running fake provider, driven through HTTP alone."""

    url: str
    client: httpx.Client

    def control(self, **changes: Any) -> None:
        self.client.post("/control", json=changes).raise_for_status()

    def flush(self) -> int:
        return int(self.client.post("/control/flush").raise_for_status().json()["reported"])

    def messages(self, **query: str) -> list[dict[str, Any]]:
        answer: list[dict[str, Any]] = self.client.get("/control/messages", params=query).json()
        return answer


@contextmanager
def running_fake(**settings: Any) -> Iterator[Fake]:
    """A fake whose reports wait for `flush`."""
    with (
        serving(create_fake_provider(controls=Controls(delay_s=None), **settings)) as url,
        client_of(url) as client,
    ):
        yield Fake(url, client)


@pytest.fixture(scope="session")
def one_fake() -> Iterator[Fake]:
    with running_fake() as running:
        yield running


@pytest.fixture
def fake(one_fake: Fake) -> Fake:
    one_fake.client.post("/control/reset").raise_for_status()
    return one_fake


@pytest.fixture
def start_fake() -> Callable[..., Any]:
    return running_fake


@pytest.fixture(scope="session")
def one_solapi(one_fake: Fake) -> Iterator[SolapiProvider]:
    provider = solapi_at(one_fake.url)
    yield provider
    provider.close()


@pytest.fixture
def solapi(fake: Fake, one_solapi: SolapiProvider) -> SolapiProvider:
    return one_solapi


def solapi_at(url: str, timeout_s: float = 5.0) -> SolapiProvider:
    return SolapiProvider(api_key=API_KEY, api_secret=API_SECRET, base_url=url, timeout_s=timeout_s)


@pytest.fixture
def connect() -> Callable[..., SolapiProvider]:
    return solapi_at
