"""The point's day on paper: asked for with a reason, logged, whole in one file, written to a folder too."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import httpx
from sqlmodel import col, select

from core.jobs import make_worker_app
from core.models import TimelineEntry
from core.settings import Settings
from privacy.breach import report_breach
from tests.web.conftest import ClientAs, WebWorld
from tests.web.point_world import desk, make_other_point, make_planned, make_ticket
from web.day_sheet_files import write_day_sheets
from worker import WorkerContext, add_tasks
from workforce.models import AccessLog

__all__ = ["desk"]

PAGE = "/point/day-sheet"


def test_the_sheet_says_where_whom_and_when_after_a_reason(
    web_world: WebWorld, desk: httpx.Client, client_as: ClientAs
) -> None:
    planned = make_planned(web_world)
    waiting = make_ticket(web_world, status="UNASSIGNED")
    asked = desk.get(PAGE)
    assert "까닭" in asked.text
    assert planned not in asked.text
    assert desk.post(PAGE, data={"reason": " "}).status_code == 422
    assert desk.post(PAGE, data={"reason": "인터넷 고장"}).headers["location"] == PAGE
    sheet = desk.get(PAGE)
    for expected in (planned, waiting, "박기사", "010-9876-5432", "101동 1203호", "예정 12월 1일 (화)"):
        assert expected in sheet.text, expected
    assert "12월 1일 (화) 10:00에 만든 표입니다" in sheet.text
    desk.get(PAGE)
    with web_world.database.reading() as session:
        logged = session.exec(select(AccessLog).order_by(col(AccessLog.id))).all()
        leak = report_breach(session, company_id=web_world.company.id or 0, since=web_world.now)
    assert [(each.subject_kind, each.act, each.reason) for each in logged] == [
        ("day_sheet", "opened", "인터넷 고장"),
        *[("ticket", "downloaded", "인터넷 고장")] * 2,
    ]
    assert {"address", "door_note", "phone"} <= set(logged[1].fields)
    assert {number for each in leak.people for number in each.tickets} == {planned, waiting}
    assert leak.unknown == 0, "a leak tells of everybody who stood on the sheet"
    shown = client_as("admin").get("/admin/access-log").text
    assert "의 하루 일정표" in shown and "파기한 정보" not in shown
    web_world.wait(minutes=31)
    assert planned not in desk.get(PAGE).text


def test_the_sheet_needs_nothing_from_outside(web_world: WebWorld, desk: httpx.Client) -> None:
    desk.post(PAGE, data={"reason": "아침 점검"})
    sheet = desk.get(PAGE)
    assert not re.search(r"(?:src|href)=|url\(|<script|@import", sheet.text)
    policy = sheet.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "이날 일하는 기사가 없습니다" not in sheet.text
    assert "오늘 남은 방문이 없습니다." in sheet.text
    tomorrow = desk.get(PAGE, params={"day": 1})
    assert "12월 2일 (수)" in tomorrow.text


def test_a_desk_sees_its_own_sheet_alone(web_world: WebWorld, desk: httpx.Client) -> None:
    other = make_other_point(web_world)
    assert desk.get(PAGE, params={"point": other.code}).status_code == 404
    desk.post(PAGE, data={"reason": "아침 점검"})
    foreign = make_ticket(web_world, point=other, status="UNASSIGNED")
    assert foreign not in desk.get(PAGE).text


def test_sheets_are_kept_in_a_folder(web_world: WebWorld, tmp_path: Path) -> None:
    number = make_planned(web_world)
    assert write_day_sheets(web_world.database, folder=tmp_path, now=web_world.now) == 1
    file = tmp_path / web_world.company.code / f"{web_world.point.code}_2026-12-01.html"
    assert number in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
    settings = Settings(database_url="postgresql://", day_sheets_dir=str(tmp_path))
    context = WorkerContext(
        settings=settings,
        database=web_world.database,
        replayable=web_world.database,
        clock=lambda: web_world.now + timedelta(minutes=15),
    )
    app = make_worker_app("postgresql://")
    add_tasks(app, context)
    app.tasks["day_sheets"](timestamp=0)
    assert "10:15에 만든 표입니다" in file.read_text(encoding="utf-8")
    with web_world.database.reading() as session:
        said = session.exec(select(TimelineEntry).where(TimelineEntry.what == "DaySheetsWritten")).all()
    assert [entry.data for entry in said] == [{"day": "2026-12-01"}], (
        "once a day, however often they are written"
    )
    old = file.with_name(f"{web_world.point.code}_{date(2026, 11, 28)}.html")
    mine = file.with_name("notes.html")
    for path in (old, mine):
        path.write_text("x", encoding="utf-8")
    later = web_world.now + timedelta(days=2)
    write_day_sheets(web_world.database, folder=tmp_path, now=later)
    names = {path.name for path in file.parent.iterdir()}
    assert names == {file.name, mine.name, f"{web_world.point.code}_2026-12-03.html"}
