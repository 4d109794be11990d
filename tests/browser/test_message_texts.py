"""An administrator who has never programmed words a text anew, on a computer and without any script."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.screens import PHONE, Screens

pytestmark = pytest.mark.timeout(300)

EDITOR = "/admin/texts/VISIT_SCHEDULED/resident"


def test_a_text_is_worded_anew_while_both_phones_show_it(screens: Screens) -> None:
    screens.house.add_company("onnuri")
    page = screens.sign_in("admin", login="onnuri-admin")
    screens.go(page, "/admin/texts")
    page.locator("#event-VISIT_SCHEDULED").get_by_role("link", name="거주자").click()
    screens.ready(page)
    field, verdict = page.locator("#f-text"), page.locator("[data-testid=verdict]")
    mine = page.locator("[data-testid=preview][data-variant=resident]")
    expect(mine).to_contain_text("기사: 박철수")
    expect(page.locator("[data-testid=preview][data-variant=requester]")).to_contain_text("접수번호")

    words = field.input_value()
    field.fill(words.replace("방문 시간: {방문 시간}\n", ""))
    expect(verdict).to_have_attribute("data-may-be-stored", "0")
    expect(verdict).to_contain_text("언제 오는지 알 수 없습니다")
    field.press("Control+End")
    field.press_sequentially("\n약속: ")
    page.locator("[data-token='{방문 시간}']").click()
    expect(mine).to_contain_text("약속: 12월 1일(화)")
    expect(verdict).to_have_attribute("data-may-be-stored", "1")

    page.select_option("#f-case", "first")
    expect(mine).to_contain_text("자녀분 김민수님이 김영자님 댁 보일러 수리를 접수하셔서")
    field.fill(field.input_value() + "\n금일 할인 😀")
    expect(verdict).to_contain_text("광고가 됩니다")
    expect(verdict).to_contain_text("😀")
    expect(verdict).to_contain_text("금일 → 오늘")
    field.fill(words + "\n고맙습니다.")
    page.locator("#f-reason").fill("인사를 넣음")
    page.get_by_role("button", name="저장", exact=True).click()
    screens.ready(page)
    expect(page.get_by_text("문구를 저장했습니다.")).to_be_visible()
    expect(page.get_by_text("“인사를 넣음”")).to_be_visible()
    assert screens.problems == []


def test_without_a_script_a_button_shows_it(screens: Screens) -> None:
    screens.house.add_company("onnuri")
    signed_in = screens.sign_in("admin", login="onnuri-admin", size=PHONE)
    context = screens.browser.new_context(
        java_script_enabled=False, viewport=PHONE, storage_state=signed_in.context.storage_state()
    )
    screens.contexts.append(context)
    page = context.new_page()
    page.goto(f"{signed_in.url.split('/admin')[0]}{EDITOR}")
    page.locator("#f-text").fill(page.locator("#f-text").input_value() + "\n고맙습니다.")
    page.get_by_role("button", name="미리 보기").click()
    expect(page.locator("[data-testid=preview][data-variant=resident]")).to_contain_text("고맙습니다.")
    assert page.locator("#f-text").input_value().endswith("고맙습니다.")
