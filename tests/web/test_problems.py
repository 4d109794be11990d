"""How a refused request is told: a page to a person, words to a part of a page, a problem to a program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import PendingRollbackError
from starlette.requests import ClientDisconnect
from structlog.testing import capture_logs

from core.db import Database, make_engine
from core.settings import Settings
from tests.serving import application, client_of, serving
from tests.web.conftest import ClientAs, WebWorld
from web.context import WebContext
from web.identity import COOKIE
from web.live_hub import LiveHub
from web.problems import install_error_handlers

PART = {"HX-Request": "true"}


def test_a_part_of_a_page_keeps_what_it_shows_and_hears_why(client_as: ClientAs) -> None:
    desk = client_as("dispatcher")
    page = desk.get("/agent/tickets/ON261201-99999")
    part = desk.get("/agent/tickets/ON261201-99999", headers=PART)
    assert page.status_code == part.status_code == 404
    assert page.text.startswith("<!doctype html>")
    assert "<" not in part.text
    assert part.headers["HX-Reswap"] == "none"
    assert json.loads(part.headers["HX-Trigger"])["toast"] == {"text": part.text, "kind": "bad"}


def test_an_ended_log_in_leads_a_page_to_the_door_and_tells_a_part(web_world: WebWorld) -> None:
    with client_of(web_world.url) as nobody:
        page = nobody.get("/agent/new")
        part = nobody.post("/agent/new/open", headers=PART)
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=/agent/new")
    assert part.status_code == 401
    assert "다른 창에서 로그인해 주세요" in part.text
    assert part.headers["HX-Reswap"] == "none"


NOWHERE = "postgresql://ondol@127.0.0.1:9/ondol"


@pytest.fixture
def without_database(now: datetime) -> Iterator[httpx.Client]:
    """A browser that is logged in, whose pages find no database any more."""
    database = Database(make_engine(NOWHERE, pool_size=1))
    settings = Settings(database_url=NOWHERE, sms_provider="fake", webhook_token="test")
    context = WebContext(settings=settings, database=database, clock=lambda: now, live=_NoLive(NOWHERE))
    with application(context) as app, serving(app) as url, client_of(url, cookies={COOKIE: "x"}) as browser:
        yield browser
    database.dispose()


class _NoLive(LiveHub):
    async def start(self, *_given: object, **_more: object) -> None:
        """Nothing to listen to."""


def test_a_page_that_cannot_be_read_comes_back_by_itself(without_database: httpx.Client) -> None:
    page = without_database.get("/agent?q=01012345678")
    assert page.status_code == 503
    assert "저장되지" not in page.text and "불러오지 못했습니다" in page.text
    assert page.headers["Refresh"] == "5"
    assert 'href="/agent?q=01012345678"' in page.text and "다시 열기" in page.text


def test_what_was_to_be_stored_and_was_not_is_said(without_database: httpx.Client) -> None:
    page = without_database.post("/agent/new", data={})
    assert page.status_code == 503
    assert "저장되지 않았으니" in page.text and "Refresh" not in page.headers
    sent = without_database.post("/agent/new", headers={**PART, "HX-Source": "form#intake"})
    assert "저장되지 않았으니" in sent.text
    looked_up = without_database.post("/agent/new/open", headers={**PART, "HX-Source": "div#open-cases"})
    assert "저장되지" not in looked_up.text
    assert json.loads(looked_up.headers["HX-Trigger"])["toast"]["kind"] == "away"


def test_a_program_without_a_token_hears_which_kind_is_asked_for(web_world: WebWorld) -> None:
    with client_of(web_world.url) as nobody:
        answer = nobody.get("/api/v1/tickets")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_who_leaves_while_still_asking_is_no_fault() -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/")
    def leave() -> None:
        raise ClientDisconnect

    with capture_logs() as logged, serving(app) as url, client_of(url) as nobody:
        assert nobody.get("/").status_code == 499
    assert logged == []


def test_a_connection_that_died_in_a_savepoint_is_the_databases_fault() -> None:
    """What runs behind it meets the dead savepoint, not the broken connection."""
    app = FastAPI()
    install_error_handlers(app)

    @app.post("/api/v1/step")
    def go_on() -> None:
        raise PendingRollbackError("Can't reconnect until invalid savepoint transaction is rolled back.")

    with serving(app) as url, client_of(url) as program:
        answer = program.post("/api/v1/step")
    assert answer.status_code == 503 and answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "5" and "저장되지 않았으니" in answer.json()["detail"]
