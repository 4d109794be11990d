"""The console with a ticket open: board and map stay in sight beside it, and nothing typed is lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

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

    assert_nothing_cut(page)
    assert_drawn_places_are_no_offence(page)

    reason = panel.locator("form[action$=cancellation] [name=reason]")
    reason.fill("이사")
    page.locator(f"[data-testid=queue-ticket][data-number='{number}']").click()
    expect(page.locator("#toasts")).to_contain_text("적던 내용이 있습니다")
    expect(reason).to_have_value("이사")
    page.keyboard.press("Escape")
    expect(panel).to_be_visible()
    panel.locator(".dialog-head [data-close='']").click()
    expect(panel).to_have_count(0)
    assert_drawn_words_go_away(screens, page)


def assert_drawn_words_go_away(screens: Screens, page: Page) -> None:
    """What came with the page itself goes as what came later does: by a click, or by itself."""
    told = page.locator("#toasts .toast")
    page.clock.install()
    for goes in (told.click, lambda: page.clock.fast_forward(10_000)):
        screens.go(page, "/dispatch?ticket=1999010100001")
        expect(told).to_have_count(1)
        goes()
        expect(told).to_have_count(0)


PROPOSAL = (
    """<a class="button" data-size="small" data-kind="primary" href="#"><span>계획 제안 3건</span></a>"""
)


def assert_nothing_cut(page: Page) -> None:
    """Beside a ticket, also while a plan waits: every day in sight, the button on one line, numbers whole."""
    page.evaluate("html => { document.querySelector('#proposal-bar').innerHTML = html }", PROPOSAL)
    bar = page.locator(".timeline-bar").bounding_box()
    assert bar is not None
    for day in page.locator(".day-switch a").all():
        box = day.bounding_box()
        assert box is not None and box["x"] + box["width"] <= bar["x"] + bar["width"] + 1
        assert day.evaluate("link => link.parentElement.scrollWidth <= link.parentElement.clientWidth + 1")
    button = page.locator("#proposal-bar .button").bounding_box()
    assert button is not None and button["height"] < 48
    for number in page.locator("#queue .ticket-head .num").all():
        assert number.evaluate("words => words.scrollWidth <= words.parentElement.clientWidth + 1")


def assert_drawn_places_are_no_offence(page: Page) -> None:
    """What a script placed by style may be swapped: the policy stays silent. Leaves a refused form open."""
    page.evaluate("document.querySelector('#assign-form').style.width = '99%'")
    form = page.locator("#ticket-dialog form[action$=cancellation]")
    form.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
    page.locator("#assign-form:not([style])").wait_for(state="attached")


def test_a_job_dragged_to_another_lane_is_weighed_before_it_moves(screens: Screens) -> None:
    open_town(screens.house)
    number = file_call(screens, screens.sign_in("agent"))
    screens.work()
    page = screens.sign_in("dispatcher")
    screens.go(page, "/dispatch")
    job = page.locator(f"[data-testid=job][data-number='{number}']")
    expect(job).to_be_visible()
    first = job.locator("xpath=ancestor::*[@data-testid='lane']").get_attribute("data-technician")
    other = page.locator(f"[data-testid=lane]:not([data-technician='{first}'])").first

    carry(page, job, other, "Escape")
    expect(page.locator("#ticket-dialog")).to_have_count(0)

    carry(page, job, other)
    panel = page.locator("#ticket-dialog")
    chosen = panel.locator("[name=technician_id]:checked")
    expect(chosen).to_have_value(other.get_attribute("data-technician") or "")
    expect(panel.locator("#assign-preview [data-cost]")).to_be_visible()
    expect(job.locator("xpath=ancestor::*[@data-testid='lane']")).to_have_attribute(
        "data-technician", first or ""
    )
    panel.locator("#assign-form [name=reason]").fill("가까운 기사에게")
    panel.locator("#assign-form [type=submit]").click()
    expect(other.locator(f"[data-testid=job][data-number='{number}']")).to_be_visible()


def carry(page: Page, thing: Locator, lane: Locator, key: str = "") -> None:
    """Take hold of something and let it go in the middle of a lane, unless a key comes between."""
    start, goal = thing.bounding_box(), lane.locator(".lane-track").bounding_box()
    seen = page.locator("#timeline").bounding_box()
    assert start is not None and goal is not None and seen is not None
    page.mouse.move(start["x"] + 4, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(seen["x"] + seen["width"] * 0.7, goal["y"] + goal["height"] / 2, steps=4)
    expect(lane.locator(".job-ghost")).to_have_text(re.compile(r"^\d\d:\d\d "))
    if key:
        page.keyboard.press(key)
    page.mouse.up()


def test_on_a_phone_it_is_a_dialog_over_everything(screens: Screens) -> None:
    open_town(screens.house)
    number = file_call(screens, screens.sign_in("agent"))
    page = screens.sign_in("dispatcher", size=PHONE)
    screens.go(page, f"/dispatch?ticket={number}")
    expect(page.locator("#ticket-dialog:modal")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#ticket-dialog")).to_have_count(0)


def test_back_closes_a_ticket_and_leaves_the_board_where_it_is(screens: Screens) -> None:
    """A link to a ticket opens the board with it: Back closes the sheet, closing it leaves no step behind."""
    open_town(screens.house)
    number = file_call(screens, screens.sign_in("agent"))
    page = screens.sign_in("dispatcher", size=PHONE)
    screens.go(page, "/dispatch?q=")
    screens.go(page, f"/dispatch?ticket={number}")
    sheet = page.locator("#ticket-dialog")
    expect(sheet).to_be_visible()
    expect(page).to_have_url(re.compile(f"ticket={number}"))
    page.go_back()
    expect(sheet).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/dispatch$"))
    page.go_forward()
    expect(sheet).to_be_visible()
    sheet.locator(".dialog-head [data-close='']").click()
    expect(page).to_have_url(re.compile(r"/dispatch$"))
    row = page.locator(f"[data-testid=queue-ticket][data-number='{number}']")
    row.click()
    expect(sheet).to_be_visible()
    sheet.locator("summary", has_text="접수 취소").click()
    reason = sheet.locator("form[action$=cancellation] [name=reason]")
    reason.fill("이사")
    page.go_back()
    expect(page.locator("#toasts")).to_contain_text("적던 내용이 있습니다")
    expect(reason).to_have_value("이사")
    sheet.locator(".dialog-head [data-close='']").click()
    expect(sheet).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/dispatch$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/dispatch\?q="))


def test_a_link_to_a_ticket_marks_it_and_brings_it_into_sight(screens: Screens) -> None:
    open_town(screens.house)
    agent = screens.sign_in("agent")
    number = file_call(screens, agent)
    page = screens.sign_in("dispatcher")
    page.set_viewport_size({"width": 1366, "height": 768})
    screens.go(page, f"/dispatch?ticket={number}")
    marked = f"[data-number='{number}'][data-js-current]"
    expect(page.locator(f"#queue {marked}")).to_be_in_viewport()
    expect(page.locator(f"#timeline {marked}")).to_be_in_viewport()
