"""The settings pages of a company with nothing but its administrator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest

from core.db import Database
from core.settings import Settings
from tests.serving import serving_context
from tests.web.admin.forms import (
    NOW,
    PASSWORD,
    open_browser,
    sign_in,
)
from web.context import WebContext
from web.live_hub import LiveHub
from workforce.founding import found_company


@pytest.fixture
def moment() -> list[datetime]:
    """The clock of the application; a test may turn it."""
    return [NOW]


@pytest.fixture
def address(database: Database, database_url: str, moment: list[datetime]) -> Iterator[str]:
    """Where the application of a company with nothing but its administrator answers."""
    with database.transaction() as session:
        found_company(
            session,
            code="onnuri",
            name="온누리보일러",
            phone="1588-1234",
            admin_login="admin",
            admin_name="최관리",
            password=PASSWORD,
            now=NOW - timedelta(days=1),
        )
    context = WebContext(
        settings=Settings(database_url=database_url, notices="off"),
        database=database,
        clock=lambda: moment[0],
        live=LiveHub(database_url),
    )
    with serving_context(context) as url:
        yield url


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    """A browser of the first company's administrator."""
    with open_browser(address) as opened:
        sign_in(opened, "admin")
        yield opened
