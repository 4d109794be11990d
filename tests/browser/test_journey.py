"""The whole story through the screens: each person at their own, nobody reloads, nothing is typed twice."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import world
from tests.browser.intake import ADDRESS, REQUESTER, RESIDENT, filed_number
from tests.browser.screens import PHONE, POLL_MS, Screens, crowding
from tests.browser.town import POINT_DESK, TECHNICIANS, Town, open_town

pytestmark = pytest.mark.timeout(400)

LIVE_WITHIN_S = 1.0
"""From the press on one screen to the mark on another, with nothing else on the machine."""
TOTAL = "43,000원"
"""Call-out by day 18,000 won and the ignition repaired 25,000 won."""


@dataclass
class Watch:
    """The dispatcher's console, loaded once; how long each change took to be seen there."""

    page: Page
    seconds: list[float] = field(default_factory=list)

    def sees(self, act: Callable[[], object], mark: Locator) -> None:
        """Something is done elsewhere, and its mark comes up here without a reload."""
        expect(mark).to_have_count(0)
        start = time.monotonic()
        act()
        expect(mark.first).to_be_attached(timeout=POLL_MS * 0.8)
        self.seconds.append(time.monotonic() - start)

    def job(self, number: str, state: str) -> Locator:
        """The visit's bar in its technician's lane."""
        lane = self.page.get_by_test_id("lane")
        return lane.locator(f"[data-testid=job][data-number='{number}'][data-state={state}]")


def test_from_the_call_to_the_happy_call(screens: Screens) -> None:
    town = open_town(screens.house, kind="designated")
    watch = Watch(screens.sign_in("dispatcher"))
    agent = screens.sign_in("agent")
    number = take_the_call(screens, watch, agent)
    accept(screens, watch, number)
    technician = at_the_phone(screens, town, agent)
    agree_a_window(screens, watch, technician, number)
    both_phones_say(screens, "VISIT_SCHEDULED", number)
    go_and_repair(screens, watch, technician, number)
    texts = both_phones_say(screens, "VISIT_RESULT", number)
    assert all(TOTAL in text for text in texts), texts
    assert min(watch.seconds) < LIVE_WITHIN_S * crowding(), watch.seconds
    make_the_happy_call(screens, number)
    screens.go(agent := screens.sign_in("agent"), f"/agent/tickets/{number}")
    expect(status_of(agent)).to_have_attribute("data-status", "CLOSED")


def status_of(page: Page) -> Locator:
    """The state at the head of the agent's ticket page."""
    return page.locator("#case-head [data-status]")


def take_the_call(screens: Screens, watch: Watch, agent: Page) -> str:
    """Nobody is known by this number; the call is written down from the keyboard alone."""
    keys = agent.keyboard
    expect(agent.locator("#f-q")).to_be_focused()
    keys.type(RESIDENT[0])
    expect(agent.locator("#found")).to_contain_text("찾지 못했습니다")
    agent.locator("#f-q").blur()
    keys.press("n")
    agent.wait_for_url("**/agent/new?*")
    screens.ready(agent)
    expect(agent.locator("#f-resident_phone")).to_have_value(RESIDENT[0])
    type_who(agent)
    type_what(agent)
    queued = watch.page.get_by_test_id("queue").get_by_test_id("queue-ticket")
    watch.sees(lambda: keys.press("Control+Enter"), queued)
    number = filed_number(screens.ready(agent))
    expect(queued).to_have_attribute("data-number", number)
    return number


def type_who(agent: Page) -> None:
    """The resident, the son who calls and pays: Enter goes to the next field, arrows choose."""
    keys = agent.keyboard
    expect(agent.locator("#f-resident_phone")).to_be_focused()
    expect(agent.locator("#echo-resident_phone")).to_contain_text(RESIDENT[0])
    keys.press("Enter")
    keys.type(RESIDENT[1])
    keys.press("Enter")
    keys.type(ADDRESS)
    expect(agent.locator("#echo-resident_address")).to_contain_text("역삼동")
    keys.press("Enter")
    keys.press("ArrowDown")
    expect(agent.locator("[name=caller][value=other]")).to_be_checked()
    keys.press("Enter")
    keys.type(f"{REQUESTER[0].replace('-', '.')} (아들)")
    keys.press("Enter")
    keys.type(REQUESTER[1])
    keys.press("Enter")
    expect(agent.locator("#f-requester_relationship")).to_have_value("child")
    keys.press("Enter")
    keys.press("ArrowDown")
    expect(agent.locator("[name=payer][value=requester]")).to_be_checked()
    keys.press("Enter")
    keys.press("Space")
    expect(agent.locator("[name=priority_care]")).to_be_checked()
    keys.press("Enter")
    keys.press("Enter")
    expect(agent.locator("#f-notices")).to_be_focused()
    keys.press("Enter")


def type_what(agent: Page) -> None:
    """No heating, code 03; the card is read out and does not help."""
    keys = agent.keyboard
    keys.press("Space")
    expect(agent.locator("[name=symptom][value=NO_HEAT]")).to_be_checked()
    guide = agent.locator("#guide")
    expect(guide.locator("[name=self_fix_card]").first).to_be_checked()
    keys.press("2")
    expect(guide.locator("[value=FAILED]")).to_be_checked()


def accept(screens: Screens, watch: Watch, number: str) -> None:
    """The designated point is asked and says yes; until then the plan is tentative."""
    screens.work()
    expect(watch.job(number, "planned")).to_be_attached()
    desk = screens.sign_in("point", login=POINT_DESK)
    offer = desk.locator(f"[data-testid=offer][data-number='{number}']")
    expect(offer.get_by_test_id("clock")).to_have_attribute("data-state", "running")
    offer.get_by_role("button", name="수락").click()
    expect(offer).to_have_count(0)
    screens.work()


def at_the_phone(screens: Screens, town: Town, agent: Page) -> Page:
    """The agent sees who comes and why from there, live; he himself has it on his phone."""
    goes = agent.locator("#who-goes")
    expect(goes).to_contain_text("gangnam 서비스점")
    expect(goes.locator(".reason")).to_contain_text("가까운")
    expect(goes).not_to_contain_text("수락을 기다림")
    expect(status_of(agent)).to_have_attribute("data-status", "ASSIGNED")
    expect(agent.locator("#slots button[name=window]").first).to_be_visible()
    name = next(name for name in TECHNICIANS if name in goes.inner_text())
    return screens.sign_in("technician", login=town.technicians[name], size=PHONE)


def agree_a_window(screens: Screens, watch: Watch, technician: Page, number: str) -> None:
    """He says that he has seen it, rings up, and agrees the first window that is offered."""
    card = technician.locator(f"[data-testid=job][data-number='{number}']")
    expect(card.get_by_test_id("clock")).to_have_attribute("data-state", "running")
    card.get_by_role("button", name="확인했습니다").click()
    expect(technician.locator("#news")).to_have_count(0)
    screens.house.clock.forward(minutes=20)
    screens.ready(technician)
    card.get_by_role("link", name="전화하기").click()
    technician.locator("a[data-dial]").first.evaluate(
        "link => link.addEventListener('click', e => e.preventDefault())"
    )
    technician.locator("a[data-dial]").first.click()
    technician.get_by_role("button", name="연결됨").click()
    technician.locator("[name=window]").first.check(force=True)
    agreed = technician.get_by_role("button", name="이 시간으로 약속")
    watch.sees(agreed.click, watch.job(number, "agreed"))
    expect(technician.get_by_role("button", name="출발합니다")).to_be_visible()
    screens.work()


def dial(technician: Page) -> None:
    """One tap. There is no telephone in here, so the link leads nowhere; the time of the tap is kept."""
    link = technician.locator("a[data-dial]").first
    link.evaluate("link => link.addEventListener('click', (event) => event.preventDefault())")
    link.click()
    expect(technician.locator("#outcome [name=dialled_at]")).to_have_value(re.compile("2026-12-01T01:2"))


def go_and_repair(screens: Screens, watch: Watch, technician: Page, number: str) -> None:
    """Each step is one button on the phone and one change on the console; being early takes a word more."""
    screens.house.clock.at = world.NOW + timedelta(hours=1)
    for button, state in (
        ("그래도 출발", "en_route"),
        ("통화했습니다. 도착으로 적기", "arrived"),
        ("작업 시작", "in_progress"),
    ):
        if state == "en_route":
            technician.get_by_role("button", name="출발합니다").click()
            expect(technician.get_by_text("지금 출발하시나요?")).to_be_visible()
        if state == "arrived":
            technician.get_by_role("button", name="도착했습니다").click()
            expect(technician.get_by_text("고객과 통화하셨나요?")).to_be_visible()
        pressed = technician.get_by_role("button", name=button)
        watch.sees(pressed.click, watch.job(number, state))
        screens.house.clock.forward(minutes=10)
    ticks = technician.locator("[name=tick]")
    expect(ticks.first).to_be_attached()  # the console may have heard of the start before the phone shows it
    for tick in ticks.all():
        tick.check(force=True)
    technician.get_by_role("button", name="점화부 수리 하나 더하기").click()
    expect(technician.locator("#bill")).to_contain_text(TOTAL)
    done = technician.get_by_role("button", name="완료하고 비용 문자 보내기")
    watch.sees(done.click, watch.job(number, "completed"))
    expect(technician.locator("#job")).to_have_attribute("data-state", "completed")
    screens.work()


def both_phones_say(screens: Screens, event: str, number: str) -> list[str]:
    """Parent and child each have this text, in words of their own. Returns both."""
    page = screens.sign_in("agent")
    screens.go(page, f"/phones?ticket={number}")
    texts = []
    for phone, _name in (RESIDENT, REQUESTER):
        box = page.locator(
            f"[data-testid=phone][data-number='{phone}'] [data-testid=sms][data-event={event}]"
        )
        expect(box).to_have_count(1)
        texts.append(box.locator(".sms-text").inner_text())
    assert texts[0] != texts[1]
    page.context.close()
    return texts


def make_the_happy_call(screens: Screens, number: str) -> None:
    """The next day: from the list to the number, the script by keys, and everything was well."""
    screens.go_home()
    screens.house.clock.forward(days=1)
    screens.work()
    caller = screens.sign_in("qa")
    caller.locator(f"[data-testid=happy-call][data-number='{number}'] a").click()
    screens.ready(caller)
    caller.get_by_role("button", name="전화하기").first.click()
    expect(caller.locator("a[href^='tel:']").first).to_be_visible()
    screens.ready(caller)
    answer_by_keys(caller)
    caller.get_by_role("button", name="통화를 마치고 저장").click()
    expect(caller.get_by_test_id("happy-call")).to_have_attribute("data-number", number)
    expect(caller.locator(".qa-follows")).to_be_visible()
    screens.work()


def answer_by_keys(caller: Page) -> None:
    """Yes to every question, the best mark on every scale, Enter past what is only said."""
    lines = caller.locator("[data-qa-line]")
    for n in range(lines.count()):
        line = lines.nth(n)
        expect(line).to_have_attribute("aria-current", "step")
        kind = line.get_attribute("data-qa-line")
        key = {"yes_no": "1", "seven": "7", "ten": "-"}.get(kind or "", "Enter")
        caller.keyboard.press("Control+Enter" if kind == "words" else key)
