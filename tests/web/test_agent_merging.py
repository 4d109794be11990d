"""Two tickets of one home become one: who is told, who is rung, what goes on, and who may say so."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlmodel import col, select

from dispatch.models import Task, Ticket, TicketParty, Visit
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.planning.plan_models import SolveRequest
from notifications.models import Notice
from tests import world
from tests.web.agent_world import carry_on, entries, file, number_of, second_call, tickets
from tests.web.conftest import ClientAs, WebWorld
from tests.web.dispatch_world import PART
from tests.web.told_once import words_of


def parties(web: WebWorld, ticket: Ticket) -> set[str]:
    with web.database.reading() as session:
        return set(session.exec(select(TicketParty.role).where(TicketParty.ticket_id == ticket.id)))


@pytest.fixture
def desk(client_as: ClientAs) -> httpx.Client:
    return client_as("agent")


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


def test_what_came_with_a_merge_leaves_with_the_re_opened_ticket(
    web_world: WebWorld, desk: httpx.Client
) -> None:
    """A mistake between two cases: the one family hears and pays nothing of the other's."""
    first = number_of(file(desk, **GRANDMA))
    second = number_of(file(desk, idempotency_key="press-2", note="아직도 추워요"))
    before, _other = tickets(web_world.database)
    kept = (before.note, before.priority, before.payer_role)
    assert desk.post(f"/agent/tickets/{second}/same-case").status_code == 303
    older, _newer = tickets(web_world.database)
    assert parties(web_world, older) == {"resident", "requester"}, "who asked came along"
    assert "아직도 추워요" in older.note
    desk.post(f"/agent/tickets/{second}/reopening", data={"reason": "다른 보일러였음"})
    for _ in range(2):  # delivered twice, it happens once
        carry_on(web_world)
    older, newer = tickets(web_world.database)
    assert (older.note, older.priority, older.payer_role) == kept
    assert parties(web_world, older) == {"resident"}
    assert parties(web_world, newer) == {"resident", "requester"}
    [back] = entries(web_world, "DuplicateGivenBack")
    assert (back.subject_id, back.data["number"]) == (before.id, second)
    assert "합쳤던 접수를 다시 나누었습니다" in desk.get(f"/agent/tickets/{first}").text


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
