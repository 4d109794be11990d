"""The technician's phone over HTTP: his day in order, and who may see and press what."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from core.actor import SYSTEM
from core.clock import kst, operating_day
from dispatch import notices
from dispatch.clocks import stop_clock
from dispatch.models import Visit
from tests import world
from tests.web.conftest import WebWorld
from tests.web.technician_world import Phone, add_job, at_the_door, job_numbers, open_phone
from tests.web.told_once import words_of
from web.display import date_text, when_text
from workforce.models import AccessLog


@pytest.fixture
def phone(web_world: WebWorld) -> Phone:
    """A job planned in two hours, not yet agreed, not yet seen."""
    return open_phone(web_world)


def test_the_day_lists_own_jobs_in_order_with_what_is_new_on_top(web_world: WebWorld) -> None:
    with web_world.database.transaction() as session:
        other = world.make_technician(session, point=web_world.point, name="이성호")
        seen = {"acknowledged_at": web_world.now}
        late = add_job(web_world, session, minutes=240, **seen)[0].number
        soon = add_job(web_world, session, minutes=60, **seen)[0].number
        new = add_job(web_world, session, minutes=360)[0].number
        tomorrow = add_job(web_world, session, minutes=24 * 60, state="agreed", **seen)[0].number
        theirs = add_job(web_world, session, minutes=60, technician=other)[0].number
    client = web_world.sign_in("technician", technician=web_world.technician)
    page = client.get("/m").text
    assert job_numbers(page) == [new, soon, late]
    assert theirs not in page and tomorrow not in page
    assert page.count("확인했습니다") == 1
    assert job_numbers(client.get("/m?view=later").text) == [tomorrow]
    assert job_numbers(client.get("/m/route").text) == [new, soon, late]


def test_the_head_names_the_day_of_the_shift_and_a_running_hour_stands_on_the_first_page(
    web_world: WebWorld,
) -> None:
    """At 04:43 of a night duty: the next visits, their clock and the call are on the first page."""
    day = operating_day(web_world.now)
    with web_world.database.transaction() as session:
        duty = {"technician": web_world.technician, "point": web_world.point, "now": web_world.now}
        world.make_shift(session, hours=(19, 32), **duty)
        minutes = int((kst(day, 29, 32) - web_world.now).total_seconds() // 60)
        soon = add_job(web_world, session, minutes=minutes, acknowledged_at=web_world.now)[0].number
        far = add_job(web_world, session, minutes=minutes + 24 * 60, acknowledged_at=web_world.now)[0].number
    web_world.now = kst(day, 28, 43)
    client = web_world.sign_in("technician", technician=web_world.technician)
    page = client.get("/m").text
    assert job_numbers(page) == [far, soon] and "남은 일이 없습니다" not in page
    assert page.count('data-testid="clock"') == 2 and page.count("전화하기") == 2
    head = words_of(page[page.index('class="day-line"') : page.index('id="calls"')])
    assert f"{date_text(kst(day, 19))} 19:00~08:00 당직 {date_text(web_world.now)} 09:00~18:00" in head
    assert job_numbers(client.get("/m?view=later").text) == [far]


def test_what_was_in_vain_is_not_counted_as_done_nor_under_the_next_days(web_world: WebWorld) -> None:
    ended = {"arrived_at": web_world.now, "ended_at": web_world.now}
    with web_world.database.transaction() as session:
        done = add_job(web_world, session, minutes=24 * 60, state="completed", **ended)[0].number
        absent = add_job(web_world, session, minutes=-60, state="absent", **ended)[0].number
    client = web_world.sign_in("technician", technician=web_world.technician)
    page = client.get("/m").text
    unfinished, finished = page.index('id="unfinished"'), page.index('id="ended"')
    assert job_numbers(page[unfinished:finished]) == [absent] and job_numbers(page[finished:]) == [done]
    assert job_numbers(client.get("/m?view=later").text) == []


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


def test_a_job_comes_back_with_what_changed_or_not_at_all(phone: Phone) -> None:
    def told_after(minutes: int) -> str:
        """The plan moves the visit; he is told what of it is news, and looks at his day."""
        with phone.web.database.transaction() as session:
            visit = session.get_one(Visit, phone.visit_id)
            assert visit.planned_start is not None
            visit.planned_start += timedelta(minutes=minutes)
            tell = notices.tell_job_changed if visit.told_technician_id else notices.tell_job_assigned
            tell(session, visit_id=phone.visit_id, now=phone.web.now)
            world.deliver_texts(session)
        return words_of(phone.client.get("/m").text)

    first = phone.visit().planned_start
    assert first is not None and "바뀐 시간" not in told_after(0), "it is new"
    for minutes, comes_back in ((10, False), (110, True), (5, False)):
        assert phone.client.post(f"/m/{phone.number}/acknowledged").status_code == 303
        page = told_after(minutes)
        assert ("확인했습니다" in page) is comes_back
        if comes_back:
            then = first + timedelta(hours=2)
            assert f"바뀐 시간: {when_text(first, phone.web.now)} → {when_text(then, phone.web.now)}" in page
            assert "바뀐 일입니다" in phone.get() and "바뀐 시간" in phone.get()


def test_the_live_part_warns_instead_of_overwriting_what_is_typed(phone: Phone) -> None:
    src = re.findall(r'data-live-src="([^"]+)"', phone.get())[0].replace("&amp;", "&")
    assert "그사이 바뀌었습니다" not in phone.client.get(src).text
    phone.post("attempt", {"outcome": "BUSY"})
    part = phone.client.get(src).text
    assert "그사이 바뀌었습니다" in part and "<form id=" not in part and "<html" not in part


def test_his_phone_waits_for_what_is_his_and_not_for_all_that_happens_at_his_point(phone: Phone) -> None:
    page = phone.client.get("/m").text
    waits = re.findall(r'id="route"[^>]*data-live="([^"]+)"', page)[0].split()
    point, technician = phone.web.point.id, phone.web.technician.id
    assert waits == [f"technician:{technician}", f"shift:{point}", f"ticket:{phone.number}"]
    assert 'data-live-url="/live?hear="' in page, "and its stream tells it nothing else"


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


def test_a_job_that_went_to_another_is_said_to_be_gone(phone: Phone) -> None:
    with phone.web.database.transaction() as session:
        notices.tell_job_assigned(session, visit_id=phone.visit_id, now=phone.web.now)
        other = world.make_technician(session, point=phone.web.point, name="이성호")
        never_his = add_job(phone.web, session, technician=other)[0].number
        session.get_one(Visit, phone.visit_id).technician_id = other.id
    words = "이 접수는 다른 기사에게 넘어갔습니다. 가지 않으셔도 됩니다. 오늘 일정으로"
    page = phone.get()
    assert words in words_of(page) and 'class="bottombar"' in page and 'href="/m"' in page
    assert "김영자" not in page and "이성호" not in page and "101동" not in page
    live = phone.get("/now")
    assert words in words_of(live) and 'id="job"' in live and "<html" not in live
    head = phone.get("/now?do=callback&seen=before")
    assert words in words_of(head) and 'id="job-head"' in head
    for step in ("departed", "arrived", "attempt", "acknowledged", "completed"):
        assert phone.post(step).headers["location"] == f"/m?gone={phone.number}"
    live_bill = phone.client.post(f"/m/{phone.number}/bill", headers={"HX-Request": "true"})
    for bill in (live_bill, phone.post("bill")):
        assert bill.status_code == 200 and words in words_of(bill.text), bill.text
    assert 'id="bill"' in live_bill.text and "<html" not in live_bill.text
    for number in (never_his, "B-NONE"):
        for path in (f"/m/{number}", f"/m/{number}/now"):
            assert phone.client.get(path).status_code == 404
        assert phone.client.post(f"/m/{number}/departed").status_code == 404
    with phone.web.database.transaction() as session:
        session.get_one(Visit, phone.visit_id).technician_id = None
    assert "이제 맡으신 일이 아닙니다. 가지 않으셔도 됩니다." in words_of(phone.get())


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
