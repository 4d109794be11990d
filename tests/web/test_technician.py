"""The technician's phone over HTTP: his day, one job step by step, who may see and press what."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import Session, col, select

from core.actor import SYSTEM
from core.clock import rfc3339_kst
from dispatch.clocks import stop_clock
from dispatch.models import ContactAttempt, Ticket, Visit
from dispatch.planning.plan_models import Booking
from notifications.models import Notice
from tests import world
from tests.dispatch.case_world import set_prices
from tests.web.conftest import WebWorld
from tests.web.told_once import told_once, words_of
from workforce.models import AccessLog


@dataclass
class Phone:
    """The technician's browser and one job of his."""

    web: WebWorld
    client: httpx.Client
    number: str
    ticket_id: int
    visit_id: int

    def get(self, query: str = "") -> str:
        answer = self.client.get(f"/m/{self.number}{query}")
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, step: str, data: Any = None) -> httpx.Response:
        return self.client.post(f"/m/{self.number}/{step}", data=data or {})

    def ticket(self) -> Ticket:
        with self.web.database.reading() as session:
            return session.get_one(Ticket, self.ticket_id)

    def visit(self) -> Visit:
        with self.web.database.reading() as session:
            return session.get_one(Visit, self.visit_id)

    def attempts(self) -> list[ContactAttempt]:
        query = select(ContactAttempt).where(ContactAttempt.ticket_id == self.ticket_id)
        with self.web.database.reading() as session:
            return list(session.exec(query.order_by(col(ContactAttempt.id))))


def add_job(
    web: WebWorld,
    session: Session,
    *,
    minutes: int = 120,
    state: str = "planned",
    status: str = "ASSIGNED",
    technician: Any = None,
    resident: tuple[str, str] = ("김영자", "02-555-0101"),
    safety: bool = False,
    note: str = "",
    **visit: Any,
) -> tuple[Ticket, Visit]:
    who = technician or web.technician
    household = world.make_household(session, company=web.company, resident=resident)
    ticket = world.make_ticket(
        session,
        company=web.company,
        point=web.point,
        household=household,
        status=status,
        received_at=web.now,
        safety=safety,
        note=note,
    )
    row = world.make_visit(
        session,
        ticket=ticket,
        point=web.point,
        technician=who,
        state=state,
        start=web.now + timedelta(minutes=minutes),
        **visit,
    )
    assert row.planned_start is not None and row.planned_end is not None
    session.add(
        Booking(
            visit_id=row.id or 0,
            technician_id=who.id,
            service_point_id=web.point.id or 0,
            start_at=row.planned_start,
            end_at=row.planned_end,
        )
    )
    session.flush()
    return ticket, row


def open_phone(web: WebWorld, **job: Any) -> Phone:
    with web.database.transaction() as session:
        set_prices(session, web.company, web.now)
        ticket, visit = add_job(web, session, **job)
        number, ticket_id, visit_id = ticket.number, ticket.id or 0, visit.id or 0
    client = web.sign_in("technician", technician=web.technician)
    return Phone(web, client, number, ticket_id, visit_id)


@pytest.fixture
def phone(web_world: WebWorld) -> Phone:
    """A job planned in two hours, not yet agreed, not yet seen."""
    return open_phone(web_world)


def at_the_door(phone: Phone) -> Phone:
    for step in ("departed", "arrived"):
        assert phone.post(step).status_code == 303
    return phone


def in_order(page: str, words: Iterable[str]) -> bool:
    places = [page.index(word) for word in words]
    return places == sorted(places)


def job_numbers(page: str) -> list[str]:
    return re.findall(r'data-testid="job" data-number="([^"]+)"', page)


def test_the_day_lists_own_jobs_in_order_with_what_is_new_on_top(web_world: WebWorld) -> None:
    with web_world.database.transaction() as session:
        other = world.make_technician(session, point=web_world.point, name="이성호")
        seen = {"acknowledged_at": web_world.now}
        late = add_job(web_world, session, minutes=240, **seen)[0].number
        soon = add_job(web_world, session, minutes=60, **seen)[0].number
        new = add_job(web_world, session, minutes=360)[0].number
        tomorrow = add_job(web_world, session, minutes=24 * 60, **seen)[0].number
        theirs = add_job(web_world, session, minutes=60, technician=other)[0].number
    client = web_world.sign_in("technician", technician=web_world.technician)
    page = client.get("/m").text
    assert job_numbers(page) == [new, soon, late]
    assert theirs not in page and tomorrow not in page
    assert page.count("확인했습니다") == 1
    assert job_numbers(client.get("/m?view=later").text) == [tomorrow]
    assert job_numbers(client.get("/m/route").text) == [new, soon, late]


def test_a_family_that_waits_for_a_call_comes_before_an_agreed_visit(web_world: WebWorld) -> None:
    with web_world.database.transaction() as session:
        agreed = add_job(web_world, session, minutes=60, state="agreed", status="APPOINTED")[0]
        told = {"at": web_world.now, "evidence": "SELF_REPORT", "by": SYSTEM, "now": web_world.now}
        assert stop_clock(session, ticket_id=agreed.id or 0, kind="contact", **told) == "met"
        waiting = add_job(web_world, session, minutes=240)[0].number
        danger = add_job(web_world, session, minutes=300, safety=True)[0].number
        in_turn = [danger, waiting, agreed.number]
    page = web_world.sign_in("technician", technician=web_world.technician).get("/m").text
    assert job_numbers(page) == in_turn


def test_a_card_says_everything_and_hides_nothing_of_the_own_job(phone: Phone) -> None:
    page = phone.client.get("/m").text
    assert "101동 1203호" in page and "김영자" in page and "김민수" in page and "자녀" in page
    assert 'data-testid="clock"' in page and 'data-state="running"' in page
    assert "난방이 안 됨" in page


def test_a_typed_script_is_shown_as_text(web_world: WebWorld) -> None:
    bad = "<script>alert(1)</script>"
    phone = open_phone(web_world, note=bad, resident=(bad, "010-1111-2222"))
    for page in (phone.client.get("/m").text, phone.get(), phone.get("?do=agree")):
        assert bad not in page and "&lt;script&gt;" in page


def test_acknowledging_takes_it_from_the_news(phone: Phone) -> None:
    answer = phone.client.post(f"/m/{phone.number}/acknowledged", data={"back": "https://evil.example/"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert phone.visit().acknowledged_at == phone.web.now
    assert "확인했습니다" not in phone.client.get("/m").text


def test_one_tap_dials_who_asked_first(phone: Phone) -> None:
    assert in_order(phone.get(), ["tel:01098765432", "tel:025550101", "안 받음"])


def test_a_failed_call_is_kept_and_the_clock_runs_on(phone: Phone) -> None:
    dialled = phone.web.now
    phone.web.wait(minutes=2)
    data = {"outcome": "NO_ANSWER", "with": "requester", "dialled_at": rfc3339_kst(dialled)}
    assert phone.post("attempt", data).status_code == 303
    attempt = phone.attempts()[0]
    assert (attempt.outcome, attempt.with_role, attempt.at) == ("NO_ANSWER", "requester", dialled)
    assert attempt.evidence == "SELF_REPORT"
    page = phone.get()
    assert 'data-state="running"' in page and "통화 기록" in page


@pytest.mark.parametrize("said", ["2026-12-01T11:30:00+09:00", "nonsense", "2026-11-30T10:00:00+09:00", ""])
def test_a_phone_whose_clock_is_wrong_is_not_believed(phone: Phone, said: str) -> None:
    phone.web.wait(minutes=10)
    assert phone.post("attempt", {"outcome": "BUSY", "dialled_at": said}).status_code == 303
    assert phone.attempts()[0].at == phone.web.now


def test_a_window_is_chosen_from_what_can_be_kept_and_agreed(phone: Phone) -> None:
    page = phone.get("?do=agree&with=requester")
    windows = re.findall(r'name="window" value="([^"]+)"', page)
    assert len(windows) > 3 and "지금 내 순서에 맞음" in page
    assert "checked" in page[page.index(windows[0]) : page.index(windows[0]) + 100]
    data = {"outcome": "CONNECTED", "agrees": "1", "with": "requester", "window": windows[0]}
    assert phone.post("attempt", data).status_code == 303
    start, end = (datetime.fromisoformat(part) for part in windows[0].split("/"))
    visit = phone.visit()
    assert (visit.state, visit.window_start, visit.window_end) == ("agreed", start, end)
    assert visit.technician_id == phone.web.technician.id
    assert phone.ticket().status == "APPOINTED"
    page = phone.get()
    assert 'data-step="depart"' in page and 'data-state="met"' in page


def test_pressing_agree_without_a_window_changes_nothing(phone: Phone) -> None:
    answer = phone.post("attempt", {"outcome": "CONNECTED", "agrees": "1", "with": "requester"})
    assert answer.status_code == 422 and "시간을 하나 골라" in answer.text and 'name="window"' in answer.text
    assert phone.attempts() == [] and phone.ticket().status == "ASSIGNED"


def test_talking_without_a_window_does_not_stop_the_clock(phone: Phone) -> None:
    assert phone.post("attempt", {"outcome": "CONNECTED", "with": "requester"}).status_code == 303
    assert phone.ticket().status == "CONTACTED"
    assert 'data-step="call"' in phone.get() and 'data-state="running"' in phone.get()


@pytest.mark.parametrize("outcome", ["", "SOMETHING"])
def test_an_unknown_outcome_is_refused_in_words(phone: Phone, outcome: str) -> None:
    answer = phone.post("attempt", {"outcome": outcome})
    assert answer.status_code == 422 and "통화가 어떻게 되었는지" in answer.text


def test_a_press_that_comes_twice_counts_once(phone: Phone) -> None:
    data = {"outcome": "NO_ANSWER", "idempotency_key": "k1", "dialled_at": "a"}
    for _ in range(2):
        assert phone.post("attempt", data).status_code == 303
    assert len(phone.attempts()) == 1
    assert phone.post("attempt", {**data, "outcome": "BUSY"}).status_code == 409
    assert len(phone.attempts()) == 1


def test_solved_by_phone_needs_its_reason_and_ends_the_case(phone: Phone) -> None:
    data = {"outcome": "SOLVED_BY_PHONE", "with": "resident", "reason": ""}
    answer = phone.post("attempt", data)
    assert answer.status_code == 422 and "어떻게 해결했는지" in told_once(answer.text)["reason"]
    assert phone.post("attempt", {**data, "reason": "밸브를 열었음"}).status_code == 303
    assert phone.ticket().status == "CLOSED"
    assert "밸브를 열었음" in phone.get()


def test_ring_again_later_is_remembered(phone: Phone) -> None:
    assert "다시 걸까요" in phone.get("?do=callback")
    assert phone.post("attempt", {"outcome": "CALL_BACK", "call_back": "30"}).status_code == 303
    assert phone.attempts()[0].call_back_at == phone.web.now + timedelta(minutes=30)
    assert "오늘 10:30에 다시 걸기로" in phone.get()


def test_the_steps_lead_to_the_bill_that_the_family_gets(phone: Phone) -> None:
    at_the_door(phone)
    assert phone.post("started").status_code == 303
    assert "출장비" in phone.get()
    data = {"quantity.LABOUR_IGNITION": "2", "note": "점화봉 교체", "misuse": ""}
    answer = phone.post("completed", data)
    assert answer.status_code == 422 and "확인 항목을 모두" in answer.text
    assert 'value="2"' in answer.text and "점화봉 교체" in answer.text and "78,000원" in answer.text
    assert phone.ticket().status == "IN_PROGRESS"
    assert phone.post("completed", {**data, "tick": ["usage_explained"]}).status_code == 303
    assert phone.ticket().status == "COMPLETED"
    page = phone.get()
    assert "78,000원" in page and "비용 내역" in page and "접수하신 분께" in page


def test_the_bill_follows_what_is_picked(phone: Phone) -> None:
    at_the_door(phone)
    live = {"HX-Request": "true"}
    post = phone.client.post
    part = post(f"/m/{phone.number}/bill", data={"quantity.PART_FAN": "1"}, headers=live)
    assert part.status_code == 200 and "88,000원" in part.text and "<html" not in part.text
    whole = post(f"/m/{phone.number}/bill", data={"quantity.PART_FAN": "3"})
    assert whole.status_code == 200 and "228,000원" in whole.text and "<html" in whole.text
    for bad in ({"quantity.PART_FAN": "100"}, {"quantity.PART_FAN": "-1"}, {"quantity.NOTHING": "1"}):
        refused = post(f"/m/{phone.number}/bill", data=bad, headers=live)
        assert refused.status_code == 200 and "합계" not in refused.text
    refused = phone.post("completed", {"quantity.PART_FAN": "x", "tick": ["usage_explained"]})
    assert refused.status_code == 422 and phone.ticket().status == "ARRIVED"


def test_absence_says_what_is_still_missing(phone: Phone) -> None:
    at_the_door(phone)
    page = phone.get("?do=absent")
    assert "0/2" in page and 'data-kind="absence"' in page
    answer = phone.post("absent")
    assert answer.status_code == 422
    assert "10분 더 기다려" in answer.text and "지금까지 0번" in answer.text
    for _ in range(2):
        phone.web.wait(minutes=5)
        answer = phone.post("attempt", {"outcome": "NO_ANSWER", "back": "absent"})
        assert answer.headers["location"].endswith("?do=absent")
    assert "2/2" in phone.get("?do=absent") and "다 기다렸습니다" in phone.get("?do=absent")
    assert phone.post("absent", {"note": "쪽지"}).status_code == 303
    assert phone.visit().state == "absent"
    page = words_of(phone.get())
    assert in_order(page, ["부재로 적었습니다", "접수하신 분께", "문자를 못 받는 분께는", "다음 방문 시간은"])
    with phone.web.database.transaction() as session:
        gone = session.get_one(Visit, phone.visit_id)
        start = phone.web.now + timedelta(hours=3)
        ticket = session.get_one(Ticket, phone.ticket_id)
        ticket.status = "ASSIGNED"
        again = {"technician": phone.web.technician, "sequence": gone.sequence + 1, "start": start}
        world.make_visit(session, ticket=ticket, point=phone.web.point, **again)
    live = phone.client.get(f"/m/{phone.number}/now").text
    assert 'data-step="call"' in live and "통화가 어떻게 되었나요" in live, (
        "what comes next, not its head alone"
    )
    assert "다시 방문할 일정이 새로 잡혔습니다" in live and "더 하실 일은 없습니다" not in live
    phone.web.wait(minutes=31)
    assert "부재로 적었습니다" not in phone.get()


def test_setting_out_while_still_at_another_home_is_asked_about(web_world: WebWorld) -> None:
    phone = open_phone(web_world, state="agreed", status="APPOINTED")
    with web_world.database.transaction() as session:
        other = add_job(web_world, session, minutes=30, state="arrived", status="ARRIVED")[0].number
    asked = phone.post("departed", {"idempotency_key": "first"})
    assert asked.status_code == 200 and f"{other} 방문이 ‘도착’ 상태입니다" in asked.text
    assert f'href="/m/{other}"' in asked.text and phone.visit().state == "agreed"
    assert phone.post("departed", {"idempotency_key": "second", "anyway": "1"}).status_code == 303
    assert phone.visit().state == "en_route"


def test_a_home_left_open_is_asked_about_once_the_other_is_done(web_world: WebWorld) -> None:
    phone = open_phone(web_world, state="in_progress", status="IN_PROGRESS", arrived_at=web_world.now)
    with web_world.database.transaction() as session:
        ticket, visit = add_job(web_world, session, minutes=30, state="en_route", status="EN_ROUTE")
        other, visit_id = ticket.number, visit.id
    assert phone.post("completed", {"tick": ["usage_explained"]}).status_code == 303
    page = words_of(phone.get())
    assert f"{other} 방문이 아직 ‘이동 중’ 상태입니다" in page and "그 댁에 도착했습니다" in page
    assert f'action="/m/{other}/arrived"' in phone.get()
    assert phone.client.post(f"/m/{other}/arrived").status_code == 303
    with web_world.database.reading() as session:
        assert session.get_one(Visit, visit_id).state == "arrived"
    assert f"{other} 방문이 아직 ‘도착’ 상태입니다" in words_of(phone.get())


@pytest.mark.parametrize(
    ("said", "words"), [("called", "고객과 통화함"), ("here", "통화 없이 도착함")], ids=["called", "not"]
)
def test_coming_much_earlier_than_agreed_is_asked_about_and_the_desk_sees_it(
    web_world: WebWorld, said: str, words: str
) -> None:
    start = web_world.now + timedelta(minutes=40)
    window = {"window_start": start, "window_end": start + timedelta(hours=2)}
    phone = open_phone(web_world, state="en_route", status="EN_ROUTE", minutes=40, **window)
    asked = phone.post("arrived", {"idempotency_key": "first"})
    assert asked.status_code == 200 and "약속 시간보다 40분 빠릅니다" in asked.text
    assert "고객과 통화하셨나요?" in asked.text and "tel:01098765432" in asked.text
    assert phone.visit().state == "en_route"
    assert phone.post("arrived", {"idempotency_key": "second", "anyway": said}).status_code == 303
    assert phone.visit().state == "arrived"
    desk = web_world.sign_in("dispatcher").get(f"/agent/tickets/{phone.number}").text
    assert f"기사가 일찍 도착했습니다: 약속보다 40분 이름, {words}" in desk


def test_a_little_early_is_on_time(web_world: WebWorld) -> None:
    start = web_world.now + timedelta(minutes=14)
    window = {"window_start": start, "window_end": start + timedelta(hours=2)}
    phone = open_phone(web_world, state="en_route", status="EN_ROUTE", minutes=14, **window)
    assert phone.post("arrived").status_code == 303
    assert phone.visit().state == "arrived"


def test_each_tick_says_whether_it_must_be(phone: Phone) -> None:
    at_the_door(phone)
    ticks = re.findall(r'<label class="choice">.*?</label>', phone.get("?do=complete"), re.DOTALL)
    said = [words_of(tick).split()[-1] for tick in ticks if 'name="tick"' in tick]
    assert said == ["필수", "선택", "선택"]


def test_every_step_carries_a_key_and_counts_once(phone: Phone) -> None:
    for step in ("departed", "arrived", "started"):
        page = phone.get("?do=depart" if step == "departed" else "")
        form = re.findall(rf'/{step}" method="post" data-once>(.*?)</form>', page, re.DOTALL)[0]
        key = re.findall(r'name="idempotency_key" value="([^"]+)"', form)[0]
        for _ in range(2):
            assert phone.post(step, {"idempotency_key": key}).status_code == 303
    with phone.web.database.reading() as session:
        told = session.exec(select(Notice).where(col(Notice.event) == "EN_ROUTE")).all()
    assert len({notice.recipient for notice in told}) == len(told) == 1


def test_a_hold_says_why_and_until_when(phone: Phone) -> None:
    at_the_door(phone)
    refused = phone.post("hold", {"reason": "because"})
    assert refused.status_code == 422 and "reason" in told_once(refused.text)
    answer = phone.post("hold", {"reason": "parts_wait", "days": "2", "note": "팬 모터"})
    assert answer.status_code == 303
    assert phone.ticket().status == "ON_HOLD"
    page = phone.get()
    assert "보류 중" in page and "부품 대기" in page and "12월 3일" in page and "팬 모터" in page


def test_safety_comes_first_and_is_never_solved_by_phone(web_world: WebWorld) -> None:
    phone = open_phone(web_world, safety=True)
    page = phone.get()
    assert in_order(page, ["안전 접수: 먼저 지킬 일", "환풍기는 켜지 마세요", "통화가 어떻게"])
    assert "전화로 해결" not in page and "방문 없이 끝내기" not in phone.get("?do=solve")
    at_the_door(phone)
    assert "배기통과 가스 누설을 시험" in phone.get("?do=complete")
    refused = phone.post("completed", {"tick": ["usage_explained"]})
    assert refused.status_code == 422 and phone.ticket().status == "ARRIVED"
    ticks = ["usage_explained", "flue_leak_test", "safety_signed_off"]
    assert phone.post("completed", {"tick": ticks}).status_code == 303


def test_a_step_out_of_place_is_refused_in_plain_words(phone: Phone) -> None:
    answer = phone.post("started")
    assert answer.status_code == 409 and "도착한 뒤에" in answer.text
    assert phone.client.get(f"/m/{phone.number}/started").headers["location"] == f"/m/{phone.number}"


def test_the_live_part_warns_instead_of_overwriting_what_is_typed(phone: Phone) -> None:
    src = re.findall(r'data-live-src="([^"]+)"', phone.get())[0].replace("&amp;", "&")
    assert "그사이 바뀌었습니다" not in phone.client.get(src).text
    phone.post("attempt", {"outcome": "BUSY"})
    part = phone.client.get(src).text
    assert "그사이 바뀌었습니다" in part and "<form id=" not in part and "<html" not in part


def test_another_technicians_job_does_not_exist_for_him(phone: Phone) -> None:
    with phone.web.database.transaction() as session:
        other = world.make_technician(session, point=phone.web.point, name="이성호")
        session.flush()
        session.expunge_all()
    stranger = phone.web.sign_in("technician", technician=other)
    assert stranger.get(f"/m/{phone.number}").status_code == 404
    assert stranger.post(f"/m/{phone.number}/departed").status_code == 404
    assert stranger.get(f"/m?technician={phone.web.technician.id}").text.count('data-testid="job"') == 0
    assert phone.visit().state == "planned"


@pytest.mark.parametrize("role", ["agent", "qa", "manager", "admin"])
def test_other_roles_have_no_phone_here(phone: Phone, role: str) -> None:
    client = phone.web.sign_in(role)
    assert client.get("/m").status_code == 403
    assert client.post(f"/m/{phone.number}/departed").status_code == 403


def test_a_desk_chooses_a_technician_and_sees_people_after_giving_a_reason(phone: Phone) -> None:
    desk = phone.web.sign_in("point", point=phone.web.point)
    page = desk.get("/m").text
    assert job_numbers(page) == [phone.number] and 'name="technician"' in page
    assert "김*자" in page and "김영자" not in page and "1203호" not in page and "확인했습니다" not in page
    job = desk.get(f"/m/{phone.number}").text
    assert "tel:" not in job and "김영자" not in job
    desk.post(
        f"/unmask/ticket/{phone.number}", data={"reason": "기사 대신 전화", "back": f"/m/{phone.number}"}
    )
    assert "tel:01098765432" in desk.get(f"/m/{phone.number}").text
    assert desk.post(f"/m/{phone.number}/departed").status_code == 303
    assert phone.visit().state == "en_route"


def test_another_point_and_another_company_find_nothing(phone: Phone) -> None:
    web = phone.web
    with web.database.transaction() as session:
        elsewhere = world.make_point(session, company=web.company)
        rival = world.make_company(session, code="haedam", kind="designated")
        session.flush()
        session.expunge_all()
    for client in (web.sign_in("point", point=elsewhere), web.sign_in("dispatcher", company=rival)):
        assert "일이 있는 기사가 없습니다" in client.get("/m").text
        assert client.get(f"/m?technician={web.technician.id}").status_code == 404
        assert client.get(f"/m/{phone.number}").status_code == 404


def test_a_stand_in_technician_dials_at_once_and_it_is_logged(phone: Phone) -> None:
    client = phone.web.sign_in("technician")
    assert job_numbers(client.get("/m").text) == [phone.number]
    for _ in range(2):
        assert "tel:01098765432" in client.get(f"/m/{phone.number}").text
    with phone.web.database.reading() as session:
        logged = list(session.exec(select(AccessLog)))
    assert [(row.subject_kind, row.subject_id) for row in logged] == [("ticket", phone.ticket_id)]


def test_a_day_after_the_end_people_are_hidden_again(phone: Phone) -> None:
    at_the_door(phone)
    assert phone.post("completed", {"tick": ["usage_explained"]}).status_code == 303
    phone.web.wait(hours=13)
    assert "김영자" in phone.get()
    phone.client = phone.web.sign_in("technician", technician=phone.web.technician)
    phone.web.wait(hours=12)
    phone.client = phone.web.sign_in("technician", technician=phone.web.technician)
    page = phone.get()
    assert "김영자" not in page and "tel:" not in page


def test_no_work_is_said_kindly(web_world: WebWorld) -> None:
    own = web_world.sign_in("technician", technician=web_world.technician)
    assert "남은 일이 없습니다" in own.get("/m").text
    assert "할 일이 없습니다" in own.get("/m?view=tasks").text
    assert "일이 있는 기사가 없습니다" in web_world.sign_in("dispatcher").get("/m").text
