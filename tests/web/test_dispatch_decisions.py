"""What a dispatcher decides in a ticket's dialog, and what becomes of it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from httpx import Client
from sqlmodel import col, select

from core.clock import KST
from core.models import TimelineEntry
from dispatch.models import Task, Visit
from dispatch.planning.plan_models import Plan
from dispatch.tickets import note_change
from tests import world
from tests.dispatch.plan_world import plan
from tests.web.conftest import ClientAs, WebWorld
from tests.web.dispatch_world import (
    PART,
    assign,
    dialog,
    dispatcher,
    file_ticket,
    hidden,
    ticket_of,
    visit_of,
)
from web.display import date_text, time_text
from workforce.models import ServicePoint

__all__ = ["dispatcher"]
"""The fixture; pytest finds it by its name here."""


def test_a_dispatcher_decides_who_goes_and_when(web_world: WebWorld, dispatcher: Client) -> None:
    number = file_ticket(web_world)
    start = web_world.now + timedelta(hours=4)
    page = dialog(dispatcher, number)
    answer = assign(
        dispatcher,
        number,
        technician_id=str(web_world.technician.id),
        start=start.astimezone(KST).strftime("%Y-%m-%dT%H:%M"),
        reason="가까이 있음",
        pin=["technician", "time"],
        seen=hidden(page, "seen"),
    )
    assert answer.status_code == 200
    assert "toast" in answer.headers["HX-Trigger"]
    visit = visit_of(web_world, number)
    assert (visit.technician_id, visit.planned_start) == (web_world.technician.id, start)
    assert visit.pinned_technician and visit.pinned_time
    with web_world.database.reading() as session:
        query = select(TimelineEntry).where(col(TimelineEntry.what) == "VisitAssignedByHand")
        assert session.exec(query).one().reason == "가까이 있음"
    unpinned = dispatcher.post(
        f"/dispatch/tickets/{number}/unpinning", data={"reason": "다시 계획"}, headers=PART
    )
    assert unpinned.status_code == 200
    assert not visit_of(web_world, number).pinned_time


def test_whom_the_family_wishes_for_is_kept_and_shown(web_world: WebWorld, dispatcher: Client) -> None:
    number, who = file_ticket(web_world, planned=True), str(web_world.technician.id)
    wish = f"/dispatch/tickets/{number}/technician-wish"
    kept = dispatcher.post(wish, data={"preferred": who, "excluded": "", "reason": "어르신"}, headers=PART)
    assert kept.status_code == 200
    assert re.search(rf'name="preferred">.*?value="{who}" selected', dialog(dispatcher, number), re.DOTALL)
    with web_world.database.reading() as session:
        assert ticket_of(session, number).preferred_technician_id == web_world.technician.id
    both = dispatcher.post(wish, data={"preferred": who, "excluded": who, "reason": "어르신"}, headers=PART)
    assert both.status_code == 422
    assert "같습니다" in both.text


def test_a_decision_without_a_reason_keeps_what_was_typed(web_world: WebWorld, dispatcher: Client) -> None:
    number = file_ticket(web_world)
    answer = assign(
        dispatcher, number, technician_id=str(web_world.technician.id), reason=" ", start="2026-12-01T15:00"
    )
    assert answer.status_code == 422
    assert 'value="2026-12-01T15:00"' in answer.text
    assert f'data-chosen="{web_world.technician.id}"' in answer.text
    assert "왜 이렇게 정하는지" in answer.text


@pytest.mark.parametrize("fields", [{"technician_id": ""}, {"technician_id": "x"}, {"start": "soon"}])
def test_fields_that_cannot_be_read_are_named(
    web_world: WebWorld, dispatcher: Client, fields: dict[str, str]
) -> None:
    number = file_ticket(web_world)
    good = {"technician_id": str(web_world.technician.id), "reason": "가까움"}
    assert assign(dispatcher, number, **{**good, **fields}).status_code == 422


def test_a_missing_licence_cannot_be_overridden(web_world: WebWorld, dispatcher: Client) -> None:
    with web_world.database.transaction() as session:
        point = session.get_one(ServicePoint, web_world.point.id)
        helper = world.make_technician(
            session, point=point, name="조수습", qualifications=(), now=web_world.now
        )
        helper_id = helper.id
    number = file_ticket(web_world, symptom="GAS_SMELL")
    crew = dispatcher.get(f"/dispatch/tickets/{number}/crew", headers=PART).text
    assert re.search(rf'value="{helper_id}"[^>]*disabled', crew)
    assert not re.search(rf'value="{web_world.technician.id}"[^>]*disabled', crew)
    shown = dispatcher.post(
        f"/dispatch/tickets/{number}/assignment/preview",
        data={"technician_id": str(helper_id)},
        headers=PART,
    ).text
    assert "자격" in shown and "대신 박기사 기사는" in shown, "why not, and what would do"
    refused = assign(dispatcher, number, technician_id=str(helper_id), reason="급함")
    assert refused.status_code == 422
    assert "자격" in refused.text


def test_what_it_would_move_is_shown_and_nothing_is_kept(web_world: WebWorld, dispatcher: Client) -> None:
    number = file_ticket(web_world)
    with web_world.database.reading() as session:
        before = len(session.exec(select(TimelineEntry)).all())
    answer = dispatcher.post(
        f"/dispatch/tickets/{number}/assignment/preview",
        data={"technician_id": str(web_world.technician.id)},
        headers=PART,
    )
    assert "박기사" in answer.text
    assert "이렇게 바꾸면:" in answer.text and "약속 시간 모두 지킴" in answer.text
    with web_world.database.reading() as session:
        assert len(session.exec(select(TimelineEntry)).all()) == before
        assert session.exec(select(Visit)).all() == []
        assert session.exec(select(Plan)).all() == []


def test_the_second_of_two_dispatchers_hears_who_was_faster(
    web_world: WebWorld, client_as: ClientAs, dispatcher: Client
) -> None:
    other = client_as("dispatcher")
    with web_world.database.transaction() as session:
        point = session.get_one(ServicePoint, web_world.point.id)
        second = world.make_technician(session, point=point, name="남기사", now=web_world.now).id
    number = file_ticket(web_world)
    seen = {who: hidden(dialog(who, number), "seen") for who in (dispatcher, other)}
    first = assign(
        dispatcher,
        number,
        technician_id=str(web_world.technician.id),
        reason="가까움",
        seen=seen[dispatcher],
    )
    assert first.status_code == 200
    late = assign(other, number, technician_id=str(second), reason="한가함", seen=seen[other])
    assert late.status_code == 409
    assert re.search(r"오늘 \d\d:\d\d에 dispatcher \d+ 님이 이 접수를 먼저 바꿨습니다", late.text)
    start = visit_of(web_world, number).planned_start
    assert start is not None and f"박기사, {date_text(start)} {time_text(start)}" in late.text, (
        "what he chose"
    )
    assert "저장하지 않았습니다" in late.text and "다시 저장해 주세요" in late.text, "and what to do now"
    assert visit_of(web_world, number).technician_id == web_world.technician.id
    again = assign(other, number, technician_id=str(second), reason="한가함", seen=hidden(late.text, "seen"))
    assert again.status_code == 200, "who has read the fresh dialog may decide"
    assert visit_of(web_world, number).technician_id == second


def test_the_second_of_two_windows_of_one_person_is_told_too(web_world: WebWorld, dispatcher: Client) -> None:
    """A window left open since before the change would undo it unseen."""
    number = file_ticket(web_world)
    old = hidden(dialog(dispatcher, number), "seen")
    fields = {"technician_id": str(web_world.technician.id), "reason": "가까움"}
    first = assign(dispatcher, number, **fields, seen=old)
    assert first.status_code == 200
    late = assign(dispatcher, number, **fields, seen=old)
    assert late.status_code == 409 and "다른 창에서 직접 먼저 바꾸셨습니다" in late.text
    assert assign(dispatcher, number, **fields, seen=hidden(first.text, "seen")).status_code == 200


def test_a_plan_of_the_house_does_not_count_as_being_faster(web_world: WebWorld, dispatcher: Client) -> None:
    number = file_ticket(web_world)
    seen = hidden(dialog(dispatcher, number), "seen")
    with web_world.database.transaction() as session:
        plan(session, ticket_of(session, number), web_world.now)
    answer = assign(
        dispatcher, number, technician_id=str(web_world.technician.id), reason="가까움", seen=seen
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("what", ["SafetyAdviceRead", "BoilerCorrected", "ChargeCorrected"])
def test_what_no_decision_rests_on_stops_nobody(web_world: WebWorld, dispatcher: Client, what: str) -> None:
    """The agent ticks the advice that he reads out while the dispatcher chooses who goes."""
    number = file_ticket(web_world)
    seen = hidden(dialog(dispatcher, number), "seen")
    with web_world.database.transaction() as session:
        note_change(
            session, ticket=ticket_of(session, number), what=what, by=world.AGENT, now=web_world.now, data={}
        )
    answer = assign(
        dispatcher, number, technician_id=str(web_world.technician.id), reason="가까움", seen=seen
    )
    assert answer.status_code == 200


def test_a_form_pressed_twice_counts_once(web_world: WebWorld, dispatcher: Client) -> None:
    number = file_ticket(web_world)
    fields = {"reason": "고객이 화가 남", "idempotency_key": "k-1"}
    for _ in range(2):
        answer = dispatcher.post(f"/dispatch/tickets/{number}/escalation", data=fields, headers=PART)
        assert answer.status_code == 200
    with web_world.database.reading() as session:
        query = select(TimelineEntry).where(col(TimelineEntry.what) == "TicketEscalated")
        assert len(session.exec(query).all()) == 1


def test_without_scripts_a_decision_leads_back_to_the_console(
    web_world: WebWorld, dispatcher: Client
) -> None:
    number = file_ticket(web_world)
    answer = dispatcher.post(f"/dispatch/tickets/{number}/cancellation", data={"reason": "고객이 원함"})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/dispatch?ticket={number}"
    with web_world.database.reading() as session:
        assert ticket_of(session, number).status == "CANCELLED"
    opened = dispatcher.get(answer.headers["location"]).text
    assert f'data-open-ticket="{number}"' in opened
    again = dispatcher.post(
        f"/dispatch/tickets/{number}/reopening", data={"reason": "다시 안 됨"}, headers=PART
    )
    assert again.status_code == 200
    with web_world.database.reading() as session:
        assert ticket_of(session, number).status == "REOPENED"


def test_a_ticket_is_moved_to_another_point(web_world: WebWorld, dispatcher: Client) -> None:
    with web_world.database.transaction() as session:
        other = world.make_point(session, company=web_world.company, code="OTHER", now=web_world.now).id
    number = file_ticket(web_world, planned=True)
    fields = {"point": "OTHER", "reason": "그쪽이 가까움"}
    assert (
        dispatcher.post(f"/dispatch/tickets/{number}/transfer", data=fields, headers=PART).status_code == 200
    )
    with web_world.database.reading() as session:
        assert ticket_of(session, number).service_point_id == other


def test_the_desk_writes_down_calls_and_steps_for_a_technician(
    web_world: WebWorld, dispatcher: Client
) -> None:
    number = file_ticket(web_world, planned=True)
    windows = dispatcher.get(f"/dispatch/tickets/{number}/windows", headers=PART).text
    window = re.search(r'name="window" value="([^"]+/[^"]+)"', windows)
    assert window is not None
    base = f"/dispatch/tickets/{number}"
    steps: list[tuple[str, dict[str, str], str]] = [
        ("attempt", {"outcome": "CONNECTED", "with": "resident", "window": window.group(1)}, "APPOINTED"),
        ("visit/departed", {}, "EN_ROUTE"),
        ("visit/arrived", {}, "ARRIVED"),
        ("visit/completed", {"tick": "usage_explained"}, "COMPLETED"),
    ]
    for path, fields, status in steps:
        web_world.wait(minutes=5)
        answer = dispatcher.post(f"{base}/{path}", data=fields, headers=PART)
        assert answer.status_code == 200, answer.text
        with web_world.database.reading() as session:
            assert ticket_of(session, number).status == status
    with web_world.database.reading() as session:
        query = select(TimelineEntry).where(col(TimelineEntry.what) == "TechnicianDeparted")
        assert session.exec(query).one().on_behalf_of == "박기사"


def test_completing_without_the_required_tick_says_what_is_missing(
    web_world: WebWorld, dispatcher: Client
) -> None:
    number = file_ticket(web_world, planned=True)
    for step in ("departed", "arrived"):
        web_world.wait(minutes=5)
        dispatcher.post(f"/dispatch/tickets/{number}/visit/{step}", headers=PART)
    answer = dispatcher.post(f"/dispatch/tickets/{number}/visit/completed", data={"note": "끝"}, headers=PART)
    assert answer.status_code == 422
    assert 'value="끝"' in answer.text


def test_a_task_is_closed_with_its_outcome(web_world: WebWorld, dispatcher: Client) -> None:
    number = file_ticket(web_world)
    dispatcher.post(f"/dispatch/tickets/{number}/escalation", data={"reason": "화가 남"}, headers=PART)
    with web_world.database.reading() as session:
        task_id = session.exec(select(Task).where(col(Task.kind) == "ESCALATION")).one().id
    url = f"/dispatch/tickets/{number}/tasks/{task_id}"
    assert dispatcher.post(url, data={"outcome": ""}, headers=PART).status_code == 422
    assert dispatcher.post(url, data={"outcome": "사과드림"}, headers=PART).status_code == 200
    with web_world.database.reading() as session:
        assert session.get_one(Task, task_id).state == "done"
