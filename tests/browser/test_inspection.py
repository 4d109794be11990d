"""The inspection itself: what is wrong on a page is found, and a sound page has no fault."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser.inspection import accessibility, overflow
from tests.browser.screens import PHONE

SOUND = """<!doctype html><html lang="ko"><title>온돌</title><main><h1>접수</h1>
<label>전화 <input name="phone"></label></main></html>"""
WRONG = {
    "color-contrast": ("<h1>", '<h1 style="color: #bbb; background: #fff">'),
    "label": ("<label>전화 <input", "<label>전화</label><div><input"),
    "html-has-lang": (' lang="ko"', ""),
}
"""Rule -> what breaks it."""


def test_each_fault_is_found_and_a_sound_page_has_none(browser: Browser) -> None:
    page = browser.new_page(viewport=PHONE)
    page.set_content(SOUND)
    assert [*accessibility(page), *overflow(page, PHONE["width"])] == []
    for rule, (sound, broken) in WRONG.items():
        assert sound in SOUND
        page.set_content(SOUND.replace(sound, broken))
        (found,) = accessibility(page)
        assert f" {rule}: " in found
    page.set_content(SOUND.replace("<h1>", '<h1 style="width: 600px">'))
    assert "scrolls sideways" in overflow(page, PHONE["width"])[0]
    page.close()
