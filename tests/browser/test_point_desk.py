"""The point's desk: a complaint stays in its dialog, and a phone has room to search."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.intake import file_call
from tests.browser.screens import PHONE, Screens
from tests.browser.town import POINT_DESK, open_town

pytestmark = pytest.mark.timeout(300)


def test_declining_without_the_other_reason_is_told_in_the_dialog(screens: Screens) -> None:
    open_town(screens.house, kind="designated")
    number = file_call(screens, screens.sign_in("agent"))
    desk = screens.sign_in("point", login=POINT_DESK)
    offer = desk.locator(f"[data-testid=offer][data-number='{number}']")
    wide = desk.viewport_size
    assert wide is not None
    desk.set_viewport_size(PHONE)
    box = offer.bounding_box()
    assert box is not None and box["x"] + box["width"] <= PHONE["width"], "its clock has room on a phone"
    desk.set_viewport_size(wide)
    offer.get_by_text("돌려보내기").click()
    dialog = desk.locator("#decline-dialog")
    dialog.get_by_text("다른 까닭").click()
    dialog.get_by_role("button", name="돌려보내기").click()
    expect(dialog.locator("#e-reason")).to_be_visible()
    expect(dialog.locator("input[value=other]")).to_be_checked()
    dialog.locator("textarea").fill("눈길")
    dialog.get_by_role("button", name="돌려보내기").click()
    expect(desk.locator("#lost")).to_contain_text(number)
    expect(dialog).to_have_count(0)


def test_on_a_phone_the_search_has_the_whole_row(screens: Screens) -> None:
    open_town(screens.house)
    page = screens.go(screens.sign_in("point", login=POINT_DESK, size=PHONE), "/point/tickets")
    box = page.locator("#f-q").bounding_box()
    assert box is not None and box["width"] > PHONE["width"] * 0.9


def test_a_ticket_lost_under_an_open_page_says_so_without_an_error(screens: Screens) -> None:
    """The desk hears it once, sees nothing that it could still press, and finds the way back."""
    open_town(screens.house, kind="designated")
    number = file_call(screens, screens.sign_in("agent"))
    page = screens.sign_in("point", login=POINT_DESK)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    screens.go(page, f"/point/tickets/{number}")
    for part in ("#answer", "#progress", "dd.placed-why"):
        expect(page.locator(part)).to_be_visible()
    screens.house.clock.forward(minutes=6)
    screens.work()
    gone = page.locator("#ticket-now[data-gone]")
    expect(gone).to_contain_text("다른 서비스점으로 넘어간 접수입니다")
    for part in ("#answer", "#progress", "dd.placed-why"):
        expect(page.locator(part)).to_be_hidden()
    gone.get_by_role("link", name="지금 할 일로").click()
    expect(page).to_have_url(re.compile("/point"))
    assert not errors
