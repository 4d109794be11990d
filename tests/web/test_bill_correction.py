"""A wrong bill: the desk corrects it with a reason, sees what was and will be, the family hears again."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlmodel import col, select

from billing.models import Charge
from core.models import TimelineEntry
from dispatch import reopening
from dispatch.models import Ticket
from notifications.models import Notice
from tests import world
from tests.web.conftest import WebWorld
from tests.web.technician_world import Phone, at_the_door, open_phone
from tests.web.told_once import told_once, words_of
from workforce.models import ServicePoint

BILLED = {"quantity.LABOUR_IGNITION": "1", "quantity.PART_FAN": "1", "tick": ["usage_explained"]}
RIGHT = {"quantity.LABOUR_IGNITION": "1", "quantity.PART_FAN": "0"}
WHY = "송풍기를 갈지 않았는데 청구함"


@pytest.fixture
def done(web_world: WebWorld) -> Phone:
    """A finished visit that was billed 118,000 won: a fan too many."""
    phone = at_the_door(open_phone(web_world))
    assert phone.post("completed", BILLED).status_code == 303
    return phone


@pytest.fixture
def desk(done: Phone) -> httpx.Client:
    return done.web.sign_in("point", point=done.web.point)


def bill(phone: Phone) -> str:
    return f"/point/tickets/{phone.number}/bills/{phone.visit_id}"


def quantity(page: str, code: str) -> str:
    """What stands in a quantity's field."""
    return re.findall(rf'name="quantity.{code}" value="(\d*)"', page)[0]


def results(web: WebWorld) -> list[Notice]:
    query = select(Notice).where(col(Notice.event) == "VISIT_RESULT").order_by(col(Notice.id))
    with web.database.reading() as session:
        return list(session.exec(query))


def test_the_desk_corrects_a_bill_and_the_family_hears_the_new_one(done: Phone, desk: httpx.Client) -> None:
    ticket = desk.get(f"/point/tickets/{done.number}").text
    assert "118,000원" in ticket and bill(done) in ticket
    page = words_of(desk.get(bill(done)).text)
    assert "지금 청구 118,000원 → 고친 뒤 118,000원" in page, "the same before anything is changed"
    after = desk.post(f"{bill(done)}/preview", data=RIGHT, headers={"HX-Request": "true"}).text
    assert "48,000원" in after and "<html" not in after
    press = {**RIGHT, "reason": WHY, "idempotency_key": "once"}
    for _ in range(2):
        answer = desk.post(bill(done), data=press)
        assert answer.headers["location"] == f"/point/tickets/{done.number}?billed={done.visit_id}"
        assert "저장했습니다: 고친 비용 48,000원" in desk.get(answer.headers["location"]).text
        assert "저장했습니다" not in desk.get(answer.headers["location"]).text, "a reload says nothing"
    with done.web.database.reading() as session:
        old, new = session.exec(select(Charge).order_by(col(Charge.id))).all()
    assert (old.total, new.total, new.replaces_id) == (118_000, 48_000, old.id)
    first, second = results(done.web)
    assert first.state == "withdrawn" and second.generation != first.generation
    assert "48,000원" in second.text
    assert "먼저 알려 드린 비용" not in second.text, "the first one never went out"
    ticket = words_of(desk.get(f"/point/tickets/{done.number}").text)
    assert "비용을 고쳤습니다: 118,000원 → 48,000원" in ticket and WHY in ticket
    assert "먼저 청구한 금액 118,000원" in ticket


def test_a_correction_needs_a_reason_and_a_change(done: Phone, desk: httpx.Client) -> None:
    refused = desk.post(bill(done), data=RIGHT)
    assert refused.status_code == 422 and "reason" in told_once(refused.text)
    same = desk.post(bill(done), data={**BILLED, "reason": WHY})
    assert same.status_code == 409 and "고친 것이 없습니다" in same.text
    assert len(results(done.web)) == 1
    assert desk.get(f"/point/tickets/{done.number}/bills/999999").status_code == 404


def test_only_the_point_and_the_dispatcher_correct(done: Phone) -> None:
    assert done.web.sign_in("dispatcher").get(bill(done)).status_code == 200
    for role in ("agent", "technician", "admin"):
        assert done.web.sign_in(role).post(bill(done), data=RIGHT).status_code == 403


def test_a_reopened_ticket_shows_each_visits_bill_by_itself(done: Phone, desk: httpx.Client) -> None:
    web = done.web
    with web.database.transaction() as session:
        reopening.reopen_ticket(
            session, ticket_id=done.ticket_id, reason="다시 꺼집니다", by=world.AGENT, now=web.wait(hours=1)
        )
        ticket = session.get_one(Ticket, done.ticket_id)
        world.make_visit(
            session, ticket=ticket, point=web.point, technician=web.technician, sequence=2, start=web.now
        )
    page = words_of(web.sign_in("agent").get(f"/agent/tickets/{done.number}").text)
    assert "1번째 방문" in page and "118,000원" in page and "미리 말씀드릴 비용" in page
    assert "같은 고장이 다시 나서 무상입니다" in page and "보증 기간" not in page, "its warranty is over"


def test_the_second_of_two_desks_sees_what_the_first_did(done: Phone, desk: httpx.Client) -> None:
    other = done.web.sign_in("dispatcher")
    (first,) = (charge.id for charge in charges(done.web))
    for window in (desk, other):
        assert f'name="seen" value="{first}"' in window.get(bill(done)).text
    press = {"seen": str(first), "reason": WHY}
    assert desk.post(bill(done), data={**RIGHT, **press}).status_code == 303
    late = other.post(bill(done), data={"quantity.PART_FAN": "2", **press})
    assert late.status_code == 409 and "그사이 다른 사람이 이 청구서를 고쳤습니다" in late.text
    assert quantity(late.text, "PART_FAN") == "0", "what was typed rests on a bill that is no more"
    assert WHY in late.text
    newest = charges(done.web)[-1]
    assert len(charges(done.web)) == 2 and f'name="seen" value="{newest.id}"' in late.text
    unfinished = other.post(bill(done), data={"quantity.PART_FAN": "2", "seen": str(first), "reason": ""})
    assert f'name="seen" value="{first}"' in unfinished.text, "he has not read the new one"
    again = {"quantity.PART_FAN": "2", "misuse": "1", "seen": str(newest.id), "reason": WHY}
    assert other.post(bill(done), data=again).status_code == 303
    with done.web.database.reading() as session:
        query = select(TimelineEntry).where(TimelineEntry.what == "ChargeCorrected")
        said = [entry.data for entry in session.exec(query.order_by(col(TimelineEntry.id)))]
    assert [(data["misuse_before"], data["misuse"]) for data in said] == [(False, False), (False, True)]
    assert "사용 부주의로 봄" in words_of(desk.get(f"/point/tickets/{done.number}").text)


def test_a_bill_stays_with_the_point_that_made_it(done: Phone, desk: httpx.Client) -> None:
    web = done.web
    with web.database.transaction() as session:
        other = world.make_point(session, company=web.company, code="second")
        reopening.reopen_ticket(
            session, ticket_id=done.ticket_id, reason="다시 꺼집니다", by=world.AGENT, now=web.wait(hours=1)
        )
        session.get_one(Ticket, done.ticket_id).service_point_id = other.id
    theirs = web.sign_in("point", point=other)
    ticket = theirs.get(f"/point/tickets/{done.number}").text
    assert "118,000원" in ticket and bill(done) not in ticket
    for refused in (theirs.get(bill(done)), theirs.post(bill(done), data={**RIGHT, "reason": WHY})):
        assert refused.status_code == 403 and "배차 담당자에게 청구 정정을 부탁" in refused.text
    assert bill(done) in desk.get(f"/point/tickets/{done.number}").text
    page = desk.get(bill(done)).text
    assert f'href="/point/tickets/{done.number}"' not in page, "the ticket is another point's"
    answer = desk.post(bill(done), data={**RIGHT, "reason": WHY})
    assert answer.status_code == 303 and answer.headers["location"] == f"{bill(done)}?done=bill"
    assert "저장했습니다: 고친 비용 48,000원" in desk.get(answer.headers["location"]).text
    assert charges(web)[-1].total == 48_000
    third = web.sign_in("point", point=_another(web))
    assert third.get(bill(done)).status_code == 404


def charges(web: WebWorld) -> list[Charge]:
    with web.database.reading() as session:
        return list(session.exec(select(Charge).order_by(col(Charge.id))))


def _another(web: WebWorld) -> ServicePoint:
    with web.database.transaction() as session:
        return world.make_point(session, company=web.company, code="third")
