"""What a dispatcher is shown before deciding: who could go, what it would cost, which point else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from httpx import Client
from sqlalchemy import delete
from sqlmodel import select

from core.clock import KST, kst, operating_day
from dispatch.models import Placement, TicketClock
from tests import world
from tests.dispatch.plan_world import book, plan, wish
from tests.web.conftest import ClientAs, WebWorld
from tests.web.dispatch_world import (
    PART,
    assign,
    dialog,
    dispatcher,
    file_ticket,
    ticket_of,
)
from workforce.models import ServicePoint, Shift, Technician

__all__ = ["dispatcher"]
"""The fixture; pytest finds it by its name here."""


def test_the_preview_warns_of_an_hour_that_the_family_has_not_agreed_to(
    web_world: WebWorld, dispatcher: Client
) -> None:
    night = kst(operating_day(web_world.now), 23)
    number = file_ticket(web_world, priority=3)
    with web_world.database.transaction() as session:
        for shift in session.exec(select(Shift)).all():
            shift.end_at += timedelta(hours=8)
    fields = {
        "technician_id": str(web_world.technician.id),
        "start": night.astimezone(KST).strftime("%Y-%m-%dT%H:%M"),
    }
    url = f"/dispatch/tickets/{number}/assignment/preview"
    shown = dispatcher.post(url, data=fields, headers=PART).text
    assert "고객이 아직 이 시간에 동의하지 않았습니다" in shown
    with web_world.database.transaction() as session:
        wish(session, ticket_of(session, number), night, night + timedelta(hours=1))
    assert "동의하지 않았습니다" not in dispatcher.post(url, data=fields, headers=PART).text


def test_in_danger_the_crew_list_says_whom_to_ring(web_world: WebWorld, dispatcher: Client) -> None:
    """Nobody makes an appointment for carbon monoxide."""
    number = file_ticket(web_world, planned=True)
    with web_world.database.transaction() as session:
        ticket = ticket_of(session, number)
        ticket.safety, ticket.priority = True, 0
        for shift in session.exec(select(Shift)).all():
            session.delete(shift)
    crew = dispatcher.get(f"/dispatch/tickets/{number}/crew", headers=PART).text
    assert "약속해 주세요" not in crew
    assert "전화로 사람을 찾아 주세요" in crew and 'href="tel:' in crew


def test_other_points_are_offered_nearest_first(web_world: WebWorld, dispatcher: Client) -> None:
    """With the drive and the kind, whatever their codes; a first point is decided, not moved to."""
    far, near = world.north_of(world.GANGNAM, 60), world.north_of(world.GANGNAM, 9)
    with web_world.database.transaction() as session:
        company, now = web_world.company, web_world.now
        world.make_point(session, company=company, code="AAA", at=far, now=now)
        world.make_point(session, company=company, code="ZZZ", at=near, kind="designated", now=now)
    number = file_ticket(web_world, planned=True)
    shown = dialog(dispatcher, number)
    choice = shown[shown.index('id="point-choice"') :]
    choice = choice[: choice.index("</form>")]
    assert choice.index("ZZZ 서비스점 · 지정점 · 차로") < choice.index("AAA 서비스점 · 직영 · 차로"), (
        "not by code"
    )
    assert "옮기기" in choice
    with web_world.database.transaction() as session:
        ticket_of(session, number).service_point_id = None
        session.execute(delete(Placement))
    shown = dialog(dispatcher, number)
    first = shown[shown.index('id="point-choice"') :]
    first = first[: first.index("</form>")]
    assert "정하기" in first and "옮기기" not in first


def test_the_limit_that_a_new_time_would_pass_is_told_before_saving(
    web_world: WebWorld, dispatcher: Client
) -> None:
    """A hundred minutes to the end of the work; the chosen time begins after three hours."""
    number = file_ticket(web_world, planned=True)
    start = web_world.now + timedelta(hours=3)
    fields = {
        "technician_id": str(web_world.technician.id),
        "start": start.astimezone(KST).strftime("%Y-%m-%dT%H:%M"),
    }
    url = f"/dispatch/tickets/{number}/assignment/preview"
    shown = dispatcher.post(url, data=fields, headers=PART).text
    # Filed ten minutes ago: due after 90 minutes, and the work of 45 minutes ends after 225.
    assert "처리 기한(오늘 11:30)을 2시간 15분 넘깁니다" in shown
    assert "연락 기한" in shown and "그 전에 통화해" in shown
    assert assign(dispatcher, number, **fields, reason="고객 부탁").status_code == 200, "it is allowed"
    with web_world.database.transaction() as session:
        for clock in session.exec(select(TicketClock)):
            clock.stopped_at, clock.state = web_world.now, "met"
            session.add(clock)
    assert "data-limits" not in dispatcher.post(url, data=fields, headers=PART).text


def test_a_candidates_work_is_counted_on_the_day_he_would_come(
    web_world: WebWorld, dispatcher: Client
) -> None:
    for _ in range(2):
        file_ticket(web_world, planned=True)
    web_world.wait(hours=9)
    number = file_ticket(web_world, symptom="NOISE", priority=3)
    crew = dispatcher.get(f"/dispatch/tickets/{number}/crew", headers=PART).text
    assert "내일 방문 0건" in crew, "the two of today do not count"


def test_without_room_the_visit_in_the_way_is_named(web_world: WebWorld, dispatcher: Client) -> None:
    start = web_world.now + timedelta(hours=4)
    window = {"window_start": start, "window_end": start + timedelta(minutes=30)}
    with web_world.database.transaction() as session:
        point = session.get_one(ServicePoint, web_world.point.id)
        technician = session.get_one(Technician, web_world.technician.id)
        taken = world.make_ticket(session, company=web_world.company, point=point, status="APPOINTED")
        asked = world.make_ticket(session, company=web_world.company, point=point, status="APPOINTED")
        held = world.make_visit(
            session,
            ticket=taken,
            point=point,
            technician=technician,
            start=start,
            duration_s=3600,
            state="agreed",
            **window,
        )
        book(session, held)
        world.make_visit(session, ticket=asked, point=point, state="agreed", **window)
        in_the_way, number = taken.number, asked.number
    crew = dispatcher.get(f"/dispatch/tickets/{number}/crew", headers=PART).text
    assert "하나를 먼저 옮기면" in crew and f'data-ticket="{in_the_way}"' in crew


def test_the_card_says_why_this_technician_and_what_the_others_would_cost(
    web_world: WebWorld, dispatcher: Client
) -> None:
    with web_world.database.transaction() as session:
        point = session.get_one(ServicePoint, web_world.point.id)
        world.make_technician(session, point=point, name="먼기사", home=world.north_of(world.GANGNAM, 9))
        world.make_technician(session, point=point, name="무자격", qualifications=())
    number = file_ticket(web_world, planned=True, symptom="IGNITION")
    assert f"/dispatch/tickets/{number}/why" in dialog(dispatcher, number)
    shown = dispatcher.get(f"/dispatch/tickets/{number}/why", headers=PART).text
    people = re.findall(r"<strong>(.*?)</strong>(.*?)</li>", shown, re.DOTALL)
    assert [name for name, _ in people] == ["박기사", "먼기사", "무자격"]
    assert "지금 기사" in people[0][1] and "가장 적은 비용" in people[0][1]
    assert re.search(r'class="num">\+(\d+시간|\d+분)', people[1][1]), "in hours and minutes of driving"
    assert "자격" in people[2][1]


def test_a_promise_that_nobody_can_keep_says_what_to_offer(
    web_world: WebWorld, dispatcher: Client, client_as: ClientAs
) -> None:
    """The dispatcher reads whose route and how long, the agent what to ask and what to say."""
    start = web_world.now + timedelta(hours=4)
    window = {"window_start": start, "window_end": start + timedelta(minutes=30)}
    with web_world.database.transaction() as session:
        point = session.get_one(ServicePoint, web_world.point.id)
        technician = session.get_one(Technician, web_world.technician.id)
        taken, asked = (
            world.make_ticket(session, company=web_world.company, point=point, status="APPOINTED")
            for _ in range(2)
        )
        agreed = {"point": point, "state": "agreed", "duration_s": 3600, **window}
        book(session, world.make_visit(session, ticket=taken, technician=technician, start=start, **agreed))
        world.make_visit(session, ticket=asked, **agreed)
        assert plan(session, asked, web_world.now).technician_id is None
        number, in_the_way = asked.number, taken.number
    facts = dispatcher.get(f"/dispatch/tickets/{number}/facts", headers=PART).text
    ways = facts.split("한 가지만 바꾸면 넣을 수 있습니다")[1].split("</ul>")[0]
    assert "박기사: " in ways and "분 늦추면" in ways
    page = client_as("agent").get(f"/agent/tickets/{number}").text
    said = page.split("전화로 드릴 말씀")[1].split("</ul>")[0]
    assert "여쭤 주세요" in said and "기사가 없습니다" in said
    assert "박기사" not in said and in_the_way not in said


@pytest.mark.parametrize("works", [True, False])
def test_a_hand_over_is_reasoned_with_what_is_true(
    web_world: WebWorld, dispatcher: Client, works: bool
) -> None:
    """Nobody at work is another reason than nobody with the licence."""
    with web_world.database.transaction() as session:
        point = world.make_point(session, company=web_world.company, code="OWN")
        if works:
            world.make_technician(session, point=point, qualifications=("GAS_WORK",))
        session.flush()
        session.expunge(point)
    number = file_ticket(web_world, point=point)
    with web_world.database.transaction() as session:
        ticket = ticket_of(session, number)
        own = session.get_one(ServicePoint, point.id)
        world.make_visit(session, ticket=ticket, point=own, skills=["COMMERCIAL"])
        plan(session, ticket, web_world.now)
    shown = dialog(dispatcher, number)
    assert ("이 서비스점에는 자격 있는 기사가 없음" in shown) is works
    assert ("이 서비스점에는 근무하는 기사가 없음" in shown) is not works


def test_without_a_licence_here_the_nearest_points_that_have_one_are_named(
    web_world: WebWorld, dispatcher: Client
) -> None:
    """Nearest first, with the drive and whether anybody has room today; one press hands the ticket over."""
    with web_world.database.transaction() as session:
        for code, km, days in (("TOMORROW", 4, (1, 2)), ("FAR", 9, (0, 1)), ("NONE", 2, (0, 1))):
            point = world.make_point(
                session, company=web_world.company, code=code, at=world.north_of(world.GANGNAM, km)
            )
            skills = ("GAS_WORK",) if code == "NONE" else ("GAS_WORK", "COMMERCIAL")
            world.make_technician(session, point=point, name=f"{code}기사", qualifications=skills, days=days)
    number = file_ticket(web_world)
    with web_world.database.transaction() as session:
        ticket = ticket_of(session, number)
        point = session.get_one(ServicePoint, web_world.point.id)
        world.make_visit(session, ticket=ticket, point=point, skills=["COMMERCIAL"])
        plan(session, ticket, web_world.now)
    assert "other-points" in dialog(dispatcher, number)
    shown = dispatcher.get(f"/dispatch/tickets/{number}/other-points", headers=PART).text
    assert re.findall(r'name="point" value="(\w+)"', shown) == ["TOMORROW", "FAR"]
    assert "TOMORROW기사" in shown and "이동" in shown
    assert shown.index("오늘은 자리 없음") < shown.index("FAR 서비스점") < shown.index("오늘 갈 수 있음")
    handed = {"point": "FAR", "reason": "이 서비스점에는 자격 있는 기사가 없음"}
    answer = dispatcher.post(f"/dispatch/tickets/{number}/transfer", data=handed, headers=PART)
    assert answer.status_code == 200
    point_row = dispatcher.get(f"/dispatch/tickets/{number}/facts", headers=PART).text
    assert "FAR 서비스점" in point_row
