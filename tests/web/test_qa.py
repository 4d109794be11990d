"""The follow-up desk over HTTP: who may, what is asked, what is written down and what follows."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx import Client
from sqlmodel import Session, col, select

from core.actor import Role
from core.clock import KST
from core.dated import read_rules
from core.models import TimelineEntry
from dispatch.models import Ticket
from happycall import service
from happycall.models import HappyCall, HappyCallAttempt
from tests import world
from tests.dispatch.case_world import CaseWorld
from tests.happycall.call_world import complete
from tests.web.conftest import ClientAs, WebWorld
from tests.web.told_once import told_once
from workforce.models import AccessLog, Technician

GOOD = {
    "outcome": "CONNECTED",
    "with": "resident",
    "fixed": "yes",
    "contacted_in_time": "yes",
    "came_on_time": "yes",
    "told_before": "unknown",
    "cost_matches": "yes",
    "overall": "6",
    "nps": "9",
}


def owe_call(web: WebWorld, *, days_ago: int = 1, **ticket_fields: Any) -> tuple[int, str]:
    """A completed ticket of the company with its call, due now. Returns the call's id and the number."""
    done = web.now - timedelta(days=days_ago)
    with web.database.transaction() as session:
        case = _case(session, web, done, **ticket_fields)
        complete(case, at=done)
        call = session.exec(select(HappyCall).where(HappyCall.ticket_id == case.ticket_id)).one()
        assert call.due_at <= web.now
        return call.id or 0, case.ticket.number


def _case(session: Session, web: WebWorld, done: datetime, **ticket_fields: Any) -> CaseWorld:
    technician = session.get_one(Technician, web.technician.id)
    ticket = world.make_ticket(
        session,
        company=web.company,
        point=web.point,
        household=world.make_household(session, company=web.company, resident=("김영자", "010-1111-2222")),
        status="COMPLETED",
        received_at=done,
        completed_at=done,
        **ticket_fields,
    )
    visit = world.make_visit(
        session,
        ticket=ticket,
        point=web.point,
        technician=technician,
        state="completed",
        arrived_at=done,
        ended_at=done,
    )
    return CaseWorld(session, web.company, web.point, technician, ticket, visit)


def attempts(web: WebWorld) -> list[str]:
    with web.database.reading() as session:
        return list(session.exec(select(HappyCallAttempt.outcome).order_by(col(HappyCallAttempt.id))))


def why_rung(web: WebWorld) -> list[str | None]:
    with web.database.reading() as session:
        query = select(TimelineEntry.reason).where(TimelineEntry.what == "HappyCallAttempted")
        return list(session.exec(query))


def status_of(web: WebWorld, number: str) -> str:
    with web.database.reading() as session:
        return session.exec(select(Ticket.status).where(Ticket.number == number)).one()


@pytest.fixture
def qa(client_as: ClientAs) -> Client:
    return client_as("qa")


@pytest.mark.parametrize("role", [Role.QA, Role.MANAGER, Role.ADMIN])
def test_the_desk_is_for_those_who_ask(web_world: WebWorld, client_as: ClientAs, role: Role) -> None:
    _call_id, number = owe_call(web_world)
    page = client_as(role).get("/qa")
    assert page.status_code == 200
    assert f'data-testid="happy-call" data-number="{number}"' in page.text
    assert "완료 1건 가운데 해피콜 0, 예정 1, 이유 있음 0, 빠짐 0" in page.text


@pytest.mark.parametrize("role", [Role.AGENT, Role.DISPATCHER, Role.POINT, Role.TECHNICIAN])
def test_those_who_were_rated_have_no_access(web_world: WebWorld, client_as: ClientAs, role: Role) -> None:
    call_id, _number = owe_call(web_world)
    who = {"technician": web_world.technician} if role is Role.TECHNICIAN else {}
    client = client_as(role, **who)
    for path in ("/qa", "/qa/list", f"/qa/{call_id}", f"/qa/{call_id}/state"):
        assert client.get(path).status_code == 403
    assert client.post(f"/qa/{call_id}/attempts", data=GOOD).status_code == 403
    assert attempts(web_world) == []


def test_people_are_masked_until_the_button_is_pressed_and_that_is_logged(
    web_world: WebWorld, qa: Client
) -> None:
    call_id, _number = owe_call(web_world)
    page = qa.get(f"/qa/{call_id}").text
    assert "김영자" not in page and "010-1111-2222" not in page and "김*자님 댁" in page
    answer = qa.post(f"/qa/{call_id}/dial", data={"with": "requester"})
    assert answer.status_code == 303
    page = qa.get(answer.headers["location"]).text
    assert "tel:01011112222" in page and "tel:01098765432" in page and "김영자님 댁" in page
    with web_world.database.reading() as session:
        log = session.exec(select(AccessLog)).one()
    assert (log.subject_kind, log.reason) == ("ticket", "해피콜 전화")


def test_the_rated_technician_is_never_named(web_world: WebWorld, qa: Client) -> None:
    call_id, _number = owe_call(web_world)
    qa.post(f"/qa/{call_id}/dial", data={"with": "resident"})
    assert "박기사" not in qa.get(f"/qa/{call_id}").text


def test_outside_calling_hours_a_reason_is_needed(web_world: WebWorld, qa: Client) -> None:
    call_id, _number = owe_call(web_world)
    web_world.wait(hours=11)
    listed = qa.get("/qa").text
    assert "지금은 전화하는 시간이 아닙니다" in listed and "내일 10:00부터 걸 전화" in listed
    assert "지금 걸 전화" not in listed
    assert qa.get(f"/qa/{call_id}").text.count("왜 지금 거나요") == 1
    refused = qa.post(f"/qa/{call_id}/dial", data={"with": "resident"})
    assert refused.status_code == 422 and "왜 지금 거는지" in refused.text
    taken = qa.post(f"/qa/{call_id}/dial", data={"with": "resident", "why": "저녁에 걸어 달라고 하심"})
    assert taken.status_code == 303
    with web_world.database.reading() as session:
        assert "저녁에 걸어 달라고 하심" in session.exec(select(AccessLog.reason)).one()
    assert 'id="f-why' not in qa.get(f"/qa/{call_id}").text, "what was said when dialling is not asked again"
    assert qa.post(f"/qa/{call_id}/attempts", data=GOOD).status_code == 303
    assert why_rung(web_world) == ["저녁에 걸어 달라고 하심"]


@pytest.mark.parametrize("outcome", ["CONNECTED", "NO_ANSWER"])
def test_a_call_outside_the_hours_is_not_saved_without_its_reason(
    web_world: WebWorld, qa: Client, outcome: str
) -> None:
    call_id, _number = owe_call(web_world)
    web_world.wait(hours=11)
    refused = qa.post(f"/qa/{call_id}/attempts", data={**GOOD, "outcome": outcome})
    assert refused.status_code == 422 and 'id="e-why"' in refused.text
    assert attempts(web_world) == []
    sent = {**GOOD, "outcome": outcome, "why": "낮에는 밭에 계심"}
    assert qa.post(f"/qa/{call_id}/attempts", data=sent).status_code == 303
    assert why_rung(web_world) == ["낮에는 밭에 계심"]


def test_a_call_within_the_hours_needs_no_reason(web_world: WebWorld, qa: Client) -> None:
    call_id, _number = owe_call(web_world)
    assert 'id="f-why' not in qa.get(f"/qa/{call_id}").text
    assert qa.post(f"/qa/{call_id}/attempts", data={**GOOD, "why": "x"}).status_code == 303
    assert why_rung(web_world) == [None]


def test_every_question_is_answered_or_said_not_to_be(web_world: WebWorld, qa: Client) -> None:
    call_id, _number = owe_call(web_world)
    asked = [name for name in GOOD if name not in ("outcome", "with")]
    empty = qa.post(f"/qa/{call_id}/attempts", data={"outcome": "CONNECTED", "with": "resident"})
    assert empty.status_code == 422
    assert [name for name in asked if f'id="e-{name}"' in empty.text] == asked
    assert "고칠 칸 7곳" in empty.text and 'href="#e-overall">만족도</a>' in empty.text
    # What the family leaves open is said once for all, but never whether it works again.
    left_open = {"outcome": "CONNECTED", "rest": "1", "overall": "7"}
    half = qa.post(f"/qa/{call_id}/attempts", data=left_open)
    assert [name for name in asked if f'id="e-{name}"' in half.text] == ["fixed"]
    page = qa.get(
        qa.post(f"/qa/{call_id}/attempts", data={**left_open, "fixed": "yes"}).headers["location"]
    ).text
    assert page.count("대답하지 않으심") == 5 and "7점 가운데 7점" in page
    with web_world.database.reading() as session:
        kept = session.exec(select(HappyCallAttempt.answers)).one()
    assert sorted(kept["unanswered"]) == sorted(set(asked) - {"fixed", "overall"})


def test_good_answers_close_the_ticket(web_world: WebWorld, qa: Client) -> None:
    call_id, number = owe_call(web_world)
    answer = qa.post(f"/qa/{call_id}/attempts", data={**GOOD, "verbatim": "친절했어요"})
    assert answer.status_code == 303
    page = qa.get(answer.headers["location"]).text
    assert "닫았습니다." in page and "7점 가운데 6점" in page and "친절했어요" in page
    assert status_of(web_world, number) == "CLOSED"
    assert "해피콜 1, 예정 0" in qa.get("/qa").text


def test_not_fixed_opens_the_case_again_without_the_technician(web_world: WebWorld, qa: Client) -> None:
    call_id, number = owe_call(web_world)
    page = qa.get(qa.post(f"/qa/{call_id}/attempts", data={**GOOD, "fixed": "no"}).headers["location"])
    assert "다시 접수했습니다: 처음 기사를 뺀 새 방문을 잡습니다." in page.text
    with web_world.database.reading() as session:
        ticket = session.exec(select(Ticket).where(Ticket.number == number)).one()
    assert ticket.status == "REOPENED" and ticket.excluded_technician_id == web_world.technician.id


def test_a_family_without_heat_hears_an_apology_at_the_end(web_world: WebWorld, qa: Client) -> None:
    call_id, _number = owe_call(web_world)
    closing = re.findall(r'data-code="CLOSING".*?</li>', qa.get(f"/qa/{call_id}").text, re.DOTALL)[0]
    said = dict(re.findall(r'<p class="qa-say" data-if-([a-z-]+)>(.*?)</p>', closing))
    assert "따뜻하게 지내세요" in said["content"]
    for kind in ("not-fixed", "unhappy"):
        assert "죄송합니다" in said[kind] and "따뜻하게" not in said[kind]
        assert "한 시간 안에 전화드려 다른 기사가 찾아갈 시간을" in said[kind], "the desk may ring"
    assert "책임자가 확인해 따로 전화드리겠습니다" in said["bill-differs"]


def test_the_scores_that_open_the_case_again_are_marked_and_what_saving_does_is_said(
    web_world: WebWorld, qa: Client
) -> None:
    """By the company's own limits, so that words, notice and what is done agree."""
    with web_world.database.reading() as session:
        rules = read_rules(session, company_id=web_world.company.id or 0, at=web_world.now)
    call_id, _number = owe_call(web_world)
    page = qa.get(f"/qa/{call_id}").text
    low = re.findall(r'name="(overall|nps)" value="(\d+)"[^>]* data-low', page)
    assert [int(n) for name, n in low if name == "overall"] == list(range(1, rules.happy_call_low_score + 1))
    assert [int(n) for name, n in low if name == "nps"] == list(range(rules.happy_call_low_nps + 1))
    for words in ("낮은 점수를 주셨습니다", "고쳐지지 않았습니다", "저장하면 책임자에게 넘깁니다"):
        assert words in page


def test_before_calling_hours_the_next_ones_are_announced(web_world: WebWorld, qa: Client) -> None:
    """Nothing is due, and yet there is much to do today."""
    call_id, _number = owe_call(web_world)
    owe_call(web_world)
    with web_world.database.transaction() as session:
        other = session.exec(select(HappyCall).where(HappyCall.id != call_id)).one()
        web_world.now = web_world.now.astimezone(KST).replace(hour=6, minute=30)
        other.due_at = web_world.now + timedelta(hours=3)
        session.add(other)
    answer = qa.post(f"/qa/{call_id}/attempts", data={**GOOD, "why": "부탁하신 시각"})
    page = qa.get(answer.headers["location"]).text
    assert "모두 걸었습니다" not in page
    assert re.search(r"오늘 \d+:\d+부터 전화합니다. 오늘 걸 전화가 1건 기다립니다", page)


def test_a_bill_that_differs_goes_to_the_responsible_person(web_world: WebWorld, qa: Client) -> None:
    call_id, _number = owe_call(web_world)
    answer = qa.post(f"/qa/{call_id}/attempts", data={**GOOD, "cost_matches": "no"})
    assert "책임자에게 넘겼습니다" in qa.get(answer.headers["location"]).text


def test_what_is_missing_is_said_beside_the_question_and_answers_stay(
    web_world: WebWorld, qa: Client
) -> None:
    call_id, _number = owe_call(web_world)
    sent = {**GOOD, "fixed": "", "overall": "5", "nps": "11", "verbatim": "<b>추웠어요</b>"}
    page = qa.post(f"/qa/{call_id}/attempts", data=sent)
    assert page.status_code == 422
    assert 'id="e-fixed"' in page.text and 'id="e-nps"' in page.text and 'id="e-overall"' not in page.text
    assert re.search(r'name="overall" value="5"[^>]* checked', page.text)
    assert "&lt;b&gt;추웠어요&lt;/b&gt;" in page.text
    assert attempts(web_world) == []


def test_a_double_press_is_one_call(web_world: WebWorld, qa: Client) -> None:
    call_id, _number = owe_call(web_world)
    sent = {"outcome": "NO_ANSWER", "with": "resident", "idempotency_key": "k-1"}
    first, second = (qa.post(f"/qa/{call_id}/attempts", data=sent) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert attempts(web_world) == ["NO_ANSWER"]


def test_somebody_else_was_quicker(web_world: WebWorld, qa: Client, client_as: ClientAs) -> None:
    call_id, _number = owe_call(web_world)
    client_as("qa").post(f"/qa/{call_id}/attempts", data=GOOD)
    late = qa.post(f"/qa/{call_id}/attempts", data={**GOOD, "fixed": "no"})
    assert late.status_code == 409 and "이미 적은 해피콜" in late.text
    assert 'href="/qa">해피콜 목록으로' in late.text
    blank = qa.post(f"/qa/{call_id}/attempts", data={"outcome": "CONNECTED", "with": "resident"})
    assert blank.status_code == 409 and re.search(r"qa \d+님이 이미 적은 해피콜입니다", blank.text)
    assert "고칠 칸" not in blank.text, "there is no field to put right"
    assert attempts(web_world) == ["CONNECTED"]
    assert "다른 분이 방금" in qa.get(f"/qa/{call_id}/state?seen=0").text


def test_ones_own_other_window_was_quicker(web_world: WebWorld, qa: Client) -> None:
    call_id, _number = owe_call(web_world)
    qa.post(f"/qa/{call_id}/attempts", data={**GOOD, "idempotency_key": "first"})
    again = qa.post(f"/qa/{call_id}/attempts", data={"outcome": "CONNECTED", "idempotency_key": "second"})
    assert again.status_code == 409 and "이 창이 아닌 다른 창에서 이미 적으신 해피콜입니다" in again.text
    state = qa.get(f"/qa/{call_id}/state?seen=0").text
    assert "이 창이 아닌 다른 창에서" in state and "다른 분이" not in state


def test_nobody_answers_and_the_next_time_is_said(web_world: WebWorld, qa: Client) -> None:
    call_id, _number = owe_call(web_world)
    answer = qa.post(f"/qa/{call_id}/attempts", data={"outcome": "NO_ANSWER", "with": "resident"})
    page = qa.get(answer.headers["location"]).text
    assert "다음 전화는 오늘 13:30입니다." in page and "안 받으심" in page


def test_a_family_that_asks_for_another_time_is_rung_then(web_world: WebWorld, qa: Client) -> None:
    call_id, _number = owe_call(web_world)
    url = f"/qa/{call_id}/attempts"
    for wrong in ({}, {"back": "nonsense"}, {"back": "other", "back_other": "2020-01-01T10:00"}):
        page = qa.post(url, data={"outcome": "CALL_BACK", "with": "resident", **wrong})
        assert page.status_code == 422 and 'id="e-call_back_at"' in page.text
    sent = {"outcome": "CALL_BACK", "back": "other", "back_other": "2026-12-02T16:20"}
    assert qa.post(url, data=sent).status_code == 303
    assert "내일 16:20" in qa.get("/qa").text


@pytest.mark.parametrize("at", ["2026-12-02T03:00", "2026-12-06T14:00"], ids=["night", "Sunday"])
def test_another_time_outside_the_calling_hours_takes_a_reason(
    web_world: WebWorld, qa: Client, at: str
) -> None:
    call_id, _number = owe_call(web_world)
    url = f"/qa/{call_id}/attempts"
    sent = {"outcome": "CALL_BACK", "with": "resident", "back": "other", "back_other": at}
    refused = qa.post(url, data=sent)
    assert refused.status_code == 422
    message = told_once(refused.text)["call_back_at"]
    assert "전화할 수 있는 시간은 10:" in message and "까닭을 적어 주세요" in message
    assert f'value="{at}"' in refused.text and 'name="back_why"' in refused.text
    assert attempts(web_world) == []
    assert qa.post(url, data={**sent, "back_why": "밤에 일하셔서 부탁하심"}).status_code == 303
    assert "시간 밖에 다시 거는 사유: 밤에 일하셔서 부탁하심" in qa.get(f"/qa/{call_id}").text


def test_the_next_call_follows_in_the_list(web_world: WebWorld, qa: Client) -> None:
    first, _ = owe_call(web_world)
    second, _ = owe_call(web_world)
    assert f'href="/qa/{second}"' in qa.get(f"/qa/{first}").text
    answer = qa.post(f"/qa/{first}/attempts", data=GOOD)
    page = qa.get(answer.headers["location"]).text
    assert f'href="/qa/{second}"' in page and "지금 걸 전화 1건 남음" in page


def test_the_list_is_filtered_and_searched(web_world: WebWorld, qa: Client) -> None:
    done, done_number = owe_call(web_world)
    qa.post(f"/qa/{done}/attempts", data=GOOD)
    _owed, owed_number = owe_call(web_world)
    page = qa.get("/qa?state=done").text
    assert done_number in page and owed_number not in page
    page = qa.get("/qa", params={"q": done_number}).text
    assert done_number in page and owed_number not in page
    assert "찾은 해피콜이 없습니다" in qa.get("/qa", params={"q": "<script>%_"}).text
    assert qa.get("/qa?state=nonsense").status_code == 422


def test_another_company_and_unknown_calls_do_not_exist(web_world: WebWorld, qa: Client) -> None:
    owe_call(web_world)
    with web_world.database.transaction() as session:
        other = world.make_company(session, code="haedam", now=web_world.now)
        session.flush()
        session.expunge_all()
    stranger = web_world.sign_in("qa", company=other)
    with web_world.database.reading() as session:
        call_id = session.exec(select(HappyCall.id)).one()
    assert stranger.get(f"/qa/{call_id}").status_code == 404
    assert stranger.post(f"/qa/{call_id}/attempts", data=GOOD).status_code == 404
    assert stranger.post(f"/qa/{call_id}/dial", data={}).status_code == 404
    assert qa.get("/qa/999999").status_code == 404
    assert qa.get(f"/qa/{2**70}").status_code == 422


def test_expired_calls_are_shown_with_their_reason(web_world: WebWorld, qa: Client) -> None:
    _call_id, number = owe_call(web_world, days_ago=8)
    with web_world.database.transaction() as session:
        assert service.close_expired_calls(session, now=web_world.now) == 1
    page = qa.get("/qa?state=no_answer").text
    assert number in page and "통화하지 못했습니다" in page


def test_what_a_caller_typed_about_people_is_masked(web_world: WebWorld, qa: Client) -> None:
    call_id, number = owe_call(web_world)
    note = "김영자 님이 010-1111-2222로만 받으신다고 하심"
    answer = qa.post(f"/qa/{call_id}/attempts", data={"outcome": "REFUSED", "note": note})
    pages = [qa.get(answer.headers["location"]).text, qa.get("/qa?state=refused").text]
    pages.append(qa.get("/api/v1/happy-calls?state=refused").text)
    for page in pages:
        assert "김*자 님이 010-****-2222로만" in page and "김영자" not in page, number
