"""What goes wrong at a desk: pressed twice, typed wrongly, meant badly, done by two at once, cut off."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import func, select

from dispatch.models import Placement, Ticket
from tests.browser.intake import (
    ADDRESS,
    FILED,
    REQUESTER,
    RESIDENT,
    choose,
    file_call,
    filed_number,
    fill_call,
)
from tests.browser.screens import Screens
from tests.browser.town import POINT_DESK, SECOND_DISPATCHER, open_town

pytestmark = pytest.mark.timeout(300)

NAME = "<script>window.ran = 1</script>"
NOTE = "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>"
CUT_OFF = re.compile(r"ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)")
"""What Chromium says of a server that is gone."""


def press_twice(page: Page, selector: str) -> None:
    """Two clicks before the first answer can be there."""
    page.eval_on_selector(selector, "button => { button.click(); button.click(); }")


def count_tickets(screens: Screens) -> int:
    """How many were ever filed."""
    with screens.house.database.reading() as session:
        return session.exec(select(func.count()).select_from(Ticket)).one()


def test_a_double_click_files_and_accepts_once(screens: Screens) -> None:
    open_town(screens.house, kind="designated")
    agent = screens.sign_in("agent")
    screens.go(agent, "/agent/new")
    fill_call(agent)
    press_twice(agent, "[data-submit]")
    number = filed_number(agent)
    screens.work()
    assert count_tickets(screens) == 1

    desk = screens.sign_in("point", login=POINT_DESK)
    press_twice(desk, f"[data-testid=offer][data-number='{number}'] form[action*=acceptance] button")
    expect(desk.get_by_test_id("offer")).to_have_count(0)
    expect(desk.locator(".error-summary")).to_have_count(0)
    with screens.house.database.reading() as session:
        states = session.exec(select(Placement.state).where(Placement.state != "PASSED_OVER")).all()
    assert states == ["ACCEPTED"]


def test_back_after_a_refused_form_is_no_question_of_the_browsers(screens: Screens) -> None:
    """What was refused stands at the form's own address: nothing is sent again by going back or reloading."""
    open_town(screens.house)
    agent = screens.sign_in("agent")
    screens.go(agent, "/agent/new")
    fill_call(agent, phone="12")
    for _press in range(2):
        with agent.expect_navigation():  # the second answer looks like the first
            agent.locator("[data-submit]").click()
        expect(agent.locator("#e-resident_phone")).to_be_visible()
        screens.ready(agent)
        expect(agent).to_have_url(re.compile("/agent/new$"))
    screens.go(agent, "/phones")
    agent.go_back()
    screens.ready(agent)
    expect(agent.locator("#intake")).to_be_visible()
    agent.reload()
    screens.ready(agent)
    expect(agent.locator("#intake")).to_be_visible()
    assert count_tickets(screens) == 0


def test_a_bad_number_keeps_what_was_typed_and_names_its_field(screens: Screens) -> None:
    open_town(screens.house)
    agent = screens.sign_in("agent")
    screens.go(agent, "/agent/new")
    fill_call(agent, phone="12", note="현관 비밀번호는 없습니다")
    agent.locator("[data-submit]").click()
    field = agent.locator("#f-resident_phone")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    complaint = agent.locator("#e-resident_phone")
    expect(complaint).to_be_visible()
    expect(agent.get_by_text(complaint.inner_text(), exact=True)).to_have_count(1)
    expect(agent.locator(".error-summary")).to_contain_text("고칠 칸 1곳")
    expect(agent.locator(".error-summary a")).to_have_text(["거주자 전화"])
    expect(field).to_have_value("12")
    expect(agent.locator("#f-resident_name")).to_have_value("김영자")
    expect(agent.locator("#f-resident_address")).to_have_value(ADDRESS)
    expect(agent.locator("[name=symptom][value=NO_HEAT]")).to_be_checked()
    expect(agent.locator("[name=self_fix_result][value=FAILED]")).to_be_checked()
    expect(agent.locator("#f-note")).to_have_value("현관 비밀번호는 없습니다")
    assert count_tickets(screens) == 0

    field.fill("010-9333-0101")
    agent.locator("[data-submit]").click()
    expect(agent).to_have_url(FILED)
    assert count_tickets(screens) == 1


def test_what_is_corrected_leaves_the_summary(screens: Screens) -> None:
    open_town(screens.house)
    agent = screens.sign_in("agent")
    screens.go(agent, "/agent/new")
    agent.locator("[data-submit]").click()
    screens.ready(agent)
    summary = agent.locator("#error")
    expect(summary).to_contain_text("고칠 칸 4곳")
    choose(agent, "symptom", "NO_HEAT")
    expect(agent.locator("#e-symptom")).to_have_count(0)
    expect(summary).to_contain_text("고칠 칸 3곳")
    expect(summary.locator("a")).to_have_count(3)
    agent.fill("[name=resident_phone]", RESIDENT[0])
    agent.fill("[name=resident_name]", RESIDENT[1])
    expect(summary).to_contain_text("고칠 칸 1곳")
    expect(summary.locator("a")).to_have_text("주소")
    agent.fill("[name=resident_address]", ADDRESS)
    expect(summary).to_have_count(0)


def test_the_number_that_was_searched_for_goes_to_who_calls_for_somebody_else(screens: Screens) -> None:
    """A daughter's number must not get her parents' texts; a number that was gone on from stays."""
    open_town(screens.house)
    agent = screens.sign_in("agent")
    resident, caller = agent.locator("#f-resident_phone"), agent.locator("#f-requester_phone")
    for taken in (False, True):
        screens.go(agent, f"/agent/new?q={REQUESTER[0]}")
        expect(resident).to_have_value(REQUESTER[0])
        if taken:
            resident.press("Enter")
        agent.locator("label:has([name=caller][value=other])").click()
        expect(resident).to_have_value(REQUESTER[0] if taken else "")
        expect(caller).to_have_value("" if taken else REQUESTER[0])
    expect(agent.locator("#echo-resident_phone")).to_contain_text(REQUESTER[0])


def test_a_danger_without_a_place_has_the_map_in_hand(screens: Screens) -> None:
    """The guide says so while the address is typed; after filing the place is asked for first."""
    open_town(screens.house)
    agent = screens.sign_in("agent")
    screens.go(agent, "/agent/new?safety=1")
    expect(agent.locator(".symptoms.ordinary")).to_be_hidden()
    expect(agent.locator("#guide-place")).to_contain_text("곧장 갑니다")
    agent.fill("[name=resident_phone]", RESIDENT[0])
    agent.fill("[name=resident_address]", "서울 마포구 시장 뒤쪽")
    expect(agent.locator("#guide-place")).to_contain_text("보낼 수 없습니다")
    agent.locator("[data-submit]").click()
    filed_number(screens.ready(agent))
    board = agent.locator("#map [data-map]")
    expect(agent.locator("#map [name=place_name]")).to_be_focused()
    expect(board).to_be_in_viewport()
    board.click()
    expect(board).to_contain_text("이 동네로 정합니다")
    agent.locator("#map button[type=submit]").click()
    expect(agent.locator("body")).to_contain_text("동네까지 정했습니다")


def test_a_script_is_a_text_on_every_screen(screens: Screens) -> None:
    open_town(screens.house)
    agent = screens.sign_in("agent")
    number = file_call(screens, agent, name=NAME, note=f"메모 {NOTE}")
    agent.get_by_role("button", name="가린 것 보기").click()
    expect(agent.locator("#case-live")).to_contain_text("메모 <script>")
    expect(agent.locator("#case-live .people")).to_contain_text("<script>")
    dispatcher = screens.sign_in("dispatcher")
    screens.go(dispatcher, f"/dispatch?ticket={number}")
    expect(dispatcher.locator("#ticket-facts")).to_contain_text("<img src=x onerror=")
    desk = screens.sign_in("point", login=POINT_DESK)
    screens.go(desk, f"/point/tickets/{number}")
    screens.go(dispatcher, f"/m/{number}")
    for page in (agent, dispatcher, desk):
        assert page.evaluate("window.ran") is None, page.url


def test_gas_goes_to_the_safety_script_and_no_card(screens: Screens) -> None:
    open_town(screens.house)
    agent = screens.sign_in("agent")
    screens.go(agent, "/agent/new")
    fill_call(agent, symptom="NO_HEAT", result=None)
    expect(agent.locator("#guide [name=self_fix_card]").first).to_be_attached()
    choose(agent, "symptom", "GAS_SMELL")
    expect(agent.locator("#guide .script-steps li").first).to_be_visible()
    expect(agent.locator("#guide [name=self_fix_card]")).to_have_count(0)
    expect(agent.locator("[name=self_fix_result]")).to_have_count(0)
    agent.locator("[data-submit]").click()
    number = filed_number(agent)
    expect(agent.locator("#case-head .script-steps li").first).to_be_visible()
    expect(agent.locator("#fix")).to_have_count(0)
    dispatcher = screens.sign_in("dispatcher")
    row = dispatcher.locator(f"[data-testid=queue-ticket][data-number='{number}']")
    expect(row).to_have_attribute("data-safety", "")


def test_the_second_dispatcher_hears_who_was_first(screens: Screens) -> None:
    open_town(screens.house)
    number = file_call(screens, screens.sign_in("agent"))
    first, second = screens.sign_in("dispatcher"), screens.sign_in("dispatcher", login=SECOND_DISPATCHER)
    for page in (first, second):
        screens.go(page, f"/dispatch?ticket={number}")
        page.locator("#ticket-dialog summary", has_text="접수 취소").click()
        page.locator("form[action$=cancellation] [name=reason]").fill("이사 가셨다고 합니다")
    first.locator("form[action$=cancellation] button").click()
    expect(first.locator("#ticket-facts [data-status=CANCELLED]")).to_be_visible()
    second.locator("form[action$=cancellation] button").click()
    expect(second.locator("#ticket-dialog [role=alert]")).to_contain_text("dispatcher 담당 님이")
    with screens.house.database.reading() as session:
        assert session.exec(select(Ticket.status)).one() == "CANCELLED"


@pytest.mark.parametrize("role", ["dispatcher", "technician"])
def test_without_a_server_the_page_says_so(screens: Screens, role: str) -> None:
    town = open_town(screens.house)
    login = next(iter(town.technicians.values())) if role == "technician" else None
    page = screens.sign_in(role, login=login)
    mark = page.locator(".live-state")
    expect(mark).to_have_attribute("data-live-state", "on")
    screens.house.stop_web()
    expect(mark).to_have_attribute("data-live-state", "off")
    expect(mark).to_contain_text("실시간 끊김")
    if role == "dispatcher":  # a map that cannot load keeps what it shows, and nothing breaks
        with page.expect_event("requestfailed", lambda request: "/map" in request.url):
            page.evaluate("document.querySelector('#map').dispatchEvent(new CustomEvent('live:refresh'))")
    page.context.close()
    screens.problems[:] = [problem for problem in screens.problems if not CUT_OFF.search(problem)]


def test_a_screen_whose_log_in_has_ended_says_so(screens: Screens) -> None:
    open_town(screens.house)
    dispatcher = screens.sign_in("dispatcher")
    screens.house.clock.forward(hours=15)
    file_call(screens, screens.sign_in("agent"))
    expect(dispatcher.locator("#toasts")).to_contain_text("다시 로그인해 주세요")
    expect(dispatcher.get_by_test_id("queue-ticket")).to_have_count(0)
    screens.problems[:] = [problem for problem in screens.problems if "status of 401" not in problem]


def test_another_case_is_said_of_what_is_shown_and_a_danger_joins_nothing(screens: Screens) -> None:
    """The box stays ticked while the rest is filled in, and is empty for another home's ticket."""
    open_town(screens.house)
    agent = screens.sign_in("agent")
    first = file_call(screens, agent)
    other = file_call(
        screens, agent, phone="010-7777-1111", name="박순자", address="서울 강남구 역삼동 800, 3동 301호"
    )
    screens.go(agent, "/agent/new")
    asked: list[str] = []
    agent.on("request", lambda request: asked.append(request.url) if "/new/open" in request.url else None)
    agent.fill("[name=resident_phone]", RESIDENT[0])
    expect(agent.locator(f"#open-{first}")).to_be_visible()
    box = agent.locator("[name=other_case]")
    box.check()
    so_far = len(asked)
    choose(agent, "symptom", "GAS_SMELL")
    expect(agent.locator(f"#open-{first} .in-danger")).to_be_visible()
    expect(agent.locator("[formaction*='/call']")).to_be_hidden()
    choose(agent, "symptom", "NO_HEAT")
    expect(agent.locator("[formaction*='/call']")).to_be_visible()
    expect(agent.locator(f"#open-{first} .in-danger")).to_be_hidden()
    assert len(asked) == so_far, "a symptom asks for no homes"
    choose(agent, "caller", "other")
    agent.fill("[name=requester_phone]", REQUESTER[0])
    expect(box).to_be_checked()
    agent.fill("[name=resident_phone]", "010-7777-1111")
    expect(agent.locator(f"#open-{other}")).to_be_visible()
    expect(box).not_to_be_checked()
    assert len(asked) > so_far
