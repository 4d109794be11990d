"""One Chromium a module, a whole house a test, and no complaint from any page.

The browser lives for a module and not for the session: while it is open, Playwright's event loop counts as
running in this thread, and other tests of the same process run loops of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from core.db import Database
from tests.browser.screens import PATIENCE_MS, Screens
from tests.journeys.house import House, open_house
from tools.chromium import find_chromium

CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, as found or brought by the test command."""
    path = find_chromium()
    if path is None:
        pytest.fail("no Chromium: `python3 run.py test` brings one, or set ONDOL_CHROMIUM")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=path, args=list(CHROMIUM_OPTIONS))
        yield opened
        opened.close()


@pytest.fixture
def house(database: Database, database_url: str, now: datetime) -> Iterator[House]:
    """An installation with nobody in it yet. Its plans are inserted into; solving shows on no screen."""
    with open_house(database, database_url, now=now, solves=False) as opened:
        yield opened


@pytest.fixture
def screens(browser: Browser, house: House) -> Iterator[Screens]:
    """The house's screens; the test fails when a page logged an error or a request failed."""
    opened = Screens(house, browser)
    try:
        yield opened
    finally:
        opened.close()
    assert not opened.problems, "\n".join(opened.problems)
