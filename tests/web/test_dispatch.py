"""The dispatcher's console over HTTP: what stands on it, whose it is, and what a decision does."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from httpx import Client
from sqlmodel import Session, col, select

from core.clock import KST, operating_day
from core.models import TimelineEntry
from dispatch.models import Task, Ticket, TicketClock, Visit
from dispatch.planning.plan_models import Plan, PointDay, SolveRequest
from tests import world
from tests.dispatch.plan_world import plan
from tests.web.conftest import ClientAs, WebWorld
from workforce.models import Qualification, ServicePoint

PART = {"HX-Request": "true"}
"""What scripts send: the answer is a part of the page."""


def file_ticket(
    web: WebWorld,
    *,
    minutes_ago: float = 10,
    planned: bool = False,
    point: ServicePoint | None = None,
    placed: bool = True,
    resident: str = "김영자",
    **fields: Any,
) -> str:
    """A ticket of the company's point as intake and placement left it, planned if wished. Its number."""
    at = web.now - timedelta(minutes=minutes_ago)
    with web.database.transaction() as session:
        home = world.make_household(session, company=web.company, resident=(resident, "02-555-0101"))
        own = session.get_one(ServicePoint, (point or web.point).id) if placed else None
        ticket = world.make_ticket(
            session, company=web.company, household=home, point=own, received_at=at, **fields
        )
        if planned:
            plan(session, ticket, web.now)
        return ticket.number


def ticket_of(session: Session, number: str) -> Ticket:
    return session.exec(select(Ticket).where(col(Ticket.number) == number)).one()


def visit_of(web: WebWorld, number: str) -> Visit:
    with web.database.reading() as session:
        query = select(Visit).where(col(Visit.ticket_id) == ticket_of(session, number).id)
        return session.exec(query.order_by(col(Visit.sequence).desc())).first() or pytest.fail("no visit")


def numbers_in(html: str) -> list[str]:
    """The queue's tickets in their order."""
    return re.findall(r'data-testid="queue-ticket" data-number="([^"]+)"', html)


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    return found.group(1) if found else ""


def dialog(client: Client, number: str) -> str:
    answer = client.get(f"/dispatch/tickets/{number}", headers=PART)
    assert answer.status_code == 200
    return answer.text


def assign(client: Client, number: str, **fields: Any) -> Any:
    """Post the dialog's form; answers are parts of the page."""
    return client.post(f"/dispatch/tickets/{number}/assignment", data=fields, headers=PART)


@pytest.fixture
def dispatcher(client_as: ClientAs) -> Client:
    return client_as("dispatcher")


@pytest.mark.parametrize(
    ("role", "status"),
    [("dispatcher", 200), ("manager", 200), ("admin", 200), ("agent", 403), ("qa", 403), ("point", 403)],
)
def test_who_may_open_the_console(client_as: ClientAs, role: str, status: int) -> None:
    assert client_as(role).get("/dispatch").status_code == status


def test_queue_timeline_and_map_stand_on_one_page(web_world: WebWorld, dispatcher: Client) -> None:
    waiting = file_ticket(web_world)
    planned = file_ticket(web_world, planned=True)
    page = dispatcher.get("/dispatch").text
    for mark in ("queue", "timeline", "map"):
        assert f'data-testid="{mark}"' in page
    assert {waiting, planned} <= set(numbers_in(page))
    assert f'data-technician="{web_world.technician.id}"' in page
    assert re.search(rf'data-testid="job" data-number="{planned}" data-state="planned"', page)
    assert f'data-testid="job" data-number="{waiting}"' not in page


def test_the_queue_is_ordered_by_what_presses(web_world: WebWorld, dispatcher: Client) -> None:
    task = file_ticket(web_world, planned=True, minutes_ago=5)
    later = file_ticket(web_world, planned=True, minutes_ago=20)
    sooner = file_ticket(web_world, planned=True, minutes_ago=40)
    overdue = file_ticket(web_world, planned=True, minutes_ago=90)
    waiting = file_ticket(web_world, minutes_ago=1, priority=4)
    safety = file_ticket(web_world, safety=True, symptom="GAS_SMELL", priority=0)
    quiet = file_ticket(web_world, planned=True, minutes_ago=30)
    with web_world.database.transaction() as session:
        for number in (task, quiet):
            ticket = ticket_of(session, number)
            _stop_clock(session, ticket.id or 0, web_world.now)
        session.add(
            Task(
                ticket_id=ticket_of(session, task).id or 0,
                company_id=web_world.company.id or 0,
                kind="CALL_LANDLINE",
                recipient="resident",
                owner_person_id=web_world.technician.person_id,
                state="open",
                created_at=web_world.now,
            )
        )
    page = dispatcher.get("/dispatch/queue").text
    assert numbers_in(page) == [safety, waiting, overdue, sooner, later, task]
    assert quiet not in page
    assert numbers_in(dispatcher.get("/dispatch/queue?show=overdue").text) == [overdue]
    assert numbers_in(dispatcher.get("/dispatch/queue?priority=4").text) == [waiting]
    assert numbers_in(dispatcher.get(f"/dispatch/queue?q={quiet}").text) == [quiet]


def _stop_clock(session: Session, ticket_id: int, now: datetime) -> None:
    query = select(TicketClock).where(col(TicketClock.ticket_id) == ticket_id)
    for clock in session.exec(query):
        clock.stopped_at, clock.state = now, "met"
        session.add(clock)


def test_a_new_ticket_is_there_wherever_it_sorts_and_stays(web_world: WebWorld, dispatcher: Client) -> None:
    older = [file_ticket(web_world, planned=True, minutes_ago=40 + k) for k in range(3)]
    new = file_ticket(web_world, minutes_ago=0, planned=True, priority=4)
    with web_world.database.transaction() as session:
        _stop_clock(session, ticket_of(session, new).id or 0, web_world.now)
    web_world.wait(seconds=35)
    assert numbers_in(dispatcher.get("/dispatch/queue?shown=1").text) == [older[2], new]
    web_world.wait(seconds=60)
    assert numbers_in(dispatcher.get("/dispatch/queue?shown=1").text) == [older[2]]


def test_the_reason_stands_beside_what_is_not_planned(web_world: WebWorld, dispatcher: Client) -> None:
    with web_world.database.transaction() as session:
        for row in session.exec(select(Qualification)):
            session.delete(row)
    number = file_ticket(web_world, symptom="GAS_SMELL", planned=True)
    page = dispatcher.get("/dispatch/queue").text
    row = page[page.index(f'id="q-{number}"') :]
    assert 'class="ticket-why"' in row
    assert "자격" in row


def test_people_are_masked_until_somebody_says_why(web_world: WebWorld, dispatcher: Client) -> None:
    number = file_ticket(web_world, resident="김영자")
    for html in (dispatcher.get("/dispatch").text, dialog(dispatcher, number)):
        assert "김영자" not in html
        assert "555-0101" not in html
        assert "1203호" not in html
    dispatcher.post(f"/unmask/ticket/{number}", data={"reason": "고객이 다시 전화함"})
    assert "김영자" in dialog(dispatcher, number)


def test_text_of_people_never_becomes_markup(web_world: WebWorld, dispatcher: Client) -> None:
    evil = "<script>alert(1)</script>"
    number = file_ticket(web_world, note=evil)
    assert evil not in dialog(dispatcher, number)
    assert evil not in dispatcher.get(f"/dispatch?q={quote(evil)}").text


@pytest.mark.parametrize(
    "query", ["shown=x&priority=9&status=NO&show=no", "q=%00%27%25", "point=nowhere", "day=x"]
)
def test_an_address_that_makes_no_sense_shows_the_console(dispatcher: Client, query: str) -> None:
    assert dispatcher.get(f"/dispatch?{query}").status_code == 200


def test_a_member_of_a_point_sees_that_point_alone(web_world: WebWorld, client_as: ClientAs) -> None:
    with web_world.database.transaction() as session:
        other = world.make_point(session, company=web_world.company, code="OTHER", now=web_world.now)
        session.flush()
        session.expunge(other)
    own, foreign = file_ticket(web_world), file_ticket(web_world, point=other)
    member = client_as("dispatcher", point=web_world.point)
    assert numbers_in(member.get("/dispatch").text) == [own]
    assert member.get("/dispatch/lanes/OTHER").status_code == 404
    assert member.get(f"/dispatch/tickets/{foreign}", headers=PART).status_code == 404
    assert [p["code"] for p in member.get("/dispatch/map.json").json()["points"]] == [web_world.point.code]
    answer = member.post(
        f"/dispatch/tickets/{own}/transfer", data={"point": "OTHER", "reason": "멀다"}, headers=PART
    )
    assert answer.status_code == 403
    with web_world.database.reading() as session:
        assert ticket_of(session, own).service_point_id == web_world.point.id


def test_another_company_does_not_exist_here(web_world: WebWorld, client_as: ClientAs) -> None:
    number = file_ticket(web_world)
    with web_world.database.transaction() as session:
        company = world.make_company(session, code="haedam", kind="designated", now=web_world.now)
        session.flush()
        session.expunge(company)
    stranger = client_as("dispatcher", company=company)
    assert number not in stranger.get("/dispatch").text
    assert stranger.get(f"/dispatch/lanes/{web_world.point.code}").status_code == 404
    assert stranger.get(f"/dispatch/tickets/{number}", headers=PART).status_code == 404
    assert assign(stranger, number, technician_id="1", reason="x").status_code == 404


def test_points_beyond_the_first_come_when_they_are_asked_for(
    web_world: WebWorld, dispatcher: Client
) -> None:
    with web_world.database.transaction() as session:
        for code in ("A1", "A2", "A3"):
            world.make_point(session, company=web_world.company, code=code, now=web_world.now)
    file_ticket(web_world)
    page = dispatcher.get("/dispatch").text
    assert page.index(f'id="block-{web_world.point.code}"') < page.index('id="block-A1"'), (
        "trouble comes first"
    )
    assert page.count("data-lazy=") == 2
    block = dispatcher.get(f"/dispatch/lanes/{web_world.point.code}", headers=PART).text
    assert f'id="lane-{web_world.technician.id}"' in block
    assert "data-lazy" not in block
    narrowed = dispatcher.get("/dispatch?point=A2").text
    assert 'id="block-A2"' in narrowed
    assert 'id="block-A1"' not in narrowed


def test_the_map_has_points_tickets_and_the_routes_of_a_chosen_point(
    web_world: WebWorld, dispatcher: Client
) -> None:
    numbers = {file_ticket(web_world, planned=True) for _ in range(2)}
    shown = dispatcher.get("/dispatch/map.json").json()
    assert {ticket["number"] for ticket in shown["tickets"]} == numbers
    assert shown["routes"] == []
    chosen = dispatcher.get(f"/dispatch/map.json?point={web_world.point.code}").json()
    assert [route["technician"] for route in chosen["routes"]] == [web_world.technician.id]


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
    assert re.search(r"방금 dispatcher \d+ 님이", late.text)
    assert visit_of(web_world, number).technician_id == web_world.technician.id
    again = assign(other, number, technician_id=str(second), reason="한가함", seen=hidden(late.text, "seen"))
    assert again.status_code == 200, "who has read the fresh dialog may decide"
    assert visit_of(web_world, number).technician_id == second


def test_a_plan_of_the_house_does_not_count_as_being_faster(web_world: WebWorld, dispatcher: Client) -> None:
    number = file_ticket(web_world)
    seen = hidden(dialog(dispatcher, number), "seen")
    with web_world.database.transaction() as session:
        plan(session, ticket_of(session, number), web_world.now)
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
    assert number in listed and "박기사" in listed and "4,000" in listed
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
            decision_reason="다음 방문이 바뀝니다.",
            routes=[],
            changes=[
                {
                    "visit_id": visit.id,
                    "ticket_id": ticket.id,
                    "number": number,
                    "what": "retimed",
                    "from": side,
                    "to": later,
                    "text": "",
                }
            ],
        )
        session.add(made)
        session.flush()
        return made.id or 0


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
