"""Every route by every role: who is let in, before a body is read.

A new route fails here until it is written into `rights_table.TABLE`: then one thinks about who may call it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from core.actor import Role
from core.settings import Settings
from tests.serving import application
from tests.web.conftest import WebWorld
from tests.web.rights_table import ALLOWED, GUARDED, LETTERS, TABLE, concrete
from web.app import API_PREFIX
from web.context import WebContext
from web.identity import COOKIE
from web.live_hub import LiveHub
from web.routes import API_ROUTERS, PAGE_ROUTERS


def routes_of(routers: Iterable[Any], prefix: str) -> Iterator[tuple[str, APIRoute]]:
    """`METHOD path` of every route below these routers."""
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute):
                for method in (route.methods or set()) - {"HEAD"}:
                    yield f"{method} {prefix}{route.path}", route
            else:
                yield from routes_of([route.original_router], prefix + route.include_context.prefix)


def test_every_route_is_in_the_table_with_its_roles() -> None:
    found = {}
    for name, route in (*routes_of(API_ROUTERS, API_PREFIX), *routes_of(PAGE_ROUTERS, "")):
        assert name not in found, f"{name} is there twice"
        found[name] = frozenset(getattr(route.endpoint, "allowed_roles", frozenset()))
    assert found == ALLOWED


@dataclass
class Answer:
    """What an application sent back to one request, and how often it asked for the body."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    reads: int = 0


async def call(app: FastAPI, route: str, headers: dict[str, str]) -> Answer:
    """One request straight into the application, with a body that is announced and never comes."""
    method, path = route.split(" ")
    answer = Answer()

    async def receive() -> dict[str, Any]:
        answer.reads += 1
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    sent = {"host": "test", "content-type": "application/json", "content-length": "9999", **headers}
    await app(
        {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(k.encode(), v.encode()) for k, v in sent.items()],
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
        },
        receive,
        send,
    )
    return answer


def call_all(app: FastAPI, calls: list[tuple[str, dict[str, str]]]) -> list[Answer]:
    async def one_after_the_other() -> list[Answer]:
        return [await call(app, route, headers) for route, headers in calls]

    return asyncio.run(one_after_the_other())


@pytest.fixture
def app(web_world: WebWorld) -> Iterator[FastAPI]:
    """A second application over the same rows, called without a network."""
    settings = Settings(database_url="postgresql://nowhere", sms_provider="fake", webhook_token="test")
    context = WebContext(
        settings=settings,
        database=web_world.database,
        clock=lambda: web_world.now,
        live=LiveHub("postgresql://nowhere"),
    )
    with application(context) as made:
        yield made


def test_without_signing_in_there_is_nothing(app: FastAPI) -> None:
    bad: tuple[dict[str, str], ...] = (
        {},
        {"authorization": "Bearer nonsense"},
        {"cookie": f"{COOKIE}=nonsense"},
    )
    calls = [(concrete(route), headers) for route in GUARDED for headers in bad]
    for (route, _headers), answer in zip(calls, call_all(app, calls), strict=True):
        is_page = route.startswith("GET ") and API_PREFIX not in route
        assert answer.status == (303 if is_page else 401), route
        assert answer.reads == 0, f"{route} read the body"
        if is_page:
            assert answer.headers["location"].startswith("/login")
        elif API_PREFIX in route:
            assert answer.headers["content-type"] == "application/problem+json"


def test_other_roles_are_refused_before_the_body_is_read(app: FastAPI, web_world: WebWorld) -> None:
    cookies = {role: web_world.sign_in(role).cookies[COOKIE] for role in Role}
    calls = [
        (route, role, {"cookie": f"{COOKIE}={cookies[role]}"})
        for route in GUARDED
        for role in Role
        if role not in ALLOWED[route]
    ]
    answers = call_all(app, [(concrete(route), headers) for route, _role, headers in calls])
    for (route, role, _headers), answer in zip(calls, answers, strict=True):
        assert answer.status == 403, f"{route} as {role}"
        assert answer.reads == 0, f"{route} read the body"


def test_the_letters_are_all_roles() -> None:
    assert set(LETTERS.values()) == set(Role)
    assert all(len(set(roles)) == len(roles) for roles in TABLE)
    listed = list(itertools.chain.from_iterable(lines.split("\n") for lines in TABLE.values()))
    assert len([line for line in listed if line.strip()]) == len(ALLOWED), "no route is listed twice"
