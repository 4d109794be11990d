"""A press in the lift: the page stays, says that nothing was sent, and sends once the network is back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect
from sqlmodel import func, select

from dispatch.models import Ticket, Visit
from tests.browser.intake import FILED, fill_call
from tests.browser.screens import PHONE, Screens
from tests.browser.town import open_town

pytestmark = pytest.mark.timeout(300)

NOT_SENT = "전송되지 않았습니다. 연결되면 다시 눌러 주세요."


def forget_lost_network(screens: Screens) -> None:
    """What Chromium and htmx say of a network that the test took away."""
    lost = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "ERR_NETWORK_CHANGED", "Failed to fetch")
    screens.problems[:] = [p for p in screens.problems if not any(word in p for word in lost)]


def file_and_plan(screens: Screens) -> str:
    agent = screens.sign_in("agent")
    screens.go(agent, "/agent/new")
    fill_call(agent)
    agent.locator("[data-submit]").click()
    expect(agent).to_have_url(FILED)
    screens.work()
    with screens.house.database.reading() as session:
        return session.exec(select(Ticket.number)).one()


def visit_state(screens: Screens) -> str:
    with screens.house.database.reading() as session:
        return session.exec(select(Visit.state)).one()


def take_away(page: Page) -> None:
    page.context.set_offline(True)


def test_a_step_pressed_offline_keeps_the_page_and_is_sent_once(screens: Screens) -> None:
    open_town(screens.house)
    number = file_and_plan(screens)
    phone = screens.sign_in("technician", size=PHONE)
    screens.go(phone, f"/m/{number}?do=hold")
    phone.locator("[name=reason][value=parts_wait]").check(force=True)
    phone.locator("[name=note]").fill("팬 모터")
    take_away(phone)
    phone.get_by_role("button", name="보류로 바꾸기").click()
    box = phone.locator("[data-not-sent]")
    expect(box).to_contain_text(NOT_SENT)
    expect(box.locator("a[href^='tel:']")).to_be_visible()
    expect(phone.locator("[name=note]")).to_have_value("팬 모터")
    assert visit_state(screens) == "planned"
    phone.get_by_role("button", name="다시 보내기").click()
    expect(box).to_contain_text(NOT_SENT)
    phone.locator(".bottombar a").first.click()
    expect(phone.locator("#toasts")).to_contain_text("인터넷이 끊겼습니다")
    phone.context.set_offline(False)
    phone.get_by_role("button", name="다시 보내기").click()
    expect(phone.locator("#job")).to_have_attribute("data-step", "held")
    assert visit_state(screens) == "cancelled"
    forget_lost_network(screens)


def test_a_call_written_down_while_the_server_is_away_is_filed_once(screens: Screens) -> None:
    open_town(screens.house)
    agent = screens.sign_in("agent")
    screens.go(agent, "/agent/new")
    fill_call(agent, note="현관 앞에 개가 있음")
    take_away(agent)
    agent.locator("[data-submit]").click()
    expect(agent.locator("[data-not-sent]")).to_contain_text(NOT_SENT)
    expect(agent.locator("#f-note")).to_have_value("현관 앞에 개가 있음")
    agent.context.set_offline(False)
    agent.eval_on_selector("[data-submit]", "button => { button.click(); button.click(); }")
    expect(agent).to_have_url(FILED)
    with screens.house.database.reading() as session:
        assert session.exec(select(func.count()).select_from(Ticket)).one() == 1
    forget_lost_network(screens)


def test_a_lookup_without_an_answer_says_so_beside_the_button_and_goes_by_itself(screens: Screens) -> None:
    open_town(screens.house)
    agent = screens.sign_in("agent")
    screens.go(agent, "/agent/new")
    take_away(agent)
    agent.fill("[name=resident_phone]", "010-9333-0101")
    told = agent.locator("#toasts .toast")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("확인하지 못했습니다")
    expect(told).not_to_contain_text("보내지")
    agent.locator("[data-submit]").click(trial=True)  # refused while something lies over it
    agent.context.set_offline(False)
    expect(told).to_have_count(0)
    forget_lost_network(screens)


def test_a_log_in_that_has_ended_loses_no_words(screens: Screens) -> None:
    open_town(screens.house)
    agent = screens.sign_in("agent")
    screens.go(agent, "/agent/new")
    fill_call(agent, note="현관 앞에 개가 있음")
    agent.context.clear_cookies()
    with agent.expect_response(lambda answer: answer.url.endswith("/open") and answer.status == 401):
        agent.locator("#f-resident_phone").dispatch_event("input")  # one from before may still be answered
    expect(agent.locator("#toasts")).to_contain_text("로그인 시간이 끝났습니다")
    expect(agent.locator("h1")).to_have_count(1)  # no error page within the page
    agent.locator("[data-submit]").click()
    expect(agent.locator("#toasts")).to_contain_text("다른 창에서 로그인한 뒤 다시 눌러 주세요")
    expect(agent.locator("#f-note")).to_have_value("현관 앞에 개가 있음")
    screens.problems[:] = [problem for problem in screens.problems if "status of 401" not in problem]


def test_a_button_that_means_something_else_by_now_is_not_sent(screens: Screens) -> None:
    open_town(screens.house)
    number = file_and_plan(screens)
    agent = screens.sign_in("agent")
    screens.go(agent, f"/agent/tickets/{number}")
    slot = agent.locator("button.slot").first
    held: list[Route] = []
    agent.route("**/live/here", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks the function
    with agent.expect_request("**/live/here"):
        slot.click()
    slot.evaluate("button => { button.value = button.value.replace('T', 'T0') }")
    held[0].fulfill(status=204)
    expect(agent.locator("#toasts")).to_contain_text("다시 골라 주세요")
    assert visit_state(screens) == "planned"
