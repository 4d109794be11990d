"""The page of what is kept how long: what is due, what was destroyed, and limits that the law sets."""

from __future__ import annotations

from datetime import timedelta

from core.actor import Role
from privacy.retention import run_retention
from tests import world
from tests.web.conftest import WebWorld


def test_the_page_tells_what_is_due_and_what_was_destroyed(web_world: WebWorld) -> None:
    admin = web_world.sign_in(Role.ADMIN)
    old = web_world.now - timedelta(days=4000)
    with web_world.database.transaction() as session:
        company = session.merge(web_world.company, load=False)
        ticket = world.make_ticket(
            session, company=company, status="COMPLETED", received_at=old, completed_at=old
        )
        number = ticket.number
    row = _row(admin.get("/admin/retention").text, "retain_ticket_days")
    assert "1,827일" in row and "1건" in row and "아직 없음" in row
    run_retention(web_world.database, clock=lambda: web_world.now)
    row = _row(admin.get("/admin/retention").text, "retain_ticket_days")
    assert "2026-12-01" in row and row.count("1건") == 2, "last night's and all of them"
    agent = web_world.sign_in(Role.AGENT)
    assert agent.get(f"/agent/tickets/{number}").status_code == 404
    assert number not in agent.get("/api/v1/tickets").text


def test_a_limit_cannot_be_shorter_than_the_law_wants(web_world: WebWorld) -> None:
    admin = web_world.sign_in(Role.ADMIN)
    page = "/admin/settings/retain_access_log_days"
    assert "731" in admin.get(page).text
    form = {"value": "365", "valid_from": "2026-12-02", "valid_from_time": "00:00", "source": "내부 규정"}
    assert admin.post(f"{page}/change", data=form).status_code == 422
    assert "731" in admin.get(page).text and "365일" not in admin.get(page).text


def _row(page: str, setting: str) -> str:
    start = page.index(f'href="/admin/settings/{setting}"')
    return page[start : page.index("</tr>", start)]
