"""The console with a ticket open: board and map stay in sight beside it, and nothing typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.intake import file_call
from tests.browser.screens import PHONE, Screens
from tests.browser.town import open_town

pytestmark = pytest.mark.timeout(300)


def test_a_ticket_stands_beside_the_board_and_the_map_goes_to_it(screens: Screens) -> None:
    open_town(screens.house)
    number = file_call(screens, screens.sign_in("agent"))
    page = screens.sign_in("dispatcher")
    screens.go(page, "/dispatch")
    page.locator(f"[data-testid=queue-ticket][data-number='{number}']").click()
    panel = page.locator("#ticket-dialog")
    expect(panel).to_be_visible()
    expect(page.locator(".leaflet-tooltip")).to_contain_text(number)
    left = (panel.bounding_box() or {"x": 0})["x"]
    for part in ("#timeline", "#map"):
        box = page.locator(part).bounding_box()
        assert box is not None and box["width"] > 300 and box["x"] + box["width"] <= left + 1, part

    panel.locator("summary", has_text="접수 취소").click()
    reason = panel.locator("form[action$=cancellation] [name=reason]")
    reason.fill("이사")
    page.locator(f"[data-testid=queue-ticket][data-number='{number}']").click()
    expect(page.locator("#toasts")).to_contain_text("적던 내용이 있습니다")
    expect(reason).to_have_value("이사")
    page.keyboard.press("Escape")
    expect(panel).to_be_visible()
    panel.locator(".dialog-head [data-close='']").click()
    expect(panel).to_have_count(0)


def test_on_a_phone_it_is_a_dialog_over_everything(screens: Screens) -> None:
    open_town(screens.house)
    number = file_call(screens, screens.sign_in("agent"))
    page = screens.sign_in("dispatcher", size=PHONE)
    screens.go(page, f"/dispatch?ticket={number}")
    expect(page.locator("#ticket-dialog:modal")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#ticket-dialog")).to_have_count(0)
