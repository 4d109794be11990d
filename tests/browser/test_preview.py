"""Before an assignment is made, the console says what it would do: on a desk's screen and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.intake import file_call
from tests.browser.screens import DESK, PHONE, Screens
from tests.browser.town import open_town

pytestmark = pytest.mark.timeout(300)


def test_a_choice_shows_its_cost_before_it_is_made(screens: Screens) -> None:
    open_town(screens.house)
    number = file_call(screens, screens.sign_in("agent"))
    for size in (DESK, PHONE):
        page = screens.sign_in("dispatcher", size=size)
        screens.go(page, f"/dispatch?ticket={number}")
        if not page.locator("#act-assign[open]").count():
            page.locator("#act-assign summary").first.click()
        choice = page.locator("#assign-form input[name=technician_id]:not([disabled])").first
        choice.focus()
        page.keyboard.press("Space")
        shown = page.locator("#assign-preview [data-cost]")
        expect(shown).to_contain_text("이렇게 바꾸면")
        if page.locator("#assign-form .crew-row", has=choice).get_by_text("지금 기사").count():
            expect(shown).to_contain_text("이동 늘지 않음")  # he goes there already
        expect(shown).to_contain_text("약속 시간 모두 지킴")
        assert shown.evaluate("line => line.scrollWidth <= line.clientWidth + 1")
