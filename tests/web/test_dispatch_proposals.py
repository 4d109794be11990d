"""Plans that wait for a person: asked for, read and decided on the console."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from httpx import Client
from sqlmodel import col, select

from core.clock import kst, operating_day
from dispatch.models import Visit
from dispatch.planning.plan_models import Plan, PointDay, SolveRequest
from dispatch.planning.replans import Replan
from dispatch.planning.solving import run_solve
from tests.dispatch.planning.solves import SECONDS, InlineSolver
from tests.web.conftest import WebWorld
from tests.web.dispatch_world import (
    PART,
    dispatcher,
    file_ticket,
    ticket_of,
)
from web.presenters.proposals import replan_words
from workforce.models import Absence
from workforce.queries import get_technicians

__all__ = ["dispatcher"]
"""The fixture; pytest finds it by its name here."""


def test_a_replan_is_asked_for_by_name(web_world: WebWorld, dispatcher: Client) -> None:
    number = file_ticket(web_world, planned=True)
    assert dispatcher.post(f"/dispatch/tickets/{number}/replan", headers=PART).status_code == 200
    with web_world.database.reading() as session:
        wish = session.exec(select(SolveRequest).where(col(SolveRequest.urgent))).one()
        assert wish.asked_by.startswith("dispatcher")


def test_proposals_are_read_and_decided_by_a_person(web_world: WebWorld, dispatcher: Client) -> None:
    number = file_ticket(web_world, planned=True)
    plan_id = _propose(web_world, number)
    assert "계획 제안 1건" in dispatcher.get("/dispatch").text
    listed = dispatcher.get("/dispatch/proposals", headers=PART).text
    assert number in listed and "박기사 기사가" in listed and "(1시간 늦게)" in listed
    assert "이동 시간은 그대로입니다" in listed and "4,000" not in listed, "minutes, no bare cost"
    assert "요청한 재계획의 결과" in listed and "오배차 님이 요청" in listed
    assert listed.count("다음 방문이 바뀝니다.") == 1 and "ON-1</span>, " in listed, "a sentence stands once"
    url = f"/dispatch/proposals/{plan_id}/decision"
    silent = dispatcher.post(url, data={"decision": "REJECT", "reason": ""}, headers=PART)
    assert silent.status_code == 422
    done = dispatcher.post(url, data={"decision": "REJECT", "reason": "고객이 싫어함"}, headers=PART)
    assert done.status_code == 200
    assert "계획 제안" not in dispatcher.get("/dispatch/proposals/bar").text
    late = dispatcher.post(url, data={"decision": "ACCEPT"}, headers=PART)
    assert late.status_code == 409 and "이미 처리한" in late.text
    with web_world.database.reading() as session:
        assert session.get_one(Plan, plan_id).state == "rejected"


def test_a_decision_replaces_the_list_and_colleagues_see_who_decided(
    web_world: WebWorld, dispatcher: Client
) -> None:
    """The same list in the dialog and on the page: nothing decided keeps its buttons."""
    number = file_ticket(web_world, planned=True)
    plan_id = _propose(web_world, number)
    page = dispatcher.get("/dispatch/proposals").text
    url = f"/dispatch/proposals/{plan_id}/decision"
    assert 'id="proposal-list" data-live="proposal" data-live-src="/dispatch/proposals/list"' in page
    assert f'hx-post="{url}" hx-target="#proposal-list"' in page
    done = dispatcher.post(url, data={"decision": "REJECT", "reason": "고객이 싫어함"}, headers=PART).text
    assert done.lstrip().startswith("<div") and 'id="proposal-list"' in done and "<dialog" not in done
    seen = web_world.sign_in("dispatcher").get("/dispatch/proposals/list", headers=PART).text
    assert "님이" in seen and "제안을 받지 않았습니다" in seen and "받아들이기" not in seen
    web_world.wait(minutes=11)
    assert "받지 않았습니다" not in dispatcher.get("/dispatch/proposals/list", headers=PART).text


def test_a_proposal_says_why_it_exists_and_that_promises_are_kept(
    web_world: WebWorld, dispatcher: Client
) -> None:
    number = file_ticket(web_world, planned=True)
    plan_id = _propose(web_world, number)
    with web_world.database.transaction() as session:
        plan = session.get_one(Plan, plan_id)
        visit = session.get_one(Visit, plan.changes[0]["visit_id"])
        start = visit.planned_start
        assert start is not None and visit.technician_id is not None
        visit.window_start, visit.window_end = start, start + timedelta(hours=2)
        away = {"start_at": start - timedelta(hours=1), "end_at": start + timedelta(hours=1)}
        session.add(Absence(technician_id=visit.technician_id, reason="병가", **away))
        plan.changes = [{**plan.changes[0], "what": "taken_off", "to": None}]
    listed = dispatcher.get("/dispatch/proposals", headers=PART).text
    assert "이 제안이 나온 까닭" in listed and "박기사 기사가 오늘" in listed and "쉽니다" in listed
    assert "지키지 못합니다" in listed and "모두 지킵니다" not in listed, "nobody keeps this promise"
    with web_world.database.transaction() as session:
        plan = session.get_one(Plan, plan_id)
        later = (start + timedelta(minutes=46, seconds=40)).isoformat()
        to = {**plan.changes[0]["from"], "start": later}
        plan.changes = [{**plan.changes[0], "what": "retimed", "to": to}]
    listed = dispatcher.get("/dispatch/proposals", headers=PART).text
    assert "(46분 늦게)" in listed and "고객과 약속한 시간은 모두 지킵니다" in listed


@pytest.mark.parametrize("screen", ["/dispatch/proposals", "/point/parts/lanes"])
def test_many_proposals_are_read_together(
    web_world: WebWorld, dispatcher: Client, monkeypatch: pytest.MonkeyPatch, screen: str
) -> None:
    """No card plans its day again, nor asks for names by itself."""
    number = file_ticket(web_world, planned=True)
    for _ in range(3):
        _propose(web_world, number)
    asked: list[int] = []

    def count(*args: Any, **fields: Any) -> Any:
        asked.append(1)
        return get_technicians(*args, **fields)

    monkeypatch.setattr("web.presenters.proposals.get_technicians", count)
    monkeypatch.setattr("dispatch.planning.proposal_gains.load_board", pytest.fail)
    who = dispatcher if screen.startswith("/dispatch") else web_world.sign_in("point", point=web_world.point)
    shown = who.get(screen, headers=PART).text
    assert shown.count("이동 시간은 그대로입니다") == 3
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("hour", "days", "said"),
    [(9, 0, "오늘"), (9, 1, "내일"), (9, 2, "모레"), (9, 3, "12월 4일 (금)"), (27, 0, "지금~05:00")],
    ids=["today", "tomorrow", "the-day-after", "a-date-is-whole", "the-night-belongs-to-its-day"],
)
def test_the_day_of_a_replan_is_named_whole(hour: int, days: int, said: str) -> None:
    day = date(2026, 12, 1)
    told = replan_words(Replan(1, day + timedelta(days=days), "kept"), "강남점", kst(day, hour))
    assert told is not None and told["title"].startswith(f"강남점 · {said}: ")


def test_who_presses_replan_sees_the_work_and_its_result(web_world: WebWorld, dispatcher: Client) -> None:
    """Worked on, then what came of it, in one place; others are not told, and later it is gone."""
    number = file_ticket(web_world, planned=True)
    dispatcher.post(f"/dispatch/tickets/{number}/replan", headers=PART)
    shown = dispatcher.get("/dispatch/proposals/bar").text
    assert shown.count("replan-state") == 1 and "다시 계획 중" in shown
    web_world.wait(seconds=20)
    outcome = run_solve(
        web_world.database, solver=InlineSolver(), clock=lambda: web_world.now, seconds=SECONDS
    )
    assert outcome is not None and outcome.result == "kept"
    shown = dispatcher.get("/dispatch/proposals/bar").text
    assert shown.count("replan-state") == 1 and "더 나은 계획을 찾지 못해" in shown
    assert "다시 계획 중" not in shown
    assert "replan-state" not in web_world.sign_in("dispatcher").get("/dispatch/proposals/bar").text
    web_world.wait(minutes=11)
    assert "replan-state" not in dispatcher.get("/dispatch/proposals/bar").text


def _propose(web: WebWorld, number: str) -> int:
    """A plan like the published one, an hour later, that waits for somebody."""
    with web.database.transaction() as session:
        ticket = ticket_of(session, number)
        visit = session.exec(select(Visit).where(col(Visit.ticket_id) == ticket.id)).one()
        assert visit.planned_start is not None and visit.technician_id is not None
        day = operating_day(visit.planned_start)
        row = session.exec(select(PointDay).where(col(PointDay.day) == day)).one()
        side = {"technician_id": visit.technician_id, "start": visit.planned_start.isoformat()}
        later = {**side, "start": (visit.planned_start + timedelta(hours=1)).isoformat()}
        made = Plan(
            service_point_id=web.point.id or 0,
            company_id=web.company.id or 0,
            day=day,
            version=row.version + 1,
            base_version=row.version,
            origin="solve",
            state="proposed",
            made_at=web.now,
            made_by="온돌",
            cost=4000,
            baseline_cost=5000,
            gain={key: {"driven_s": 1200, "late_s": 0, "left_out": 0} for key in ("before", "after")},
            decision_reason="ON-1: 다음 방문이 바뀝니다.\nON-2: 다음 방문이 바뀝니다.",
            routes=[
                {
                    "technician_id": visit.technician_id,
                    "lunch_start": None,
                    "stops": [{"visit_id": visit.id, "ticket_id": ticket.id, "start": later["start"]}],
                }
            ],
            changes=[
                {
                    "visit_id": visit.id,
                    "ticket_id": ticket.id,
                    "number": number,
                    "what": "retimed",
                    "from": side,
                    "to": later,
                    "text": "",
                    "why": "오배차",
                }
            ],
        )
        session.add(made)
        session.flush()
        return made.id or 0
