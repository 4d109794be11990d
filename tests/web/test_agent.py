"""The intake desk: found, masked, taken once, agreed; what cannot be taken stays beside its field."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import col, func, select

import journey
from callcenter.models import ErrorCode
from core.clock import rfc3339_kst
from core.db import Database
from core.events import deliver
from core.models import StoredEvent
from customers.models import Household
from dispatch.models import ContactAttempt, Task, Ticket, TicketParty, TriageStep, Visit
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.planning.slots import rank_slots
from dispatch.tasks import open_task
from notifications.models import Notice
from tests import world
from tests.web.conftest import ClientAs, WebWorld
from tests.web.test_phones import put_text
from tests.web.told_once import told_once, words_of
from workforce.models import AccessLog, Account

FORM: dict[str, Any] = {
    "resident_phone": "０２)５５５-0101",
    "resident_name": "김영자",
    "resident_address": "서울 강남구 역삼동 735, 101동 1203호",
    "caller": "other",
    "requester_phone": "010.9876.5432 (아들)",
    "requester_name": "김민수",
    "requester_relationship": "child",
    "payer": "requester",
    "symptom": "NO_HEAT",
    "self_fix_card": "THERMOSTAT",
    "self_fix_result": "FAILED",
    "note": "방이 추워요",
    "idempotency_key": "press-1",
}
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def desk(client_as: ClientAs) -> httpx.Client:
    return client_as("agent")


def file(desk: httpx.Client, **changes: Any) -> httpx.Response:
    return desk.post("/agent/new", data={**FORM, **changes})


def number_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text[:2000]
    found = re.fullmatch(r"/agent/tickets/([^?]+)\?done=filed", answer.headers["location"])
    assert found
    return found.group(1)


def tickets(database: Database) -> list[Ticket]:
    with database.reading() as session:
        return list(session.exec(select(Ticket).order_by(col(Ticket.id))))


def carry_on(web_world: WebWorld) -> None:
    """What the worker does with the events that are stored."""
    with web_world.database.reading() as session:
        ids = list(session.exec(select(StoredEvent.id).where(col(StoredEvent.handled_at).is_(None))))
    for event_id in ids:
        deliver(web_world.database, event_id=event_id or 0, journey=journey.JOURNEY, now=web_world.now)


def make_home(web_world: WebWorld, **fields: Any) -> int:
    with web_world.database.transaction() as session:
        company = session.merge(web_world.company, load=False)
        household = world.make_household(session, company=company, **fields)
        return household.id or 0


def make_case(web_world: WebWorld, **fields: Any) -> str:
    with web_world.database.transaction() as session:
        company = session.merge(web_world.company, load=False)
        return world.make_ticket(session, company=company, **fields).number


@pytest.mark.parametrize("role", ["agent", "dispatcher", "manager", "admin"])
def test_the_desk_is_for_the_call_centre(client_as: ClientAs, role: str) -> None:
    assert client_as(role).get("/agent").status_code == 200


@pytest.mark.parametrize("role", ["qa"])
def test_others_are_sent_away(client_as: ClientAs, role: str) -> None:
    assert client_as(role).get("/agent").status_code == 403
    assert client_as(role).post("/agent/new", data=FORM).status_code == 403


def test_one_press_files_one_ticket_with_its_parties(desk: httpx.Client, database: Database) -> None:
    number = number_of(file(desk))
    [ticket] = tickets(database)
    assert (ticket.number, ticket.status, ticket.priority, ticket.payer_role) == (
        number,
        "RECEIVED",
        1,
        "requester",
    )
    with database.reading() as session:
        parties = {p.role: p for p in session.exec(select(TicketParty))}
        step = session.exec(select(TriageStep)).one()
    assert parties["resident"].phone == "+8225550101"
    assert not parties["resident"].can_text
    assert parties["requester"].phone == "+821098765432"
    assert parties["requester"].relationship == "child"
    assert (step.card, step.card_version, step.result) == ("THERMOSTAT", 1, "FAILED")


def test_a_double_press_leads_to_the_same_ticket(desk: httpx.Client, database: Database) -> None:
    first, second = file(desk), file(desk)
    assert first.headers["location"] == second.headers["location"]
    assert len(tickets(database)) == 1
    other = file(desk, note="다른 내용")
    assert other.status_code == 409
    assert len(tickets(database)) == 1


def test_without_a_result_the_ticket_waits_for_a_talk(desk: httpx.Client, database: Database) -> None:
    number = number_of(file(desk, self_fix_result=""))
    assert number in desk.get("/agent/waiting?list=triage").text
    page = desk.get(f"/agent/tickets/{number}").text
    assert "실내 온도조절기 확인" in page
    data = {"self_fix_card": "THERMOSTAT@1", "self_fix_result": "SOLVED"}
    assert desk.post(f"/agent/tickets/{number}/self-fix", data=data).status_code == 303
    assert tickets(database)[0].status == "SELF_FIXED"
    assert number not in desk.get("/agent/waiting?list=triage").text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"resident_phone": "12"}, "resident_phone"),
        ({"resident_address": ""}, "resident_address"),
        ({"resident_name": ""}, "resident_name"),
        ({"requester_phone": ""}, "requester_phone"),
        ({"payer": "payer", "payer_name": "집주인", "payer_phone": "없음"}, "payer_phone"),
        ({"payer": "requester", "caller": "resident"}, "payer"),
        ({"boiler_installed_on": "2999-01-01"}, "boiler_installed_on"),
        ({"boiler_installed_on": "x"}, "boiler_installed_on"),
        ({"symptom": ""}, "symptom"),
        ({"wished": "x/y"}, "wished"),
        ({"error_code": "1" * 400}, "error_code"),
    ],
)
def test_a_bad_field_is_told_beside_it_and_nothing_typed_is_lost(
    desk: httpx.Client, database: Database, changes: dict[str, Any], field: str
) -> None:
    answer = file(desk, **changes)
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert "방이 추워요" in answer.text
    assert tickets(database) == []


def test_an_empty_call_says_each_thing_once(desk: httpx.Client) -> None:
    answer = desk.post("/agent/new", data={"symptom": "NO_HEAT"})
    assert answer.status_code == 422
    assert set(told_once(answer.text)) >= {"resident_phone", "resident_name", "resident_address"}


def test_the_summary_counts_every_red_field_and_leads_to_each(desk: httpx.Client) -> None:
    page = file(
        desk, symptom="", resident_phone="12", resident_address="", boiler_installed_on="2999-01-01"
    ).text
    red = sorted(told_once(page))
    assert red == ["boiler_installed_on", "resident_address", "resident_phone", "symptom"]
    assert "고칠 칸 4곳" in words_of(page)
    assert sorted(re.findall(r'href="#e-([a-z_]+)"', page)) == red


def test_script_in_any_field_stays_text(desk: httpx.Client) -> None:
    number = number_of(file(desk, resident_name=f"김{SCRIPT}", note=SCRIPT, boiler_model=SCRIPT))
    desk.post(f"/unmask/ticket/{number}", data={"reason": "본인 확인"})
    page = desk.get(f"/agent/tickets/{number}").text
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    assert SCRIPT not in file(desk, resident_phone="", note=SCRIPT, idempotency_key="k2").text


def test_a_danger_needs_little_and_gets_no_self_fix(desk: httpx.Client, database: Database) -> None:
    guide = desk.post("/agent/new/guide", data={"symptom": "GAS_SMELL"}).text
    assert "창문과 문을 활짝" in guide
    assert "self_fix_result" not in guide
    data = {"safety": "1", "resident_phone": "01012345678", "resident_address": "서울 강남구 역삼동 1"}
    number = number_of(desk.post("/agent/new", data=data))
    [ticket] = tickets(database)
    assert ticket.safety
    assert ticket.symptom == "GAS_SMELL"
    page = desk.get(f"/agent/tickets/{number}").text
    assert "1544-4500" in page
    assert "self_fix_result" not in page


def test_a_code_that_means_gas_turns_into_the_safety_flow(
    web_world: WebWorld, desk: httpx.Client, database: Database
) -> None:
    with database.transaction() as session:
        row = ErrorCode(
            company_id=web_world.company.id or 0,
            family="ON",
            code="14",
            meaning="가스 누출 감지",
            safety=True,
            source="test",
        )
        session.add(row)
    echo = desk.post("/agent/new/echo/error_code", data={"error_code": "e14"}).text
    assert "가스 누출 감지" in echo
    assert "안전 접수로 바뀝니다" in echo
    assert "제조사 확인 전" in echo
    guide = desk.post("/agent/new/guide", data={"symptom": "NO_HEAT", "error_code": "14"}).text
    assert "script-steps" in guide
    assert "모르는 번호" in desk.post("/agent/new/echo/error_code", data={"error_code": "77"}).text
    number_of(file(desk, error_code="14"))
    assert tickets(database)[0].safety


@pytest.mark.parametrize(
    ("field", "written", "understood"),
    [
        ("resident_phone", "０１０．１２３４．５６７８ (딸)", "010-1234-5678"),
        ("resident_phone", "02)555-0101", "문자 못 받음"),
        ("resident_phone", "12", "전화번호가 너무 짧습니다"),
        ("resident_address", "서울 강남구 역삼동 735 101동 1203호", "동까지 압니다"),
        ("resident_address", "서울 강남구", "data-pick"),
        ("resident_address", "???", "echo-line"),
    ],
)
def test_fields_are_read_back(desk: httpx.Client, field: str, written: str, understood: str) -> None:
    assert understood in desk.post(f"/agent/new/echo/{field}", data={field: written}).text


def test_an_unknown_field_has_no_echo(desk: httpx.Client) -> None:
    assert desk.post("/agent/new/echo/nothing", data={"nothing": "1"}).status_code == 404


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


def test_a_known_home_is_filed_without_being_shown(web_world: WebWorld, desk: httpx.Client) -> None:
    home = make_home(web_world)
    form = desk.get("/agent/new", params={"household": home})
    assert "김영자" not in form.text
    with web_world.database.reading() as session:
        household = session.get_one(Household, home)
    child = re.search(r'name="caller" value="(\d+)"', form.text)
    assert child
    data = {"household": str(home), "caller": child.group(1), "symptom": "LEAK", "self_fix_result": "REFUSED"}
    number_of(desk.post("/agent/new", data=data))
    [ticket] = tickets(web_world.database)
    assert ticket.household_id == household.id
    with web_world.database.reading() as session:
        parties = {p.role: p for p in session.exec(select(TicketParty))}
        assert session.exec(select(func.count()).select_from(Household)).one() == 1
    assert parties["requester"].name == "김민수"
    assert desk.post("/agent/new", data={**data, "caller": "999999"}).status_code == 422


def test_unmasking_is_one_click_with_a_reason_and_leaves_a_line(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = make_case(web_world)
    page = desk.get(f"/agent/tickets/{number}").text
    assert "김영자" not in page
    reason = re.search(r'name="reason" value="([^"]+)"', page)
    assert reason
    back = f"/agent/tickets/{number}"
    answer = desk.post(f"/unmask/ticket/{number}", data={"reason": reason.group(1), "back": back})
    assert answer.headers["location"] == back
    assert "김영자" in desk.get(back).text
    with web_world.database.reading() as session:
        assert session.exec(select(AccessLog)).one().reason == "상담 통화 중 본인 확인"


def test_a_window_is_agreed_while_they_talk(web_world: WebWorld, desk: httpx.Client) -> None:
    number = number_of(file(desk))
    carry_on(web_world)
    carry_on(web_world)
    page = desk.get(f"/agent/tickets/{number}").text
    assert "차로" in page
    assert web_world.point.name in page
    slots = re.findall(r'name="window" value="([^"]+)"', page)
    assert slots
    data = {"window": slots[0], "with": "requester", "idempotency_key": "w1"}
    for _ in range(2):
        answer = desk.post(f"/agent/tickets/{number}/window", data=data)
        assert answer.status_code == 303, answer.text[:1500]
    [ticket] = tickets(web_world.database)
    assert ticket.status == "APPOINTED"
    with web_world.database.reading() as session:
        visit = session.exec(select(Visit)).one()
        assert len(session.exec(select(ContactAttempt)).all()) == 1
    assert visit.window_start is not None
    assert rfc3339_kst(visit.window_start) == slots[0].split("/")[0]
    page = desk.get(f"/agent/tickets/{number}").text
    assert "방문 시간 바꾸기" in page
    assert "찾아갑니다" in page


@pytest.mark.parametrize(
    ("said", "wrong", "words"),
    [
        ({}, "f-asked_by", ""),
        ({"asked_by": "company"}, "e-change_reason", ""),
        ({"asked_by": "company", "change_reason": "앞 수리가 길어짐"}, "", "앞 수리가 길어짐"),
        ({"asked_by": "family"}, "", "요청에 따라"),
    ],
    ids=["nobody-said-who", "no-reason", "ours", "the-family's"],
)
def test_a_window_is_changed_by_somebody_and_the_text_says_so(
    web_world: WebWorld, desk: httpx.Client, said: dict[str, str], wrong: str, words: str
) -> None:
    number = number_of(file(desk))
    carry_on(web_world)
    carry_on(web_world)
    path = f"/agent/tickets/{number}"
    slots = re.findall(r'name="window" value="([^"]+)"', desk.get(path).text)
    desk.post(f"{path}/window", data={"window": slots[0], "with": "requester"})
    data = {"window": slots[-1], "with": "requester", **said}
    answer = desk.post(f"{path}/window", data=data)
    if wrong:
        assert answer.status_code == 422
        assert f'id="{wrong}"' in answer.text
        return
    assert answer.status_code == 303, answer.text[:1500]
    with web_world.database.reading() as session:
        told = session.exec(select(Notice.text).where(Notice.event == "WINDOW_CHANGED")).all()
    assert told
    assert all(words in text for text in told)
    assert all(("죄송" in text) == (said["asked_by"] == "company") for text in told)


def test_a_window_that_cannot_be_kept_is_refused_with_the_reachable_ones(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = number_of(file(desk))
    carry_on(web_world)
    carry_on(web_world)
    night = web_world.now + timedelta(hours=14)
    window = f"{rfc3339_kst(night)}/{rfc3339_kst(night + timedelta(hours=2))}"
    answer = desk.post(f"/agent/tickets/{number}/window", data={"window": window, "with": "resident"})
    assert answer.status_code == 409
    assert "갈 수 있는 시간" in answer.text
    assert desk.post(f"/agent/tickets/{number}/window", data={"window": "x"}).status_code == 422
    [ticket] = tickets(web_world.database)
    with web_world.database.transaction() as session:
        assert rank_slots(session, ticket_id=ticket.id or 0, now=web_world.now)


def test_cancelling_needs_a_reason_and_an_ended_ticket_can_be_opened_again(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = make_case(web_world)
    refused = desk.post(f"/agent/tickets/{number}/cancellation", data={"reason": " "})
    assert refused.status_code == 422
    assert 'id="act-cancel" open' in refused.text
    assert desk.post(f"/agent/tickets/{number}/cancellation", data={"reason": "이사"}).status_code == 303
    assert tickets(web_world.database)[0].status == "CANCELLED"
    assert 'id="act-reopen"' in desk.get(f"/agent/tickets/{number}").text
    late = desk.post(f"/agent/tickets/{number}/note", data={"note": "늦은 통화"})
    assert late.status_code == 409
    assert desk.post(f"/agent/tickets/{number}/reopening", data={"reason": "다시 고장"}).status_code == 303
    assert tickets(web_world.database)[0].status == "REOPENED"


def test_escalation_names_its_owner_in_the_list(web_world: WebWorld, desk: httpx.Client) -> None:
    number = make_case(web_world)
    answer = desk.post(f"/agent/tickets/{number}/escalation", data={"reason": "세 번째 고장"})
    assert answer.status_code == 303
    listed = desk.get("/agent/waiting?list=escalations").text
    assert number in listed
    assert "한책임" in listed
    assert "세 번째 고장" in listed


def test_a_place_is_pointed_out_during_the_call(web_world: WebWorld, desk: httpx.Client) -> None:
    number = number_of(file(desk, resident_address="서울 강남구"))
    assert number in desk.get("/agent/waiting?list=map").text
    page = desk.get(f"/agent/tickets/{number}").text
    assert "data-pick" in page
    assert desk.post(f"/agent/tickets/{number}/location", data={"lat": "", "lon": ""}).status_code == 422
    assert desk.post(f"/agent/tickets/{number}/location", data={"lat": "1", "lon": "2"}).status_code == 422
    picked = desk.post(f"/agent/tickets/{number}/location", data={"lat": "37.5", "lon": "127.03"})
    assert picked.status_code == 303
    assert number not in desk.get("/agent/waiting?list=map").text


def test_a_place_picked_in_the_form_needs_no_task(web_world: WebWorld, desk: httpx.Client) -> None:
    number_of(file(desk, resident_address="서울 강남구", lat="37.5", lon="127.03"))
    with web_world.database.reading() as session:
        assert [task.state for task in session.exec(select(Task))] == ["done"]


def test_a_landline_call_is_made_and_written_down(web_world: WebWorld, desk: httpx.Client) -> None:
    number = number_of(file(desk))
    carry_on(web_world)
    carry_on(web_world)
    page = desk.get(f"/agent/tickets/{number}").text
    slot = re.findall(r'name="window" value="([^"]+)"', page)[0]
    desk.post(f"/agent/tickets/{number}/window", data={"window": slot, "with": "requester"})
    listed = desk.get("/agent/waiting?list=calls").text
    assert number in listed
    assert "집 전화로 알리기" in listed
    assert "김*자" in listed
    page = desk.get(f"/agent/tickets/{number}").text
    for text in (listed, page):
        assert "김영자" not in text
        assert "김민수" not in text
    assert "1588-0000" in page, "the company's own number is no secret"
    task = re.search(rf'action="/agent/tickets/{number}/tasks/(\d+)"', page)
    assert task
    path = f"/agent/tickets/{number}/tasks/{task.group(1)}"
    assert desk.post(path, data={"outcome": " "}).status_code == 422
    assert desk.post(path, data={"outcome": "말씀드림"}).status_code == 303
    assert desk.post(path, data={"outcome": "또"}).status_code == 409


def test_who_owns_a_call_reads_whom_to_ring_and_dials_after_a_logged_press(
    web_world: WebWorld, desk: httpx.Client, client_as: ClientAs
) -> None:
    number = make_case(web_world)
    why = "거주자께 문자가 가지 않았습니다. 전화로 알려 주세요."
    ticket_id = tickets(web_world.database)[0].id or 0
    text = "김영자님, 오늘 14시에 찾아갑니다. 문의: 1588-0000"
    put_text(web_world, ticket_id, "+8225550101", recipient="resident", state="failed", text=text)
    with web_world.database.transaction() as session:
        notice = session.exec(select(Notice)).one()
        owner = session.exec(select(Account).where(col(Account.login).startswith("agent-"))).one()
        open_task(
            session,
            ticket_id=ticket_id,
            kind=NOTICE_FAILED,
            recipient="resident",
            detail=why,
            owner_person_id=owner.person_id,
            data={"notice_id": notice.id},
            now=web_world.now,
        )
    path = f"/agent/tickets/{number}"
    page = words_of(desk.get(path).text)
    assert "이렇게 말씀해 주세요 김영자님, 오늘 14시에 찾아갑니다. 문의: 1588-0000" in page
    assert why in page and "사시는 분 김영자" in page
    assert "김영자" not in client_as("agent").get(path).text, "another agent's call"
    closed = desk.get(f"{path}/tasks").text
    assert "tel:" not in closed and "02-***-0101" in closed
    form = dict(re.findall(r'name="(reason|back)" value="([^"]+)"', closed))
    assert desk.post(f"/unmask/ticket/{number}", data=form).headers["location"] == path
    assert 'href="tel:+8225550101" data-dial="told-' in desk.get(f"{path}/tasks").text
    with web_world.database.reading() as session:
        assert [log.reason for log in session.exec(select(AccessLog))] == [form["reason"]]


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
