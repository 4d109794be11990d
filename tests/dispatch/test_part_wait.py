"""A visit waits for a part: the old appointment is gone, somebody tells the family, nothing is too early."""

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session

from core.clock import KST, kst
from dispatch import first_contact, revisits, tasks, visits
from dispatch.assignment import WindowNotReachableError
from dispatch.list_queries import list_tickets
from dispatch.planning.slots import rank_slots
from dispatch.queries import answer_where_is_it, ticket_detail
from dispatch.visit_schemas import AgreedWindow, AttemptRequest, Outcome
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case
from tests.dispatch.visit_world import MINUTE, ring

DUE = kst(date(2026, 12, 3), 9)


def hold(case: CaseWorld, *, due: datetime | None, now: datetime) -> None:
    visits.hold(case.session, ticket_id=case.ticket_id, reason="parts_wait", due=due, by=case.him, now=now)


def test_the_family_is_told_by_a_named_person_when_the_part_comes(
    at_the_door: CaseWorld, now: datetime
) -> None:
    case, held_at = at_the_door, now + timedelta(hours=3)
    hold(case, due=DUE, now=held_at)
    (call,) = case.tasks(tasks.PART_CALL)
    assert call.state == "open" and call.owner_person_id and "부품 도착 예정일(12월 3일)" in call.detail
    assert call.due_at is not None and call.due_at <= held_at + timedelta(hours=1)
    slot = rank_slots(case.session, ticket_id=case.ticket_id, now=held_at)[0]
    agreed = AttemptRequest(
        Outcome.CONNECTED, with_role="resident", window=AgreedWindow(slot.start, slot.end)
    )
    first_contact.record_attempt(
        case.session, ticket_id=case.ticket_id, attempt=agreed, by=case.him, now=held_at + MINUTE
    )
    assert [task.state for task in case.tasks(tasks.PART_CALL)] == ["done"]
    assert "VISIT_SCHEDULED" in {event for event, _generation, _who in case.told()}


def test_an_unknown_day_is_asked_after_and_a_due_one_ends_the_call(
    at_the_door: CaseWorld, now: datetime
) -> None:
    hold(at_the_door, due=None, now=now + timedelta(hours=3))
    (call,) = at_the_door.tasks(tasks.PART_CALL)
    assert "부품이 언제 오는지 알아보고" in call.detail
    revisits.resume(
        at_the_door.session, ticket_id=at_the_door.ticket_id, by=world.AGENT, now=now + timedelta(hours=4)
    )
    assert [task.state for task in at_the_door.tasks(tasks.PART_CALL)] == ["void"]


def test_no_window_begins_before_the_part_is_there(at_the_door: CaseWorld, now: datetime) -> None:
    case, held_at = at_the_door, now + timedelta(hours=3)
    hold(case, due=DUE, now=held_at)
    slots = rank_slots(case.session, ticket_id=case.ticket_id, now=held_at)
    assert slots and all(slot.start >= DUE for slot in slots)


def agree(case: CaseWorld, start: datetime, *, now: datetime, who: int | None = None) -> None:
    window = AgreedWindow(start, start + timedelta(hours=2), who)
    attempt = AttemptRequest(Outcome.CONNECTED, with_role="resident", window=window)
    first_contact.record_attempt(
        case.session, ticket_id=case.ticket_id, attempt=attempt, by=world.AGENT, now=now
    )


def test_a_window_from_an_old_page_is_refused_before_the_part_is_there(
    at_the_door: CaseWorld, now: datetime
) -> None:
    case, held_at = at_the_door, now + timedelta(hours=3)
    hold(case, due=DUE, now=held_at)
    with pytest.raises(first_contact.BadAttemptError, match="12월 3일 09:00에 올 예정") as refused:
        agree(case, DUE - timedelta(hours=18), now=held_at + MINUTE)
    assert [error.field for error in refused.value.errors] == ["window"]
    assert case.ticket.status == "ON_HOLD" and case.visits()[-1].hold_due_at == DUE


def test_what_is_named_instead_is_not_before_the_part_either(at_the_door: CaseWorld, now: datetime) -> None:
    case, held_at = at_the_door, now + timedelta(hours=3)
    hold(case, due=DUE, now=held_at)
    with pytest.raises(WindowNotReachableError) as refused:
        agree(case, DUE + timedelta(hours=18), now=held_at + MINUTE)
    assert refused.value.reachable and all(start >= DUE for start, _end in refused.value.reachable)


def test_an_appointment_that_came_to_nothing_does_not_stand(at_the_door: CaseWorld, now: datetime) -> None:
    case, held_at = at_the_door, now + timedelta(hours=3)
    hold(case, due=DUE, now=held_at)
    company_id, number = case.company.id or 0, case.ticket.number
    detail = ticket_detail(case.session, company_id=company_id, number=number, now=held_at)
    assert detail.visit is not None and detail.visit.window is not None, "kept as history"
    assert detail.visit.promised is None and detail.visit.came_to_nothing
    assert "3일 목요일에 올 예정" in answer_where_is_it(detail, held_at)
    (item,) = list_tickets(case.session, company_id=company_id, now=held_at).items
    assert item.window is None and item.planned_start is None


def test_late_in_the_evening_what_is_left_of_today_is_offered(session: Session, now: datetime) -> None:
    start = kst(date(2026, 12, 1), 20, 20)
    case = make_case(session, now=now, start=start, state="arrived", status="ARRIVED", arrived_at=start)
    night = world.make_technician(session, point=case.point, name="밤기사", hours=(14, 24), days=(0,))
    ring(case, now=start + 6 * MINUTE)
    ring(case, now=start + 8 * MINUTE)
    at = start + 13 * MINUTE
    visits.mark_absent(session, ticket_id=case.ticket_id, by=case.him, now=at)
    words = case.text("ABSENT", "requester")
    assert "1. 12월 1일(화) 오후 8시 40분" in words and "2. 12월 2일" in words
    tonight = rank_slots(session, ticket_id=case.ticket_id, now=at)[0]
    assert tonight.technician_id == night.id and not tonight.overtime
    assert tonight.start.astimezone(KST).hour == 20
    agreed = AttemptRequest(
        Outcome.CONNECTED, with_role="resident", window=AgreedWindow(tonight.start, tonight.end, night.id)
    )
    result = first_contact.record_attempt(
        session, ticket_id=case.ticket_id, attempt=agreed, by=world.AGENT, now=at + MINUTE
    )
    assert result.status == "APPOINTED"
