"""The demo's phones: what lies on them, who is told by voice, and that they exist in the demo alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from httpx import Client

from core import audit
from core.actor import SYSTEM, Role
from core.settings import Settings
from dispatch.tasks import CALL_LANDLINE, open_task
from notifications.models import Notice
from tests import world
from tests.serving import serving_context
from tests.web.conftest import ClientAs, WebWorld
from web.context import WebContext
from web.live_hub import LiveHub
from workforce.models import Person

SON, MOTHER = "010-9876-5432", "02-555-0101"
TEXT = (
    "온누리보일러입니다. 오늘 14시에 갑니다 <script>alert(1)</script> http://127.0.0.1:8000/t/abcDEF123 안내"
)


@pytest.fixture
def demo(web_world: WebWorld, database_url: str) -> Iterator[WebWorld]:
    """The same world as a demo."""
    settings = Settings(database_url=database_url, ondol_mode="demo", sms_provider="fake")
    clock = lambda: web_world.now  # noqa: E731
    context = WebContext(settings, web_world.database, clock, LiveHub(database_url))
    with serving_context(context) as url:
        web_world.url = url
        yield web_world


def make_ticket(web: WebWorld, **people: Any) -> tuple[int, str]:
    with web.database.transaction() as session:
        household = world.make_household(session, company=web.company, **people)
        ticket = world.make_ticket(session, company=web.company, point=web.point, household=household)
        return ticket.id or 0, ticket.number


def test_the_end_of_a_tickets_number_finds_its_phones(demo: WebWorld) -> None:
    ticket_id, number = make_ticket(demo)
    put_text(demo, ticket_id, SON)
    agent = demo.sign_in("agent")
    put_text(demo, make_ticket(demo)[0], "010-1111-2222")
    found = agent.get(f"/phones?q={number.split('-')[1]}").text
    assert len(phones_on(found)) == 1 and "모두 2건 가운데 1건" in found
    nothing = agent.get("/phones?q=99999").text
    assert phones_on(nothing) == [] and "모두 2건 가운데 0건" in nothing


def put_text(web: WebWorld, ticket_id: int, to: str, **fields: Any) -> None:
    """A text in the outbox; delivered unless told."""
    with web.database.transaction() as session:
        row: dict[str, Any] = {
            "event": "VISIT_SCHEDULED",
            "generation": 1,
            "recipient": "requester",
            "channel": "LMS",
            "state": "delivered",
            "text": TEXT,
            **fields,
        }
        session.add(
            Notice(
                company_id=web.company.id or 0,
                ticket_id=ticket_id,
                to_phone=to,
                from_phone="+8215880000",
                bytes=len(row["text"].encode("cp949")),
                template_version="1",
                created_at=web.now,
                next_try_at=web.now,
                **row,
            )
        )


def phones_on(page: str) -> list[str]:
    return re.findall(r'data-testid="phone" data-number="([^"]*)"', page)


def test_outside_the_demo_there_are_no_phones(client_as: ClientAs) -> None:
    client = client_as("admin")
    assert client.get("/phones").status_code == client.get("/phones/list").status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_every_signed_in_role_may_look(demo: WebWorld, client_as: ClientAs, role: Role) -> None:
    who = {"technician": demo.technician} if role is Role.TECHNICIAN else {}
    assert client_as(role, **who).get("/phones").status_code == 200


def test_strangers_may_not(demo: WebWorld) -> None:
    with Client(base_url=demo.url, trust_env=False) as client:
        assert client.get("/phones").status_code != 200


def test_a_text_lies_on_its_phone_as_it_was_sent(demo: WebWorld, client_as: ClientAs) -> None:
    ticket_id, number = make_ticket(demo)
    put_text(demo, ticket_id, "+821098765432")
    page = client_as("agent").get("/phones").text
    assert phones_on(page) == [SON]
    assert 'data-testid="sms" data-event="VISIT_SCHEDULED"' in page
    assert "&lt;script&gt;" in page and "<script>alert" not in page
    assert 'href="http://127.0.0.1:8000/t/abcDEF123"' in page
    assert "김민수" in page and "온누리보일러" in page and "1588-0000" in page and number in page


def test_the_newest_text_comes_first_and_what_did_not_arrive_is_not_on_the_phone(
    demo: WebWorld, client_as: ClientAs
) -> None:
    ticket_id, number = make_ticket(demo)
    put_text(demo, ticket_id, "+821098765432", text="첫째 글")
    demo.wait(minutes=1)
    put_text(demo, ticket_id, "+821098765432", text="둘째 글", event="EN_ROUTE")
    put_text(demo, ticket_id, "+821098765432", text="셋째 글", event="ABSENT", state="queued")
    page = client_as("agent").get(f"/phones?ticket={number}").text
    assert page.index("둘째 글") < page.index("첫째 글") and "셋째 글" not in page
    assert "보내는 중인 문자 1건" in page


def test_a_case_shows_its_people_side_by_side_and_who_rings_the_landline(
    demo: WebWorld, client_as: ClientAs
) -> None:
    ticket_id, number = make_ticket(demo)
    put_text(demo, ticket_id, "+821098765432")
    with demo.database.transaction() as session:
        open_task(
            session,
            ticket_id=ticket_id,
            kind=CALL_LANDLINE,
            recipient="resident",
            detail="읽을 말",
            now=demo.now,
        )
    page = client_as("technician", technician=demo.technician).get(f"/phones?ticket={number}").text
    assert phones_on(page) == [MOTHER, SON]
    assert (
        "문자를 받을 수 없어 전화로 알립니다" in page
        and "할 일: 정창구님이 전화" in page
        and "읽을 말" in page
    )


def test_a_phone_says_what_it_did_not_get_and_why(demo: WebWorld, client_as: ClientAs) -> None:
    ticket_id, number = make_ticket(demo)
    to = "+821098765432"
    put_text(demo, ticket_id, to, text="도착한 글")
    put_text(
        demo, ticket_id, to, text="막힌 글", event="EN_ROUTE", state="failed", problem="permanent:3010 x"
    )
    gone = {"state": "withdrawn", "withdrawn_reason": "새 소식으로 바뀌었습니다."}
    put_text(demo, ticket_id, to, text="옛 글", event="WINDOW_CHANGED", **gone)
    with demo.database.transaction() as session:
        entry = {"event": "ABSENT", "generation": 1, "recipient": "requester"}
        subject = ("ticket", ticket_id)
        audit.record(
            session,
            by=SYSTEM,
            at=demo.now,
            what="NoticeWithheld",
            subject=subject,
            company_id=demo.company.id or 0,
            reason="REFUSED",
            data=entry,
        )
    for path, missed in ((f"/phones?ticket={number}", 3), ("/phones", 2)):
        page = client_as("agent").get(path).text
        assert len(re.findall('data-testid="sms"', page)) == 1, path
        assert len(re.findall('data-testid="missed"', page)) == missed, path
        words = ["막힌 글", "문자를 받을 수 없는 번호입니다 (3010)", "옛 글", "새 소식으로 바뀌었습니다."]
        assert all(each in page for each in words)
    assert "알림을 원하지 않으셨습니다" in client_as("agent").get(f"/phones?ticket={number}").text


def test_people_on_one_number_share_a_phone(demo: WebWorld, client_as: ClientAs) -> None:
    _ticket_id, number = make_ticket(demo, resident=("김영자", SON))
    page = client_as("agent").get(f"/phones?ticket={number}").text
    assert phones_on(page) == [SON]
    assert "김영자 · 김민수" in page and "아직 받은 문자가 없습니다" in page


def test_phones_are_found_by_number_name_and_case(demo: WebWorld, client_as: ClientAs) -> None:
    first, first_number = make_ticket(demo)
    put_text(demo, first, "+821098765432")
    for _ in range(10):
        make_ticket(demo)
    second, _ = make_ticket(demo, resident=("이순자", "010-2222-3333"), child=None)
    put_text(demo, second, "+821022223333", recipient="resident")
    agent = client_as("agent")
    assert phones_on(agent.get("/phones").text) == ["010-2222-3333", SON]
    for q, found in (("010 9876-5432", [SON]), ("2233", ["010-2222-3333"]), ("이순자", ["010-2222-3333"])):
        assert phones_on(agent.get("/phones", params={"q": q}).text) == found, q
    assert phones_on(agent.get("/phones", params={"q": first_number[:-1]}).text) == [SON]
    assert phones_on(agent.get("/phones", params={"q": first_number.lower()}).text) == [MOTHER, SON]
    nothing = agent.get("/phones", params={"q": "없는 이름%<b>"})
    assert phones_on(nothing.text) == [] and "찾은 휴대전화가 없습니다" in nothing.text


def test_technicians_have_phones_of_their_own(demo: WebWorld, client_as: ClientAs) -> None:
    ticket_id, number = make_ticket(demo)
    with demo.database.reading() as session:
        phone = session.get_one(Person, demo.technician.person_id).phone
    put_text(demo, ticket_id, phone, event="JOB_ASSIGNED", recipient="technician", text="새 일")
    agent = client_as("agent")
    assert phones_on(agent.get("/phones").text) == []
    page = agent.get("/phones?who=staff").text
    assert len(phones_on(page)) == 1 and "박기사" in page and 'data-event="JOB_ASSIGNED"' in page
    assert len(phones_on(agent.get("/phones?who=staff&q=박기사").text)) == 1
    assert "박기사" in agent.get(f"/phones?ticket={number}").text


def test_another_company_sees_nothing_of_it(demo: WebWorld, client_as: ClientAs) -> None:
    ticket_id, number = make_ticket(demo)
    put_text(demo, ticket_id, "+821098765432")
    with demo.database.transaction() as session:
        other = world.make_company(session, code="haedam", now=demo.now - timedelta(days=1))
        session.flush()
        session.expunge_all()
    stranger = client_as("agent", company=other)
    assert phones_on(stranger.get("/phones").text) == []
    assert stranger.get(f"/phones?ticket={number}").status_code == 404
    assert stranger.get("/phones?ticket=%00").status_code in (404, 422)


def test_the_live_piece_is_the_same_element(demo: WebWorld, client_as: ClientAs) -> None:
    ticket_id, number = make_ticket(demo)
    put_text(demo, ticket_id, "+821098765432")
    page = client_as("agent").get(f"/phones/list?ticket={number}").text
    assert f'data-live="notice task" data-live-src="/phones/list?ticket={number}"' in page
    assert "<html" not in page
