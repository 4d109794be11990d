"""Filing a ticket at the call centre: one press, one ticket; what is wrong stands beside its field."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from sqlmodel import func, select

from callcenter.models import ErrorCode
from core.db import Database
from core.models import TimelineEntry
from customers.models import Contact, Household
from dispatch.models import Ticket, TicketClock, TicketParty, TriageStep
from tests.web.agent_world import FORM, SCRIPT, carry_on, file, make_home, number_of, tickets
from tests.web.conftest import ClientAs, WebWorld
from tests.web.told_once import told_once, words_of


@pytest.fixture
def desk(client_as: ClientAs) -> httpx.Client:
    return client_as("agent")


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
    beside = page[page.index('class="fix-said"') : page.index("</aside>")]
    assert "방이 추워요" in beside and "010-****-5432" in beside, "what was said, and whom to ring"
    other = number_of(file(desk, self_fix_result="", note="다른 댁", idempotency_key="other"))
    data = {"self_fix_card": "THERMOSTAT@1", "self_fix_result": "SOLVED"}
    with database.transaction() as session:
        for clock in session.exec(select(TicketClock).where(TicketClock.kind == "promise")):
            clock.state = "breached"
            session.add(clock)
    solved = desk.post(f"/agent/tickets/{number}/self-fix", data=data)
    assert solved.status_code == 303
    after = desk.get(solved.headers["location"]).text
    assert f'href="/agent/tickets/{other}?act=fix#fix"' in after, "the way to the next"
    assert 'data-kind="promise"' not in after, "nobody can meet it any more"
    with database.reading() as session:
        assert session.exec(select(Ticket.status).where(Ticket.number == number)).one() == "SELF_FIXED"
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
        ({"boiler_installed_on": "x", "resident_phone": "12"}, "resident_phone"),
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
    on_paper = file(desk, paper="1", resident_phone="12").text
    red = sorted(told_once(on_paper))
    assert red == ["late_entry_reason", "received_at", "resident_phone"], "paper is told of all at once, too"
    assert sorted(re.findall(r'href="#e-([a-z_]+)"', on_paper)) == red


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
    number = number_of(desk.post("/agent/new", data={**data, "symptom": "CO"}))
    [ticket] = tickets(database)
    assert ticket.safety
    assert ticket.symptom == "CO"
    page = desk.get(f"/agent/tickets/{number}").text
    assert "1544-4500" in page
    assert "self_fix_result" not in page


def test_the_red_switch_alone_files_a_danger_whose_kind_is_asked_afterwards(
    web_world: WebWorld, desk: httpx.Client, database: Database
) -> None:
    guide = desk.post("/agent/new/guide", data={"safety": "1"}).text
    dangers = ["GAS_SMELL", "CO", "FLUE", "ODOUR_SMOKE"]
    assert re.findall(r'for="symptom-([A-Z_]+)"', guide) == dangers
    assert "script-steps" in guide, "the advice does not wait for it"
    assert "symptom-" not in desk.post("/agent/new/guide", data={"safety": "1", "symptom": "CO"}).text
    data = {"safety": "1", "resident_phone": "01012345678", "resident_address": "서울 강남구 역삼동 1"}
    number = number_of(desk.post("/agent/new", data={**data, "symptom": "NO_HEAT", "note": "급함"}))
    [ticket] = tickets(database)
    assert (ticket.symptom, ticket.safety, ticket.priority) == ("DANGER", True, 0), "none is invented"
    assert ticket.note == "난방이 안 됨\n급함", "what was said stays"
    for _ in range(3):
        carry_on(web_world)
    path = f"/agent/tickets/{number}"
    page = desk.get(path).text
    assert "박기사" in page, "somebody with every qualification goes"
    assert re.findall(r'name="symptom" value="([A-Z_]+)"', page) == dangers
    assert "위험 신고 (종류 확인 중)" in words_of(page)
    assert desk.post(f"{path}/danger", data={"symptom": "NO_HEAT"}).status_code == 422
    for _ in range(2):
        assert desk.post(f"{path}/danger", data={"symptom": "CO"}).status_code == 303
    assert desk.post(f"{path}/danger", data={"symptom": "FLUE"}).status_code == 409
    page = desk.get(path).text
    assert 'name="symptom"' not in page
    assert words_of(page).count("무엇이 위험한지 확인했습니다: 일산화탄소 경보") == 1
    [ticket] = tickets(database)
    assert ticket.symptom == "CO"


def test_a_call_without_a_symptom_is_still_asked_for_one(desk: httpx.Client, database: Database) -> None:
    assert "불편하신지" in told_once(file(desk, symptom="").text)["symptom"]
    assert file(desk, symptom="DANGER").status_code == 422, "never without the switch"
    assert tickets(database) == []


def test_which_advice_was_read_out_by_whom_stays_with_the_ticket(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    told = ["STOP_USE", "VENTILATE", "NONSENSE"]
    data = {**FORM, "symptom": "GAS_SMELL", "self_fix_result": "", "read": told}
    number = number_of(desk.post("/agent/new", data=data))
    page = desk.get(f"/agent/tickets/{number}").text
    assert "안전 안내를 읽어 드렸습니다: 사용 중지, 환기" in words_of(page)
    lines = page[page.index('id="advice-lines"') :]
    assert re.findall(r'name="read" value="([A-Z0-9_]+)"', lines) == [
        "CLOSE_VALVE",
        "NO_SWITCH",
        "LEAVE",
        "CALL_119",
        "CALL_GAS_SAFETY",
        "DO_NOT_RESET",
    ]
    assert lines[: lines.index("</form>")].count("agent ") == 2, "who read it stands beside the line"
    path = f"/agent/tickets/{number}/advice"
    assert desk.post(path).status_code == 422
    assert desk.post(path, data={"read": ["LEAVE"]}).status_code == 303
    with web_world.database.reading() as session:
        entries = session.exec(select(TimelineEntry).where(TimelineEntry.what == "SafetyAdviceRead")).all()
    assert [entry.data["steps"] for entry in entries] == [["STOP_USE", "VENTILATE"], ["LEAVE"]]
    assert all(entry.at == web_world.now for entry in entries)


def test_an_ordinary_ticket_keeps_no_advice(web_world: WebWorld, desk: httpx.Client) -> None:
    number_of(desk.post("/agent/new", data={**FORM, "read": "LEAVE"}))
    with web_world.database.reading() as session:
        assert not session.exec(select(TimelineEntry).where(TimelineEntry.what == "SafetyAdviceRead")).all()


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
        ("resident_address", "서울 강남구 역삼동 735 101동 1203호", "동까지 확인됐습니다"),
        ("resident_address", "서울 강남구", "data-pick"),
        ("resident_address", "???", "echo-line"),
    ],
)
def test_fields_are_read_back(desk: httpx.Client, field: str, written: str, understood: str) -> None:
    assert understood in desk.post(f"/agent/new/echo/{field}", data={field: written}).text


def test_an_unknown_field_has_no_echo(desk: httpx.Client) -> None:
    assert desk.post("/agent/new/echo/nothing", data={"nothing": "1"}).status_code == 404


def test_a_known_phone_fills_nothing_until_the_home_is_picked(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    home = make_home(web_world)
    for field in ("resident_phone", "requester_phone"):
        number = "02-555-0101" if field == "resident_phone" else "010-9876-5432"
        echo = desk.post(f"/agent/new/echo/{field}", data={field: number}).text
        assert f'name="known" value="{home}"' in echo and 'formaction="/agent/new/known"' in echo
        assert "data-fill" not in echo and "김영자" not in echo
        chosen = desk.post(f"/agent/new/echo/{field}", data={field: number, "household": str(home)}).text
        assert 'name="known"' not in chosen
    typed = {
        "known": str(home),
        "resident_phone": "02-555-0101",
        "resident_name": "딴이름",
        "caller": "other",
        "requester_phone": "010-9876-5432",
        "note": "방이 추워요",
        "symptom": "LEAK",
    }
    form = desk.post("/agent/new/known", data=typed).text
    assert f'name="household" value="{home}"' in form
    assert "김*자" in form and "딴이름" not in form
    assert "방이 추워요" in form and 'value="LEAK" checked' in form
    assert re.search(r'name="caller" value="\d+" checked', form), "the son is on the line"


def test_another_name_on_a_known_phone_changes_nobody(web_world: WebWorld, desk: httpx.Client) -> None:
    make_home(web_world)
    number_of(file(desk, resident_name="박순자", resident_address="서울 강남구 역삼동 800, 3동 301호"))
    with web_world.database.reading() as session:
        names = session.exec(select(Contact.name).where(Contact.phone == "+8225550101")).all()
    assert sorted(names) == ["김영자", "박순자"]


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
    # Once it is open its fields are there, and each says itself what is wrong with it.
    typed = {"household": str(home), "symptom": "LEAK", "resident_phone": "12"}
    desk.post(f"/unmask/household/{home}", data={"reason": "본인 확인"})
    refused = desk.post("/agent/new", data=typed).text
    assert set(told_once(refused)) == {"resident_phone"} and 'href="#e-resident_phone"' in refused
