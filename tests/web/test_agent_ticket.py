"""A ticket's page at the call centre: times agreed and changed, endings, places, calls that are owed."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import text as sql
from sqlmodel import col, select

from core.clock import rfc3339_kst
from dispatch import first_contact
from dispatch.models import ContactAttempt, Task, Ticket, TicketClock, Visit
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.planning.slots import rank_slots
from dispatch.tasks import open_task
from dispatch.visit_schemas import AttemptRequest, Outcome
from notifications.models import Notice
from tests import world
from tests.web.agent_world import carry_on, file, make_case, number_of, tickets
from tests.web.conftest import ClientAs, WebWorld
from tests.web.test_phones import put_text
from tests.web.told_once import words_of
from web.display import window_text
from web.presenters.offers import read_offer
from workforce.models import AccessLog, Account


@pytest.fixture
def desk(client_as: ClientAs) -> httpx.Client:
    return client_as("agent")


def head_of(page: str) -> str:
    """Where an open page asks for its head again."""
    found = re.search(r'data-live-src="([^"]+/head[^"]*)"', page)
    assert found is not None
    return found[1]


def test_a_window_is_agreed_while_they_talk(web_world: WebWorld, desk: httpx.Client) -> None:
    number = number_of(file(desk))
    carry_on(web_world)
    carry_on(web_world)
    page = desk.get(f"/agent/tickets/{number}").text
    assert "차로" in page
    assert web_world.point.name in page
    slots = re.findall(r'name="window" value="([^"]+)"', page)
    assert slots
    head = head_of(page)
    assert "예전 것입니다" not in desk.get(head).text
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
    assert "예전 것입니다" in desk.get(head).text, "who still has the page open is told"
    assert "예전 것입니다" not in desk.get(head_of(page)).text


def test_a_time_that_was_agreed_while_this_one_was_pressed_is_said_and_not_changed(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    """Two agents, one ticket: the second press waits for the first and is asked who wants the change."""
    number = number_of(file(desk))
    carry_on(web_world)
    carry_on(web_world)
    path = f"/agent/tickets/{number}"
    slots = re.findall(r'name="window" value="([^"]+)"', desk.get(path).text)
    [ticket] = tickets(web_world.database)
    attempt = AttemptRequest(Outcome.CONNECTED, with_role="requester", window=read_offer(slots[0]))
    with ThreadPoolExecutor(1) as pool:
        with web_world.database.transaction() as session:
            first_contact.record_attempt(
                session, ticket_id=ticket.id or 0, attempt=attempt, by=world.AGENT, now=web_world.now
            )
            data = {"window": slots[-1], "with": "requester"}
            pressed = pool.submit(desk.post, f"{path}/window", data=data)
            _until_somebody_waits(web_world)
        answer = pressed.result()
    assert answer.status_code == 422
    assert 'id="f-asked_by"' in answer.text
    with web_world.database.reading() as session:
        visit = session.exec(select(Visit)).one()
        told = session.exec(select(Notice.event).where(Notice.event == "WINDOW_CHANGED")).all()
    assert visit.window_start is not None
    assert rfc3339_kst(visit.window_start) == slots[0].split("/")[0]
    assert f"이미 {window_text(visit.window_start, visit.window_end, web_world.now)}로 약속" in answer.text
    assert not told


def _until_somebody_waits(web_world: WebWorld) -> None:
    waiting = sql("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(20_000):
        with web_world.database.reading() as session:
            if session.connection().execute(waiting).scalar():
                return
    pytest.fail("nobody waited")


def test_every_window_can_be_agreed_and_the_agreed_one_is_no_change(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = number_of(file(desk))
    carry_on(web_world)
    carry_on(web_world)
    path = f"/agent/tickets/{number}"

    def offered() -> tuple[list[str], list[str]]:
        page = desk.get(f"{path}/windows").text
        first, _details, rest = page.partition('id="slots-more"')
        first_ones, more = (re.findall(r'name="window" value="([^"]+)"', part) for part in (first, rest))
        return first_ones, more

    first, more = offered()
    with web_world.database.transaction() as session:
        found = rank_slots(session, ticket_id=tickets(web_world.database)[0].id or 0, now=web_world.now)
    assert len(first) == 8 and len(first) + len(more) == len(found) > 8
    agreed = more[-1]
    assert desk.post(f"{path}/window", data={"window": agreed, "with": "requester"}).status_code == 303
    start_end = agreed.rsplit("/", 1)[0]
    first, more = offered()
    assert first and not any(value.startswith(start_end) for value in (*first, *more))


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
    with web_world.database.transaction() as session:
        world.deliver_texts(session)
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


def test_a_window_past_the_limit_is_marked_and_another_is_put_first(
    web_world: WebWorld, desk: httpx.Client, client_as: ClientAs
) -> None:
    number = number_of(file(desk))
    carry_on(web_world)
    carry_on(web_world)
    path = f"/agent/tickets/{number}/windows"
    first_shown = desk.get(path).text.partition('id="slots-more"')[0]
    ends = [value.split("/")[1] for value in re.findall(r'name="window" value="([^"]+)"', first_shown)]
    for due, marked in ((ends[-2], True), (rfc3339_kst(web_world.now + timedelta(minutes=1)), False)):
        with web_world.database.transaction() as session:
            clock = session.exec(select(TicketClock).where(TicketClock.kind == "handled")).one()
            clock.due_at = datetime.fromisoformat(due)
            session.add(clock)
        pages = (
            desk.get(path).text,
            client_as("dispatcher").get(f"/dispatch/tickets/{number}/windows").text,
            client_as("point", point=web_world.point).get(f"/point/tickets/{number}?do=call").text,
        )
        for page in pages:
            assert bool(re.search(r"(?<!모두 )처리 시한\([^)]*\)(을 넘길|이 지난)", page)) == marked
            assert page.count("모두 처리 시한") == (0 if marked else 1)
        best = re.search(r"<button[^>]*data-best.*?</button>", pages[0], re.DOTALL)
        assert best and "을 넘깁니다" not in best.group(0)


def test_cancelling_needs_a_reason_and_an_ended_ticket_can_be_opened_again(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = make_case(web_world)
    refused = desk.post(f"/agent/tickets/{number}/cancellation", data={"reason": " "})
    assert refused.status_code == 422
    assert 'id="act-cancel" open' in refused.text
    assert desk.post(f"/agent/tickets/{number}/cancellation", data={"reason": "이사"}).status_code == 303
    assert tickets(web_world.database)[0].status == "CANCELLED"
    assert "끝난 접수라 더 보내지 않습니다" in desk.get(f"/agent/tickets/{number}").text
    assert 'id="act-reopen"' in desk.get(f"/agent/tickets/{number}").text
    late = desk.post(f"/agent/tickets/{number}/note", data={"note": "늦은 통화"})
    assert late.status_code == 409
    assert desk.post(f"/agent/tickets/{number}/reopening", data={"reason": "다시 고장"}).status_code == 303
    assert tickets(web_world.database)[0].status == "REOPENED"


def test_a_number_that_was_anothers_is_put_right_on_the_page(web_world: WebWorld, desk: httpx.Client) -> None:
    number = number_of(file(desk))
    with web_world.database.transaction() as session:
        ticket = session.exec(select(Ticket).where(Ticket.number == number)).one()
        wrong = AttemptRequest(Outcome.WRONG_NUMBER, with_role="requester")
        first_contact.record_attempt(
            session, ticket_id=ticket.id or 0, attempt=wrong, by=world.AGENT, now=web_world.now
        )
    page = words_of(desk.get(f"/agent/tickets/{number}").text)
    assert "잘못된 번호" in page and "바른 전화번호 알아내기" in page
    refused = desk.post(f"/agent/tickets/{number}/number", data={"who": "requester", "number": "010-12"})
    assert refused.status_code == 422 and 'id="act-number" open' in refused.text and "010-12" in refused.text
    right = {"who": "requester", "number": "010-5555-0101", "idempotency_key": "n1"}
    for _press in range(2):
        mended = desk.post(f"/agent/tickets/{number}/number", data=right)
    page = words_of(desk.get(mended.headers["location"]).text)
    assert "시계 읽는 법 연락 접수부터 기사가 고객과 통화해 약속할 때까지" in page
    assert "이제 그 번호로 알립니다" in page and "바른 전화번호 알아내기" not in page
    assert page.count("바른 번호를 적었습니다") == 2, "said, and once in the timeline"


def test_escalation_names_its_owner_in_the_list(web_world: WebWorld, desk: httpx.Client) -> None:
    number = make_case(web_world)
    answer = desk.post(f"/agent/tickets/{number}/escalation", data={"reason": "세 번째 고장"})
    assert answer.status_code == 303
    listed = desk.get("/agent/waiting?list=escalations").text
    assert number in listed
    assert "한책임" in listed
    assert "세 번째 고장" in listed


def test_every_open_safety_ticket_is_in_its_list_with_its_owner_and_what_was_done(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    """Not the alarms alone: also what somebody drives to already."""
    number = number_of(file(desk, symptom="CO", self_fix_result=""))
    ended = number_of(file(desk, symptom="GAS_SMELL", self_fix_result="", idempotency_key="k2"))
    desk.post(f"/agent/tickets/{ended}/cancellation", data={"reason": "이사"})
    for _ in range(3):
        carry_on(web_world)
    listed = words_of(desk.get("/agent/waiting?list=escalations").text)
    assert listed.count(number) == 1 and ended not in listed
    assert "불편·안전 1" in listed and "안전 접수" in listed
    assert "박기사 기사가 다른 일보다 먼저" in listed
    queue = words_of(web_world.sign_in("dispatcher").get("/dispatch/queue?show=safety").text)
    assert number in queue and ended not in queue and "박기사" in queue


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
    assert "전화로 알리기" in listed
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
    assert why in page and "거주자 김영자" in page
    assert "김영자" not in client_as("agent").get(path).text, "another agent's call"
    closed = desk.get(f"{path}/tasks").text
    assert "tel:" not in closed and "02-***-0101" in closed
    form = dict(re.findall(r'name="(reason|back)" value="([^"]+)"', closed))
    assert desk.post(f"/unmask/ticket/{number}", data=form).headers["location"] == path
    assert 'href="tel:+8225550101" data-dial="told-' in desk.get(f"{path}/tasks").text
    with web_world.database.reading() as session:
        assert [log.reason for log in session.exec(select(AccessLog))] == [form["reason"]]


def test_an_ended_ticket_says_when_it_ended_and_promises_nobody(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    number = number_of(file(desk))
    carry_on(web_world)
    carry_on(web_world)
    path = f"/agent/tickets/{number}"
    assert "도착 예정" in desk.get(path).text
    desk.post(f"{path}/cancellation", data={"reason": "이사"})
    page = words_of(desk.get(path).text)
    assert "도착 예정" not in page and "취소한 때 오늘 10:00" in page


def test_what_was_typed_about_people_is_masked_like_notes(web_world: WebWorld, desk: httpx.Client) -> None:
    number = number_of(file(desk))
    path = f"/agent/tickets/{number}"
    why = "김영자 님이 010-9876-5432로 취소하심"
    desk.post(f"{path}/cancellation", data={"reason": why})
    outputs = [desk.get(path).text, web_world.sign_in("dispatcher").get(f"/agent/tickets/{number}").text]
    for text in outputs:
        assert "김*자 님이 010-****-5432로 취소하심" in text and "김영자" not in text
    desk.post(f"/unmask/ticket/{number}", data={"reason": "본인 확인"})
    assert why in desk.get(path).text
