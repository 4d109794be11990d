"""The family's page on a small phone with doubled letters, by touch and keyboard, without scripts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlmodel import select

from core.actor import Role
from core.db import Database
from dispatch.correction_notices import write_correction_notice
from dispatch.correction_rules import ITEMS
from dispatch.models import Ticket, Visit
from tests import world
from tests.journeys.house import House, open_house
from tests.journeys.steps import agree, file, finish, go_there, see
from tests.journeys.test_family_page import link_of
from tests.journeys.test_whole_journey import open_gangnam
from workforce.models import Person, Technician

pytestmark = pytest.mark.timeout(200)
TOUCH = 48
PAGES = {
    "agreed": ("", "/time", "/away", "/cost", "/try", "/complaint", "/texts"),
    "asked": ("", "/approval", "/cost", "/correction"),
    "done": ("", "/cost", "/call", "/correction", "/complaint", "/texts/own"),
}
"""What stands behind the link, by how far the case is."""
PICTURES = os.environ.get("ONDOL_PICTURES")
"""A folder in which the pages are kept as pictures, to be looked at."""


class Followed:
    """A case as the daughter's text names it, and what becomes of it. `house` is another thread's."""

    def __init__(self, house: House, beside: ThreadPoolExecutor) -> None:
        self._house, self._beside = house, beside
        self.number, self.link = beside.submit(self._agreed).result()

    def asked(self) -> None:
        """He is there, asks before dear work, and found what has to be put right."""
        self._beside.submit(self._asked).result()

    def done(self) -> None:
        """The work is done and billed."""
        self._beside.submit(finish, self._house, self.number).result()

    def _agreed(self) -> tuple[str, str]:
        open_gangnam(self._house)
        number = file(self._house)
        agree(self._house, number)
        return number, link_of(see(self._house, number), "VISIT_SCHEDULED", "requester")

    def _asked(self) -> None:
        house, number = self._house, self.number
        go_there(house, number)
        dear = {"lines": [{"code": "LABOUR_IGNITION", "quantity": 9}]}
        house.api("technician").post(f"/tickets/{number}/approvals", json=dear).raise_for_status()
        with house.database.transaction() as session:
            ticket = session.exec(select(Ticket).where(Ticket.number == number)).one()
            visit = session.exec(select(Visit).where(Visit.ticket_id == ticket.id)).one()
            technician = session.get_one(Technician, visit.technician_id)
            write_correction_notice(
                session,
                ticket_id=ticket.id or 0,
                items=list(ITEMS),
                acknowledged="signed",
                note="오늘은 끄고 가겠습니다. 창문을 열어 두세요.",
                by=world.as_actor(session.get_one(Person, technician.person_id), Role.TECHNICIAN),
                now=house.clock(),
            )
        house.work()


@pytest.fixture
def case(database: Database, database_url: str, now: Any) -> Iterator[Followed]:
    """A case with an agreed window."""
    with (
        open_house(database, database_url, now=now, solves=False) as house,
        ThreadPoolExecutor(1) as beside,  # the browser has this thread's loop
    ):
        yield Followed(house, beside)


def small_phone(browser: Browser, *, scripts: bool) -> Page:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, java_script_enabled=scripts, bypass_csp=True, locale="ko-KR"
    )
    return context.new_page()


def test_doubled_letters_fit_and_everything_can_be_hit_and_read_out(browser: Browser, case: Followed) -> None:
    page = small_phone(browser, scripts=True)
    steps = {"asked": case.asked, "done": case.done}
    for stage, paths in PAGES.items():
        if stage in steps:
            steps[stage]()
        for path in paths:
            page.goto(case.link + path)
            look_at(page, f"{stage}{path}")
    page.context.close()


def look_at(page: Page, name: str) -> None:
    """Nothing that axe finds; with doubled letters nothing beside the screen, all large enough to be hit."""
    page.wait_for_selector('body[data-ready="1"]')
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    page.add_style_tag(content="html { font-size: 200% !important }")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name}: {wide} px beside the screen"
    small = page.evaluate(
        "least => [...document.querySelectorAll('a, button, textarea')]"
        ".filter(each => each.getBoundingClientRect().height < least).map(each => each.textContent)",
        TOUCH,
    )
    assert small == [], name
    assert page.get_by_role("link", name=re.compile("전화하기")).count(), f"{name}: a number to ring"
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name.replace('/', '-')}.png", full_page=True)


def test_a_phone_that_runs_no_scripts_picks_another_time(browser: Browser, case: Followed) -> None:
    page = small_phone(browser, scripts=False)
    page.goto(case.link)
    page.get_by_role("link", name="다른 시간으로 바꾸기").click()
    chosen = page.get_by_role("button", name=re.compile("시")).last
    words = chosen.locator("b").inner_text()
    chosen.click()
    assert words in page.get_by_role("heading", level=1).inner_text(), (
        "another appointment is given up for it"
    )
    page.get_by_role("button", name="네, 바꿔 주세요").click()
    assert page.get_by_role("status").inner_text().startswith("방문 시간을 정했습니다")
    assert words in page.get_by_role("heading", level=1).inner_text()
    assert page.get_by_role("link", name=re.compile("전화하기")).get_attribute("href") == "tel:15881000"
    assert Path(page.url.split("?")[0]).name == Path(case.link).name, "it came back to its own address"
    page.context.close()
