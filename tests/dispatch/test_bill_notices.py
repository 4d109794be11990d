"""A corrected bill silences the old one of its own visit, and nothing else that the family is to hear."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from billing.schemas import ChargeInfo, PricedLine, WarrantyReason
from dispatch import bill_notices, cancellation, notices, tasks
from dispatch.models import Visit
from dispatch.notice_tasks import NOTICE_FAILED, ask_to_call
from notifications.events import NoticeFailed
from notifications.models import Notice
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case

PUT_RIGHT = "먼저 알려 드린 비용을 바로잡아"
LANDLINE = ("김영자", "02-555-0101")


@pytest.fixture
def twice(session: Session, now: datetime) -> CaseWorld:
    """Two billed visits of one ticket; the resident has a landline, the child takes texts."""
    case = make_case(session, resident=LANDLINE, status="COMPLETED", state="completed", ended_at=now)
    world.make_visit(
        session,
        ticket=case.ticket,
        point=case.point,
        technician=case.technician,
        sequence=2,
        state="completed",
        start=now + timedelta(days=1),
    )
    for visit in case.visits():
        tell(case, visit, 18_000 * visit.sequence, now=now)
    return case


def tell_second_visit(case: CaseWorld, *, now: datetime) -> None:
    """A time is agreed for tomorrow, and told."""
    again = world.make_visit(
        case.session,
        ticket=case.ticket,
        point=case.point,
        technician=case.technician,
        sequence=2,
        start=now + timedelta(days=1),
        window_start=now + timedelta(days=1),
        window_end=now + timedelta(days=1, hours=2),
        window_generation=1,
    )
    notices.tell_window(case.session, visit_id=again.id or 0, before=None, reason=None, now=now)


def charge(visit: Visit, total: int, now: datetime) -> ChargeInfo:
    line = PricedLine(None, "VISIT_FEE", "출장비", 1, total, total, warranty=False)
    why = WarrantyReason.START_UNKNOWN
    return ChargeInfo(1, visit.ticket_id, visit.id or 0, (line,), total, "day", False, why, now, None)


def tell(case: CaseWorld, visit: Visit, total: int, *, now: datetime) -> None:
    bill_notices.tell_visit_result(
        case.session, visit_id=visit.id or 0, charge=charge(visit, total, now), work=None, now=now
    )


def correct(case: CaseWorld, visit: Visit, total: int, *, now: datetime, times: int = 1) -> None:
    bill_notices.tell_corrected_bill(
        case.session,
        visit_id=visit.id or 0,
        charge=charge(visit, total, now),
        times=times,
        why="비용을 고쳐 새로 알립니다.",
        now=now,
    )


def texts(case: CaseWorld) -> dict[int, Notice]:
    query = select(Notice).where(Notice.ticket_id == case.ticket_id, Notice.event == "VISIT_RESULT")
    return {row.generation: row for row in case.session.exec(query.order_by(col(Notice.id)))}


def calls(case: CaseWorld, kind: str = tasks.CALL_LANDLINE) -> dict[int, str]:
    return {task.data["generation"]: task.state for task in case.tasks(kind)}


def test_another_visits_bill_is_still_told(twice: CaseWorld, now: datetime) -> None:
    first, _second = twice.visits()
    correct(twice, first, 10_000, now=now)
    assert {n: row.state for n, row in texts(twice).items()} == {
        1: "withdrawn",
        2: "queued",
        1001: "queued",
    }
    assert calls(twice) == {1: "void", 2: "open", 1001: "open"}


def test_a_pending_call_about_an_appointment_stands(session: Session, now: datetime) -> None:
    case = make_case(session, resident=LANDLINE, status="COMPLETED", state="completed", ended_at=now)
    (visit,) = case.visits()
    tell(case, visit, 18_000, now=now)
    tell_second_visit(case, now=now)
    correct(case, visit, 10_000, now=now)
    states = {(task.data["event"], task.state) for task in case.tasks(tasks.CALL_LANDLINE)}
    assert states == {("VISIT_RESULT", "void"), ("VISIT_RESULT", "open"), ("VISIT_SCHEDULED", "open")}


def test_only_who_heard_the_old_bill_hears_that_it_is_put_right(twice: CaseWorld, now: datetime) -> None:
    first, second = twice.visits()
    texts(twice)[1].state = "delivered"
    correct(twice, first, 10_000, now=now)
    correct(twice, second, 10_000, now=now)
    told = texts(twice)
    assert PUT_RIGHT in told[1001].text and PUT_RIGHT not in told[1002].text
    by_phone = {task.data["generation"]: task.detail for task in twice.tasks(tasks.CALL_LANDLINE)}
    assert PUT_RIGHT not in by_phone[1001], "nobody rang them yet"


def test_who_was_rung_hears_that_it_is_put_right(twice: CaseWorld, now: datetime) -> None:
    first, _second = twice.visits()
    call = next(task for task in twice.tasks(tasks.CALL_LANDLINE) if task.data["generation"] == 1)
    tasks.close_task(
        twice.session,
        ticket_id=twice.ticket_id,
        task_id=call.id or 0,
        outcome="알림",
        by=world.AGENT,
        now=now,
    )
    correct(twice, first, 10_000, now=now)
    assert PUT_RIGHT in twice.tasks(tasks.CALL_LANDLINE)[-1].detail
    assert PUT_RIGHT not in texts(twice)[1001].text


def test_nobody_is_asked_to_ring_about_the_old_amount(twice: CaseWorld, now: datetime) -> None:
    for generation in (1, 2):
        event = NoticeFailed(
            company_id=twice.company.id or 0,
            at=now,
            ticket_id=twice.ticket_id,
            told="VISIT_RESULT",
            generation=generation,
            recipient="requester",
            why="permanent",
            notice_id=generation,
        )
        ask_to_call(session=twice.session, event=event, now=now)
    first, _second = twice.visits()
    correct(twice, first, 10_000, now=now)
    assert calls(twice, NOTICE_FAILED) == {1: "void", 2: "open"}


def test_a_bill_that_was_not_said_yet_stays_to_be_said(session: Session, now: datetime) -> None:
    """The case is open again and its new visit is called off: the first visit is still to be paid."""
    case = make_case(session, resident=LANDLINE, status="COMPLETED", state="completed", ended_at=now)
    (visit,) = case.visits()
    tell(case, visit, 18_000, now=now)
    case.ticket.status = "ASSIGNED"
    tell_second_visit(case, now=now)
    cancellation.cancel_ticket(
        session, ticket_id=case.ticket_id, reason="고객이 원함", by=world.AGENT, now=now
    )
    states = {task.data["event"]: task.state for task in case.tasks(tasks.CALL_LANDLINE)}
    assert states == {"VISIT_RESULT": "open", "VISIT_SCHEDULED": "void"}
