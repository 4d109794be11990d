from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from billing import service as billing
from billing.models import Charge
from billing.rules import BadLinesError
from billing.schemas import VISIT_FEE, LineRequest
from core.actor import Role
from core.errors import InvalidError
from core.events import Event
from customers.models import Boiler
from dispatch import first_contact, notices, revisits, tasks, visits
from dispatch.assignment import plan_ticket
from dispatch.cases import NotYourVisitError, WrongStateError
from dispatch.completion import ChecklistError
from dispatch.events import TicketPlaced
from dispatch.models import Ticket, Visit
from dispatch.planning.plan_models import Booking
from dispatch.pricing import preview_bill
from dispatch.visit_schemas import AgreedWindow, AttemptRequest, CompletionRequest, Outcome, StepResult
from dispatch.visits import NotYetAbsentError
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case

DONE = CompletionRequest(checklist={"usage_explained": True}, lines=(LineRequest("LABOUR_IGNITION"),))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def case(session: Session, now: datetime) -> CaseWorld:
    """An agreed visit from 12:00 to 14:00 on a Tuesday."""
    return make_case(
        session,
        status="APPOINTED",
        state="agreed",
        window_start=now + timedelta(hours=2),
        window_end=now + timedelta(hours=4),
        window_generation=1,
    )


@pytest.fixture
def at_the_door(case: CaseWorld, now: datetime) -> CaseWorld:
    """The technician has arrived at 12:00."""
    visits.depart(case.session, ticket_id=case.ticket_id, by=case.him, now=now + timedelta(minutes=100))
    visits.arrive(case.session, ticket_id=case.ticket_id, by=case.him, now=now + timedelta(hours=2))
    return case


def complete(case: CaseWorld, completion: CompletionRequest, *, now: datetime) -> StepResult:
    return visits.complete_visit(
        case.session, ticket_id=case.ticket_id, completion=completion, by=case.him, now=now
    )


def ring(case: CaseWorld, *, now: datetime) -> None:
    attempt = AttemptRequest(Outcome.NO_ANSWER, with_role="resident")
    first_contact.record_attempt(
        case.session, ticket_id=case.ticket_id, attempt=attempt, by=case.him, now=now
    )


def plan_anew(case: CaseWorld, *, now: datetime) -> None:
    """What the worker does with the newest TicketPlaced."""
    payload = case.events("TicketPlaced")[-1]
    event: Event = TicketPlaced(
        company_id=payload["company_id"],
        at=now,
        ticket_id=payload["ticket_id"],
        service_point_id=payload["service_point_id"],
    )
    plan_ticket(session=case.session, event=event, now=now)  # type: ignore[arg-type]


def test_a_day_from_the_door_to_the_bill(case: CaseWorld, now: datetime) -> None:
    begin = now + timedelta(hours=2)
    steps = [
        visits.depart(case.session, ticket_id=case.ticket_id, by=case.him, now=begin - 20 * MINUTE),
        visits.arrive(case.session, ticket_id=case.ticket_id, by=case.him, now=begin),
        visits.start(case.session, ticket_id=case.ticket_id, by=case.him, now=begin + MINUTE),
        complete(case, DONE, now=begin + 40 * MINUTE),
    ]
    assert [(step.status, step.visit_state) for step in steps] == [
        ("EN_ROUTE", "en_route"),
        ("ARRIVED", "arrived"),
        ("IN_PROGRESS", "in_progress"),
        ("COMPLETED", "completed"),
    ]
    (visit,) = case.visits()
    times = (visit.en_route_at, visit.arrived_at, visit.started_at, visit.ended_at)
    assert times == (begin - 20 * MINUTE, begin, begin + MINUTE, begin + 40 * MINUTE)
    assert [told for told in case.told() if told[0] == "EN_ROUTE"] == [
        ("EN_ROUTE", 1, "requester"),
        ("EN_ROUTE", 1, "resident"),
    ]
    assert "도착합니다" in case.text("EN_ROUTE", "resident")


def test_completing_bills_and_tells_both_parties(at_the_door: CaseWorld, now: datetime) -> None:
    case = at_the_door
    result = complete(case, DONE, now=now + timedelta(hours=3))
    assert result.charge is not None
    assert [(line.code, line.amount, line.warranty) for line in result.charge.lines] == [
        (VISIT_FEE, 18000, False),
        ("LABOUR_IGNITION", 30000, False),
    ]
    assert result.charge.total == 48000
    for recipient in ("resident", "requester"):
        assert "점화 수리: 30,000원" in case.text("VISIT_RESULT", recipient)
        assert "48,000원" in case.text("VISIT_RESULT", recipient)
    assert [event["visit_id"] for event in case.events("VisitCompleted")] == [result.visit_id]
    assert case.clock("handled").stopped_at == now + timedelta(hours=3)
    assert case.clock("contact").state in ("void", "breached")


def test_completing_twice_gives_the_same_bill(at_the_door: CaseWorld, now: datetime) -> None:
    case = at_the_door
    first = complete(case, DONE, now=now + timedelta(hours=3))
    again = complete(case, replace(DONE, lines=()), now=now + timedelta(hours=4))
    assert again.repeated
    assert again.charge == first.charge
    assert len(case.session.exec(select(Charge)).all()) == 1
    assert len([told for told in case.told() if told[0] == "VISIT_RESULT"]) == 2
    assert len(case.events("VisitCompleted")) == 1


def test_completion_needs_the_checklist(at_the_door: CaseWorld, now: datetime) -> None:
    with pytest.raises(ChecklistError) as caught:
        complete(at_the_door, CompletionRequest(), now=now + timedelta(hours=3))
    assert [error.field for error in caught.value.errors] == ["checklist.usage_explained"]
    assert at_the_door.visits()[0].state == "arrived"


def test_a_safety_hold_ends_only_with_the_leak_test_and_the_sign_off(
    at_the_door: CaseWorld, now: datetime
) -> None:
    case = at_the_door
    case.ticket.safety = case.ticket.safety_hold = True
    case.session.add(case.ticket)
    with pytest.raises(ChecklistError) as caught:
        complete(case, DONE, now=now + timedelta(hours=3))
    assert {error.field for error in caught.value.errors} == {
        "checklist.flue_leak_test",
        "checklist.safety_signed_off",
    }
    ticks = {"usage_explained": True, "flue_leak_test": True, "safety_signed_off": True}
    complete(case, CompletionRequest(checklist=ticks), now=now + timedelta(hours=3))
    case.session.refresh(case.ticket)
    assert (case.ticket.status, case.ticket.safety_hold) == ("COMPLETED", False)


def test_an_unknown_cost_line_writes_nothing(at_the_door: CaseWorld, now: datetime) -> None:
    bad = replace(DONE, lines=(LineRequest("NO_SUCH"),))
    with pytest.raises(BadLinesError), at_the_door.session.begin_nested():
        complete(at_the_door, bad, now=now + timedelta(hours=3))
    at_the_door.refresh()
    assert at_the_door.visits()[0].state == "arrived"
    assert at_the_door.session.exec(select(Charge)).all() == []


def test_the_same_fault_soon_again_is_free(at_the_door: CaseWorld, now: datetime) -> None:
    case = at_the_door
    complete(case, DONE, now=now + timedelta(hours=3))
    later = now + timedelta(days=20)
    again = world.make_ticket(
        case.session,
        company=case.company,
        point=case.point,
        household=None,
        status="ARRIVED",
        received_at=later,
    )
    again.household_id = case.ticket.household_id
    world.make_visit(
        case.session,
        ticket=again,
        point=case.point,
        technician=case.technician,
        state="arrived",
        start=later,
        arrived_at=later,
    )
    bill = preview_bill(
        case.session, ticket_id=again.id or 0, lines=(LineRequest("PART_FAN"),), misuse=False, now=later
    )
    assert (bill.total, bill.warranty.reason) == (0, "REPEAT_FAULT")
    misused = preview_bill(case.session, ticket_id=again.id or 0, lines=(), misuse=True, now=later)
    assert misused.total == 18000


def test_warranty_lines_are_free_and_say_so(at_the_door: CaseWorld, now: datetime) -> None:
    case = at_the_door
    boiler = case.session.exec(select(Boiler)).first()
    assert boiler is not None
    boiler.warranty_start = date(2025, 1, 1)
    case.ticket.boiler_id = boiler.id
    billing.set_warranty_rule(
        case.session,
        company_id=case.company.id or 0,
        boiler_kind="any",
        months=36,
        repeat_free_days=60,
        valid_from=date(2020, 1, 1),
        source="시험",
        by=world.AGENT,
        now=now,
    )
    result = complete(case, DONE, now=now + timedelta(hours=3))
    assert result.charge is not None
    assert (result.charge.total, {line.warranty for line in result.charge.lines}) == (0, {True})
    assert "무료(보증 기간)" in case.text("VISIT_RESULT", "resident")


@pytest.mark.parametrize(
    ("step", "status", "state"),
    [
        (visits.arrive, "APPOINTED", "agreed"),
        (visits.start, "EN_ROUTE", "en_route"),
        (visits.depart, "ARRIVED", "arrived"),
        (visits.depart, "CANCELLED", "cancelled"),
        (visits.mark_absent, "IN_PROGRESS", "in_progress"),
    ],
)
def test_a_step_from_the_wrong_state_is_a_conflict(
    session: Session, step: object, status: str, state: str, now: datetime
) -> None:
    case = make_case(session, status=status, state=state)
    with pytest.raises(WrongStateError) as caught:
        step(session, ticket_id=case.ticket_id, by=case.him, now=now + MINUTE)  # type: ignore[operator]
    assert caught.value.status == 409
    assert status in caught.value.detail


def test_completion_is_refused_before_the_arrival(case: CaseWorld, now: datetime) -> None:
    with pytest.raises(WrongStateError):
        complete(case, DONE, now=now)


def test_the_same_step_twice_changes_nothing(case: CaseWorld, now: datetime) -> None:
    for minutes in (100, 105):
        result = visits.depart(
            case.session, ticket_id=case.ticket_id, by=case.him, now=now + timedelta(minutes=minutes)
        )
    assert result.repeated
    assert case.visits()[0].en_route_at == now + timedelta(minutes=100)
    assert len(case.timeline("TechnicianDeparted")) == 1


def test_early_unordered_and_parallel_steps_are_taken_and_noted(case: CaseWorld, now: datetime) -> None:
    session = case.session
    for number, state, start in ((1, "in_progress", now - 60 * MINUTE), (2, "planned", now + 60 * MINUTE)):
        other = world.make_ticket(session, company=case.company, point=case.point, status="ASSIGNED")
        other.number = f"OTHER-{number}"
        world.make_visit(
            session, ticket=other, point=case.point, technician=case.technician, state=state, start=start
        )
    result = visits.depart(session, ticket_id=case.ticket_id, by=case.him, now=now + MINUTE)
    assert result.status == "EN_ROUTE"
    (entry,) = case.timeline("TechnicianDeparted")
    assert entry.data["noted"] == {
        "EARLY": [],
        "ANOTHER_VISIT_OPEN": ["OTHER-1"],
        "OUT_OF_ORDER": ["OTHER-2"],
    }


def test_a_late_step_is_taken_and_noted(case: CaseWorld, now: datetime) -> None:
    visits.depart(case.session, ticket_id=case.ticket_id, by=case.him, now=now + timedelta(hours=9))
    assert case.timeline("TechnicianDeparted")[0].data["noted"] == {"LATE": []}


def test_a_step_told_later_keeps_its_own_time(case: CaseWorld, now: datetime) -> None:
    happened = now + timedelta(minutes=100)
    visits.depart(case.session, ticket_id=case.ticket_id, by=case.him, at=happened, now=happened + 7 * MINUTE)
    assert case.visits()[0].en_route_at == happened
    assert case.timeline("TechnicianDeparted")[0].data["late_entry"] is True
    with pytest.raises(InvalidError):
        visits.arrive(
            case.session,
            ticket_id=case.ticket_id,
            by=case.him,
            at=happened - MINUTE,
            now=happened + 8 * MINUTE,
        )


def test_a_desk_may_log_a_step_for_the_technician(case: CaseWorld, now: datetime) -> None:
    desk = world.as_actor(world.make_person(case.session, name="정창구"), Role.POINT)
    visits.depart(case.session, ticket_id=case.ticket_id, by=desk, now=now + MINUTE)
    (entry,) = case.timeline("TechnicianDeparted")
    assert (entry.actor_name, entry.on_behalf_of) == ("정창구", "박기사")


def test_another_technician_may_not(case: CaseWorld, now: datetime) -> None:
    other = world.make_technician(case.session, point=case.point, name="최기사")
    with pytest.raises(NotYourVisitError):
        visits.depart(
            case.session, ticket_id=case.ticket_id, by=replace(case.him, person_id=other.person_id), now=now
        )


def test_absence_needs_ten_minutes_and_two_calls(at_the_door: CaseWorld, now: datetime) -> None:
    case, arrived = at_the_door, now + timedelta(hours=2)
    with pytest.raises(NotYetAbsentError) as caught:
        visits.mark_absent(case.session, ticket_id=case.ticket_id, by=case.him, now=arrived + 5 * MINUTE)
    assert [error.field for error in caught.value.errors] == ["at", "attempts"]
    ring(case, now=arrived + 6 * MINUTE)
    ring(case, now=arrived + 8 * MINUTE)
    with pytest.raises(NotYetAbsentError):
        visits.mark_absent(case.session, ticket_id=case.ticket_id, by=case.him, now=arrived + 9 * MINUTE)
    result = visits.mark_absent(
        case.session, ticket_id=case.ticket_id, by=case.him, now=arrived + 10 * MINUTE
    )
    assert (result.status, result.visit_state) == ("ABSENT", "absent")


def test_calls_from_before_the_arrival_do_not_count(case: CaseWorld, now: datetime) -> None:
    ring(case, now=now + MINUTE)
    ring(case, now=now + 2 * MINUTE)
    visits.depart(case.session, ticket_id=case.ticket_id, by=case.him, now=now + 60 * MINUTE)
    visits.arrive(case.session, ticket_id=case.ticket_id, by=case.him, now=now + 120 * MINUTE)
    with pytest.raises(NotYetAbsentError) as caught:
        visits.mark_absent(case.session, ticket_id=case.ticket_id, by=case.him, now=now + 140 * MINUTE)
    assert [error.field for error in caught.value.errors] == ["attempts"]


@pytest.fixture
def absent(at_the_door: CaseWorld, now: datetime) -> CaseWorld:
    case, arrived = at_the_door, now + timedelta(hours=2)
    ring(case, now=arrived + 6 * MINUTE)
    ring(case, now=arrived + 8 * MINUTE)
    visits.mark_absent(case.session, ticket_id=case.ticket_id, by=case.him, now=arrived + 10 * MINUTE)
    return case


def test_the_absence_text_offers_times_and_a_number(absent: CaseWorld, now: datetime) -> None:
    for recipient in ("resident", "requester"):
        words = absent.text("ABSENT", recipient)
        assert "1588-0000" in words
        assert "1. 12월 1일(화)" in words and "2. 12월" in words
    (call,) = absent.tasks(tasks.REVISIT_CALL)
    assert call.state == "open"


def test_an_absence_is_followed_by_a_new_visit(absent: CaseWorld, now: datetime) -> None:
    later = now + timedelta(hours=2, minutes=11)
    plan_anew(absent, now=later)
    first, second = absent.visits()
    assert (first.state, second.state, second.sequence) == ("absent", "planned", 2)
    assert second.technician_id is not None and second.planned_start is not None
    absent.session.refresh(absent.ticket)
    assert absent.ticket.status == "ABSENT"
    window = visits_window(second)
    attempt = AttemptRequest(Outcome.CONNECTED, with_role="resident", window=window)
    result = first_contact.record_attempt(
        absent.session, ticket_id=absent.ticket_id, attempt=attempt, by=absent.him, now=later + MINUTE
    )
    assert result.status == "APPOINTED"
    assert ("VISIT_SCHEDULED", 2, "resident") in absent.told()
    assert [task.state for task in absent.tasks(tasks.REVISIT_CALL)] == ["done"]


def visits_window(visit: Visit) -> AgreedWindow:
    assert visit.planned_start is not None
    return AgreedWindow(visit.planned_start, visit.planned_start + timedelta(hours=2))


def test_an_ended_visit_frees_the_technicians_time(at_the_door: CaseWorld, now: datetime) -> None:
    case = at_the_door
    visit = case.visits()[0]
    case.session.add(
        Booking(
            visit_id=visit.id or 0,
            technician_id=case.technician.id or 0,
            service_point_id=case.point.id or 0,
            start_at=now + timedelta(hours=2),
            end_at=now + timedelta(hours=8),
        )
    )
    complete(case, DONE, now=now + timedelta(hours=3))
    assert case.session.exec(select(Booking)).all() == []


def test_a_hold_waits_until_it_is_due(at_the_door: CaseWorld, now: datetime) -> None:
    case, due = at_the_door, now + timedelta(hours=20)
    result = visits.hold(
        case.session,
        ticket_id=case.ticket_id,
        reason="parts_wait",
        due=due,
        by=case.him,
        now=now + timedelta(hours=3),
    )
    assert (result.status, result.visit_state) == ("ON_HOLD", "completed")
    assert case.session.exec(select(Charge)).all() == []
    assert revisits.resume_due_holds(case.session, now=due - MINUTE) == 0
    assert revisits.resume_due_holds(case.session, now=due) == 1
    assert revisits.resume_due_holds(case.session, now=due) == 0
    plan_anew(case, now=due)
    first, second = case.visits()
    assert (first.hold_reason, second.state) == ("parts_wait", "planned")
    assert case.session.get_one(Ticket, case.ticket_id).status == "ASSIGNED"


def test_an_earlier_hold_does_not_end_the_one_after_it(at_the_door: CaseWorld, now: datetime) -> None:
    case, due = at_the_door, now + timedelta(hours=20)
    wait: dict[str, Any] = {"reason": "parts_wait", "by": case.him}
    hour = timedelta(hours=1)
    visits.hold(case.session, ticket_id=case.ticket_id, due=due, now=now + 3 * hour, **wait)
    revisits.resume(case.session, ticket_id=case.ticket_id, by=case.him, now=now + 4 * hour)
    case.visits()[0].hold_due_at = due  # as when the family agreed a time before the hold was over
    plan_anew(case, now=now + 4 * hour)
    wait["by"] = world.AGENT
    visits.hold(case.session, ticket_id=case.ticket_id, due=due + 48 * hour, now=now + 5 * hour, **wait)
    assert revisits.resume_due_holds(case.session, now=due) == 0
    assert revisits.resume_due_holds(case.session, now=due + 48 * hour) == 1


def test_a_customers_wish_calls_a_visit_off_before_it_began(case: CaseWorld, now: datetime) -> None:
    notices.tell_job_assigned(case.session, visit_id=case.visit.id or 0, now=now)
    result = visits.hold(
        case.session,
        ticket_id=case.ticket_id,
        reason="customer_request",
        due=None,
        by=case.him,
        now=now + MINUTE,
    )
    assert (result.status, result.visit_state) == ("ON_HOLD", "cancelled")
    assert ("JOB_CHANGED", 1, "technician") in case.told()
    assert revisits.resume(case.session, ticket_id=case.ticket_id, by=case.him, now=now + 2 * MINUTE)


@pytest.mark.parametrize(
    ("reason", "hours", "field"),
    [("holiday", 5, "reason"), ("parts_wait", 0, "due"), ("parts_wait", -1, "due")],
)
def test_a_hold_needs_a_known_reason_and_a_time_ahead(
    case: CaseWorld, reason: str, hours: int, field: str, now: datetime
) -> None:
    with pytest.raises(revisits.BadHoldError) as caught:
        visits.hold(
            case.session,
            ticket_id=case.ticket_id,
            reason=reason,  # type: ignore[arg-type]
            due=now + timedelta(hours=hours),
            by=case.him,
            now=now,
        )
    assert [error.field for error in caught.value.errors] == [field]


def test_a_job_is_acknowledged_once(case: CaseWorld, now: datetime) -> None:
    first = visits.acknowledge(case.session, ticket_id=case.ticket_id, by=case.him, now=now)
    again = visits.acknowledge(case.session, ticket_id=case.ticket_id, by=case.him, now=now + MINUTE)
    assert first == again == now
    assert len(case.timeline("JobAcknowledged")) == 1


def test_a_bill_without_a_visit_fee_is_checked_by_a_person(session: Session, now: datetime) -> None:
    case = make_case(session, status="ARRIVED", state="arrived", prices=False, arrived_at=now)
    complete(case, CompletionRequest(checklist={"usage_explained": True}), now=now + MINUTE)
    (task,) = case.tasks(tasks.CHECK_BILL)
    assert task.state == "open"
