"""A landlord pays: asked before dear work, billed, paid, given back; the day is closed, the month told."""

from __future__ import annotations

import re
from datetime import date, timedelta

import httpx
import pytest
from sqlmodel import Session, col, select

from billing.day_close import takings_of
from billing.models import Charge
from billing.payment_models import DayClose, Payment
from billing.payment_schemas import Takings
from core.clock import operating_day
from core.dated import set_rule
from dispatch.models import Ticket, TicketParty, Visit
from dispatch.money_notices import tell_estimate
from notifications.models import Notice
from tests import world
from tests.web.conftest import WebWorld
from tests.web.technician_world import Phone, at_the_door, open_phone
from tests.web.told_once import words_of

DEAR = {"quantity.PART_FAN": "3", "tick": ["usage_explained"], "note": "송풍기 세 개"}
"""18,000 + 210,000 won."""


@pytest.fixture
def phone(web_world: WebWorld) -> Phone:
    """At the door of a tenant whose landlord pays; above 200,000 won he is asked."""
    phone = open_phone(web_world)
    with web_world.database.transaction() as session:
        set_rule(
            session,
            company_id=web_world.company.id or 0,
            key="approval_limit",
            value=200_000,
            valid_from=web_world.now - timedelta(days=1),
            source="시험",
            by=world.AGENT,
            now=web_world.now,
        )
        ticket = session.get_one(Ticket, phone.ticket_id)
        ticket.payer_role = "payer"
        add_landlord(session, ticket)
    return phone


def add_landlord(session: Session, ticket: Ticket) -> None:
    contact = world.make_contact(
        session, company_id=ticket.company_id, name="박집주인", phone="010-7000-8000"
    )
    session.flush()
    session.add(
        TicketParty(
            ticket_id=ticket.id or 0,
            role="payer",
            contact_id=contact.id or 0,
            name=contact.name,
            phone=contact.phone,
            phone_raw="010-7000-8000",
            can_text=True,
            relationship="landlord",
        )
    )


def told(phone: Phone, event: str) -> list[tuple[str, str]]:
    query = select(Notice).where(col(Notice.event) == event).order_by(col(Notice.id))
    with phone.web.database.reading() as session:
        return [(row.recipient, row.text) for row in session.exec(query)]


def rows(phone: Phone) -> list[tuple[str, str, int]]:
    with phone.web.database.reading() as session:
        found = session.exec(select(Payment).order_by(col(Payment.id)))
        return [(row.kind, row.method, row.amount) for row in found]


def agree_window(session: Session, phone: Phone, *, hours: int = 0) -> None:
    visit = session.get_one(Visit, phone.visit_id)
    visit.window_start = phone.web.now + timedelta(hours=hours)
    visit.window_end = visit.window_start + timedelta(hours=2)
    session.add(visit)
    session.flush()


def tell_other_window(phone: Phone) -> None:
    """Before the first text is out the time moves into the night: he hears that alone."""
    with phone.web.database.transaction() as session:
        agree_window(session, phone, hours=12)
        tell_estimate(session, visit_id=phone.visit_id, now=phone.web.now)
        query = select(Notice).where(col(Notice.event) == "ESTIMATE").order_by(col(Notice.id))
        first, second = session.exec(query)
        assert (first.state, second.state) == ("withdrawn", "queued") and "22,000원" in second.text
        agree_window(session, phone)


def test_the_landlord_is_told_the_range_asked_and_billed_to_the_won(phone: Phone) -> None:
    with phone.web.database.transaction() as session:
        agree_window(session, phone)
        for _ in range(2):
            tell_estimate(session, visit_id=phone.visit_id, now=phone.web.now)
    ((recipient, text),) = told(phone, "ESTIMATE")
    tell_other_window(phone)
    assert recipient == "payer" and "18,000원에서 보통 11만 8천원(118,000원)까지" in text

    at_the_door(phone)
    refused = phone.post("completed", DEAR)
    assert refused.status_code == 422 and "200,000원이 넘는 작업입니다" in refused.text
    assert 'value="3"' in refused.text and "송풍기 세 개" in refused.text, "nothing typed is lost"
    assert "data-until-answered" in refused.text, "it goes with the next answer"
    asked = phone.post("approval", DEAR)
    assert asked.status_code == 200 and "송풍기 세 개" in asked.text
    assert "비용 내시는 분께 여쭙습니다: 228,000원" in asked.text
    assert 'data-testid="approval" data-state="asked" data-asking="' in asked.text
    assert {recipient for recipient, _ in told(phone, "APPROVAL_ASKED")} == {"payer", "requester"}
    again = phone.get("?do=complete")
    assert 'name="quantity.PART_FAN" value="3"' in again, "what was asked stands on the form again"
    agent = phone.web.sign_in("agent")
    desk = agent.get(f"/agent/tickets/{phone.number}").text
    approval_id = re.findall(r'name="approval" value="(\d+)"', desk)[0]
    assert "228,000" in desk and "하지 말라고 하심" in desk, "he rings the number in the text"
    for foreign in ("0", "99999"):
        answer = {"approval": foreign, "agrees": "1"}
        assert agent.post(f"/agent/tickets/{phone.number}/approval", data=answer).status_code == 404
    answer = {"approval": approval_id, "agrees": "1"}
    assert agent.post(f"/agent/tickets/{phone.number}/approval", data=answer).status_code == 303
    head = phone.client.get(f"/m/{phone.number}/now?do=complete&seen=x").text
    assert 'data-state="agreed"' in head and "228,000" in head

    serials = {"serial_old.PART_FAN": "F-1", "serial_new.PART_FAN": "F-2"}
    assert phone.post("completed", {**DEAR, **serials}).status_code == 303
    for recipient, text in told(phone, "VISIT_RESULT"):
        lines = [int(each.replace(",", "")) for each in re.findall(r"- .+: ([\d,]+)원", text)]
        assert sum(lines) == 228_000, recipient
        assert recipient == "resident" or "이 가운데 부가세 20,727원" in text
    page = phone.get()
    assert "F-1 → F-2" in page and "228,000" in page


def test_what_is_paid_is_rows_and_the_day_is_closed_by_himself(phone: Phone) -> None:
    at_the_door(phone)
    assert phone.post("completed", {"tick": ["usage_explained"], "quantity.PART_FAN": "2"}).status_code == 303
    assert "현금 100,000원부터는 고객이 원하지 않아도 발급하고" in phone.get(), "before he sends"
    no_receipt = phone.post("payment", {"method": "cash", "amount": "120,000"})
    assert no_receipt.status_code == 422 and "현금영수증 승인번호를 적어야" in no_receipt.text
    cash = {"method": "cash", "amount": "120,000", "receipt_number": "123456789", "idempotency_key": "k"}
    paid = [phone.post("payment", cash) for _ in range(2)]
    assert [answer.status_code for answer in paid] == [303, 303]
    assert "저장했습니다: 120,000원, 현금" in phone.client.get(paid[0].headers["location"]).text
    too_much = phone.post("payment", {"method": "card", "amount": "100000"})
    assert too_much.status_code == 409 and "더 받을 돈은 38,000원입니다" in too_much.text
    assert phone.post("payment", {"method": "unpaid", "amount": "38000"}).status_code == 422
    later = {"method": "unpaid", "amount": "38000", "reason": "집주인이 금요일에 보낸다고 함"}
    assert phone.post("payment", later).status_code == 303
    assert rows(phone) == [("paid", "cash", 120_000), ("paid", "unpaid", 38_000)]

    ask_the_desk_to_put_right(phone)
    money = phone.client.get("/m/money").text
    assert "120,000" in money and "마감하기" in money
    day = operating_day(phone.web.now).isoformat()
    counted = {"day": day, "cash": "119,000", "card": "0", "transfer": "0"}
    short = phone.client.post("/m/money/close", data=counted)
    assert short.status_code == 422 and "왜 다른지 적어 주세요" in short.text and "119,000" in short.text
    closed = phone.client.post("/m/money/close", data={**counted, "reason": "거스름돈을 더 드림"})
    assert closed.status_code == 303
    after = words_of(phone.client.get(closed.headers["location"]).text)
    assert "저장했습니다: 119,000원, 하루 마감" in after and "운영일은 새벽 5시부터" in after
    assert after.count("마감함") == 1 and "아직" not in after, "days of nothing are not listed"

    desk = phone.web.sign_in("point", point=phone.web.point)
    page = words_of(desk.get("/point/money").text)
    assert phone.number in page and "38,000" in page and "집주인이 금요일에 보낸다고 함" in page
    assert "거스름돈을 더 드림" in page and "다름" in page and "박집주인" not in page
    take_the_rest_and_give_back(phone, desk)
    manager = phone.web.sign_in("manager")
    month = words_of(manager.get("/manager/money").text)
    assert "158,000" in month and "14,363" in month, "what was billed, and the tax in it"
    top = month[: month.index("다시 볼 것")]
    assert "받을 돈, 오늘까지 모든 달 20,000원" in top and "돌려드릴 돈, 오늘까지 모든 달 0원" in top
    assert "month=2000-01" in manager.get("/manager/money?month=2000-02").text
    for page in ("/manager/money", "/messages/costs"):
        assert "1999" not in manager.get(f"{page}?month=2000-01").text, "no link to a month that is refused"
    for wrong, why in (("2026-13", "달로 읽을 수 없어"), ("2031-01", "아직 오지 않은 달")):
        answer = manager.get(f"/manager/money?month={wrong}&sort=day")
        assert answer.status_code == 422 and why in answer.text and "158,000" in answer.text
        said = manager.post("/manager/money/file", data={"month": wrong, "reason": "세무사 제출"})
        assert said.status_code == 422 and why in said.text, "no file of another month than was asked for"
    silent = manager.post("/manager/money/file", data={})
    assert silent.status_code == 422 and "왜 내려받는지 적어 주세요" in silent.text
    assert "error-summary" not in silent.text and "autofocus" in silent.text, "said at its field alone"
    file = manager.post("/manager/money/file", data={"month": "", "reason": "세무사 제출"})
    assert file.headers["content-type"].startswith("text/csv") and "158000" in file.text
    opened = manager.post("/manager/money/file", data={"which": "open", "reason": "환불"})
    assert opened.text.splitlines()[-1].endswith(",158000,138000,20000,0") and phone.number in opened.text
    assert f"받을 돈 ({operating_day(phone.web.now).isoformat()} 현재)" in file.text
    with phone.web.database.reading() as session:
        assert [row.cash_counted for row in session.exec(select(DayClose))] == [119_000]


def ask_the_desk_to_put_right(phone: Phone) -> None:
    """What he typed wrongly he says once; the desk finds it among its work, and no row has changed."""
    assert "잘못 적었나요" in phone.get()
    assert "어떻게 고쳐야 하는지" in phone.post("mistake", {"mistake": " "}).text
    assert phone.post("mistake", {"visit": "999", "mistake": "x"}).status_code == 404
    before = rows(phone)
    said = {"visit": str(phone.visit_id), "mistake": "현금 12만원이 아니라 카드입니다"}
    for key in ("a", "b"):
        assert phone.post("mistake", {**said, "idempotency_key": key}).status_code == 303
    assert phone.post("mistake", {**said, "mistake": "부품도 두 개가 아니라 하나"}).status_code == 303
    page = phone.get()
    assert "데스크에 알렸습니다" in page and "잘못 적었나요" not in page and rows(phone) == before
    desk = phone.web.sign_in("point", point=phone.web.point)
    todo = words_of(desk.get(f"/point/tickets/{phone.number}").text)
    assert "카드입니다" in todo and "두 개가 아니라 하나" in todo, "nothing he said is lost"
    assert phone.number in desk.get("/point").text


def take_the_rest_and_give_back(phone: Phone, desk: httpx.Client) -> None:
    """The desk takes the transfer, gives 20,000 won of the cash back, and puts a wrong entry right."""
    here = f"/point/tickets/{phone.number}/bills/{phone.visit_id}/payments"
    assert desk.post(here, data={"method": "card", "amount": "38000"}).status_code == 303
    page = desk.get(here).text
    first, _unpaid, wrong = dict.fromkeys(re.findall(r'name="payment" value="(\d+)"', page))
    no_reason = desk.post(here, data={"act": "correct", "payment": wrong, "reason": ""})
    assert no_reason.status_code == 422
    undo = {"act": "correct", "payment": wrong, "reason": "카드가 아니라 이체"}
    assert desk.post(here, data=undo).status_code == 303
    assert desk.post(here, data=undo).status_code == 409, "once"
    assert desk.post(here, data={"method": "transfer", "amount": "38000"}).status_code == 303
    too_much = {"act": "refund", "payment": first, "amount": "120001", "reason": "정정"}
    refused = desk.post(here, data=too_much)
    assert refused.status_code == 409 and "<details" in refused.text
    assert 'value="120001"' in refused.text and 'value="정정"' in refused.text, "what was typed is there"
    assert refused.text.count(" open><summary>") == 1
    refund = {"act": "refund", "payment": first, "amount": "20000", "reason": "출장비를 깎아 드림"}
    assert desk.post(here, data=refund).status_code == 303
    assert rows(phone)[2:] == [
        ("paid", "card", 38_000),
        ("correction", "card", -38_000),
        ("paid", "transfer", 38_000),
        ("refund", "cash", -20_000),
    ]
    assert "20,000" in words_of(desk.get("/point/money").text), "owed until the bill is corrected"


def test_a_wrong_entry_is_put_right_on_its_day_and_each_ones_money_is_his_own(phone: Phone) -> None:
    """He typed 79,000 won for 18,000 and counted 18,000; the next day the desk puts the entry right."""
    at_the_door(phone)
    assert phone.post("completed", {"tick": ["usage_explained"], "quantity.PART_FAN": "2"}).status_code == 303
    assert phone.post("payment", {"method": "cash", "amount": "79000"}).status_code == 303
    split = phone.post("payment", {"method": "cash", "amount": "79000"})
    assert split.status_code == 422 and "현금영수증 승인번호를 적어야" in split.text, "one bill, one sum"
    first_day = operating_day(phone.web.now)
    counted = {"day": first_day.isoformat(), "cash": "18000", "card": "0", "transfer": "0", "reason": "오타"}
    assert phone.client.post("/m/money/close", data=counted).status_code == 303
    phone.web.wait(days=1)
    phone.client = phone.web.sign_in("technician", technician=phone.web.technician)
    desk = phone.web.sign_in("point", point=phone.web.point)
    here = f"/point/tickets/{phone.number}/bills/{phone.visit_id}/payments"
    right = {"act": "correct", "payment": "1", "reason": "오타", "method": "cash", "amount": "18000"}
    done = desk.post(here, data=right)
    said = "정정했습니다: 79,000원, 현금 → 18,000원, 현금"
    page = desk.get(done.headers["location"]).text
    assert said in page and said not in desk.get(here).text
    wrong, now_right = (words_of(line) for line in page.split('data-testid="payment"')[1:])
    assert "정정됨 → 아래 줄" in wrong and page.count("<s>") == 2 and "정정: 오타" in now_right
    assert "현금은 박기사 기사에게 있음" in now_right and "정정, 오늘" in now_right
    assert taken(phone, first_day) == Takings(cash=18_000) and taken(phone) == Takings()
    assert "맞음" in words_of(desk.get("/point/money").text)
    given = {"act": "refund", "payment": "3", "amount": "5000", "reason": "깎음", "holder": "technician"}
    assert desk.post(here, data=given).status_code == 303
    assert taken(phone) == Takings(cash=-5_000), "he gave it out of his own purse"
    assert desk.post(here, data={"act": "correct", "payment": "4", "reason": "안 줌"}).status_code == 303
    whole = {"act": "refund", "payment": "3", "amount": "18000", "reason": "카드로 다시"}
    assert desk.post(here, data=whole).status_code == 303, "a refund that never was took nothing"
    assert taken(phone) == Takings()
    kept = {"method": "card", "amount": "18000", "holder": "technician"}
    assert desk.post(here, data=kept).status_code == 303 and taken(phone) == Takings(card=18_000)
    swapped = {**counted, "cash": "18,000", "card": "0", "day": operating_day(phone.web.now).isoformat()}
    assert phone.client.post("/m/money/close", data=swapped).status_code == 303
    assert "다름 현금 18,000원 , 카드 -18,000원" in words_of(desk.get("/point/money").text), "each way"

    others = add_billed_visit_of_another(phone)
    own = {"method": "card", "amount": "1000", "visit": str(phone.visit_id)}
    assert phone.post("payment", own).status_code == 303 and taken(phone) == Takings(card=19_000)
    assert phone.post("payment", {**own, "visit": str(others)}).status_code == 403
    assert phone.post("payment", {**own, "visit": "99"}).status_code == 404
    for day in ("0001-01-01", "9999-12-31", "x"):
        assert phone.client.get(f"/m/money?day={day}").status_code == 200
    assert phone.client.post("/m/money/close", data={**swapped, "day": "0001-01-01"}).status_code == 303


def taken(phone: Phone, day: date | None = None) -> Takings:
    """What lies in the technician's hands of a day, of today when none is named."""
    with phone.web.database.reading() as session:
        return takings_of(
            session,
            company_id=phone.web.company.id or 0,
            technician_id=phone.web.technician.id or 0,
            day=day or operating_day(phone.web.now),
        )


def add_billed_visit_of_another(phone: Phone) -> int:
    """The case was opened again, and a colleague has been there and billed it."""
    with phone.web.database.transaction() as session:
        him = world.make_technician(session, point=phone.web.point, name="나기사")
        ticket = session.get_one(Ticket, phone.ticket_id)
        visit = world.make_visit(
            session,
            ticket=ticket,
            point=phone.web.point,
            technician=him,
            state="completed",
            start=phone.web.now,
            ended_at=phone.web.now,
            sequence=2,
        )
        bill = session.exec(select(Charge)).one().model_dump(exclude={"id"})
        session.add(Charge(**{**bill, "visit_id": visit.id}))
        return visit.id or 0


def test_misuse_within_the_warranty_takes_a_reason_that_the_family_reads(phone: Phone) -> None:
    at_the_door(phone)
    with phone.web.database.transaction() as session:
        before = world.make_ticket(
            session,
            company=phone.web.company,
            point=phone.web.point,
            household=None,
            status="COMPLETED",
            received_at=phone.web.now - timedelta(days=9),
        )
        before.household_id = session.get_one(Ticket, phone.ticket_id).household_id
        world.make_visit(
            session,
            ticket=before,
            point=phone.web.point,
            technician=phone.web.technician,
            state="completed",
            start=phone.web.now - timedelta(days=8),
            ended_at=phone.web.now - timedelta(days=8),
        )
    said = {"misuse": "1", "tick": ["usage_explained"], "note": "기사끼리 보는 말"}
    refused = phone.post("completed", said)
    assert refused.status_code == 422 and "까닭을 적어 주세요" in refused.text
    why = "물을 빼지 않고 플러그를 뽑아 둠"
    assert phone.post("completed", {**said, "misuse_reason": why}).status_code == 303
    assert all(f"비용을 받는 까닭: {why}" in text for _, text in told(phone, "VISIT_RESULT"))
    assert why in phone.get()
    desk = phone.web.sign_in("point", point=phone.web.point)
    here = f"/point/tickets/{phone.number}/bills/{phone.visit_id}"
    assert desk.post(here, data={"reason": "보증이 맞음"}).status_code == 303, "free again"
    back = {"reason": "역시 과실", "misuse": "1"}
    silent = desk.post(here, data=back)
    assert silent.status_code == 422 and "까닭을 적어 주세요" in silent.text
    assert desk.post(here, data={**back, "misuse_reason": why}).status_code == 303


def test_other_programs_ask_take_and_give_back_by_the_same_doors(phone: Phone) -> None:
    at_the_door(phone)
    here, him = f"/api/v1/tickets/{phone.number}", phone.client
    desk, agent = phone.web.sign_in("point", point=phone.web.point), phone.web.sign_in("agent")
    dear = {"lines": [{"code": "PART_FAN", "quantity": 3}]}
    assert him.post(f"{here}/approvals", json={"lines": [{"code": "NONE"}]}).status_code == 422
    asked = him.post(f"{here}/approvals", json=dear)
    assert (asked.status_code, asked.json()["state"], asked.json()["total"]) == (201, "asked", 228_000)
    assert told(phone, "APPROVAL_ASKED")
    answer = f"{here}/approvals/{asked.json()['id']}/answer"
    assert him.post(answer, json={"agrees": True}).status_code == 403
    assert agent.post(f"{here}/approvals/99999/answer", json={"agrees": True}).status_code == 404
    agreed = agent.post(answer, json={"agrees": True}).json()
    assert (agreed["state"], agreed["how"]) == ("agreed", "PHONE")
    assert agent.post(answer, json={"agrees": False}).status_code == 409
    assert [each["state"] for each in agent.get(f"{here}/approvals").json()["items"]] == ["agreed"]

    card = {"method": "card", "amount": 200_000}
    assert him.post(f"{here}/payments", json=card).status_code == 404, "no bill yet"
    assert phone.post("completed", {**DEAR, "serial_new.PART_FAN": "F-2"}).status_code == 303
    keyed = {"Idempotency-Key": "pay-1"}
    for _twice in range(2):
        taken = him.post(f"{here}/payments", json=card, headers=keyed)
        assert (taken.status_code, taken.json()["owed"]) == (201, 28_000)
    assert him.post(f"{here}/payments", json=card).status_code == 409
    assert him.post(f"{here}/payments", json={"method": "unpaid", "amount": 1}).status_code == 422
    assert agent.get(f"{here}/payments").status_code == 403
    paid = taken.json()["payments"][0]["id"]
    refund = {"amount": 50_000, "reason": "부품을 하나 덜 갈았음 010-7000-8000"}
    assert him.post(f"{here}/payments/{paid}/refunds", json=refund).status_code == 403
    given = desk.post(f"{here}/payments/{paid}/refunds", json=refund)
    assert (given.status_code, given.json()["paid"]) == (201, 150_000)
    assert "7000" not in given.text, "what is typed is shown masked"
    moved = desk.post(f"{here}/payments", json={"method": "transfer", "amount": 78_000}).json()
    wrong = moved["payments"][-1]["id"]
    undone = desk.post(f"{here}/payments/{wrong}/corrections", json={"reason": "다른 집의 돈"}).json()
    assert [(row["kind"], row["amount"]) for row in undone["payments"]] == [
        ("paid", 200_000),
        ("refund", -50_000),
        ("paid", 78_000),
        ("correction", -78_000),
    ]
    assert desk.post(f"{here}/payments/99999/corrections", json={"reason": "x"}).status_code == 404
    (seen,) = him.get(f"{here}/payments").json()["items"]
    assert seen == undone and seen["owed"] == 78_000 == seen["billed"] - seen["paid"]
