"""A wrong bill: the desk corrects it with a reason, sees what was and will be, the family hears again."""

from __future__ import annotations

import httpx
import pytest
from sqlmodel import col, select

from billing.models import Charge
from dispatch import reopening
from dispatch.models import Ticket
from notifications.models import Notice
from tests import world
from tests.web.conftest import WebWorld
from tests.web.technician_world import Phone, at_the_door, open_phone
from tests.web.told_once import told_once, words_of

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
        assert answer.headers["location"] == f"/point/tickets/{done.number}?done=bill"
    with done.web.database.reading() as session:
        old, new = session.exec(select(Charge).order_by(col(Charge.id))).all()
    assert (old.total, new.total, new.replaces_id) == (118_000, 48_000, old.id)
    first, second = results(done.web)
    assert first.state == "withdrawn" and second.generation != first.generation
    assert "먼저 알려 드린 비용을 바로잡아" in second.text and "48,000원" in second.text
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
