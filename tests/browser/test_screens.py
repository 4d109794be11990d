"""Every page of every role, in an empty house and on a full day: ready, in its frame, fit for all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect

from core.actor import Role
from core.db import Database, make_engine
from tests import world
from tests.browser.furnished import furnish
from tests.browser.inspection import Met, walk
from tests.browser.screens import DESK, PHONE, Screens
from tests.browser.town import POINT_DESK, Town
from tests.databases import Server
from tests.journeys.house import open_house
from web.templating import HOME

pytestmark = pytest.mark.timeout(400)

HANGUL = re.compile("[\uac00-\ud7a3]")
HEADINGS = ".mainnav a, .bottombar a, .tabs a, main h2, h1:not(.point-head h1, .admin h1)"
"""Words of ours; the settings and a point's desk are headed by the maker's and the point's name."""
FIRST_PEOPLE = (Role.ADMIN, Role.AGENT, Role.DISPATCHER)
"""Who works with a company that has no service point yet."""
DEPTH = {True: 9, False: 0}
"""How many links away from home a page may be; of an empty house the first doors are looked at."""
TECHNICIANS_STEPS = ("", "?do=complete", "?do=absent", "?do=hold")
FOCUS_IS_SEEN = """() => {
    const outlined = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    let element = document.activeElement;
    for (let up = 0; up < 4 && element; up += 1, element = element.parentElement) {
        if ([null, "::after"].some((part) => outlined(getComputedStyle(element, part)))) return true;
    }
    return false;
}"""


@dataclass
class Day:
    """A house that stays open for the tests of this module."""

    screens: Screens
    town: Town | None
    numbers: dict[str, str]
    met: Met = field(default_factory=Met)

    def sign_in(self, role: str) -> Page:
        """The usual person of a role at the usual screen."""
        login = {"point": POINT_DESK if self.town else None, "admin": "onnuri-admin"}.get(role)
        if role == "technician" and self.town:
            login = self.town.technicians[self.busy]
        return self.screens.sign_in(role, login=login, size=PHONE if role == "technician" else DESK)

    def pages_of(self, role: str) -> list[str]:
        """Beside what links lead to: tickets in states that show different things."""
        if not self.town:
            return ["/phones"]
        pages = {
            "agent": ["/agent?q=역삼동", "/agent/new?safety=1", "/agent/new?symptom=NO_HEAT"],
            "dispatcher": [f"/dispatch?ticket={self.numbers[name]}" for name in ("safety", "under_way")],
            "point": [f"/point/tickets/{self.numbers['planned']}{do}" for do in ("?do=call", "?do=assign")],
            "technician": [f"/m/{self.numbers['under_way']}{do}" for do in TECHNICIANS_STEPS],
        }.get(role, [])
        if role == "agent":
            names = ("triage", "done", "safety", "vague", "escalated", "landline")
            pages += [f"/agent/tickets/{self.numbers[name]}" for name in names]
        return pages

    @property
    def is_full(self) -> bool:
        """Whether there is anything to see."""
        return self.town is not None

    @property
    def busy(self) -> str:
        """The technician who is under way."""
        ticket = self.screens.house.api("dispatcher").get(f"/tickets/{self.numbers['under_way']}").json()
        return str(ticket["visit"]["technician"]["name"])


@pytest.fixture(scope="module", params=["empty", "full"])
def day(
    request: pytest.FixtureRequest, browser: Browser, postgres_server: Server, template_database: str
) -> Iterator[Day]:
    """An installation with a maker but no service point, or one in the middle of its day."""
    with postgres_server.temporary(template_database) as name:
        url = postgres_server.url_of(name)
        database = Database(make_engine(url, pool_size=8))
        with open_house(database, url, now=world.NOW, solves=False) as house:
            screens = Screens(house, browser)
            try:
                if request.param == "full":
                    yield Day(screens, *screens.aside(lambda: furnish(house)))
                else:
                    house.add_company("onnuri")
                    yield Day(screens, None, {})
            finally:
                screens.close()
        database.dispose()


@pytest.mark.parametrize("role", HOME)
def test_every_page_of_a_role(day: Day, role: Role) -> None:
    if not day.is_full and role not in FIRST_PEOPLE:
        pytest.skip("without a service point there is no such person yet")
    page = day.sign_in(role)
    faults = walk(day.screens, page, (HOME[role], *day.pages_of(role)), met=day.met, depth=DEPTH[day.is_full])
    day.screens.go_home()
    assert not faults, "\n".join(faults)


def test_pages_of_nobody(day: Day) -> None:
    page = day.screens.open()
    faults = walk(day.screens, page, ("/login", "/docs"), met=Met(), depth=0)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("role", HOME)
def test_the_first_tab_skips_to_the_page_and_focus_is_seen(day: Day, role: Role) -> None:
    _only_on_a_full_day(day)
    page = day.sign_in(role)
    page.evaluate("document.activeElement.blur()")
    skip = page.locator(".skip")
    skip.focus()
    expect(skip).to_be_in_viewport(ratio=1)
    skip.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    for _stop in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_IS_SEEN), page.evaluate("document.activeElement.outerHTML")
    day.screens.go_home()


@pytest.mark.parametrize("role", HOME)
def test_english_on_request(day: Day, role: Role) -> None:
    _only_on_a_full_day(day)
    page = day.sign_in(role)
    page.locator(".topbar-end details.menu").last.locator("summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    day.screens.ready(page)
    headings = page.locator(HEADINGS).all_text_contents()
    assert headings
    assert not [text for text in headings if HANGUL.search(text)], headings
    day.screens.go_home()


def _only_on_a_full_day(day: Day) -> None:
    """Asking the fixture for one of its days by name would build that day anew."""
    if not day.is_full:
        pytest.skip("looked at on the full day")
