"""What is known of a ticket, in one picture and in lists; nothing of another company."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, or_, text
from sqlmodel import Session, col, select

from core.clock import KST, kst
from core.i18n import set_language
from dispatch.call_desk import open_safety_ids
from dispatch.events import TicketFiled
from dispatch.intake import file_ticket
from dispatch.list_queries import BadCursorError, BadStatusError
from dispatch.models import Placement, Ticket
from dispatch.numbers import numbered
from dispatch.placement import place_ticket
from dispatch.queries import (
    answer_where_is_it,
    find_open_ticket_of_household,
    list_open_tickets,
    list_tickets,
    ticket_detail,
)
from dispatch.safety import raise_alarm
from dispatch.schemas import FiledTicket, TicketRequest
from dispatch.tasks import list_tasks
from dispatch.tickets import UnknownTicketError
from dispatch.where_is_it import answer_for_item
from tests.dispatch.test_intake import BODY, Codes
from tests.world import (
    AGENT,
    GANGNAM,
    make_company,
    make_household,
    make_point,
    make_technician,
    make_ticket,
    make_visit,
)
from workforce.models import Company


def file(session: Session, company: Company, now: datetime, **changes: Any) -> FiledTicket:
    request = TicketRequest.model_validate({**BODY, **changes})
    return file_ticket(session, request=request, company_id=company.id or 0, codes=Codes(), by=AGENT, now=now)


def place(session: Session, company: Company, ticket_id: int, now: datetime) -> None:
    event = TicketFiled(company_id=company.id or 0, at=now, ticket_id=ticket_id)
    place_ticket(session, event=event, now=now)


def test_the_detail_holds_what_the_contract_shows(session: Session, company: Company, now: datetime) -> None:
    point = make_point(session, company=company, at=GANGNAM)
    make_technician(session, point=point)
    filed = file(session, company, now)
    place(session, company, filed.id, now)
    detail = ticket_detail(session, company_id=company.id or 0, number=filed.number, now=now)
    assert (detail.number, detail.company.code, detail.status) == (filed.number, "onnuri", "ASSIGNED")
    assert [p.role for p in detail.parties] == ["resident", "requester"]
    assert (detail.address.precision, detail.address.lat is not None) == ("dong", True)
    assert detail.placement is not None
    assert (detail.placement.point.code, detail.placement.reason_code) == (point.code, "NEAREST")
    assert {c.kind: c.state for c in detail.clocks} == dict.fromkeys(
        ("contact", "promise", "handled"), "running"
    )
    assert detail.visit is not None and (detail.visit.state, detail.planned) == ("planned", True)
    assert detail.reasons == ()
    whats = ["TicketFiled", "SelfFixRecorded", "TicketPlaced", "VisitPlanned", "NoticeQueued"]
    assert [e.what for e in detail.timeline] == whats
    assert detail.owner is not None and detail.owner.role == "technician"
    assert [t.result for t in detail.triage] == ["FAILED"]
    assert detail.boiler is not None and detail.boiler.model_text == "ON-20K"
    later = ticket_detail(
        session, company_id=company.id or 0, number=filed.number, now=now + timedelta(minutes=61)
    )
    assert {c.kind: c.state for c in later.clocks}["contact"] == "breached"


def test_unknown_and_other_companies_look_alike(session: Session, company: Company, now: datetime) -> None:
    filed = file(session, company, now)
    other = make_company(session, code="haedam")
    for company_id, number in ((other.id or 0, filed.number), (company.id or 0, "nothing")):
        with pytest.raises(UnknownTicketError):
            ticket_detail(session, company_id=company_id, number=number, now=now)
    assert list_tickets(session, company_id=other.id or 0, now=now).items == ()


def test_reasons_follow_the_story(session: Session, company: Company, now: datetime) -> None:
    def reasons(number: str) -> list[tuple[str, str]]:
        detail = ticket_detail(session, company_id=company.id or 0, number=number, now=now)
        return [(r.code, r.kind) for r in detail.reasons]

    waiting = file(session, company, now, self_fix=None)
    assert reasons(waiting.number) == [("IN_TRIAGE", "proof")]
    nowhere = file(session, company, now, resident={**BODY["resident"], "address": "우리집"})
    assert reasons(nowhere.number) == [("NO_LOCATION", "proof")]
    make_point(session, company=company)
    refused = file(session, company, now)
    place(session, company, refused.id, now)
    assert reasons(refused.number) == [("NO_QUALIFIED_TECHNICIAN", "proof")]


def test_pages_go_through_everything_once(session: Session, company: Company, now: datetime) -> None:
    made = [make_ticket(session, company=company).number for _ in range(5)]
    seen: list[str] = []
    cursor = None
    for _page in range(3):
        page = list_tickets(session, company_id=company.id or 0, now=now, limit=2, cursor=cursor)
        seen += [item.number for item in page.items]
        cursor = page.next_cursor
    assert (seen, cursor) == (made[::-1], None)
    with pytest.raises(BadCursorError):
        list_tickets(session, company_id=company.id or 0, now=now, cursor="헛것")
    with pytest.raises(BadStatusError):
        list_tickets(session, company_id=company.id or 0, now=now, status="LOST")


def test_lists_filter_and_search(session: Session, company: Company, now: datetime) -> None:
    point = make_point(session, company=company)
    home = make_household(session, company=company, resident=("박순이", "010-3333-4444"), child=None)
    mine = make_ticket(session, company=company, household=home, point=point)
    make_ticket(session, company=company, status="CLOSED")

    def numbers(**wanted: Any) -> list[str]:
        page = list_tickets(session, company_id=company.id or 0, now=now, **wanted)
        return [item.number for item in page.items]

    for wanted in (
        {"q": "박순이"},
        {"q": "4444"},
        {"q": mine.number.lower()},
        {"service_point_id": point.id},
        {"status": "UNASSIGNED"},
    ):
        assert numbers(**wanted) == [mine.number], wanted
    assert numbers(q="%") == []
    assert (
        find_open_ticket_of_household(session, company_id=company.id or 0, household_id=home.id or 0)
        == mine.number
    )


def test_the_queue_puts_safety_first_and_leaves_out_what_has_ended(
    session: Session, company: Company, now: datetime
) -> None:
    point = make_point(session, company=company)
    crew = make_technician(session, point=point)
    calm = make_ticket(session, company=company, priority=3)
    urgent = make_ticket(session, company=company, priority=0)
    gas = make_ticket(session, company=company, priority=0, symptom="GAS_SMELL", safety=True)
    given = make_ticket(session, company=company, point=point, priority=0, status="ASSIGNED")
    make_visit(session, ticket=given, point=point, technician=crew, start=now)
    make_ticket(session, company=company, status="CANCELLED")
    queue = list_open_tickets(session, company_id=company.id or 0, now=now)
    assert [item.number for item in queue] == [gas.number, urgent.number, calm.number, given.number]
    assert all(item.owner is not None for item in queue)
    assert [
        item.number
        for item in list_open_tickets(session, company_id=company.id or 0, now=now, service_point_id=point.id)
    ] == [given.number]


def test_nobody_is_named_before_a_designated_point_has_said_yes(session: Session, now: datetime) -> None:
    company = make_company(session, kind="designated")
    point = make_point(session, company=company, code="강남")
    crew = make_technician(session, point=point)
    ticket = make_ticket(session, company=company, point=point, status="ASSIGNED")
    make_visit(session, ticket=ticket, point=point, technician=crew, start=now + timedelta(hours=3))
    offer = Placement(
        ticket_id=ticket.id or 0,
        service_point_id=point.id or 0,
        rank=0,
        travel_s=600,
        state="OFFERED",
        reason_code="NEAREST",
        reason_text="",
        at=now,
        answer_due_at=now + timedelta(minutes=5),
    )
    session.add(offer)
    session.flush()
    asked = said(session, company, ticket, now)
    assert asked == (
        "강남 서비스점에 갈 수 있는지 묻고 있고 오전 10시 5분까지 답을 받습니다. "
        "오늘 12월 1일 화요일 오전 11시까지 전화로 찾아갈 시간을 정해 드립니다."
    )
    set_language("en")
    try:
        assert "10:05 AM" in said(session, company, ticket, now)
        assert "Tue 12/1" in said(session, company, ticket, now)
    finally:
        set_language("ko")
    assert asked == answer_for_item(list_open_tickets(session, company_id=company.id or 0, now=now)[0], now)
    offer.state = "ACCEPTED"
    session.flush()
    assert said(session, company, ticket, now).startswith("박기사 기사가 맡았습니다")


def said(session: Session, company: Company, ticket: Ticket, now: datetime) -> str:
    detail = ticket_detail(session, company_id=company.id or 0, number=ticket.number, now=now)
    return answer_where_is_it(detail, now)


def test_while_the_technician_is_off_duty_the_desk_rings(
    session: Session, company: Company, now: datetime
) -> None:
    point, night = make_point(session, company=company, code="강남"), kst(now.date(), 25, 14)
    ticket = make_ticket(session, company=company, point=point, status="ASSIGNED", received_at=night)
    crew = make_technician(session, point=point)
    make_visit(session, ticket=ticket, point=point, technician=crew, start=kst(now.date(), 33))
    words = said(session, company, ticket, night)
    assert words.startswith("박기사 기사가 맡았습니다. 지금은 기사의 근무 시간이 아니라서 창구의 ")
    assert "담당자가 오늘 12월 2일 수요일 오전 2시 14분까지 전화로" in words
    listed = list_open_tickets(session, company_id=company.id or 0, now=night)
    assert words in [answer_for_item(item, night) for item in listed]


def test_a_safety_case_says_who_comes_and_when_as_far_as_it_is_known(
    session: Session, company: Company, now: datetime
) -> None:
    point = make_point(session, company=company, code="강남")
    ticket = make_ticket(session, company=company, point=point, symptom="CO", priority=0, safety=True)
    assert "기사를 지금 찾고 있습니다" in said(session, company, ticket, now)
    visit = make_visit(
        session,
        ticket=ticket,
        point=point,
        technician=make_technician(session, point=point),
        start=now + timedelta(minutes=25),
    )
    told = "박기사 기사가 다른 일보다 먼저 갑니다. 오늘 12월 1일 화요일 오전 10시 25분쯤 도착할 예정입니다."
    assert said(session, company, ticket, now) == f"{told} 보일러는 켜지 마세요."
    listed = list_open_tickets(session, company_id=company.id or 0, now=now)
    assert answer_for_item(listed[0], now) == said(session, company, ticket, now)
    visit.planned_start = None
    session.add(visit)
    session.flush()
    assert "바로 갑니다" in said(session, company, ticket, now)


def test_a_safety_case_that_nobody_reaches_soon_says_who_rings_and_where_to_wait(
    session: Session, company: Company, now: datetime
) -> None:
    """A plan hours away is no help by itself, and an open alarm is a named person's."""
    point, night = make_point(session, company=company, code="강남"), kst(now.date(), 26)
    safety: dict[str, Any] = {"symptom": "CO", "priority": 0, "safety": True}
    ticket = make_ticket(session, company=company, point=point, received_at=night, **safety)
    make_visit(
        session,
        ticket=ticket,
        point=point,
        technician=make_technician(session, point=point),
        start=kst(now.date(), 31),
    )
    words = said(session, company, ticket, night)
    assert words.startswith("아픈 분이 계시면 먼저 119에") and "1544-4500" in words
    assert " 책임자가 지금 바로 전화드립니다" in words
    assert "따뜻하고 안전한 곳" in words and "다른 일보다 먼저" not in words
    assert "지금까지 잡힌 계획은 박기사 기사가 오늘 12월 2일 수요일 오전 7시쯤 도착" in words
    listed = list_open_tickets(session, company_id=company.id or 0, now=night)
    assert words in [answer_for_item(item, night) for item in listed]

    alone = make_ticket(session, company=company, point=point, **safety)
    raise_alarm(session, ticket=alone, now=now)
    words = said(session, company, alone, now)
    [task] = [t for t in list_tasks(session, company_id=company.id or 0, ticket_id=alone.id) if t.owner]
    assert f"{task.owner.name} 책임자가 지금 바로 전화드립니다" in words
    assert words.endswith("가장 가까운 기사를 지금 찾고 있습니다.")
    listed = list_open_tickets(session, company_id=company.id or 0, now=now)
    assert words in [answer_for_item(item, now) for item in listed]


def test_while_the_family_tries_itself_no_point_is_looked_for(
    session: Session, company: Company, now: datetime
) -> None:
    ticket = make_ticket(session, company=company, status="RECEIVED")
    words = said(session, company, ticket, now)
    assert words.startswith("접수되었습니다. 먼저 전화로 함께 살펴 드리고")
    assert "오전 11시까지" in words
    listed = list_open_tickets(session, company_id=company.id or 0, now=now)
    assert [answer_for_item(item, now) for item in listed] == [words]


def test_one_sentence_to_read_out(session: Session, company: Company, now: datetime) -> None:
    point = make_point(session, company=company, code="강남")
    crew = make_technician(session, point=point)
    ticket = make_ticket(session, company=company, status="UNASSIGNED")
    assert said(session, company, ticket, now) == (
        "접수되어 가까운 서비스점을 정하고 있습니다. 오늘 12월 1일 화요일 오전 11시까지 전화드리겠습니다."
    )
    placed = make_ticket(session, company=company, point=point)
    assert said(session, company, placed, now).startswith("강남 서비스점에 맡겼고")
    start = kst(now.astimezone(KST).date() + timedelta(days=1), 14)
    make_visit(
        session,
        ticket=placed,
        point=point,
        technician=crew,
        state="agreed",
        start=start,
        window_start=start,
        window_end=start + timedelta(hours=2),
    )
    placed.status = "APPOINTED"
    session.add(placed)
    session.flush()
    assert said(session, company, placed, now) == (
        "박기사 기사가 내일 12월 2일 수요일 오후 2시에서 오후 4시 사이에 찾아갑니다."
    )
    for status in ("EN_ROUTE", "ARRIVED", "IN_PROGRESS", "ABSENT", "ON_HOLD", "CANCELLED", "CLOSED"):
        placed.status = status
        session.add(placed)
        session.flush()
        assert said(session, company, placed, now).endswith(("다.", "요."))


@contextmanager
def explained(session: Session) -> Iterator[None]:
    """What is asked is answered with how PostgreSQL would find it, where it may not read everything."""
    connection = session.connection()
    connection.execute(text("SET LOCAL enable_seqscan = off"))

    def explain(*call: Any) -> tuple[str, Any]:
        return f"EXPLAIN {call[2]}", call[3]

    event.listen(connection, "before_cursor_execute", explain, retval=True)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", explain)


def test_open_safety_tickets_are_found_by_their_own_index(session: Session) -> None:
    """Every desk asks at every refresh: it must not read the year's tickets for it."""
    with explained(session):
        steps: Any = open_safety_ids(session, company_id=1)
    assert "ix_ticket_open_safety" in "\n".join(steps)
    assert "Sort" not in "\n".join(steps), "in its order"


def test_a_number_and_its_last_digits_are_found_by_index_and_beside_a_home(
    session: Session, now: datetime
) -> None:
    company = make_company(session)
    ticket = make_ticket(session, company=company, household=make_household(session, company=company))
    ticket.number = "ON261201-100042"
    session.flush()

    def found(q: str) -> list[str]:
        page = list_tickets(session, company_id=company.id or 0, now=now, q=q)
        return [item.number for item in page.items]

    for q in ("00042", "100042", "on261201-1", "ON261201-100042"):
        assert found(q) == [ticket.number], q
    for q in ("0042x", "99999", "200042", "%00042", "ON261201-2"):
        assert found(q) == [], q
    by_tail, by_beginning = numbered("00042"), numbered("ON261201-00042")
    assert by_tail is not None and by_beginning is not None
    at_home = col(Ticket.household_id).in_([1, 2])
    for wanted, indexes in (
        (by_tail, ("ticket_number_key", "ix_ticket_number_tail")),
        (or_(at_home, by_beginning), ("ticket_number_key", "ix_ticket_household")),
    ):
        with explained(session):
            steps = "\n".join(map(str, session.exec(select(Ticket.id).where(wanted))))
        assert "Seq Scan" not in steps and all(index in steps for index in indexes), steps
