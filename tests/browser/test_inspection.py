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
LIST = """<!doctype html><html lang="ko"><title>온돌</title>
<style>.pale { color: #bbb } .grey { background: #666 } .list { position: relative }</style>
<main><h1>접수</h1>
<ul class="list"><li><p>첫째 집</p></li><li><p>둘째 집</p></li><li><p>셋째 집</p></li></ul></main></html>"""
THIRD = "<li><p>셋째 집</p></li>"
UNLIKE = {
    "a colour of its own": '<li><p style="color: #bbb">셋째 집</p></li>',
    "a class": '<li><p class="pale">셋째 집</p></li>',
    "another ground": '<li style="background: #333"><p>셋째 집</p></li>',
    "another ground by a class": '<li class="grey"><p>셋째 집</p></li>',
    "another tag's ground": '<li><div style="background: #555"><p>셋째 집</p></div></li>',
    "half there": '<li style="opacity: 0.4"><p>셋째 집</p></li>',
    "something behind it": '<li style="position: relative; z-index: 0">'
    '<i style="position: absolute; inset: 0; background: #666; z-index: -1"></i><p>셋째 집</p></li>',
    "a neighbour behind it": f'{THIRD}<i style="position: absolute; bottom: 0; height: 40px; width: 300px;'
    ' background: #666; z-index: -1"></i>',
}
"""What sets the last line of a list apart -> how, each with too little contrast."""


def test_each_fault_is_found_and_a_sound_page_has_none(browser: Browser) -> None:
    page = browser.new_page(viewport=PHONE)
    page.set_content(SOUND)
    assert [*accessibility(page, set()), *overflow(page, PHONE["width"])] == []
    for rule, (sound, broken) in WRONG.items():
        assert sound in SOUND
        page.set_content(SOUND.replace(sound, broken))
        (found,) = accessibility(page, set())
        assert f" {rule}: " in found
    page.set_content(SOUND.replace("<h1>", '<h1 style="width: 600px">'))
    assert "scrolls sideways" in overflow(page, PHONE["width"])[0]
    page.close()


def test_a_text_that_differs_from_those_judged_is_judged_for_itself(browser: Browser) -> None:
    page = browser.new_page(viewport=PHONE)
    judged: set[str] = set()
    page.set_content(LIST)
    assert accessibility(page, judged) == []
    looks = len(judged)
    assert looks == 2, "of a heading and of one line"
    page.set_content(LIST.replace(THIRD, THIRD * 20))
    assert accessibility(page, judged) == []
    assert len(judged) == looks
    for what, line in UNLIKE.items():
        page.set_content(LIST.replace(THIRD, line))
        assert [fault for fault in accessibility(page, set(judged)) if " color-contrast: " in fault], what
    page.close()
