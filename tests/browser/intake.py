"""A call is written down through the intake form, as the tests of several screens need it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.screens import Screens

RESIDENT = ("010-9333-0101", "김영자")
REQUESTER = ("010-9876-5432", "김민수")
ADDRESS = "서울 강남구 역삼동 735, 101동 1203호"
FILED = re.compile(r"/agent/tickets/[^/?]+$")
"""Without `?done=filed`: what was said is not said again by a reload."""


def fill_call(
    page: Page,
    *,
    phone: str = RESIDENT[0],
    name: str = RESIDENT[1],
    address: str = ADDRESS,
    symptom: str = "NO_HEAT",
    result: str | None = "FAILED",
    note: str = "",
) -> None:
    """Fill in an open intake form for a caller who lives there."""
    page.fill("[name=resident_phone]", phone)
    page.fill("[name=resident_name]", name)
    page.fill("[name=resident_address]", address)
    choose(page, "symptom", symptom)
    if result:
        choose(page, "self_fix_result", result)
    if note:
        page.fill("[name=note]", note)


def choose(page: Page, name: str, value: str) -> None:
    """Press a choice as a person does: on its words, once they stand still under what is being looked up."""
    page.locator(f"label:has([name={name}][value={value}])").click()
    expect(page.locator(f"[name={name}][value={value}]")).to_be_checked()


def file_call(screens: Screens, page: Page, **said: str | None) -> str:
    """The agent files one call; the worker places and plans it. Returns the number."""
    screens.go(page, "/agent/new")
    fill_call(page, **said)  # type: ignore[arg-type]
    page.locator("[data-submit]").click()
    number = filed_number(page)
    screens.work()
    return number


def filed_number(page: Page) -> str:
    """The number of the ticket whose page has opened after filing."""
    expect(page).to_have_url(FILED)
    return page.url.split("?")[0].rsplit("/", 1)[1]
