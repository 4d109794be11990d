"""The end of the work: checklist, bill, warranty, and what both parties are told."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from billing import service as billing
from billing.models import Charge
from billing.rules import BadLinesError
from billing.schemas import VISIT_FEE, LineRequest
from customers.models import Boiler
from dispatch import tasks
from dispatch.cases import WrongStateError
from dispatch.completion import ChecklistError
from dispatch.pricing import preview_bill
from dispatch.visit_schemas import CompletionRequest
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case
from tests.dispatch.visit_world import DONE, MINUTE, complete


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


def test_completion_is_refused_before_the_arrival(case: CaseWorld, now: datetime) -> None:
    with pytest.raises(WrongStateError):
        complete(case, DONE, now=now)


def test_a_bill_without_a_visit_fee_is_checked_by_a_person(session: Session, now: datetime) -> None:
    case = make_case(session, status="ARRIVED", state="arrived", prices=False, arrived_at=now)
    complete(case, CompletionRequest(checklist={"usage_explained": True}), now=now + MINUTE)
    (task,) = case.tasks(tasks.CHECK_BILL)
    assert task.state == "open"
