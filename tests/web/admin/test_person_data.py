"""열람 요구: everything that is held on one person, nothing of the others, and a line in the log."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from core import audit
from customers.models import Contact, Household
from dispatch.models import ContactAttempt, Ticket
from happycall.models import HappyCall, HappyCallAttempt
from notifications.models import Notice
from tests import world
from tests.web.conftest import ClientAs, WebWorld
from workforce.models import AccessLog

PAGE = "/admin/person-data"
MOTHER, SON = ("나어머니", "02-555-7171"), ("최아들", "010-6161-5252")
SAID = f"{SON[0]} 010.6161.5252 에게 먼저, {MOTHER[0]} 02)555-7171 은 다음"


@pytest.fixture
def number(web_world: WebWorld) -> str:
    """A case of a mother and her son, with words of and about both."""
    with web_world.database.transaction() as session:
        company = session.merge(web_world.company, load=False)
        home = world.make_household(session, company=company, resident=MOTHER, child=SON)
        session.get_one(Household, home.id).access_note = "열쇠는 화분 밑"
        ticket = world.make_ticket(session, company=company, household=home, note=SAID, status="COMPLETED")
        key, now = ticket.id or 0, web_world.now
        for role, phone, text in (
            ("resident", "+8225557171", "어머님께"),
            ("requester", "+821061615252", "아드님께"),
        ):
            session.add(
                Notice(
                    company_id=ticket.company_id,
                    ticket_id=key,
                    event="VISIT_RESULT",
                    generation=1,
                    recipient=role,
                    channel="LMS",
                    to_phone=phone,
                    from_phone="+8215880000",
                    text=f"{text} {SAID}",
                    bytes=9,
                    template_version="1",
                    state="delivered",
                    created_at=now,
                    next_try_at=now,
                )
            )
        call = world.add(
            session,
            HappyCall(
                company_id=ticket.company_id,
                ticket_id=key,
                state="done",
                due_at=now,
                until_at=now,
                created_at=now,
            ),
        )
        for role, said in (("resident", "따뜻해졌어요"), ("requester", "비쌌어요")):
            session.add(
                HappyCallAttempt(
                    happy_call_id=call.id or 0,
                    at=now,
                    outcome="CONNECTED",
                    with_role=role,
                    answers={"fixed": True, "overall": 6, "verbatim": said},
                )
            )
        session.add(
            ContactAttempt(
                ticket_id=key, outcome="NO_ANSWER", evidence="SELF_REPORT", at=now, recorded_at=now, note=SAID
            )
        )
        audit.record(
            session,
            by=world.AGENT,
            at=now,
            what="TicketFiled",
            subject=("ticket", key),
            company_id=ticket.company_id,
            reason=SAID,
        )
        return ticket.number


def ask(admin: httpx.Client, q: str) -> tuple[dict[str, Any], str]:
    """The two files about the one person that is found."""
    why = {"reason": "본인이 전화로 요구, 주소로 확인"}
    page = admin.post(f"{PAGE}/search", data={"q": q, **why}).text
    ids = re.findall(r'name="person"[^>]*value="(\d+)"|value="(\d+)"[^>]*name="person"', page)
    answer = admin.post(f"{PAGE}/file", data={"person": [a or b for a, b in ids], **why})
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert set(archive.namelist()) == {"data.json", "data.html", "README.txt"}
        return json.loads(archive.read("data.json")), archive.read("data.html").decode()


def test_who_lives_there_gets_everything_of_his_own(
    web_world: WebWorld, client_as: ClientAs, number: str
) -> None:
    data, html = ask(client_as("admin"), "02-555-7171")
    assert data["contacts"][0]["name"] == MOTHER[0]
    assert data["homes"][0]["door_note"] == "열쇠는 화분 밑"
    ticket = data["tickets"][0]
    assert ticket["number"] == number and ticket["roles"] == ["resident"]
    assert ticket["happy_calls"][0]["answers"]["verbatim"] == "따뜻해졌어요"
    assert [text["text"][:4] for text in data["texts"]] == ["어머님께"]
    everything = json.dumps(data, ensure_ascii=False) + html
    assert MOTHER[0] in ticket["note"] and MOTHER[0] in html
    assert "난방이 안 됨" in html and "NO_HEAT" not in html, "words for people, codes for machines"
    assert SON[0] not in everything and not re.search(r"6161\D?5252", everything)
    assert "비쌌어요" not in everything, "what her son said is his"
    assert {line["act"] for line in data["access_log"]} == {"searched"}


def test_who_called_for_them_gets_no_door_note(web_world: WebWorld, client_as: ClientAs, number: str) -> None:
    data, html = ask(client_as("admin"), SON[0])
    assert data["homes"] == [{"household": data["homes"][0]["household"], "lives_there": False}]
    everything = json.dumps(data, ensure_ascii=False) + html
    assert "화분" not in everything and "아드님께" in everything and "어머님께" not in everything
    assert MOTHER[0] not in everything and not re.search(r"555\D?7171", everything)


def test_searching_and_downloading_are_lines_of_the_log(
    web_world: WebWorld, client_as: ClientAs, number: str
) -> None:
    admin = client_as("admin")
    assert admin.post(f"{PAGE}/search", data={"q": SON[0], "reason": ""}).status_code == 422
    page = admin.post(f"{PAGE}/search", data={"q": SON[0], "reason": "열람 요구"}).text
    assert "최*들" in page and "010-****-5252" in page and "010-6161" not in page
    assert admin.post(f"{PAGE}/file", data={"reason": "열람 요구"}).status_code == 422
    ask(admin, SON[0])
    with web_world.database.reading() as session:
        son = session.exec(select(Contact.id).where(col(Contact.name) == SON[0])).one()
        rows = list(session.exec(select(AccessLog).order_by(col(AccessLog.id))))
        assert [(row.act, row.subject_kind, row.subject_id) for row in rows] == [
            ("searched", "contact", son),
            ("searched", "contact", son),
            ("downloaded", "contact", son),
        ]
        assert session.exec(select(Ticket)).one().number == number
    assert "최*들" in admin.get("/admin/access-log").text


def test_another_company_holds_nothing_of_him(web_world: WebWorld, client_as: ClientAs, number: str) -> None:
    with web_world.database.transaction() as session:
        other = world.make_company(session, code="haedam", now=web_world.now)
        person = session.exec(select(Contact.id).where(col(Contact.name) == SON[0])).one()
        session.expunge_all()
    admin = client_as("admin", company=other)
    assert "그런 분이 없습니다" in admin.post(f"{PAGE}/search", data={"q": SON[0], "reason": "요구"}).text
    refused = admin.post(f"{PAGE}/file", data={"person": str(person), "reason": "요구"})
    assert refused.status_code == 422
