"""The happy call by keys: a digit answers and leads on, Enter jumps over nothing, what is open is asked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.screens import Screens
from tests.browser.town import open_town
from tests.journeys.house import House
from tests.journeys.steps import agree, file, finish, go_there

pytestmark = pytest.mark.timeout(400)

KEYS = {"yes_no": "1", "seven": "7", "ten": "-"}
"""The best answer of each kind of question."""
HERE = re.compile("step")


@pytest.fixture
def caller(screens: Screens) -> Page:
    """The page of a call that is owed, the day after the repair."""
    number = screens.aside(lambda: repair(screens.house))
    screens.house.clock.forward(days=1)
    screens.work()
    page = screens.sign_in("qa")
    page.locator(f"[data-testid=happy-call][data-number='{number}'] a").click()
    return screens.ready(page)


def repair(house: House) -> str:
    open_town(house)
    number = file(house)
    for step in (agree, go_there, finish):
        step(house, number)
    house.work()
    return number


def lines_of(page: Page) -> Locator:
    return page.locator("[data-qa-line]")


def current(page: Page) -> int:
    """The place of the sentence in hand."""
    marks = lines_of(page).evaluate_all("lines => lines.map((l) => l.getAttribute('aria-current'))")
    assert marks.count("step") == 1, marks
    return int(marks.index("step"))


def test_a_digit_then_enter_answers_each_question_and_jumps_over_none(caller: Page) -> None:
    lines = lines_of(caller)
    kinds = [lines.nth(n).get_attribute("data-qa-line") or "" for n in range(lines.count())]
    caller.keyboard.press("Enter")  # the greeting is only said
    for n, kind in enumerate(kinds):
        if kind not in KEYS:
            continue
        expect(lines.nth(n)).to_have_attribute("aria-current", HERE)
        caller.keyboard.press("Enter")
        assert current(caller) == n, "an open question is not passed by Enter"
        caller.keyboard.press(KEYS[kind])
        expect(lines.nth(n + 1)).to_have_attribute("aria-current", HERE)
        expect(lines.nth(n).locator("input:checked")).to_have_count(1)
        if kinds[n + 1] in KEYS:
            caller.keyboard.press("Enter")
            assert current(caller) == n + 1, "Enter after the digit does not answer for the family"
    caller.keyboard.press("Control+Enter")
    caller.keyboard.press("Enter")
    caller.keyboard.press("Enter")
    expect(caller.locator(".qa-follows")).to_be_visible()
    expect(caller.get_by_text("7점 가운데 7점")).to_be_visible()
    expect(caller.get_by_text("10점 가운데 10점")).to_be_visible()


def test_what_nobody_answered_is_asked_for_before_it_is_saved(caller: Page) -> None:
    expect(lines_of(caller).first).to_have_attribute("aria-current", HERE)
    caller.keyboard.press("Enter")
    expect(lines_of(caller).first).not_to_have_attribute("aria-current", HERE)
    caller.keyboard.press("1")
    expect(caller.locator("input[name=fixed][value=yes]")).to_be_checked()
    caller.get_by_role("button", name="통화를 마치고 저장").click()
    expect(caller.locator(".error-summary")).to_contain_text("고칠 칸 6곳")
    first = lines_of(caller).filter(has=caller.locator(".error")).first
    expect(first).to_have_attribute("aria-current", HERE)
    expect(caller.locator("input[name=fixed][value=yes]")).to_be_checked()
    caller.locator("input[name=rest]").check()
    caller.get_by_role("button", name="통화를 마치고 저장").click()
    expect(caller.locator(".qa-follows")).to_be_visible()
    expect(caller.get_by_text("대답하지 않으심")).to_have_count(6)


def test_the_closing_words_follow_whether_it_works(caller: Page) -> None:
    closing = caller.locator("[data-code=CLOSING]")
    thanks, sorry = closing.locator("[data-if-content]"), closing.locator("[data-if-not-fixed]")
    for value, shown, hidden in (("yes", thanks, sorry), ("no", sorry, thanks), ("yes", thanks, sorry)):
        caller.check(f"[name=fixed][value={value}]", force=True)
        expect(shown).to_be_visible()
        expect(hidden).to_be_hidden()


def test_the_last_words_follow_the_answers_and_an_answer_takes_its_error_away(caller: Page) -> None:
    lines = lines_of(caller)
    closing = lines.nth(lines.count() - 1)
    content, unhappy = closing.locator("[data-if-content]"), closing.locator("[data-if-unhappy]")
    expect(content).to_be_visible()
    caller.get_by_role("button", name="통화를 마치고 저장").click()
    wrong = caller.locator("[data-qa-line][data-error]")
    expect(wrong.first).to_be_visible()
    before = wrong.count()
    fixed = caller.locator("[data-code=FIXED]")
    fixed.locator("[value=yes]").check()
    expect(wrong).to_have_count(before - 1)
    expect(fixed.locator(".error")).to_have_count(0)
    caller.locator("[name=overall][value='1']").check()
    expect(unhappy).to_be_visible()
    expect(content).to_be_hidden()
    expect(caller.locator(".qa-will [data-if-unhappy]")).to_be_visible()
    expect(closing.locator("[data-if-bill-differs]")).to_be_hidden()
    caller.locator("[name=cost_matches][value=no]").check()
    expect(closing.locator("[data-if-bill-differs]")).to_be_visible()
    fixed.locator("[value=no]").check()
    expect(closing.locator("[data-if-not-fixed]")).to_be_visible()
    expect(unhappy).to_be_hidden()
