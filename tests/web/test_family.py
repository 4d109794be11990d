"""The family's page: what the link opens, what it never shows, and what is pressed on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from billing.schemas import LineRequest, PricedLine
from core.clock import rfc3339_kst
from core.dated import set_rule
from dispatch.approvals import agree_by_phone, ask_approval, last_approval
from dispatch.cancellation import cancel_ticket
from dispatch.family_links import LENGTH, LETTERS, new_token
from dispatch.first_contact import record_attempt
from dispatch.models import Task, Ticket, Visit
from dispatch.notice_facts import facts_of_ticket, family_of
from dispatch.pricing import preview_bill
from dispatch.visit_schemas import AttemptRequest, Outcome
from happycall.models import HappyCall
from tests import world
from tests.web.conftest import WebWorld
from tests.web.family_world import RESIDENT, Family, link_to, open_link, read
from web.presenters.family import clock_words, money_words

MAKER = "1588-0000"
PAGES = (
    "",
    "/approval",
    "/time",
    "/away",
    "/cost",
    "/try",
    "/call",
    "/complaint",
    "/correction",
    "/texts",
    "/texts/own",
    "/nothing/there",
)


@pytest.fixture
def family(web_world: WebWorld) -> Family:
    """A visit is planned in two hours; no window is agreed and nobody has rung."""
    return open_link(web_world)


def agreed(web: WebWorld, **job: object) -> Family:
    start = web.now + timedelta(hours=2)
    return open_link(
        web,
        state=job.pop("state", "agreed"),
        status=job.pop("status", "APPOINTED"),
        window_start=start - timedelta(minutes=30),
        window_end=start + timedelta(minutes=90),
        **job,
    )


def test_no_page_sets_a_cookie_runs_a_script_or_lets_the_address_go(family: Family) -> None:
    for page in PAGES:
        answer = family.get(page)
        assert answer.headers["cache-control"] == "no-store", page
        assert answer.headers["referrer-policy"] == "no-referrer", page
        assert "noindex" in answer.headers["x-robots-tag"], page
        assert "set-cookie" not in answer.headers, page
        assert "<script" not in answer.text and 'data-ready="1"' in answer.text, page
        assert len(re.findall("<h1", answer.text)) == 1, page
        assert MAKER in read(answer), "a number to ring on every page"
        assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text), page


def test_whatever_is_asked_behind_a_link_the_answer_keeps_the_address_to_itself(family: Family) -> None:
    where = f"/t/{family.token}"
    broken = {"content": b"x", "headers": {"content-type": "multipart/form-data"}}
    for method, page, sent, status in (
        ("HEAD", "", {}, 200),
        ("HEAD", "/time", {}, 200),
        ("GET", f"?said={'x' * 41}", {}, 200),
        ("POST", "/time", broken, 422),
        ("PUT", "/time", {}, 405),
        ("POST", "/complaint", {"data": {"words": "x" * 3_000_000}}, 413),
    ):
        answer = family.client.request(method, where + page, **sent)
        assert answer.status_code == status, (method, page, answer.status_code)
        assert answer.headers["referrer-policy"] == "no-referrer", (method, page)
        assert "noindex" in answer.headers["x-robots-tag"], (method, page)
        assert status != 422 or MAKER in read(answer)


def test_before_a_window_is_agreed_it_says_who_rings_and_by_when(family: Family) -> None:
    page = read(family.get())
    assert "방문 시간을 정하고 있습니다" in page
    assert "까지 기사가 전화드려 방문 시간을 정합니다" in page
    family.web.wait(minutes=61)
    assert "전화가 늦어 죄송합니다" in read(family.get())


def test_agreeing_on_the_link_keeps_the_contact_clock_running_until_somebody_rings(family: Family) -> None:
    window = family.offered()[0]
    done = family.post("/time", window=window, form_key="a")
    assert done.status_code == 200 and "방문 시간을 정했습니다" in read(done)
    assert "기사가 전화를 한 번 드립니다" in read(done)
    ticket, (visit,) = family.ticket(), family.visits()
    assert (ticket.status, visit.state, ticket.contacted_at) == ("APPOINTED", "agreed", None)
    assert f"{rfc3339_kst(visit.window_start)}/{rfc3339_kst(visit.window_end)}" == window  # type: ignore[arg-type]
    promise, contact = family.clock("promise"), family.clock("contact")
    assert (promise.state, promise.evidence) == ("met", "FAMILY")
    assert (contact.state, contact.stopped_at) == ("running", None)
    (line,) = family.done("FamilyAgreed")
    assert (line.actor_kind, line.actor_name, line.account_id) == ("family", "가족이 링크에서", None)
    with family.web.database.transaction() as session:
        record_attempt(
            session,
            ticket_id=family.ticket_id,
            attempt=AttemptRequest(Outcome.CONNECTED, with_role="resident"),
            by=world.AGENT,
            now=family.web.wait(minutes=5),
        )
    assert family.clock("contact").state == "met"
    assert "전화를 한 번" not in read(family.get())


def test_the_same_press_twice_is_taken_once_and_a_changed_form_is_refused(family: Family) -> None:
    first, second = family.offered()[:2]
    family.post("/time", window=first, form_key="a")
    again = family.post("/time", window=first, form_key="a")
    assert again.status_code == 200 and "이미 받은 내용입니다" in read(again)
    assert len(family.done("FamilyAgreed")) == 1
    other = family.post("/time", window=second, form_key="a")
    assert other.status_code == 409 and MAKER in read(other)
    (visit,) = family.visits()
    assert rfc3339_kst(visit.window_start) == first.split("/")[0]  # type: ignore[arg-type]


def test_who_gives_an_appointment_up_for_another_is_asked_once_more(web_world: WebWorld) -> None:
    family = agreed(web_world)
    before = [(visit.window_start, visit.window_end) for visit in family.visits()]
    assert 'name="ask" value="1"' in family.get("/time").text
    sure = family.post("/time", window=family.offered()[-1], ask="1", form_key="a")
    assert "바꿀까요?" in read(sure) and "지금 약속" in read(sure) and 'name="ask"' not in sure.text
    assert [(visit.window_start, visit.window_end) for visit in family.visits()] == before


def test_who_has_set_the_time_often_enough_today_reads_whom_to_ring(family: Family) -> None:
    with family.web.database.transaction() as session:
        set_rule(
            session,
            company_id=family.web.company.id or 0,
            key="link_times_a_day",
            value=1,
            valid_from=family.web.now - timedelta(days=1),
            source="시험",
            by=world.AGENT,
            now=family.web.now,
        )
    first, second = family.offered()[:2]
    family.post("/time", window=first, form_key="a")
    once_more = family.post("/time", window=second, form_key="b")
    assert once_more.status_code == 409 and "또 바꾸셔야 하면 전화해 주세요" in read(once_more)
    page = family.get("/time")
    assert page.status_code == 200 and "또 바꾸셔야 하면 전화해 주세요" in read(page) and not family.offered()
    assert len(family.done("FamilyAgreed")) == 1


def test_a_window_that_is_taken_in_the_meantime_is_said_and_others_are_shown(family: Family) -> None:
    windows = family.offered()
    night = family.web.now + timedelta(hours=18)
    taken = f"{rfc3339_kst(night)}/{rfc3339_kst(night + timedelta(hours=1))}"
    answer = family.post("/time", window=taken, form_key="b")
    assert answer.status_code == 409
    assert "그 시간에는 이제 갈 수 없습니다" in read(answer) and 'role="alert"' in answer.text
    assert re.findall(r'name="window" value="([^"]+)"', answer.text) == windows
    assert family.ticket().status == "ASSIGNED" and not family.done("FamilyAgreed")


@pytest.mark.parametrize("window", ["", "x/y", "2026-12-01T10:00/2026-12-01T12:00", "9" * 300])
def test_a_time_that_is_none_is_asked_for_again(family: Family, window: str) -> None:
    answer = family.post("/time", window=window, form_key="c")
    assert answer.status_code == 422 and "시간을 하나 골라 주세요" in read(answer)


def test_nobody_at_home_turns_him_back_also_on_the_way_and_never_at_the_door(web_world: WebWorld) -> None:
    coming = agreed(web_world, state="en_route", status="EN_ROUTE", en_route_at=web_world.now)
    assert "기사가 가고 있습니다" in read(coming.get())
    lost = read(coming.get("/away"))
    assert "돌려보낼까요" in lost and "약속이 없어집니다" in lost and coming.ticket().status == "EN_ROUTE"
    answer = coming.post("/away", form_key="a")
    assert "기사에게 알렸습니다" in read(answer) and "방문을 미루었습니다" in read(answer)
    (visit,) = coming.visits()
    assert (coming.ticket().status, visit.state, visit.hold_reason) == (
        "ON_HOLD",
        "cancelled",
        "customer_request",
    )
    assert coming.done("FamilyNotAtHome")[0].data["on_the_way"] is True
    again = coming.post("/time", window=coming.offered()[0], form_key="b")
    assert "방문 시간을 정했습니다" in read(again) and coming.ticket().status == "APPOINTED"
    with web_world.database.reading() as session:
        calls = session.exec(select(Task).where(Task.ticket_id == coming.ticket_id)).all()
    assert [(task.kind, task.state) for task in calls if task.kind == "REVISIT_CALL"] == [
        ("REVISIT_CALL", "done")
    ]

    there = agreed(web_world, state="arrived", status="ARRIVED", arrived_at=web_world.now)
    assert "돌려보낼까요" not in read(there.get("/away"))
    late = there.post("/away", form_key="c")
    assert late.status_code == 409 and "이미 도착했습니다" in read(late)
    assert there.ticket().status == "ARRIVED"


def dear_lines(family: Family, session: Session) -> tuple[PricedLine, ...]:
    return preview_bill(
        session,
        ticket_id=family.ticket_id,
        lines=(LineRequest("LABOUR_IGNITION"), LineRequest("PART_FAN")),
        misuse=False,
        now=family.web.now,
    ).lines


def ask_for(family: Family) -> int:
    """The technician at the door asks about the labour line. Returns the asking's id."""
    with family.web.database.transaction() as session:
        lines = dear_lines(family, session)
        return ask_approval(
            session, visit_id=family.visit_id, lines=lines, by=world.AGENT, now=family.web.now
        ).id


def test_whoever_pays_answers_what_the_technician_asks_and_nobody_else_may(web_world: WebWorld) -> None:
    payer = agreed(web_world, state="in_progress", status="IN_PROGRESS", arrived_at=web_world.now)
    mother = replace(
        payer, token=link_to(web_world, payer.ticket_id, payer.visit_id, ("resident",)), client=payer.client
    )
    asked = ask_for(payer)
    page = payer.get("/approval")
    assert "송풍기" in read(page)
    for link, button in ((payer, "수리 비용에 답하기"), (mother, "물어본 수리 비용 보기")):
        home = read(link.get())
        assert home.index("기사가 답을 기다립니다") < home.index(button) < home.index("담당 기사")
        assert "기사가 도착했습니다" not in home
    with web_world.database.reading() as session:
        facts = last_approval(session, visit_id=payer.visit_id)
        assert facts is not None and f"({facts.total:,}원)" in read(page) and f"({facts.total:,}원)" in home
        assert f"기사가 다녀가는 비용 {money_words(facts.lines[0].amount)}은 내셔야" in read(page)
        assert f"네, {facts.total:,}원에 고쳐 주세요" in read(page)
    assert 'name="answer"' not in mother.get("/approval").text
    assert mother.post("/approval", answer="agree", asked=str(asked), form_key="a").status_code == 403
    other = agreed(
        web_world, minutes=300, state="in_progress", status="IN_PROGRESS", arrived_at=web_world.now
    )
    foreign = ask_for(other)
    for wrong in (str(foreign), "999", "x", ""):
        assert payer.post("/approval", answer="agree", asked=wrong, form_key=f"w{wrong}").status_code == 404
    with web_world.database.reading() as session:
        theirs = last_approval(session, visit_id=other.visit_id)
    assert theirs is not None and theirs.state == "asked", "nobody agrees to another family's cost"
    agrees = payer.post("/approval", answer="agree", asked=str(asked), form_key="b")
    assert "동의하신 것을 기사에게 바로 알렸습니다" in read(agrees)
    with web_world.database.reading() as session:
        facts = last_approval(session, visit_id=payer.visit_id)
    assert facts is not None
    assert (facts.state, facts.how, facts.answered_by) == ("agreed", "FAMILY", "가족이 링크에서")
    turned = payer.post("/approval", answer="refuse", asked=str(asked), form_key="c")
    assert turned.status_code == 409 and MAKER in read(turned)


def test_a_cost_that_was_refused_stays_to_be_read_with_what_follows(web_world: WebWorld) -> None:
    payer = agreed(web_world, state="in_progress", status="IN_PROGRESS", arrived_at=web_world.now)
    before = read(payer.get("/cost"))
    assert (
        "한 곳을 고치면 모두 합해" in before and "모두 30만원(300,000원)이 넘을 때는, 고치기 전에" in before
    )
    asked = ask_for(payer)
    with web_world.database.reading() as session:
        facts = last_approval(session, visit_id=payer.visit_id)
    assert facts is not None
    waits = payer.get("/cost")
    assert f"({facts.total:,}원)" in read(waits) and "답을 기다리고 있습니다" in read(waits)
    assert f'href="/t/{payer.token}/approval"' in waits.text
    payer.post("/approval", answer="refuse", asked=str(asked), form_key="a")
    for page in ("", "/cost"):
        later = read(payer.get(page))
        assert f"({facts.total:,}원)" in later and "원하지 않는다고 하셨습니다" in later, page
        assert "그 비용으로는 고치지 않습니다. 기사가 다른 방법을 의논드립니다." in later, page
        assert "고치지 않으셔도 기사가 다녀가는 비용" in later, page
    cost = payer.get("/cost")
    assert "송풍기" in read(cost) and f"{clock_words(web_world.now)}에 원하지 않는다고" in read(cost)
    assert "/approval" not in cost.text
    with web_world.database.transaction() as session:
        lines = dear_lines(payer, session)
        agree_by_phone(session, visit_id=payer.visit_id, lines=lines, by=world.AGENT, now=web_world.now)
    both = read(payer.get("/cost"))
    assert "에 이 비용에 동의하셨습니다" in both and "에 원하지 않는다고 하셨습니다" in both
    assert "원하지" not in read(payer.get()), "it is done after all"


def test_what_was_not_right_reaches_the_person_who_answers_for_it(family: Family) -> None:
    assert family.post("/complaint", words="  ", form_key="a").status_code == 422
    heard = family.post("/complaint", words="약속에 늦고 말도 없었어요", form_key="b")
    assert "책임자에게 바로 전했습니다" in read(heard)
    family.post("/complaint", words="약속에 늦고 말도 없었어요", form_key="b")
    (line,) = family.done("TicketEscalated")
    assert line.reason == "약속에 늦고 말도 없었어요" and line.actor_kind == "family"


def test_the_call_afterwards_comes_when_they_like_or_not_at_all(web_world: WebWorld) -> None:
    family = agreed(web_world, state="completed", status="COMPLETED", ended_at=web_world.now)
    with web_world.database.transaction() as session:
        ticket = session.get_one(Ticket, family.ticket_id)
        ticket.completed_at = web_world.now
        call = HappyCall(
            company_id=ticket.company_id,
            ticket_id=family.ticket_id,
            state="scheduled",
            due_at=web_world.now + timedelta(days=1),
            until_at=web_world.now + timedelta(days=3),
            created_at=web_world.now,
        )
        session.add_all([ticket, call])
    times = re.findall(r'name="at" value="(\d[^"]+)"', family.get("/call").text)
    assert len(times) >= 3
    assert "고르신 시간에 전화드리겠습니다" in read(family.post("/call", at=times[2], form_key="a"))
    assert family.post("/call", at=rfc3339_kst(web_world.now), form_key="b").status_code == 409
    with taken_up_again(family):
        assert family.post("/call", at="none", form_key="r").status_code == 404, "he comes again first"
    with web_world.database.reading() as session:
        assert rfc3339_kst(session.exec(select(HappyCall)).one().due_at) == times[2]
    assert "전화드리지 않겠습니다" in read(family.post("/call", at="none", form_key="c"))
    with web_world.database.reading() as session:
        assert session.exec(select(HappyCall)).one().state == "refused"
    assert family.ticket().status == "CLOSED" and "/call" not in family.get().text


@contextmanager
def taken_up_again(family: Family) -> Iterator[None]:
    """Until the handler has withdrawn the call that was owed."""
    for status in ("REOPENED", "COMPLETED"):
        with family.web.database.transaction() as session:
            session.get_one(Ticket, family.ticket_id).status = status
        if status == "REOPENED":
            yield


def test_unknown_malformed_and_foreign_tokens_get_one_and_the_same_answer(
    family: Family, web_world: WebWorld
) -> None:
    tokens = ["a" * LENGTH, "x", "..%2f..", "%00", family.token[:-1], family.token.swapcase(), "가" * 40]
    answers = [web_world.clients[-1].get(f"/t/{token}") for token in tokens]
    assert {answer.status_code for answer in answers} == {404}
    assert len({_without_address(answer) for answer in answers}) == 1
    assert MAKER in read(answers[0]) and RESIDENT[0] not in answers[0].text
    posted = [web_world.clients[-1].post(f"/t/{token}/time", data={"window": "x"}) for token in tokens[:2]]
    assert {answer.status_code for answer in posted} == {404}
    assert re.fullmatch(f"[{LETTERS}]{{{LENGTH}}}", family.token)


def _without_address(answer: httpx.Response) -> str:
    return re.sub(r"/t/[^\"/]+", "/t/", answer.text)


def test_a_link_shows_its_own_case_alone(web_world: WebWorld) -> None:
    one, other = open_link(web_world, minutes=240), agreed(web_world)
    own, foreign = one.ticket().number, other.ticket().number
    for page in PAGES:
        assert foreign not in one.get(page).text
    window = one.offered()[0]
    one.post("/time", window=window, form_key="same", ticket_id=str(other.ticket_id), token=other.token)
    other.post("/complaint", words="다른 집 이야기", form_key="same")
    assert one.ticket().status == "APPOINTED" and not one.done("TicketEscalated")
    assert own in one.get().text and len(other.done("FamilyAgreed")) == 0


def test_who_pays_alone_sees_money_alone(web_world: WebWorld) -> None:
    family = agreed(web_world, roles=("payer",), note="현관 비밀번호 58213#")
    for page in ("", "/cost", "/time", "/away", "/try", "/call", "/correction"):
        shown = read(family.get(page))
        assert "박기사" not in shown and "58213" not in shown and "진행 순서" not in shown, page
    assert "출장비" in read(family.get("/cost"))
    for page, field in (("/time", "window"), ("/away", "x"), ("/call", "at")):
        assert family.post(page, **{field: "x", "form_key": "a"}).status_code == 403
    assert family.ticket().status == "APPOINTED"


def test_door_notes_numbers_and_places_stand_on_no_page(web_world: WebWorld) -> None:
    family = agreed(web_world, roles=("requester", "resident"), note="현관 비밀번호 58213#")
    text = " ".join(family.get(page).text for page in PAGES)
    for hidden in ("58213", "7731", "9876", "1203호", "역삼동", "37.4", "127.0"):
        assert hidden not in text, hidden


def test_a_link_ends_with_its_case_and_when_it_is_revoked(web_world: WebWorld) -> None:
    family = agreed(web_world)
    with web_world.database.transaction() as session:
        cancel_ticket(
            session, ticket_id=family.ticket_id, reason="고객 요청", by=world.AGENT, now=web_world.now
        )
    gone = read(family.get())
    assert "접수가 취소되었습니다" in gone and "고객 요청" not in gone
    web_world.wait(days=14)
    assert family.get().status_code == 200
    web_world.wait(seconds=1)
    for page in PAGES:
        over = family.get(page)
        assert over.status_code == 410 and MAKER in read(over) and RESIDENT[0] not in over.text, page
    assert family.post("/complaint", words="x", form_key="a").status_code == 410

    told_now = link_to(web_world, family.ticket_id, family.visit_id, ("requester",))
    assert family.client.get(f"/t/{told_now}").status_code == 200, (
        "a text of today opens, whatever it is about"
    )
    web_world.wait(days=14, seconds=1)
    assert family.client.get(f"/t/{told_now}").status_code == 410

    open_case = agreed(web_world)
    shared = link_to(web_world, open_case.ticket_id, None, ("requester", "resident"))
    resident = link_to(web_world, open_case.ticket_id, None, ("resident",))
    with web_world.database.transaction() as session:
        record_attempt(
            session,
            ticket_id=open_case.ticket_id,
            attempt=AttemptRequest(Outcome.WRONG_NUMBER, with_role="requester"),
            by=world.AGENT,
            now=web_world.now,
        )
    assert open_case.get().status_code == 410
    assert open_case.client.get(f"/t/{shared}").status_code == 410, "a stranger reads them"
    assert open_case.client.get(f"/t/{resident}").status_code == 200


def test_a_case_taken_up_again_says_so(web_world: WebWorld) -> None:
    family = open_link(web_world)
    with web_world.database.transaction() as session:
        ticket = session.get_one(Ticket, family.ticket_id)
        ticket.reopened_at = web_world.now
        session.add(ticket)
    assert "다시 접수되어 새로 방문합니다" in read(family.get())


def test_a_danger_has_no_times_to_pick_and_says_what_to_do(web_world: WebWorld) -> None:
    family = open_link(web_world, safety=True)
    page = read(family.get())
    assert "기사를 바로 보내고 있습니다" in page and "창문을 열고" in page
    assert "/time" not in family.get().text and "/try" not in family.get().text
    soon = f"{rfc3339_kst(web_world.now)}/{rfc3339_kst(web_world.now + timedelta(hours=2))}"
    assert family.post("/time", window=soon, form_key="a").status_code == 409
    coming = agreed(web_world, safety=True, minutes=300, state="en_route", status="EN_ROUTE")
    assert "/away" not in coming.get().text
    turned = coming.post("/away", form_key="b")
    assert turned.status_code == 409 and "위험할 수 있는 접수라 방문을 미루지 않습니다" in read(turned)
    assert [visit.state for visit in coming.visits()] == ["en_route"], "he goes on to where gas may leak"


def test_who_asks_too_often_waits_and_others_do_not(family: Family, web_world: WebWorld) -> None:
    other = open_link(web_world, minutes=240)
    answers = [family.get("/complaint").status_code for _each in range(61)]
    assert answers[:60] == [200] * 60 and answers[60] == 429
    assert other.get().status_code == 200
    asked: list[str] = []
    event.listen(web_world.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    slowed = family.get()
    assert int(slowed.headers["retry-after"]) >= 1 and MAKER in read(slowed)
    assert not asked, "who is turned away costs nothing"
    assert family.client.get("/t/madeup").status_code == 404 and len(asked) == 2, (
        "whether there is such a link"
    )
    web_world.wait(minutes=1)
    assert family.get().status_code == 200


def test_who_guesses_addresses_is_turned_away_whichever_he_tries(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("LINK_REQUESTS_A_MINUTE_ADDRESS", "5")
    family = open_link(request.getfixturevalue("web_world"))
    guesses = [family.client.get(f"/t/{new_token()}").status_code for _each in range(6)]
    assert guesses == [404] * 5 + [429] and family.get().status_code == 429
    family.web.wait(minutes=1)
    assert family.get().status_code == 200


def test_another_sites_form_is_refused_and_an_old_phones_is_not(family: Family) -> None:
    where = f"/t/{family.token}/complaint"
    sent = {"words": "x", "form_key": "a"}
    crossed = family.client.post(where, data=sent, headers={"sec-fetch-site": "cross-site"})
    assert crossed.status_code == 403 and not family.done("TicketEscalated")
    old = family.client.post(where, data=sent, headers={"origin": "null"})  # by our own referrer policy
    assert old.status_code == 303 and family.done("TicketEscalated")


def test_english_is_a_press_away(family: Family) -> None:
    english = family.post("/language", lang="en")
    assert "We are arranging a time" in read(english) and '<html lang="en">' in english.text


def test_the_newest_visit_of_the_case_counts(web_world: WebWorld) -> None:
    family = agreed(web_world)
    with web_world.database.transaction() as session:
        visit = session.get_one(Visit, family.visit_id)
        visit.state, visit.ended_at = "completed", web_world.now
        ticket = session.get_one(Ticket, family.ticket_id)
        ticket.status, ticket.completed_at = "COMPLETED", web_world.now
        session.add_all([visit, ticket])
    assert "방문이 끝났습니다" in read(family.get())


def test_who_gets_texts_is_for_each_to_say_and_for_the_resident_about_who_called(web_world: WebWorld) -> None:
    child = agreed(web_world)
    parent = replace(child, token=link_to(web_world, child.ticket_id, child.visit_id, ("resident",)))
    assert "접수하신" not in read(child.get("/texts")) and "접수하신" in read(parent.get("/texts"))
    assert child.post("/texts", whose="caller", on="0", form_key="x").status_code == 403
    assert told(child) == {"resident": True, "requester": True}, "she is no resident"

    assert child.get("/texts/caller").status_code == 404 == child.get("/texts/adverts").status_code
    asked = parent.get("/texts/caller")
    assert "이런 안내를 받지 못하십니다" in read(asked) and told(parent)["requester"], "a look takes nothing"
    off = parent.post("/texts", whose="caller", on="0", form_key="a")
    assert "이제 문자를 보내지 않습니다" in read(off)
    assert told(parent) == {"resident": True, "requester": False}
    assert child.get().status_code == 410, "what is kept from her stands on her page, too"
    (line,) = parent.done("NoticesRefused")
    assert (line.actor_kind, line.data["door"]) == ("family", "PAGE")

    parent.post("/texts", whose="own", on="0", form_key="b")
    assert told(parent) == {"resident": False, "requester": False}
    assert "다시 문자를 보내 주세요" in read(parent.get("/texts")), "one's own page stays open"
    parent.post("/texts", whose="own", on="1", form_key="c")
    assert told(parent)["resident"] is True


def told(family: Family) -> dict[str, bool]:
    with family.web.database.reading() as session:
        facts = facts_of_ticket(session, ticket_id=family.ticket_id)
        return {party.role.value: party.takes_notices for party in family_of(session, facts)}
