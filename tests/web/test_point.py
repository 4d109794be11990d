"""The point's desk: own tickets only, answers in time, calls on behalf, the day, an owner at any hour."""

from __future__ import annotations

import re
from datetime import date, timedelta

import httpx
import pytest
from sqlmodel import col, select

from core.clock import kst, operating_day
from core.phones import parse_phone
from dispatch.models import ContactAttempt, Task, Visit
from dispatch.planning.plan_models import SolveRequest
from dispatch.planning.slot_shapes import Slot
from dispatch.safety import raise_alarm
from dispatch.tasks import CALL_LANDLINE, CONTACT_CALL, open_task
from tests import world
from tests.web.conftest import ClientAs, WebWorld
from tests.web.point_world import (
    desk,
    make_offer,
    make_other_point,
    make_planned,
    make_ticket,
    section,
    ticket_of,
)
from workforce.models import AccessLog, Membership, Person, ServicePoint, Technician

__all__ = ["desk"]

KEY = re.compile(r'name="idempotency_key" value="([^"]+)"')


# --- whose desk ----------------------------------------------------------------------------------------


def test_the_desk_shows_what_waits_and_who_answers_now(web_world: WebWorld, desk: httpx.Client) -> None:
    offered, planned = make_offer(web_world), make_planned(web_world)
    page = desk.get("/point").text
    assert "지금 담당: <strong>정창구</strong>" in page
    assert f'data-testid="offer" data-number="{offered}"' in page
    assert "가장 가까운 서비스점, 차로 14분" in page
    assert f'data-testid="job" data-number="{planned}"' in page
    waits = re.findall(r'id="point-work" data-live="([^"]+)"', page)[0].split()
    assert waits == [f"point:{web_world.point.id}", f"ticket:{offered}"], "it may leave for another point"
    assert "김영자" not in page and "김*자" in page, "the household stays masked"
    assert "1203호" not in page


@pytest.mark.parametrize("kind", ["direct", "designated"])
def test_an_open_safety_ticket_stands_first_with_whom_to_ring(
    web_world: WebWorld, desk: httpx.Client, kind: str
) -> None:
    make_offer(web_world)
    given = make_planned(web_world)
    with web_world.database.transaction() as session:
        session.get_one(ServicePoint, web_world.point.id).kind = kind
        ticket = ticket_of(session, given)
        ticket.safety = True
        session.add(ticket)
        person = session.get_one(Person, web_world.technician.person_id)
        phone = parse_phone(person.phone).digits
    nobodys = make_ticket(web_world, status="UNASSIGNED", safety=True)
    with web_world.database.transaction() as session:
        raise_alarm(session, ticket=ticket_of(session, nobodys), now=web_world.now)
    page = desk.get("/point").text
    part = section(page, "dangers")
    assert re.findall(r'data-testid="danger" data-number="([^"]+)"', part) == [nobodys, given]
    assert page.index('id="dangers"') < page.index('id="offers"')
    assert "지금 바로 사람을 정해 주세요" in part and page.count("지금 바로 사람을 정해 주세요") == 1
    assert f'href="tel:{phone}"' in part and part.count("tel:") == 2
    assert 'id="dangers"' in desk.get("/point/parts/work").text


def test_an_empty_desk_is_calm(desk: httpx.Client) -> None:
    page = desk.get("/point")
    assert page.status_code == 200
    assert "우리가 할 전화가 없습니다" in page.text
    assert "기사를 못 정한 접수가 없습니다" in page.text


def test_a_member_of_one_point_never_sees_another(web_world: WebWorld, desk: httpx.Client) -> None:
    other = make_other_point(web_world)
    foreign = make_ticket(web_world, point=other)
    assert desk.get(f"/point/tickets/{foreign}").status_code == 404
    assert desk.get("/point?point=north").status_code == 404
    assert desk.get("/point/pick").status_code == 404
    assert foreign not in desk.get("/point").text + desk.get("/point/tickets").text
    for path in ("acceptance", "refusal", "attempt", "assignment", "numbers"):
        answer = desk.post(f"/point/tickets/{foreign}/{path}", data={"why": "full", "outcome": "BUSY"})
        assert answer.status_code == 404, path


def test_another_companys_ticket_and_point_do_not_exist(web_world: WebWorld, client_as: ClientAs) -> None:
    with web_world.database.transaction() as session:
        haedam = world.make_company(session, code="haedam", kind="designated")
        theirs = world.make_point(session, company=haedam, code="h1")
        number = world.make_ticket(session, company=haedam, point=theirs).number
    dispatcher = client_as("dispatcher")
    assert dispatcher.get(f"/point/tickets/{number}").status_code == 404
    assert dispatcher.get("/point?point=h1").status_code == 404


def test_a_company_wide_reader_begins_where_most_waits_and_may_choose(
    web_world: WebWorld, client_as: ClientAs
) -> None:
    other = make_other_point(web_world)
    make_offer(web_world, point=other)
    dispatcher = client_as("dispatcher")
    assert f"<h1>{other.name}</h1>" in dispatcher.get("/point").text
    chosen = dispatcher.get(f"/point?point={web_world.point.code}").text
    assert f"<h1>{web_world.point.name}</h1>" in chosen
    assert f'data-live-src="/point/parts/work?point={web_world.point.code}"' in chosen
    found = dispatcher.get("/point/pick?q=north", headers={"HX-Request": "true"}).text
    assert 'href="/point?point=north"' in found and web_world.point.name not in found


def test_roles_that_have_no_desk_are_refused(client_as: ClientAs) -> None:
    for role in ("agent", "qa"):
        assert client_as(role).get("/point").status_code == 403


# --- calls ---------------------------------------------------------------------------------------------


def hand_over(web: WebWorld, number: str, *, kind: str = CONTACT_CALL, recipient: str = "") -> int:
    """A task that the desk must do for a ticket."""
    with web.database.transaction() as session:
        return open_task(
            session,
            ticket_id=ticket_of(session, number).id or 0,
            kind=kind,
            recipient=recipient,
            detail="45분이 지나 창구가 전화합니다. 010-9876-5432",
            now=web.now,
        )


def test_a_call_handed_over_stands_with_its_owner_and_without_numbers(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = make_planned(web_world)
    hand_over(web_world, number)
    calls = section(desk.get("/point").text, "calls")
    assert number in calls and "방문 시간 약속 전화" in calls
    assert "지금 담당: <strong>정창구</strong>" in calls
    assert "9876" not in calls


def test_numbers_are_shown_after_a_logged_press(web_world: WebWorld, desk: httpx.Client) -> None:
    number = make_planned(web_world)
    assert "tel:" not in desk.get(f"/point/tickets/{number}").text
    assert desk.post(f"/point/tickets/{number}/numbers", data={}).status_code == 303
    assert "tel:01098765432" in desk.get(f"/point/tickets/{number}?do=call").text
    with web_world.database.reading() as session:
        seen = session.exec(select(AccessLog)).one()
    assert (seen.subject_kind, seen.reason) == ("ticket", "서비스점 창구가 고객에게 전화")


def test_a_call_nobody_answers_is_kept_and_the_task_stays(web_world: WebWorld, desk: httpx.Client) -> None:
    number = make_planned(web_world)
    hand_over(web_world, number)
    answer = desk.post(
        f"/point/tickets/{number}/attempt", data={"outcome": "NO_ANSWER", "with": "requester", "window": ""}
    )
    assert answer.status_code == 303
    with web_world.database.reading() as session:
        row = session.exec(select(ContactAttempt)).one()
        assert (row.outcome, row.with_role) == ("NO_ANSWER", "requester")
        assert session.exec(select(Task.state)).one() == "open"


def test_a_window_agreed_by_the_desk_appoints_the_visit_and_ends_the_call(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = make_ticket(web_world)
    hand_over(web_world, number)
    page = desk.get(f"/point/tickets/{number}?do=call").text
    offer = re.search(r'name="window" value="([^"]+/[^"]+)"', page)
    assert offer is not None, "somebody is free today"
    form = {"outcome": "CONNECTED", "with": "requester", "window": offer.group(1)}
    answer = desk.post(f"/point/tickets/{number}/attempt", data=form)
    assert answer.headers["location"].endswith("done=agreed")
    with web_world.database.reading() as session:
        ticket = ticket_of(session, number)
        visit = session.exec(select(Visit).where(col(Visit.ticket_id) == ticket.id)).one()
        assert ticket.status == "APPOINTED"
        assert visit.technician_id == web_world.technician.id and visit.window_start is not None
        call = select(Task.state).where(col(Task.kind) == CONTACT_CALL)
        assert session.exec(call).one() == "done"


def test_a_window_in_overtime_says_so(
    web_world: WebWorld, desk: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = make_ticket(web_world)
    hand_over(web_world, number)
    start = web_world.now + timedelta(hours=9)
    offer = Slot(start, start + timedelta(hours=2), 1, "박기사", 1, 0, 1.0, overtime=True)
    monkeypatch.setattr("web.pages.point.ticket.rank_slots", lambda *_args, **_more: [offer])
    assert f"박기사 · {offer.note}" in desk.get(f"/point/tickets/{number}?do=call").text


def test_an_outcome_must_be_chosen_and_what_was_typed_stays(web_world: WebWorld, desk: httpx.Client) -> None:
    number = make_planned(web_world)
    answer = desk.post(f"/point/tickets/{number}/attempt", data={"note": "벨이 오래 울림"})
    assert answer.status_code == 422
    assert "통화가 어떻게 되었는지 눌러 주세요." in answer.text
    assert "벨이 오래 울림" in answer.text


def test_a_telling_call_is_done_with_words_and_a_contact_call_only_by_calling(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = make_planned(web_world)
    told = hand_over(web_world, number, kind=CALL_LANDLINE, recipient="resident")
    contact = hand_over(web_world, number)
    silent = desk.post(f"/point/tickets/{number}/tasks/{told}/done", data={"outcome": " "})
    assert silent.status_code == 422
    done = {"outcome": "어머님께 말씀드렸습니다"}
    assert desk.post(f"/point/tickets/{number}/tasks/{told}/done", data=done).status_code == 303
    assert desk.post(f"/point/tickets/{number}/tasks/{contact}/done", data=done).status_code == 409
    other = make_planned(web_world, hours=4)
    assert desk.post(f"/point/tickets/{other}/tasks/{contact}/done", data=done).status_code == 404
    with web_world.database.reading() as session:
        assert session.get_one(Task, told).outcome == "어머님께 말씀드렸습니다"
        assert session.get_one(Task, contact).state == "open"


# --- who goes ------------------------------------------------------------------------------------------


def test_the_desk_gives_a_ticket_to_one_of_its_own_with_a_reason(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = make_ticket(web_world)
    assert number in section(desk.get("/point").text, "unplanned")
    form = {"technician_id": str(web_world.technician.id), "reason": ""}
    assert desk.post(f"/point/tickets/{number}/assignment", data=form).status_code == 422
    form["reason"] = "가까이 있음"
    answer = desk.post(f"/point/tickets/{number}/assignment", data=form)
    assert answer.status_code == 303, answer.text
    page = desk.get("/point").text
    assert number not in section(page, "unplanned")
    assert f'data-testid="job" data-number="{number}"' in page


def test_another_points_technician_cannot_be_sent(web_world: WebWorld, desk: httpx.Client) -> None:
    make_other_point(web_world)
    with web_world.database.reading() as session:
        theirs = session.exec(
            select(Technician.id).where(col(Technician.id) != web_world.technician.id)
        ).one()
    number = make_ticket(web_world)
    form = {"technician_id": str(theirs), "reason": "가까이 있음"}
    assert desk.post(f"/point/tickets/{number}/assignment", data=form).status_code == 404


def test_lanes_carry_states_and_late_marks(web_world: WebWorld, desk: httpx.Client) -> None:
    number = make_planned(web_world, hours=-2, state="agreed")
    with web_world.database.transaction() as session:
        visit = session.exec(select(Visit)).one()
        visit.window_start, visit.window_end = (
            web_world.now - timedelta(hours=2),
            web_world.now - timedelta(hours=1),
        )
        session.add(visit)
    part = desk.get("/point/parts/lanes").text
    job = re.search(rf'<a [^>]*data-number="{number}"[^>]*>', part)
    assert job is not None and 'data-state="agreed"' in job.group(0) and "data-late" in job.group(0)
    assert "약속에 늦는 방문 1건" in part
    assert number not in desk.get("/point/parts/lanes?day=1").text


def test_a_new_plan_is_asked_for_the_chosen_day(web_world: WebWorld, desk: httpx.Client) -> None:
    assert desk.post("/point/replans", data={"day": "1"}).status_code == 303
    with web_world.database.reading() as session:
        wish = session.exec(select(SolveRequest)).one()
    assert wish.service_point_id == web_world.point.id
    assert wish.day == operating_day(web_world.now) + timedelta(days=1)


# --- own tickets ---------------------------------------------------------------------------------------


def test_own_tickets_are_found_by_number_phone_name_and_state(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    waiting, planned = make_ticket(web_world), make_planned(web_world)
    for query in (waiting, "010-9876-5432", "김영자"):
        assert waiting in desk.get("/point/tickets", params={"q": query}).text, query
    only = desk.get("/point/tickets?status=ASSIGNED").text
    assert planned in only and waiting not in only
    assert "찾는 접수가 없습니다" in desk.get("/point/tickets?q=ZZZ").text
    assert desk.get("/point/tickets?status=NONSENSE").status_code == 422


# --- three in the night --------------------------------------------------------------------------------


def test_a_ticket_at_three_in_the_night_of_lunar_new_year_has_an_owner(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    """2027-02-07 03:00: no shift runs; with a rota its person answers, without one a standing member."""
    del desk
    night = kst(date(2027, 2, 7), 3)
    web_world.now = night
    with web_world.database.transaction() as session:
        member = world.make_person(session, name="오상주")
        session.add(
            Membership(
                person_id=member.id or 0,
                company_id=web_world.company.id or 0,
                service_point_id=web_world.point.id,
                role="point",
                valid_from=night - timedelta(days=30),
            )
        )
    number = make_ticket(web_world)
    browser = web_world.sign_in("point", point=web_world.point)
    page = browser.get("/point").text
    assert "당직표에 없어 대신 맡음" in page
    shown = browser.get(f"/point/tickets/{number}").text
    owner = re.search(r'data-testid="owner">.*?<strong>([^<]+)</strong>', shown, re.DOTALL)
    assert owner is not None and owner.group(1), "somebody with a name, in the emptiest hour of the year"
    with web_world.database.transaction() as session:
        world.make_duty(
            session,
            company_id=web_world.company.id or 0,
            point_id=web_world.point.id,
            desk_name="설당직",
            start=night - timedelta(hours=8),
            end=night + timedelta(hours=6),
        )
    assert "지금 담당: <strong>설당직</strong>" in browser.get("/point").text
    assert "<strong>설당직</strong>" in browser.get(f"/point/tickets/{number}").text
