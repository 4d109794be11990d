from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from billing import service as billing
from billing.schemas import LineRequest, VisitWork
from core.clock import kst
from dispatch import bill_notices, notices
from dispatch.models import Placement, Task, Ticket, TicketClock, Visit
from notifications.messages import Window
from notifications.models import Notice
from tests import world
from workforce.models import Company, ServicePoint, Technician

START = world.NOW + timedelta(hours=4)
FIRST = Window(START, START + timedelta(hours=2))
LATER = Window(START + timedelta(hours=3), START + timedelta(hours=5))


@pytest.fixture
def company(session: Session) -> Company:
    return world.make_company(session)


@pytest.fixture
def point(session: Session, company: Company) -> ServicePoint:
    return world.make_point(session, company=company)


@pytest.fixture
def technician(session: Session, point: ServicePoint) -> Technician:
    return world.make_technician(session, point=point)


def visit_of(
    session: Session,
    company: Company,
    point: ServicePoint,
    technician: Technician | None,
    *,
    resident: tuple[str, str] = ("김영자", "010-1111-2222"),
    child: tuple[str, str] | None = ("김민수", "010-9876-5432"),
    **fields: Any,
) -> Visit:
    household = world.make_household(session, company=company, resident=resident, child=child)
    ticket = world.make_ticket(session, company=company, point=point, household=household, status="ASSIGNED")
    ticket.payer_role = "requester" if child else "resident"
    return world.make_visit(
        session,
        ticket=ticket,
        point=point,
        technician=technician,
        start=START,
        window_start=FIRST.start,
        window_end=FIRST.end,
        window_generation=1,
        **fields,
    )


def texts_of(session: Session, visit: Visit) -> dict[tuple[str, int, str], Notice]:
    rows = session.exec(
        select(Notice).where(col(Notice.ticket_id) == visit.ticket_id).order_by(col(Notice.id))
    )
    return {(row.event, row.generation, row.recipient): row for row in rows}


def calls_of(session: Session, visit: Visit) -> list[tuple[str, str]]:
    rows = session.exec(
        select(Task)
        .where(Task.ticket_id == visit.ticket_id, Task.kind == "CALL_LANDLINE")
        .order_by(col(Task.id))
    )
    return [(row.recipient, row.state) for row in rows]


def tell_first_window(session: Session, visit: Visit, now: datetime) -> None:
    notices.tell_window(session, visit_id=visit.id or 0, before=None, reason=None, now=now)


def test_both_parties_learn_of_the_visit_in_their_own_words(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician)
    tell_first_window(session, visit, now)
    told = texts_of(session, visit)
    assert set(told) == {("VISIT_SCHEDULED", 1, "resident"), ("VISIT_SCHEDULED", 1, "requester")}
    for notice in told.values():
        assert notice.from_phone == company.sender_number
        assert "온누리보일러" in notice.text and "박기사" in notice.text
        assert f"B-{technician.id}" in notice.text and "1588-0000" in notice.text
        assert notice.bytes == len(notice.text.encode("cp949"))
    resident, requester = (told["VISIT_SCHEDULED", 1, who] for who in ("resident", "requester"))
    assert resident.text != requester.text


def test_telling_twice_tells_once(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician)
    for _ in range(2):
        tell_first_window(session, visit, now)
    assert len(texts_of(session, visit)) == 2
    waiting = session.execute(
        text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'send_notice' AND queue_name = 'sms'")
    ).scalar_one()
    assert waiting == 2


def test_a_second_window_is_a_change(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician)
    tell_first_window(session, visit, now)
    world.deliver_texts(session)
    visit.window_start, visit.window_end, visit.window_generation = LATER.start, LATER.end, 2
    notices.tell_window(session, visit_id=visit.id or 0, before=FIRST, reason="눈이 많이 옴", now=now)
    told = texts_of(session, visit)[("WINDOW_CHANGED", 2, "requester")]
    assert "눈이 많이 옴" in told.text
    assert "오후 5시" in told.text


def test_a_revisit_is_scheduled_anew_and_not_a_change(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician)
    tell_first_window(session, visit, now)
    visit.state = "absent"
    again = world.make_visit(
        session,
        ticket=session.get_one(Ticket, visit.ticket_id),
        point=point,
        technician=technician,
        start=START,
        sequence=2,
        window_start=LATER.start,
        window_end=LATER.end,
        window_generation=1,
    )
    tell_first_window(session, again, now)
    assert ("VISIT_SCHEDULED", 2, "resident") in texts_of(session, visit)


def test_a_landline_is_rung_by_a_person_and_never_counted_as_told(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician, resident=("김영자", "02-555-0101"))
    tell_first_window(session, visit, now)
    assert [recipient for _, _, recipient in texts_of(session, visit)] == ["requester"]
    task = session.exec(select(Task).where(Task.ticket_id == visit.ticket_id)).one()
    assert (task.kind, task.recipient, task.state) == ("CALL_LANDLINE", "resident", "open")
    assert "박기사" in task.detail
    assert "전화로" in texts_of(session, visit)["VISIT_SCHEDULED", 1, "requester"].text


def test_newer_news_to_a_landline_replaces_what_was_not_said(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician, resident=("김영자", "02-555-0101"))
    tell_first_window(session, visit, now)
    tell_first_window(session, visit, now)
    notices.tell_en_route(session, visit_id=visit.id or 0, arrives_at=START, now=now)
    assert calls_of(session, visit) == [("resident", "void"), ("resident", "open")]


def test_a_shared_number_gets_one_text_under_the_requester(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician, resident=("김영자", "010-9876-5432"))
    tell_first_window(session, visit, now)
    assert [recipient for _, _, recipient in texts_of(session, visit)] == ["requester"]
    assert calls_of(session, visit) == []


def test_who_refused_notices_is_left_out(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician)
    session.execute(text("UPDATE contact SET notices_refused_at = now() WHERE name = '김민수'"))
    tell_first_window(session, visit, now)
    assert [recipient for _, _, recipient in texts_of(session, visit)] == ["resident"]


def test_characters_that_no_phone_shows_do_not_stop_a_text(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician, resident=("김영자❤️", "010-1111-2222"))
    tell_first_window(session, visit, now)
    assert "김영자님" in texts_of(session, visit)["VISIT_SCHEDULED", 1, "resident"].text


def test_the_bill_is_told_to_the_won(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician)
    for code, kind, amount in (("VISIT_FEE", "visit_fee", 18000), ("PART_FAN", "parts", 70500)):
        billing.set_price(
            session,
            company_id=visit.company_id,
            code=code,
            label={"VISIT_FEE": "출장비", "PART_FAN": "송풍기"}[code],
            kind=kind,  # type: ignore[arg-type]
            tier="any",
            amount=amount,
            valid_from=kst(now.date()).date(),
            source="시험",
            by=world.AGENT,
            now=now,
        )
    work = VisitWork(
        company_id=visit.company_id,
        ticket_id=visit.ticket_id,
        visit_id=visit.id or 0,
        symptom="NO_HEAT",
        arrived_at=START,
        lines=(LineRequest("PART_FAN", 2),),
    )
    charge = billing.charge_visit(session, work=work, by=world.TECHNICIAN, now=now)
    bill_notices.tell_visit_result(session, visit_id=visit.id or 0, charge=charge, work=None, now=now)
    for notice in texts_of(session, visit).values():
        assert "출장비: 18,000원" in notice.text
        assert "송풍기 2개: 141,000원" in notice.text
        assert "159,000원" in notice.text


def test_a_technician_is_told_of_a_job_once(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician)
    for _ in range(2):
        notices.tell_job_assigned(session, visit_id=visit.id or 0, now=now)
    (told,) = texts_of(session, visit).values()
    assert (told.event, told.recipient) == ("JOB_ASSIGNED", "technician")
    assert "역삼동" in told.text and "난방이 안 됨" in told.text
    assert "1203" not in told.text and "김영자" not in told.text


def test_who_is_off_duty_is_told_at_once_what_is_his_and_who_calls(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    night = kst(now.date(), 25, 14)
    world.make_duty(
        session,
        company_id=company.id or 0,
        point_id=point.id,
        start=now,
        end=night + timedelta(days=1),
        desk_name="김민정",
    )
    ticket = world.make_ticket(session, company=company, point=point, status="ASSIGNED", received_at=night)
    start = kst(now.date(), 33)
    visit = world.make_visit(session, ticket=ticket, point=point, technician=technician, start=start)
    notices.tell_job_assigned(session, visit_id=visit.id or 0, now=night)
    (told,) = texts_of(session, visit).values()
    assert "예정: 12월 2일(수) 오전 9시 (첫 일)" in told.text
    assert "창구의 김민정님이 고객과 정합니다" in told.text
    assert "2시 14분" not in told.text and "고객에게 전화해" not in told.text


def test_who_is_at_work_has_the_call_himself(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    ticket = world.make_ticket(session, company=company, point=point, status="ASSIGNED", received_at=now)
    visit = world.make_visit(session, ticket=ticket, point=point, technician=technician, start=START)
    notices.tell_job_assigned(session, visit_id=visit.id or 0, now=now)
    (told,) = texts_of(session, visit).values()
    assert "오전 11시까지 고객에게 전화해 방문 시간을 정해 주세요." in told.text


def test_a_job_that_changes_hands_tells_both(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician)
    other = world.make_technician(session, point=point, name="최기사")
    notices.tell_job_assigned(session, visit_id=visit.id or 0, now=now)
    world.deliver_texts(session)
    visit.technician_id, visit.acknowledged_at = other.id, now
    notices.tell_job_assigned(session, visit_id=visit.id or 0, now=now)
    told = texts_of(session, visit)
    assert set(told) == {
        ("JOB_ASSIGNED", 1, "technician"),
        ("JOB_CHANGED", 1, "technician"),
        ("JOB_ASSIGNED", 2, "technician"),
    }
    assert told["JOB_CHANGED", 1, "technician"].to_phone == told["JOB_ASSIGNED", 1, "technician"].to_phone
    assert told["JOB_ASSIGNED", 2, "technician"].to_phone != told["JOB_ASSIGNED", 1, "technician"].to_phone
    assert visit.acknowledged_at is None


def test_nobody_hears_of_a_change_to_a_job_he_never_heard_of(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician)
    notices.tell_job_changed(session, visit_id=visit.id or 0, now=now)
    notices.tell_job_gone(session, visit_id=visit.id or 0, change="취소", now=now)
    assert texts_of(session, visit) == {}


def test_a_reminder_goes_out_once_a_clock(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician)
    for _ in range(2):
        notices.remind_technician(session, ticket_id=visit.ticket_id, now=now + timedelta(minutes=30))
    (told,) = texts_of(session, visit).values()
    assert (told.event, told.generation) == ("CONTACT_DUE", 1)
    assert "오전 11시" in told.text


def test_the_desk_is_told_by_what_it_has_to_do(
    session: Session, company: Company, point: ServicePoint, technician: Technician, now: datetime
) -> None:
    visit = visit_of(session, company, point, technician)
    placement = session.exec(select(Placement).where(Placement.ticket_id == visit.ticket_id)).one()
    placement.state = "OFFERED"
    session.add(placement)
    notices.tell_point(session, ticket_id=visit.ticket_id, why="5분 안에 받아 주세요.", now=now)
    placement.state = "ACCEPTED"
    clock = session.exec(
        select(TicketClock).where(TicketClock.ticket_id == visit.ticket_id, TicketClock.kind == "contact")
    ).one()
    notices.tell_point(session, ticket_id=visit.ticket_id, why="주소가 바뀌었습니다.", now=now)
    clock.stage = "handed_over"
    session.add(clock)
    notices.tell_point(session, ticket_id=visit.ticket_id, why="아직 통화하지 못했습니다.", now=now)
    told = texts_of(session, visit)
    assert [(event, recipient) for event, _, recipient in told] == [
        ("JOB_ASSIGNED", "point"),
        ("JOB_CHANGED", "point"),
        ("CONTACT_DUE", "point"),
    ]
