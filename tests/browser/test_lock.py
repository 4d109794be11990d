"""A screen that nobody uses covers itself, and opens on what was being typed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlmodel import col, select

from core.models import DatedSetting
from core.secrets import hash_password
from tests.browser.screens import Screens
from tests.browser.town import open_town
from workforce.models import Account, Company, WebSession

pytestmark = pytest.mark.timeout(300)

PASSWORD = "a-long-password"


def lock_after(screens: Screens, *, minutes: int) -> None:
    """The company decides so, and whoever is signed in gets a password."""
    with screens.house.database.transaction() as session:
        session.add(
            DatedSetting(
                company_id=session.exec(select(Company.id)).one(),
                key="idle_lock_s",
                value={"agent": minutes * 60},
                valid_from=screens.house.clock(),
                source="test",
                entered_at=screens.house.clock(),
            )
        )
        row = session.exec(select(WebSession).where(col(WebSession.revoked_at).is_(None))).one()
        session.get_one(Account, row.account_id).password_hash = hash_password(PASSWORD)


def test_a_screen_locks_over_what_was_typed_and_opens_on_it(screens: Screens) -> None:
    open_town(screens.house)
    agent = screens.sign_in("agent")
    lock_after(screens, minutes=15)
    screens.go(agent, "/agent/new")
    note = agent.locator("#intake textarea").first
    note.fill("방이 너무 추워요")
    screens.house.clock.forward(minutes=16)
    lock = agent.locator("#lock")
    expect(lock).to_be_visible()
    expect(lock.get_by_label("비밀번호")).to_be_focused()
    agent.keyboard.press("Escape")
    expect(lock).to_be_visible()
    lock.get_by_label("비밀번호").fill("wrong")
    lock.get_by_role("button", name="잠금 풀기").click()
    expect(lock).to_contain_text("비밀번호가 맞지 않습니다")
    lock.get_by_label("비밀번호").fill(PASSWORD)
    lock.get_by_role("button", name="잠금 풀기").click()
    expect(lock).to_have_count(0)
    expect(note).to_have_value("방이 너무 추워요")
    # Chromium's own line for what the page asked while it was locked.
    screens.problems[:] = [each for each in screens.problems if "status of 401" not in each]
