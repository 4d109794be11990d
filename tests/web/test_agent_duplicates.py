"""A second call about an open case: seen while the form is typed, joined, merged, or kept apart."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlmodel import col, select

from core.models import TimelineEntry
from customers.models import Household
from dispatch.models import Task, Ticket, TicketParty, Visit
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.planning.plan_models import SolveRequest
from notifications.models import Notice
from tests import world
from tests.web.agent_world import FORM, carry_on, file, make_case, make_home, number_of, tickets
from tests.web.conftest import ClientAs, WebWorld
from tests.web.dispatch_world import PART
from tests.web.told_once import words_of

OPEN = "/agent/new/open"
ADDRESS = "서울 강남구 역삼동 735, 101동 1203호"


@pytest.fixture
def desk(client_as: ClientAs) -> httpx.Client:
    return client_as("agent")


def second_call(web_world: WebWorld, desk: httpx.Client, **changes: str) -> tuple[str, str]:
    """Two tickets of one home, both planned."""
    first = number_of(file(desk))
    second = number_of(file(desk, idempotency_key="press-2", note="아직도 추워요", **changes))
    for _ in range(3):
        carry_on(web_world)
    return first, second


def entries(web_world: WebWorld, what: str) -> list[TimelineEntry]:
    with web_world.database.reading() as session:
        return list(session.exec(select(TimelineEntry).where(col(TimelineEntry.what) == what)))


@pytest.mark.parametrize(
    "typed",
    [
        {"resident_phone": "02)555-0101"},
        {"caller": "other", "requester_phone": "010.9876.5432 (아들)"},
        {"resident_address": ADDRESS},
    ],
    ids=["the-resident's-phone", "the-requester's-phone", "the-address"],
)
def test_an_open_ticket_shows_while_the_form_is_typed(desk: httpx.Client, typed: dict[str, str]) -> None:
    number = number_of(file(desk))
    page = desk.get("/agent/new").text
    assert f'hx-post="{OPEN}"' in page
    shown = desk.post(OPEN, data=typed).text
    assert number in shown
    assert "전화드리겠습니다" in shown, "the sentence to read out"
    assert f'formaction="/agent/tickets/{number}/call"' in shown
    assert f'href="/agent/tickets/{number}"' in shown
    assert "김영자" not in shown and "555-0101" not in shown


def test_an_unknown_caller_or_an_ended_ticket_shows_nothing(desk: httpx.Client) -> None:
    number = number_of(file(desk))
    assert desk.post(OPEN, data={"resident_phone": "010-5555-0000"}).text.strip() == ""
    hidden = {"caller": "resident", "requester_phone": "010-9876-5432"}
    assert number not in desk.post(OPEN, data=hidden).text
    desk.post(f"/agent/tickets/{number}/cancellation", data={"reason": "이사"})
    assert desk.post(OPEN, data={"resident_phone": "02-555-0101"}).text.strip() == ""


def test_each_open_ticket_behind_a_shared_phone_is_listed(web_world: WebWorld, desk: httpx.Client) -> None:
    """A son's number stands behind two homes."""
    one = number_of(file(desk))
    other = number_of(
        file(
            desk,
            idempotency_key="k2",
            resident_name="박순자",
            resident_phone="02-777-1111",
            resident_address="서울 강남구 역삼동 800, 3동 301호",
        )
    )
    shown = desk.post(OPEN, data={"caller": "other", "requester_phone": "010-9876-5432"}).text
    assert one in shown and other in shown


def test_a_chosen_home_shows_its_open_ticket(web_world: WebWorld, desk: httpx.Client) -> None:
    home = make_home(web_world)
    with web_world.database.reading() as session:
        number = make_case(web_world, household=session.get_one(Household, home))
    assert number in desk.post(OPEN, data={"household": str(home)}).text


def test_the_call_joins_the_open_ticket_with_what_was_typed(web_world: WebWorld, desk: httpx.Client) -> None:
    number = number_of(file(desk))
    data = {**FORM, "note": "언제 오냐고 하심", "idempotency_key": "k2"}
    for _ in range(2):
        answer = desk.post(f"/agent/tickets/{number}/call", data=data)
        assert answer.status_code == 303
    [ticket] = tickets(web_world.database)
    assert ticket.note == "방이 추워요\n언제 오냐고 하심"
    assert len(entries(web_world, "CallJoined")) == 1


@pytest.mark.parametrize("danger", [{"symptom": "GAS_SMELL"}, {"safety": "1", "symptom": ""}])
def test_a_danger_is_never_joined_to_an_ordinary_ticket(
    web_world: WebWorld, desk: httpx.Client, danger: dict[str, str]
) -> None:
    """The form comes back with what was typed and what to read out; filed, it is a danger's ticket."""
    number = number_of(file(desk))
    data = {**FORM, **danger, "note": "가스 냄새가 나요", "idempotency_key": "k2"}
    answer = desk.post(f"/agent/tickets/{number}/call", data=data)
    assert answer.status_code == 409 and "이어 적지 않습니다" in answer.text
    assert "가스 냄새가 나요" in answer.text and "data-danger" in answer.text
    assert 'action="/agent/new"' in answer.text
    [ticket] = tickets(web_world.database)
    assert ticket.note == "방이 추워요" and entries(web_world, "CallJoined") == []
    number_of(file(desk, **{**data, "symptom": "GAS_SMELL"}))
    assert tickets(web_world.database)[1].safety
    path = f"/agent/tickets/{tickets(web_world.database)[1].number}/call"
    joined = desk.post(path, data={**data, "idempotency_key": "k3"})
    assert joined.status_code == 303, "a second call about the danger joins it"


@pytest.mark.parametrize(
    ("caller", "kept"),
    [
        ({"requester_phone": "01022223333"}, "\n전화하신 분 번호: 010-2222-3333"),
        ({"requester_phone": "010-9876-5432"}, ""),
        ({"requester_phone": "지금은 모름"}, "\n전화하신 분 번호: 지금은 모름"),
        ({"requester_phone": "01022223333", "caller": "resident"}, ""),
    ],
    ids=["new", "known", "not-a-number", "hidden"],
)
def test_who_else_called_is_not_forgotten(
    web_world: WebWorld, desk: httpx.Client, caller: dict[str, str], kept: str
) -> None:
    number = number_of(file(desk))
    data = {**FORM, "note": "언제 와요", "idempotency_key": "k2", **caller}
    assert desk.post(f"/agent/tickets/{number}/call", data=data).status_code == 303
    assert tickets(web_world.database)[0].note == f"방이 추워요\n언제 와요{kept}"
    assert "2222-3333" not in desk.get(f"/agent/tickets/{number}").text, "masked like every number"


def test_another_case_is_filed_without_the_mark_and_the_choice_stays_on_the_form(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    first = number_of(file(desk))
    shown = desk.post(OPEN, data={"resident_phone": "02-555-0101", "other_case": first}).text
    assert f'name="other_case" value="{first}" checked' in shown
    number = number_of(file(desk, idempotency_key="k2", symptom="LEAK", other_case=first))
    filed = tickets(web_world.database)[-1]
    assert (filed.number, filed.suspected_duplicate_of_id) == (number, None)
    [entry] = entries(web_world, "DuplicateRuledOut")
    assert entry.subject_id == filed.id and entry.actor_name
    assert "중복이 아니라고 확인했습니다" in desk.get(f"/agent/tickets/{number}").text


def test_another_case_is_said_of_the_tickets_that_were_shown(web_world: WebWorld, desk: httpx.Client) -> None:
    """Ticked for one home, then the phone is corrected: the other home's ticket was not ruled out."""
    home_a = number_of(file(desk))
    other = {"resident_name": "박순자", "resident_phone": "02-777-1111", "caller": "resident"}
    other |= {"resident_address": "서울 강남구 역삼동 800, 3동 301호", "payer": "resident"}
    home_b = number_of(file(desk, idempotency_key="k2", **other))
    ticked = desk.post(OPEN, data={"resident_phone": "02-555-0101"}).text
    assert f'name="other_case" value="{home_a}"' in ticked and "checked" not in ticked
    corrected = desk.post(OPEN, data={**other, "other_case": home_a}).text
    assert f'name="other_case" value="{home_b}"' in corrected and "checked" not in corrected
    number_of(file(desk, idempotency_key="k3", **other, other_case=home_a))
    filed = tickets(web_world.database)[-1]
    assert filed.suspected_duplicate_of_id == tickets(web_world.database)[1].id
    assert entries(web_world, "DuplicateRuledOut") == []


def test_a_duplicate_is_merged_and_one_ticket_goes_on(web_world: WebWorld, desk: httpx.Client) -> None:
    first, second = second_call(web_world, desk)
    page = words_of(desk.get(f"/agent/tickets/{second}").text)
    assert "같은 건입니다 — 하나로 합치기" in page and first in page
    with web_world.database.reading() as session:
        told = len(session.exec(select(Notice)).all())
    assert desk.post(f"/agent/tickets/{second}/same-case").status_code == 303
    older, newer = tickets(web_world.database)
    assert newer.status == "CANCELLED" and first in (newer.end_reason or "")
    assert older.status not in ("CANCELLED", "CLOSED")
    assert older.note == "방이 추워요\n아직도 추워요"
    with web_world.database.reading() as session:
        states = [v.state for v in session.exec(select(Visit).where(Visit.ticket_id == newer.id))]
        texts = session.exec(select(Notice).order_by(col(Notice.id))).all()[told:]
    assert set(states) <= {"cancelled"}
    assert {text.recipient for text in texts} <= {"technician", "point"}, "no family is told of an end"
    assert all(first in text.text for text in texts)
    [merged] = entries(web_world, "DuplicateMerged")
    assert (merged.subject_id, merged.data["into"]) == (newer.id, first)
    page = desk.get(f"/agent/tickets/{second}").text
    assert f'href="/agent/tickets/{first}"' in page
    assert "취소된 접수입니다" not in page and "정해 드립니다" in page, "the one that goes on answers"
    kept = desk.get(f"/agent/tickets/{first}").text
    assert "이 접수로 합친 접수" in kept and f'href="/agent/tickets/{second}"' in kept


def test_a_merged_ticket_can_be_opened_again(web_world: WebWorld, desk: httpx.Client) -> None:
    first, second = second_call(web_world, desk)
    desk.post(f"/agent/tickets/{second}/same-case")
    again = desk.post(f"/agent/tickets/{second}/reopening", data={"reason": "다른 보일러였음"})
    assert again.status_code == 303
    assert tickets(web_world.database)[1].status == "REOPENED"
    assert "이 접수로 합친 접수" not in desk.get(f"/agent/tickets/{first}").text


def test_a_time_agreed_for_the_duplicate_is_told_by_phone(web_world: WebWorld, desk: httpx.Client) -> None:
    _first, second = second_call(web_world, desk)
    page = desk.get(f"/agent/tickets/{second}").text
    slot = re.findall(r'name="window" value="([^"]+)"', page)[0]
    agreed = desk.post(f"/agent/tickets/{second}/window", data={"window": slot, "with": "requester"})
    assert agreed.status_code == 303
    desk.post(f"/agent/tickets/{second}/same-case")
    older, _newer = tickets(web_world.database)
    with web_world.database.reading() as session:
        query = select(Task).where(Task.ticket_id == older.id, Task.kind == NOTICE_FAILED)
        [task] = session.exec(query).all()
    assert (task.state, task.recipient) == ("open", "requester")
    assert second in task.detail


GRANDMA = {"caller": "resident", "payer": "resident"}
SON = {"requester_phone": "010-3333-4444", "requester_name": "김철수"}


@pytest.mark.parametrize("earlier", [GRANDMA, SON], ids=["grandma-asked-first", "a-son-asked-first"])
def test_whom_a_time_was_promised_is_rung_whoever_asked_first(
    web_world: WebWorld, desk: httpx.Client, earlier: dict[str, str]
) -> None:
    first = number_of(file(desk, **earlier))
    second = number_of(file(desk, idempotency_key="press-2"))
    for _ in range(3):
        carry_on(web_world)
    path = f"/agent/tickets/{second}"
    slot = re.findall(r'name="window" value="([^"]+)"', desk.get(path).text)[0]
    desk.post(f"{path}/window", data={"window": slot, "with": "requester"})
    assert desk.post(f"{path}/same-case").status_code == 303
    older, _newer = tickets(web_world.database)
    with web_world.database.reading() as session:
        [task] = session.exec(select(Task).where(Task.kind == NOTICE_FAILED)).all()
        query = select(TicketParty).where(
            TicketParty.ticket_id == task.ticket_id, TicketParty.role == task.recipient
        )
        assert session.exec(query).one().name == "김민수", "not who asked first"
        asked = select(TicketParty.name).where(
            TicketParty.ticket_id == older.id, TicketParty.role == "requester"
        )
        stays = session.exec(asked).one()
    [entry] = entries(web_world, "DuplicateTakenIn")
    assert first in task.detail and second in task.detail
    if earlier is SON:
        assert (stays, entry.data["people"], task.ticket_id) == ("김철수", [], _newer.id)
    else:
        assert (stays, entry.data["people"], task.ticket_id) == ("김민수", ["requester"], older.id)
        assert older.payer_role == "requester", "as the one who pays said"
        assert "접수하신 분도 함께 올림" in words_of(desk.get(f"/agent/tickets/{first}").text)
    assert second in desk.get("/agent/waiting?list=calls").text


def test_a_third_call_is_compared_with_the_ticket_that_goes_on(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    first = number_of(file(desk))
    web_world.wait(minutes=1)
    second = number_of(file(desk, idempotency_key="press-2"))
    web_world.wait(minutes=1)
    third = number_of(file(desk, idempotency_key="press-3"))
    older, middle, newest = tickets(web_world.database)
    assert newest.suspected_duplicate_of_id == middle.id
    desk.post(f"/agent/tickets/{second}/same-case")
    assert tickets(web_world.database)[2].suspected_duplicate_of_id == older.id
    page = words_of(desk.get(f"/agent/tickets/{third}").text)
    assert f"{second} → {first}" in page, "who, when and what stays in the timeline"
    assert desk.post(f"/agent/tickets/{third}/same-case").status_code == 303
    assert tickets(web_world.database)[2].status == "CANCELLED"


@pytest.mark.parametrize("more_urgent", [True, False])
def test_what_became_more_urgent_is_planned_anew(
    web_world: WebWorld, desk: httpx.Client, more_urgent: bool
) -> None:
    number_of(file(desk, symptom="NOISE"))
    second = number_of(file(desk, idempotency_key="press-2", symptom="NO_HEAT" if more_urgent else "NOISE"))
    carry_on(web_world)
    carry_on(web_world)
    with web_world.database.transaction() as session:
        newer = session.exec(select(Ticket).where(Ticket.number == second)).one()
        for visit in session.exec(select(Visit).where(Visit.ticket_id == newer.id)):
            visit.planned_start = visit.planned_end = None  # its own day asks for nothing
        for wish in session.exec(select(SolveRequest)):
            session.delete(wish)
    desk.post(f"/agent/tickets/{second}/same-case")
    with web_world.database.reading() as session:
        assert bool(session.exec(select(SolveRequest)).all()) is more_urgent


def test_what_was_opened_again_and_cancelled_is_not_called_merged(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    first, second = second_call(web_world, desk)
    desk.post(f"/agent/tickets/{second}/same-case")
    web_world.wait(minutes=1)
    desk.post(f"/agent/tickets/{second}/reopening", data={"reason": "다른 보일러였음"})
    web_world.wait(minutes=1)
    assert desk.post(f"/agent/tickets/{second}/cancellation", data={"reason": "이사"}).status_code == 303
    assert "이 접수로 합친 접수" not in desk.get(f"/agent/tickets/{first}").text


@pytest.mark.parametrize("desk_of", ["agent", "dispatch"])
def test_a_points_manager_does_not_merge_into_another_points_ticket(
    web_world: WebWorld, desk: httpx.Client, desk_of: str
) -> None:
    first, second = second_call(web_world, desk)
    with web_world.database.transaction() as session:
        beside = world.make_point(session, company=web_world.company, code="beside", now=web_world.now)
        session.flush()
        older = session.exec(select(Ticket).where(Ticket.number == first)).one()
        older.service_point_id = beside.id
    manager = web_world.sign_in("manager", point=web_world.point)
    answer = manager.post(f"/{desk_of}/tickets/{second}/same-case", headers=PART)
    assert answer.status_code == 403 and "회사 전체의 배차 담당자" in answer.text
    assert tickets(web_world.database)[1].status != "CANCELLED"
    others = manager.get(f"/dispatch/tickets/{second}/other-points", headers=PART)
    assert others.status_code == 403 and "기사" not in others.text.replace("배차 담당자", "")
    assert desk.post(f"/agent/tickets/{second}/same-case").status_code == 303, "a company-wide desk does"


@pytest.mark.parametrize(
    ("what", "says"),
    [("ended", "이미 끝났습니다"), ("safety", "안전 접수는 합치지 않습니다"), ("alone", "중복으로 의심되는")],
)
def test_what_would_leave_nobody_going_is_not_merged(
    web_world: WebWorld, desk: httpx.Client, what: str, says: str
) -> None:
    first = number_of(file(desk))
    symptom = "GAS_SMELL" if what == "safety" else "NO_HEAT"
    second = number_of(file(desk, idempotency_key="press-2", symptom=symptom))
    if what == "ended":
        desk.post(f"/agent/tickets/{first}/cancellation", data={"reason": "이사"})
    if what == "alone":
        assert desk.post(f"/agent/tickets/{second}/other-case").status_code == 303
    answer = desk.post(f"/agent/tickets/{second}/same-case")
    assert answer.status_code == 409
    assert says in answer.text
    assert tickets(web_world.database)[1].status != "CANCELLED"


def test_a_dispatcher_says_one_case_or_two(web_world: WebWorld, desk: httpx.Client) -> None:
    first, second = second_call(web_world, desk)
    dispatcher = web_world.sign_in("dispatcher")
    dialog = dispatcher.get(f"/dispatch/tickets/{second}", headers=PART).text
    assert "/same-case" in dialog and first in dialog
    told = dispatcher.post(f"/dispatch/tickets/{second}/other-case", headers=PART)
    assert told.status_code == 200 and "/same-case" not in told.text
    with web_world.database.reading() as session:
        marks = session.exec(select(Ticket.suspected_duplicate_of_id)).all()
    assert list(marks) == [None, None]


def test_a_dispatcher_merges_too(web_world: WebWorld, desk: httpx.Client) -> None:
    first, second = second_call(web_world, desk)
    dispatcher = web_world.sign_in("dispatcher")
    merged = dispatcher.post(f"/dispatch/tickets/{second}/same-case", headers=PART)
    assert merged.status_code == 200, merged.text[:500]
    assert tickets(web_world.database)[1].status == "CANCELLED"
    assert first in merged.text
