"""The screen that says who is told of what: dated, with its source, and never to nobody."""

from __future__ import annotations

from datetime import date, timedelta

import httpx
from sqlmodel import select

from core.clock import kst
from core.db import Database
from notifications.catalogue import Event, Role
from notifications.policy import NoticePolicy, read_policy
from notifications.ways import Way
from tests.web.admin.forms import NOW, TODAY, send, stored
from workforce.models import Company

PATH = "/admin/notices/EN_ROUTE/change"


def policy_at(database: Database, day: date | None) -> NoticePolicy:
    with database.reading() as session:
        company_id = session.exec(select(Company.id)).one() or 0
        return read_policy(session, company_id=company_id, at=kst(day) if day else NOW)


def test_a_company_tells_otherwise_from_a_day_on(client: httpx.Client, database: Database) -> None:
    page = client.get("/admin/notices").text
    assert "출발 안내" in page and "21:00 ~ 08:00" in page
    later = date(2026, 12, 10)
    answer = send(
        client,
        PATH,
        roles_EN_ROUTE="resident",
        urgent="by_day",
        valid_from=later.isoformat(),
        source="고객 회의",
    )
    stored(answer)
    before, after = policy_at(database, None), policy_at(database, later)
    assert before.roles(Event.EN_ROUTE) == (Role.REQUESTER, Role.RESIDENT) and before.is_urgent(
        Event.EN_ROUTE
    )
    assert after.roles(Event.EN_ROUTE) == (Role.RESIDENT,) and not after.is_urgent(Event.EN_ROUTE)
    page = client.get("/admin/notices").text
    assert "2026-12-10" in page or "12/10" in page or "12월 10일" in page
    assert "출발 안내: 거주자 (아침까지 기다림)" in page and "고객 회의" in page


def test_nobody_left_to_tell_is_refused_beside_the_field(client: httpx.Client, database: Database) -> None:
    answer = send(client, PATH, urgent="at_once", valid_from=TODAY.isoformat(), source="시험")
    assert answer.status_code == 422 and "한 분은 알림을 받아야 합니다" in answer.text
    assert policy_at(database, None).roles(Event.EN_ROUTE) == (Role.REQUESTER, Role.RESIDENT)
    assert client.get("/admin/notices/NOTHING/change").status_code == 404


def test_an_order_of_ways_is_chosen_in_words_and_stands_in_the_history(
    client: httpx.Client, database: Database
) -> None:
    form = client.get(PATH).text
    assert "거주자: 어떻게 알리나" in form and "사람이 바로 전화" in form
    assert "음성 전화만" not in form, "the company has no voice"
    assert "사람이 바로 전화" not in client.get("/admin/notices/TICKET_RECEIVED/change").text
    sent = {
        "roles_EN_ROUTE": ["resident", "requester"],
        "urgent": "at_once",
        "valid_from": TODAY.isoformat(),
        "source": "어르신은 전화가 낫다",
    }
    stored(send(client, PATH, **sent, ways_resident="PERSON", ways_requester="TEXT-PERSON"))
    orders = policy_at(database, TODAY + timedelta(days=1)).orders(Event.EN_ROUTE)
    assert orders == {Role.RESIDENT: (Way.PERSON,), Role.REQUESTER: (Way.TEXT, Way.PERSON)}
    page = client.get("/admin/notices").text
    assert "출발 안내 거주자: 사람이 바로 전화 (문자 없음)" in page and "어르신은 전화가 낫다" in page
    stored(send(client, PATH, **sent, ways_resident="ALIMTALK-TEXT-PERSON"))
    assert Role.RESIDENT not in policy_at(database, TODAY + timedelta(days=1)).orders(Event.EN_ROUTE)
    refused = send(client, PATH, **sent, ways_resident="VOICE-PERSON")
    assert refused.status_code == 422 and "음성 전화를 먼저 켜 주세요" in refused.text
