"""Who of a home is told, on the agent's page: a no with one press, and what a caller said at intake."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlmodel import col, select

from core.db import Database
from customers.models import Contact, NoticeChoice
from dispatch.models import Ticket
from tests.web.agent_world import file, number_of
from tests.web.conftest import ClientAs


@pytest.fixture
def desk(client_as: ClientAs) -> httpx.Client:
    return client_as("agent")


def words(database: Database) -> list[tuple[str, str, str, bool]]:
    with database.reading() as session:
        query = select(NoticeChoice, Contact.name).join(
            Contact, col(Contact.id) == col(NoticeChoice.contact_id)
        )
        rows = session.exec(query.order_by(col(NoticeChoice.id)))
        return [(name, row.choice, row.door, row.household_id is None) for row, name in rows]


def home_of(database: Database, number: str) -> int:
    with database.reading() as session:
        return session.exec(select(Ticket).where(Ticket.number == number)).one().household_id


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("", []),
        ("both", [("김민수", "AGREED", "INTAKE", True), ("김영자", "AGREED", "INTAKE", False)]),
        ("not_me", [("김민수", "REFUSED", "INTAKE", True)]),
    ],
)
def test_what_the_caller_says_at_intake_is_kept(
    desk: httpx.Client, database: Database, said: str, kept: list[tuple[str, str, str, bool]]
) -> None:
    number_of(file(desk, notices=said))
    assert words(database) == kept


def test_the_resident_refuses_for_the_child_and_takes_it_back(desk: httpx.Client, database: Database) -> None:
    home = home_of(database, number_of(file(desk)))
    path = f"/agent/households/{home}"
    page = desk.get(path).text
    people = dict(re.findall(r'name="contact" value="(\d+)".*?<option value="(\d+)"', page, re.DOTALL))
    assert len(people) == 2 and page.count("문자로 알림") + page.count("전화로 알림") == 2
    with database.reading() as session:
        ids = {row.name: str(row.id) for row in session.exec(select(Contact))}
    form = {"contact": ids["김민수"], "decided_by": ids["김영자"], "choice": "REFUSED", "door": "CALL"}
    unsaid = desk.post(f"{path}/notices", data=form)
    assert unsaid.status_code == 422 and "뭐라고 하셨는지" in unsaid.text
    form["reason"] = "아들이 걱정한다고 하심"
    for _press in range(2):
        answer = desk.post(f"{path}/notices", data={**form, "idempotency_key": "press-7"})
        assert answer.status_code == 303
    page = desk.get(path).text
    assert "알리지 않음" in page and "아들이 걱정한다고 하심" in page
    mine = {**form, "contact": ids["김영자"], "decided_by": ids["김민수"]}
    assert desk.post(f"{path}/notices", data=mine).status_code == 403, "a child has no say about the parent"
    desk.post(f"{path}/notices", data={**form, "choice": "AGREED", "reason": "괜찮다고 하심"})
    assert "알리지 않음</" not in desk.get(path).text
    assert words(database) == [("김민수", "REFUSED", "CALL", False), ("김민수", "AGREED", "CALL", False)]


def test_a_desk_notes_who_wants_advertisements_and_a_number_that_rang_080_stays_shut(
    desk: httpx.Client, database: Database
) -> None:
    number = number_of(file(desk))
    home, case = f"/agent/households/{home_of(database, number)}", f"/agent/tickets/{number}"
    with database.reading() as session:
        ids = {row.name: str(row.id) for row in session.exec(select(Contact))}
    assert desk.get(case).text.count("여쭌 적 없음") == 2
    unsaid = desk.post(f"{case}/adverts", data={"person": ids["김민수"], "door": "INTAKE"})
    assert unsaid.status_code == 422 and "받겠다고 하셨는지" in unsaid.text
    yes = {"person": ids["김민수"], "choice": "AGREED", "door": "INTAKE"}
    assert desk.post(f"{case}/adverts", data=yes).headers["location"].endswith("done=adverts")
    assert "까지 받기로 하심" in desk.get(home).text
    assert "광고 문자를 받겠습니다" in desk.get(case).text, "what was noted is told"
    rang = {"person": ids["김민수"], "choice": "AGREED", "door": "FREE_CALL", "reason": "080"}
    assert desk.post(f"{home}/adverts", data=rang).status_code == 303
    assert "무료 전화로 거부한 번호" in desk.get(home).text
    shut = desk.post(f"{home}/adverts", data=yes)
    assert shut.status_code == 409 and "그 전화로 받은 문자의 주소에서" in shut.text
    assert [each[1:3] for each in words(database)] == [("AGREED", "INTAKE"), ("REFUSED", "FREE_CALL")]
