"""The intake desk over HTTP: who may sit there, who is found, and what stays masked."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlmodel import select

from customers.models import Household
from tests import world
from tests.web.agent_world import FORM, make_case, make_home, tickets
from tests.web.conftest import ClientAs, WebWorld
from workforce.models import AccessLog


@pytest.fixture
def desk(client_as: ClientAs) -> httpx.Client:
    return client_as("agent")


@pytest.mark.parametrize("role", ["agent", "dispatcher", "manager", "admin"])
def test_the_desk_is_for_the_call_centre(client_as: ClientAs, role: str) -> None:
    assert client_as(role).get("/agent").status_code == 200


@pytest.mark.parametrize("role", ["qa"])
def test_others_are_sent_away(client_as: ClientAs, role: str) -> None:
    assert client_as(role).get("/agent").status_code == 403
    assert client_as(role).post("/agent/new", data=FORM).status_code == 403


@pytest.mark.parametrize("query", ["0101", "02-555-0101", "김영자", "역삼동", "010 9876 5432"])
def test_a_home_is_found_by_phone_name_or_address_and_stays_masked(
    web_world: WebWorld, desk: httpx.Client, query: str
) -> None:
    home = make_home(web_world)
    page = desk.get("/agent/search", params={"q": query}).text
    assert f"/agent/new?household={home}" in page
    assert "김*자" in page
    assert "김영자" not in page
    assert "555-0101" not in page


def test_one_letter_is_answered_with_what_is_still_to_be_typed(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    home = make_home(web_world)
    page = desk.get("/agent/search", params={"q": " 김 "}).text
    assert "두 글자 이상" in page and f"household={home}" not in page
    assert "두 글자 이상" in desk.get("/agent", params={"q": "김"}).text
    assert "번호를 3자리 더" in desk.get("/agent/search", params={"q": "5"}).text
    assert desk.get("/agent/search", params={"q": "  "}).text.strip() == ""


def test_an_open_ticket_shows_first_with_a_sentence_to_read(web_world: WebWorld, desk: httpx.Client) -> None:
    make_home(web_world, resident=("김영자", "02-555-0101"))
    home = make_home(web_world, resident=("김영자", "02-777-0101"))
    with web_world.database.reading() as session:
        household = session.get_one(Household, home)
    number = make_case(web_world, household=household)
    page = desk.get("/agent/search", params={"q": "0101"}).text
    assert page.index(number) < page.index("이 댁으로 새 접수")
    assert "전화드리겠습니다" in page or "정해 드립니다" in page
    said = re.search(r'class="say">.*?<p>([^<]+)</p></div>', page, re.DOTALL)
    assert said
    assert said.group(1) in desk.get(f"/agent/tickets/{number}").text
    answer = desk.post(f"/agent/tickets/{number}/note", data={"note": "언제 오냐고 하심 010-1234-5678"})
    assert answer.status_code == 303
    [ticket] = tickets(web_world.database)
    assert "언제 오냐고" in ticket.note
    page = desk.get(f"/agent/tickets/{number}").text
    assert "010-****-5678" in page
    assert "010-1234-5678" not in page


def test_a_ticket_is_found_by_its_number_with_all_that_a_phone_would_show(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    open_one, ended = make_case(web_world), make_case(web_world, status="COMPLETED")
    page = desk.get("/agent/search", params={"q": open_one.lower()}).text
    assert f'action="/agent/tickets/{open_one}/note"' in page and f"{open_one}?act=cancel" in page
    assert "김*자" in page and "김영자" not in page and 'class="say"' in page
    assert ended not in page
    page = desk.get("/agent/search", params={"q": ended[-5:]}).text
    assert f"{ended}?act=reopen" in page and open_one not in page, "its last five digits are enough"
    page = desk.get("/agent/search", params={"q": ended}).text
    assert f"{ended}?act=reopen" in page and "방문을 마친 접수입니다" in page


def test_a_number_that_is_not_whole_yet_is_not_said_to_be_unknown(desk: httpx.Client) -> None:
    for typed, said in (
        ("010-0488", "번호를 4자리 더"),
        ("04", "번호를 2자리 더"),
        ("0488", "찾지 못했습니다"),
    ):
        page = desk.get("/agent/search", params={"q": typed}).text
        assert said in page and ("찾지 못했습니다" in page) == (typed == "0488")


def test_another_companys_people_and_tickets_do_not_exist(web_world: WebWorld, client_as: ClientAs) -> None:
    home, number = make_home(web_world), make_case(web_world)
    with web_world.database.transaction() as session:
        other = world.make_company(session, code="haedam", now=web_world.now)
        session.flush()
        session.expunge_all()
    stranger = client_as("agent", company=other)
    assert str(home) not in stranger.get("/agent/search", params={"q": "0101"}).text
    assert stranger.get(f"/agent/households/{home}").status_code == 404
    assert stranger.get("/agent/new", params={"household": home}).status_code == 404
    for path in ("", "/live", "/windows", "/head"):
        assert stranger.get(f"/agent/tickets/{number}{path}").status_code == 404
    assert stranger.post(f"/agent/tickets/{number}/note", data={"note": "x"}).status_code == 404


def test_unmasking_is_one_click_with_a_reason_and_leaves_a_line(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = make_case(web_world)
    page = desk.get(f"/agent/tickets/{number}").text
    assert "김영자" not in page
    reason = re.search(r'<option value="(\w+)" selected>상담 통화 중 본인 확인', page)
    assert reason
    back = f"/agent/tickets/{number}"
    answer = desk.post(
        f"/unmask/ticket/{number}", data={"reason_code": reason.group(1), "reason": "", "back": back}
    )
    assert answer.headers["location"] == back
    assert "김영자" in desk.get(back).text
    with web_world.database.reading() as session:
        assert session.exec(select(AccessLog)).one().reason == "상담 통화 중 본인 확인"


def test_a_home_shows_its_history_and_what_keeps_breaking(web_world: WebWorld, desk: httpx.Client) -> None:
    home = make_home(web_world)
    with web_world.database.reading() as session:
        household = session.get_one(Household, home)
    numbers = [make_case(web_world, household=household, status="COMPLETED") for _ in range(3)]
    page = desk.get(f"/agent/households/{home}").text
    assert all(number in page for number in numbers)
    assert "같은 고장이 3번" in page
    assert "김영자" not in page


@pytest.mark.parametrize(
    "path", ["/agent/tickets/없음", "/agent/households/99999999", "/agent/tickets/X/live"]
)
def test_what_does_not_exist_is_said_plainly(desk: httpx.Client, path: str) -> None:
    assert desk.get(path).status_code == 404
