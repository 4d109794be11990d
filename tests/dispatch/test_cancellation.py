from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from billing.models import Charge
from dispatch import cancellation, notices, tasks
from dispatch.cases import WrongStateError
from dispatch.models import Ticket
from notifications.models import Notice
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case

MINUTE = timedelta(minutes=1)


def cancel(case: CaseWorld, *, now: datetime, reason: str = "다른 곳에서 고침"):  # type: ignore[no-untyped-def]
    return cancellation.cancel_ticket(
        case.session, ticket_id=case.ticket_id, reason=reason, by=world.AGENT, now=now
    )


def test_a_cancelled_ticket_frees_everybody_and_costs_nothing(session: Session, now: datetime) -> None:
    case = make_case(session)
    notices.tell_job_assigned(session, visit_id=case.visit.id or 0, now=now)
    world.deliver_texts(session)
    tasks.open_task(session, ticket_id=case.ticket_id, kind=tasks.CONTACT_CALL, detail="전화", now=now)
    assert cancel(case, now=now + MINUTE) is None
    ticket = session.get_one(Ticket, case.ticket_id)
    assert (ticket.status, ticket.end_reason, ticket.cancelled_at) == (
        "CANCELLED",
        "다른 곳에서 고침",
        now + MINUTE,
    )
    assert [visit.state for visit in case.visits()] == ["cancelled"]
    assert {case.clock(kind).state for kind in ("contact", "promise", "handled")} == {"void"}
    assert [task.state for task in case.tasks(tasks.CONTACT_CALL)] == ["void"]
    assert ("JOB_CHANGED", 1, "technician") in case.told()
    assert [event["how"] for event in case.events("TicketEnded")] == ["cancelled"]
    assert session.exec(select(Charge)).all() == []


def test_texts_that_stopped_being_true_are_withdrawn(session: Session, now: datetime) -> None:
    case = make_case(session)
    start = now + timedelta(hours=2)
    case.visit.window_start, case.visit.window_end = start, start + timedelta(hours=2)
    case.visit.window_generation = 1
    notices.tell_window(session, visit_id=case.visit.id or 0, before=None, reason=None, now=now)
    cancel(case, now=now + MINUTE)
    states = session.exec(
        select(Notice.state).where(Notice.ticket_id == case.ticket_id, Notice.event == "VISIT_SCHEDULED")
    ).all()
    assert states == ["withdrawn", "withdrawn"]


def test_after_departure_the_visit_fee_is_due_and_both_are_told(session: Session, now: datetime) -> None:
    case = make_case(session, status="EN_ROUTE", state="en_route", en_route_at=now)
    charge = cancel(case, now=now + MINUTE)
    assert charge is not None
    assert [(line.code, line.amount) for line in charge.lines] == [("VISIT_FEE", 18000)]
    assert ("VISIT_RESULT", 1, "resident") in case.told()
    assert "18,000원" in case.text("VISIT_RESULT", "requester")
    (visit,) = case.visits()
    assert (visit.state, visit.technician_id) == ("cancelled", case.technician.id)


def test_the_fee_may_be_waived_by_name(session: Session, now: datetime) -> None:
    case = make_case(session, status="EN_ROUTE", state="en_route", en_route_at=now)
    charge = cancellation.cancel_ticket(
        session, ticket_id=case.ticket_id, reason="우리가 늦음", by=world.AGENT, now=now, fee="WAIVED"
    )
    assert charge is None
    assert case.timeline("TicketCancelled")[0].data["fee"] == "WAIVED"


def test_cancelling_twice_changes_nothing(session: Session, now: datetime) -> None:
    case = make_case(session)
    cancel(case, now=now)
    cancel(case, now=now + MINUTE, reason="또 취소")
    assert len(case.events("TicketEnded")) == 1
    assert session.get_one(Ticket, case.ticket_id).end_reason == "다른 곳에서 고침"


@pytest.mark.parametrize("status", ["COMPLETED", "CLOSED", "SELF_FIXED"])
def test_what_is_done_cannot_be_cancelled(session: Session, status: str, now: datetime) -> None:
    case = make_case(session, status=status, state="completed")
    with pytest.raises(WrongStateError):
        cancel(case, now=now)


def test_a_reason_is_needed(session: Session, now: datetime) -> None:
    case = make_case(session)
    with pytest.raises(cancellation.NoReasonError) as caught:
        cancel(case, now=now, reason="  ")
    assert (caught.value.status, caught.value.errors[0].field) == (422, "reason")


def test_a_ticket_without_a_visit_can_be_cancelled(session: Session, now: datetime) -> None:
    case = make_case(session, status="RECEIVED")
    session.delete(case.visit)
    session.flush()
    cancel(case, now=now)
    assert session.get_one(Ticket, case.ticket_id).status == "CANCELLED"
