"""The point's desk: own tickets only, answers within the limit, calls on behalf, the day, people's time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import httpx
import pytest
from sqlmodel import col, select

from core.clock import kst, operating_day, rfc3339_kst
from dispatch.models import ContactAttempt, Placement, Task, Ticket, Visit
from dispatch.plan_models import SolveRequest
from dispatch.tasks import CALL_LANDLINE, CONTACT_CALL, open_task
from tests import world
from tests.web.conftest import ClientAs, WebWorld
from workforce.models import Absence, AccessLog, DutyRota, Membership, PointClosure, ServicePoint, Technician

KEY = re.compile(r'name="idempotency_key" value="([^"]+)"')


@pytest.fixture
def desk(web_world: WebWorld, client_as: ClientAs) -> httpx.Client:
    """A browser of the point's own desk."""
    return client_as("point", point=web_world.point)


def make_ticket(web: WebWorld, *, point: ServicePoint | None = None, **fields: object) -> str:
    with web.database.transaction() as session:
        ticket = world.make_ticket(
            session,
            company=web.company,
            point=point or web.point,
            received_at=web.now - timedelta(minutes=5),
            **fields,  # type: ignore[arg-type]
        )
        return ticket.number


def make_planned(web: WebWorld, *, hours: float = 2, state: str = "planned") -> str:
    """A ticket that the technician is to visit in some hours, for all that matters here."""
    number = make_ticket(web, status="ASSIGNED")
    with web.database.transaction() as session:
        ticket = ticket_of(session, number)
        start = web.now + timedelta(hours=hours)
        world.make_visit(
            session, ticket=ticket, point=web.point, technician=web.technician, start=start, state=state
        )
    return number


def make_offer(web: WebWorld, **fields: object) -> str:
    """A ticket that the point is asked to take within five minutes."""
    number = make_ticket(web, **fields)
    with web.database.transaction() as session:
        row = placement_of(session, number)
        row.state, row.answered_at, row.at = "OFFERED", None, web.now
        row.answer_due_at = web.now + timedelta(minutes=5)
        session.add(row)
    return number


def ticket_of(session, number: str) -> Ticket:
    return session.exec(select(Ticket).where(col(Ticket.number) == number)).one()


def placement_of(session, number: str) -> Placement:
    query = select(Placement).join(Ticket, col(Ticket.id) == col(Placement.ticket_id))
    return session.exec(query.where(col(Ticket.number) == number).order_by(col(Placement.id))).first()


def make_other_point(web: WebWorld, *, km: float = 4, code: str = "north") -> ServicePoint:
    with web.database.transaction() as session:
        point = world.make_point(
            session, company=web.company, code=code, at=world.north_of(world.GANGNAM, km)
        )
        world.make_technician(session, point=point, name="최기사", now=web.now)
        session.flush()
        session.expunge_all()
    return point


def kst_text(at: datetime) -> str:
    return rfc3339_kst(at)[:16]


# --- whose desk ----------------------------------------------------------------------------------------


def test_the_desk_shows_what_waits_and_who_answers_now(web_world: WebWorld, desk: httpx.Client) -> None:
    offered, planned = make_offer(web_world), make_planned(web_world)
    page = desk.get("/point").text
    assert "지금 담당: <strong>정창구</strong>" in page
    assert f'data-testid="offer" data-number="{offered}"' in page
    assert "가장 가까운 서비스점, 차로 14분" in page
    assert f'data-testid="job" data-number="{planned}"' in page
    assert f'data-live="point:{web_world.point.id} ticket task"' in page
    assert "김영자" not in page and "김*자" in page, "the household stays masked"
    assert "1203호" not in page


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


# --- answers -------------------------------------------------------------------------------------------


def test_accepting_twice_is_accepting_once(web_world: WebWorld, desk: httpx.Client) -> None:
    number = make_offer(web_world)
    key = KEY.search(desk.get("/point").text)
    assert key is not None
    form = {"idempotency_key": key.group(1)}
    for _press in range(2):
        answer = desk.post(f"/point/tickets/{number}/acceptance", data=form)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/point")
    with web_world.database.reading() as session:
        assert placement_of(session, number).state == "ACCEPTED"
    assert f'data-number="{number}"' not in _section(desk.get("/point").text, "offers")


def test_declining_needs_a_reason_and_a_second_press_is_harmless(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = make_offer(web_world)
    empty = desk.post(f"/point/tickets/{number}/refusal", data={"why": "other", "idempotency_key": "k1"})
    assert empty.status_code == 422
    assert "맡을 수 없는 까닭을 적어 주세요." in empty.text
    form = {"why": "part", "reason": "펌프가 없습니다", "idempotency_key": "k2"}
    for _press in range(2):
        answer = desk.post(f"/point/tickets/{number}/refusal", data=form)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/point")
    with web_world.database.reading() as session:
        row = placement_of(session, number)
        assert (row.state, row.reason_text) == ("DECLINED", "맞는 부품이 없음: 펌프가 없습니다")
    assert desk.get(f"/point/tickets/{number}").status_code == 404, "it is not theirs any more"
    lost = desk.get("/point").text
    assert number in _section(lost, "lost") and "펌프가 없습니다" in lost


def test_after_the_limit_the_answer_comes_too_late(web_world: WebWorld, desk: httpx.Client) -> None:
    number = make_offer(web_world)
    web_world.wait(minutes=5, seconds=1)
    late = desk.post(f"/point/tickets/{number}/acceptance")
    assert late.status_code == 409
    assert "답할 시간이 지나" in late.text


def test_declining_is_asked_in_a_dialog_over_the_desk(web_world: WebWorld, desk: httpx.Client) -> None:
    number = make_offer(web_world)
    dialog = desk.get(f"/point/tickets/{number}/decline", headers={"HX-Request": "true"}).text
    assert "<dialog" in dialog and "<html" not in dialog
    assert "오늘 기사 일정이 가득 참" in dialog


def test_managers_look_on_but_do_not_answer(web_world: WebWorld, client_as: ClientAs) -> None:
    number = make_offer(web_world)
    manager = client_as("manager")
    assert number in manager.get("/point").text
    assert manager.post(f"/point/tickets/{number}/acceptance").status_code == 403


def _section(page: str, name: str) -> str:
    """From an element's id to the end of its list."""
    _before, _mark, rest = page.partition(f'id="{name}"')
    return rest.partition("</ul>")[0]
