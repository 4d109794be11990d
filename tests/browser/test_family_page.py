"""The family's page on a small phone with doubled letters, by touch and keyboard, without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from core.db import Database
from tests.journeys.house import House, open_house
from tests.journeys.steps import agree, file, see
from tests.journeys.test_family_page import link_of
from tests.journeys.test_whole_journey import open_gangnam

pytestmark = pytest.mark.timeout(200)
TOUCH = 48
PAGES = ("", "/time", "/away", "/cost", "/try", "/complaint")


@pytest.fixture
def link(database: Database, database_url: str, now: Any) -> Iterator[str]:
    """A case with an agreed window, as the daughter's text names it."""
    with (
        open_house(database, database_url, now=now, solves=False) as house,
        ThreadPoolExecutor(1) as beside,  # the browser has this thread's loop
    ):
        yield beside.submit(_agreed, house).result()


def _agreed(house: House) -> str:
    open_gangnam(house)
    number = file(house)
    agree(house, number)
    return link_of(see(house, number), "VISIT_SCHEDULED", "requester")


def small_phone(browser: Browser, *, scripts: bool) -> Page:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, java_script_enabled=scripts, bypass_csp=True, locale="ko-KR"
    )
    return context.new_page()


def test_doubled_letters_fit_and_everything_can_be_hit_and_read_out(browser: Browser, link: str) -> None:
    page = small_phone(browser, scripts=True)
    for path in PAGES:
        page.goto(link + path)
        page.wait_for_selector('body[data-ready="1"]')
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        page.add_style_tag(content="html { font-size: 200% !important }")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path}: {wide} px beside the screen"
        small = page.evaluate(
            "least => [...document.querySelectorAll('a, button, textarea')]"
            ".filter(each => each.getBoundingClientRect().height < least).map(each => each.textContent)",
            TOUCH,
        )
        assert small == [], path
    page.context.close()


def test_a_phone_that_runs_no_scripts_picks_another_time(browser: Browser, link: str) -> None:
    page = small_phone(browser, scripts=False)
    page.goto(link)
    page.get_by_role("link", name="다른 시간으로 바꾸기").click()
    chosen = page.get_by_role("button", name=re.compile("시")).last
    words = chosen.locator("b").inner_text()
    chosen.click()
    assert page.get_by_role("status").inner_text().startswith("방문 시간을 정했습니다")
    assert words in page.get_by_role("heading", level=1).inner_text()
    assert page.get_by_role("link", name=re.compile("전화하기")).get_attribute("href") == "tel:15881000"
    assert Path(page.url.split("?")[0]).name == Path(link).name, "it came back to its own address"
    page.context.close()
