"""The provider's address: secret, bounded, and safe to be called twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlmodel import select

from core.clock import now
from core.db import Database
from core.settings import Settings
from notifications.models import ProviderReceipt
from tests.serving import client_of, serving
from web.api import webhooks
from web.context import WebContext
from web.problems import install_error_handlers

REPORT = {"eventDataId": "E1", "data": {"messageId": "M1", "statusCode": "4000"}}
ADDRESS = "/webhooks/solapi/secret"


@contextmanager
def client_over(database: Database, *, token: str) -> Iterator[httpx.Client]:
    app = FastAPI()
    app.state.ondol = WebContext(Settings(webhook_token=token), database, now, live=None)  # type: ignore[arg-type]
    app.include_router(webhooks.router)
    install_error_handlers(app)
    with (
        serving(app) as url,
        client_of(url, headers={"Accept": "application/json"}) as client,
    ):
        yield client


@pytest.fixture
def client(database: Database) -> Iterator[httpx.Client]:
    with client_over(database, token="secret") as client:
        yield client


def receipts(database: Database) -> list[Any]:
    with database.reading() as session:
        return [row.event_id for row in session.exec(select(ProviderReceipt))]


def test_reports_are_kept_once(client: httpx.Client, database: Database) -> None:
    for _ in range(2):
        assert client.post(ADDRESS, json=[REPORT]).status_code == 204
    assert receipts(database) == ["E1"]


def test_who_does_not_know_the_address_finds_nothing(client: httpx.Client, database: Database) -> None:
    for token in ("wrong", "secre", "비밀", "%00"):
        assert client.post(f"/webhooks/solapi/{token}", json=[REPORT]).status_code == 404
    assert receipts(database) == []


def test_without_a_token_there_is_no_address(database: Database) -> None:
    with client_over(database, token="") as client:
        assert client.post(ADDRESS, json=[REPORT]).status_code == 404


def test_what_is_no_report_is_refused(client: httpx.Client, database: Database) -> None:
    for body in (b"", b"{", b"\xff", b'{"a": 1}', b"[1]", b"[" * 100_000, b'[{"data": {}}]'):
        assert client.post(ADDRESS, content=body).status_code == 422, body[:20]
    assert receipts(database) == []


def test_a_body_beyond_the_limit_is_not_read_on(
    client: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MAX_BODY", 10)
    assert client.post(ADDRESS, json=[REPORT]).status_code == 413
    assert receipts(database) == []
