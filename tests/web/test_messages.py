"""`/messages`: found by what people know, shown as masked as everywhere, sent again only while it is true."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest
from sqlmodel import Session, col, select

from dispatch.models import Ticket, Visit
from notifications.models import Notice, NoticeAttempt
from tests import world
from tests.web.conftest import ClientAs, WebWorld

PARENT, CHILD = ("김영자", "+821055550101"), ("김민수", "+821098765432")
TEXT = "[온누리] 김영자님 댁 방문: 12월 1일(화) 오후 2시~4시"


@pytest.fixture
def case(web_world: WebWorld) -> Ticket:
    """A ticket with an agreed window of which the parent was told."""
    with web_world.database.transaction() as session:
        company = session.merge(web_world.company, load=False)
        point = session.merge(web_world.point, load=False)
        home = world.make_household(
            session,
            company=company,
            resident=("김영자", "010-5555-0101"),
        )
        ticket = world.make_ticket(session, company=company, household=home, point=point, status="APPOINTED")
        visit = world.make_visit(
            session,
            ticket=ticket,
            point=point,
            technician=session.merge(web_world.technician, load=False),
            start=web_world.now + timedelta(hours=4),
            state="agreed",
        )
        visit.window_start = web_world.now + timedelta(hours=4)
        visit.window_end = web_world.now + timedelta(hours=6)
        session.add(visit)
        session.flush()
        session.expunge_all()
    return ticket


def put(web: WebWorld, ticket: Ticket, *, generation: int = 1, **changes: object) -> int:
    """A notice as it stands in the outbox. Returns its id."""
    with web.database.transaction() as session:
        row = Notice(
            company_id=ticket.company_id,
            ticket_id=ticket.id or 0,
            event="VISIT_SCHEDULED",
            generation=generation,
            recipient="resident",
            channel="LMS",
            to_phone=PARENT[1],
            from_phone="+8215880000",
            subject="방문 안내",
            text=TEXT,
            bytes=60,
            template_version="x",
            state="delivered",
            created_at=web.now,
            next_try_at=web.now,
            accepted_at=web.now,
        )
        for name, value in changes.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        return row.id or 0


def shown(page: httpx.Response) -> set[int]:
    """The ids of the notices in a list."""
    assert page.status_code == 200, page.text
    return {int(found) for found in re.findall(r'id="message-(\d+)"', page.text)}


def test_a_message_is_found_by_what_people_know_and_stays_masked(
    web_world: WebWorld, client_as: ClientAs, case: Ticket
) -> None:
    old = put(web_world, case)
    failed = put(
        web_world,
        case,
        generation=2,
        event="ABSENT",
        state="failed",
        problem="permanent:3010 no such",
        channel="SMS",
    )
    yesterday = put(web_world, case, generation=3, created_at=web_world.now - timedelta(days=1))
    desk = client_as("agent")
    for query in (
        f"q={case.number}",
        f"q={case.number.rpartition('-')[2]}",
        "q=010-5555-0101",
        "q=0101",
        "q=김영자",
        "q=김민수",
    ):
        page = desk.get(f"/messages/list?{query}")
        assert shown(page) == {old, failed, yesterday}, query
        assert "김영자" not in page.text and "5555-0101" not in page.text.replace(query[2:], "")
    assert shown(desk.get("/messages?q=이순신")) == set()
    assert shown(desk.get("/messages?state=failed")) == {failed}
    assert "문자를 받을 수 없는 번호입니다 (3010)" in desk.get("/messages?state=failed").text
    assert shown(desk.get("/messages?event=ABSENT&channel=SMS")) == {failed}
    day = (web_world.now - timedelta(days=1)).astimezone().date().isoformat()
    assert shown(desk.get(f"/messages?day={day}")) == {yesterday}
    assert shown(desk.get("/messages?state=nonsense&cursor=nonsense")) == {old, failed, yesterday}

    whole = desk.get(f"/messages/{old}")
    assert "방문: 12월 1일" in whole.text and "김영자" not in whole.text
    desk.post(f"/unmask/ticket/{case.number}", data={"reason_code": "IDENTITY"})
    assert "김영자님 댁" in desk.get(f"/messages/{old}").text


def test_pages_go_on_where_the_last_ended(web_world: WebWorld, client_as: ClientAs, case: Ticket) -> None:
    ids = [put(web_world, case, generation=n) for n in range(1, 121)]  # all of one moment
    desk, address, found = client_as("manager"), "/messages", []
    for _page in range(3):
        page = desk.get(address)
        found += sorted(shown(page), reverse=True)
        following = re.search(r'href="(/messages\?cursor=[^"]+)"', page.text)
        address = following.group(1) if following else ""
    assert found == sorted(ids, reverse=True) and not address


def test_who_reads_what(web_world: WebWorld, client_as: ClientAs, case: Ticket) -> None:
    with web_world.database.transaction() as session:
        company = session.merge(web_world.company, load=False)
        other = world.make_point(session, company=company, code="far", now=web_world.now)
        foreign = world.make_company(session, code="haedam", now=web_world.now)
        session.flush()
        session.expunge_all()
    notice = put(web_world, case)
    assert shown(client_as("point", point=web_world.point).get("/messages")) == {notice}
    far = client_as("point", point=other)
    stranger = client_as("manager", company=foreign)
    for client in (far, stranger):
        assert shown(client.get("/messages")) == set()
        assert client.get(f"/messages/{notice}").status_code == 404
    assert far.post(f"/messages/{notice}/resend", data={"reason": "x"}).status_code == 404


def test_what_waits_says_since_when_and_why(web_world: WebWorld, client_as: ClientAs, case: Ticket) -> None:
    put(web_world, case)
    desk = client_as("dispatcher")
    assert "기다리는 문자가 없습니다." in desk.get("/messages/now").text
    put(web_world, case, generation=2, state="queued", accepted_at=None, problem="operator:1030 잔액")
    web_world.wait(minutes=12)
    now = desk.get("/messages/now").text
    assert "기다리는 문자 1건" in now and "12분" in now and "data-late" in now
    assert "통신사 잔액이나 계정을 바로 확인해야 합니다 (1030)" in now


def test_sending_again_is_a_new_row_with_its_reason(
    web_world: WebWorld, client_as: ClientAs, case: Ticket
) -> None:
    first = put(web_world, case, state="failed", problem="permanent:3010")
    with web_world.database.transaction() as session:
        session.add(
            NoticeAttempt(
                notice_id=first, at=web_world.now, provider="solapi", outcome="refused_permanent", code="3010"
            )
        )
    desk = client_as("agent")
    assert "보낼 수 없는 곳이라고 했습니다" in desk.get(f"/messages/{first}").text
    assert desk.post(f"/messages/{first}/resend", data={"reason": " "}).status_code == 422
    form = {"reason": "못 받으셨다고 전화하심", "idempotency_key": "k1"}
    answers = [desk.post(f"/messages/{first}/resend", data=form) for _press in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    with web_world.database.reading() as session:
        old, new = session.exec(select(Notice).order_by(col(Notice.id))).all()
        assert (old.state, old.problem) == ("failed", "permanent:3010")
        assert (new.resend_of_id, new.state, new.text, new.to_phone) == (first, "queued", TEXT, PARENT[1])
        assert new.generation < 0, "it never takes the place of a later telling"
    assert answers[0].headers["location"] == f"/messages/{new.id}"
    page = desk.get(f"/messages/{new.id}").text
    assert "다시 보냄" in page and "못 받으셨다고 전화하심" in page
    assert "아직 보내는 중입니다" in page
    assert desk.post(f"/messages/{first}/resend", data={"reason": "또"}).status_code == 409, (
        "replaced by the new"
    )


@pytest.mark.parametrize("why", ["superseded", "arrived", "ended", "over", "refused", "destroyed"])
def test_what_is_no_news_any_more_is_not_sent_again(
    web_world: WebWorld, client_as: ClientAs, case: Ticket, why: str
) -> None:
    destroyed_at = web_world.now if why == "destroyed" else None
    notice = put(web_world, case, line="visit", destroyed_at=destroyed_at)
    bill = put(web_world, case, event="VISIT_RESULT")
    if why == "superseded":
        put(web_world, case, event="WINDOW_CHANGED", line="visit")
    with web_world.database.transaction() as session:
        _change(session, web_world, case, why)
    if why == "over":
        web_world.wait(hours=7)
    desk = client_as("point", point=web_world.point)
    refused = desk.post(f"/messages/{notice}/resend", data={"reason": "다시"})
    assert refused.status_code == 409 and f'action="/messages/{notice}/resend"' not in refused.text
    told = desk.post(f"/messages/{bill}/resend", data={"reason": "다시"})
    assert told.status_code == (409 if why == "refused" else 303), "a bill stays news"


def _change(session: Session, web: WebWorld, case: Ticket, why: str) -> None:
    from customers.models import Contact

    visit = session.exec(select(Visit).where(col(Visit.ticket_id) == case.id)).one()
    if why == "arrived":
        visit.state, visit.arrived_at = "arrived", web.now
    if why == "ended":
        session.get_one(Ticket, case.id).status = "CANCELLED"
    if why == "refused":
        for contact in session.exec(select(Contact).where(col(Contact.name) == "김영자")):
            contact.notices_refused_at = web.now


def test_a_month_costs_what_its_days_tariffs_say(
    web_world: WebWorld, client_as: ClientAs, case: Ticket
) -> None:
    from core.actor import SYSTEM
    from core.dated import read_rules, set_rule

    with web_world.database.transaction() as session:
        rules = read_rules(session, company_id=case.company_id, at=web_world.now)
        for n, (day, tariff) in enumerate(((0, 10_500), (1, 20_000))):
            set_rule(
                session,
                company_id=case.company_id,
                key="message_tariff",
                value={**rules.message_tariff, "SMS": tariff},
                valid_from=web_world.now.replace(hour=15, minute=0) + timedelta(days=day - 1),
                source="계약서",
                by=SYSTEM,
                now=web_world.now,
            )
            assert n == day
    for n in range(3):
        put(web_world, case, generation=10 + n, channel="SMS", created_at=web_world.now)
    put(web_world, case, generation=20, channel="SMS", created_at=web_world.now + timedelta(days=1))
    put(web_world, case, generation=21, channel="SMS", accepted_at=None, state="failed")
    page = client_as("manager").get(f"/messages/costs?month={web_world.now:%Y-%m}").text
    assert "52원" in page, "3 at 10.5 and 1 at 20 won, rounded once"
    assert client_as("agent").get("/messages/costs").status_code == 403
    assert "나간 문자가 없습니다" in client_as("manager").get("/messages/costs?month=2001-01").text
    ahead = client_as("manager").get("/messages/costs?month=2031-01")
    assert ahead.status_code == 422 and "아직 오지 않은 달" in ahead.text and "52원" in ahead.text
