"""The dispatcher's console over HTTP: what stands on it, and whose it is."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from httpx import Client
from sqlmodel import Session, col, select

from dispatch.models import Task, TicketClock
from tests import world
from tests.web.conftest import ClientAs, WebWorld
from tests.web.dispatch_world import (
    PART,
    assign,
    dialog,
    dispatcher,
    file_ticket,
    numbers_in,
    ticket_of,
)
from workforce.models import Qualification

__all__ = ["dispatcher"]
"""The fixture; pytest finds it by its name here."""


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


def test_a_card_shows_the_hour_that_runs_and_names_a_passed_limit(
    web_world: WebWorld, dispatcher: Client
) -> None:
    number = file_ticket(web_world, planned=True, minutes_ago=20)
    with web_world.database.transaction() as session:
        ticket = ticket_of(session, number)
        query = select(TicketClock).where(col(TicketClock.ticket_id) == ticket.id)
        stands = {clock.kind: clock for clock in session.exec(query)}
        contact = stands["contact"]
        promise = stands.get("promise") or TicketClock(
            **contact.model_dump(exclude={"id", "kind"}), kind="promise"
        )
        promise.due_at = contact.started_at + timedelta(minutes=10)
        promise.state = "breached"
        session.add(promise)
    row = dispatcher.get("/dispatch/queue").text.partition(f'id="q-{number}"')[2].partition("</a>")[0]
    clock = re.search(r'data-testid="clock" data-kind="(\w+)" data-state="(\w+)"', row)
    assert clock is not None and clock.groups() == ("contact", "running")
    assert row.count('data-testid="clock"') == 1 and "약속 기한 지남" in row


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


def test_a_console_of_one_point_waits_for_that_point_and_for_what_it_shows(
    web_world: WebWorld, dispatcher: Client
) -> None:
    """What may leave the point is waited for by its number: the news of it name the next point only."""
    number = file_ticket(web_world)
    page = dispatcher.get(f"/dispatch?point={web_world.point.code}").text
    waits = re.findall(r'id="queue"[^>]*data-live="([^"]+)"', page)[0].split()
    assert waits == ["queue", f"point:{web_world.point.id}", f"ticket:{number}"]
    assert f'id="map-pulse" hidden data-live="point:{web_world.point.id}"' in page
    assert 'data-live="ticket task queue"' in dispatcher.get("/dispatch").text


def test_the_map_has_points_tickets_and_the_routes_of_a_chosen_point(
    web_world: WebWorld, dispatcher: Client
) -> None:
    numbers = {file_ticket(web_world, planned=True) for _ in range(2)}
    shown = dispatcher.get("/dispatch/map.json").json()
    assert {ticket["number"] for ticket in shown["tickets"]} == numbers
    assert shown["routes"] == []
    chosen = dispatcher.get(f"/dispatch/map.json?point={web_world.point.code}").json()
    assert [route["technician"] for route in chosen["routes"]] == [web_world.technician.id]


def test_an_opened_ticket_stands_in_the_queue_beyond_its_limit(
    web_world: WebWorld, dispatcher: Client
) -> None:
    """A link to it marks its row: also when a hundred others press more."""
    for _more in range(2):
        file_ticket(web_world, minutes_ago=200)
    number = file_ticket(web_world, minutes_ago=100)
    first = numbers_in(dispatcher.get("/dispatch/queue?shown=1").text)
    assert len(first) == 1 and number not in first
    opened = dispatcher.get(f"/dispatch/queue?shown=1&ticket={number}").text
    assert numbers_in(opened) == [*first, number]
    assert re.search(rf'data-live-src="[^"]*ticket={number}', opened), "it stays when the queue is refreshed"
    calm = file_ticket(web_world, minutes_ago=300, planned=True)
    assert calm in numbers_in(dispatcher.get("/dispatch/queue").text)
    with web_world.database.transaction() as session:
        for clock in session.exec(select(TicketClock)):
            clock.stopped_at, clock.state = web_world.now, "met"
            session.add(clock)
    assert calm not in numbers_in(dispatcher.get("/dispatch/queue").text), "it runs by itself"
    assert calm in numbers_in(dispatcher.get(f"/dispatch/queue?ticket={calm}").text)


@pytest.mark.parametrize("number", ["ON999999-99999", "<script>alert(1)</script>", "other"])
def test_a_dead_link_says_so_and_cleans_the_address(
    web_world: WebWorld, dispatcher: Client, number: str
) -> None:
    if number == "other":
        with web_world.database.transaction() as session:
            stranger = world.make_company(session, code="haedam")
            home = world.make_household(session, company=stranger)
            number = world.make_ticket(session, company=stranger, household=home).number
    page = dispatcher.get("/dispatch", params={"ticket": number}).text
    assert "그런 접수가 없습니다" in page and "data-no-ticket" in page
    assert number not in page and "data-open-ticket" not in page
    own = file_ticket(web_world)
    assert "그런 접수가 없습니다" not in dispatcher.get("/dispatch", params={"ticket": own}).text


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("COMPLETED", "방문을 마친 접수입니다"),
        ("CANCELLED", "취소된 접수입니다"),
        ("SELF_FIXED", "방문 없이"),
    ],
)
def test_a_ticket_that_has_ended_is_not_being_planned(
    web_world: WebWorld, dispatcher: Client, status: str, said: str
) -> None:
    for placed in (True, False):
        number = file_ticket(web_world, placed=placed, status=status)
        found = dispatcher.get("/dispatch/queue", params={"q": number}, headers=PART).text
        assert said in found
        assert "일정에 넣고 있습니다" not in found and "찾고 있습니다" not in found


def test_what_finds_nothing_offers_to_clear_the_filters(dispatcher: Client) -> None:
    found = dispatcher.get("/dispatch/queue", params={"q": "없는이름"}, headers=PART).text
    assert "거르기 지우기" in found and "data-clear" in found
