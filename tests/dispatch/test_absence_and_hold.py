"""Visits that come to nothing for now: nobody there, a part that is missing, a wish of the customer."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from billing.models import Charge
from core.clock import KST, kst, operating_day
from dispatch import first_contact, notices, queries, revisits, tasks, visits
from dispatch.by_hand import assign_by_hand
from dispatch.cases import WrongStateError
from dispatch.list_queries import make_items
from dispatch.models import Ticket, Visit
from dispatch.planning import slots
from dispatch.planning.plan_models import Booking
from dispatch.queries import answer_where_is_it, ticket_detail
from dispatch.visit_schemas import AgreedWindow, AttemptRequest, Outcome
from dispatch.visits import NotYetAbsentError
from dispatch.where_is_it import answer_for_item
from tests import world
from tests.dispatch.case_world import CaseWorld
from tests.dispatch.plan_world import Shop, plan
from tests.dispatch.visit_world import DONE, MINUTE, complete, plan_anew, ring


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
    company_id, number = absent.ticket.company_id, absent.ticket.number
    detail = ticket_detail(absent.session, company_id=company_id, number=number, now=later)
    said = answer_where_is_it(detail, later)
    assert "쯤 다시 가려고 합니다" in said and "괜찮으신지" in said, "what is planned, and not yet agreed"
    window = visits_window(second)
    attempt = AttemptRequest(Outcome.CONNECTED, with_role="resident", window=window)
    result = first_contact.record_attempt(
        absent.session, ticket_id=absent.ticket_id, attempt=attempt, by=absent.him, now=later + MINUTE
    )
    assert result.status == "APPOINTED"
    assert ("VISIT_SCHEDULED", 2, "resident") in absent.told()
    assert [task.state for task in absent.tasks(tasks.REVISIT_CALL)] == ["done"]


def test_at_night_nobody_offers_a_time_at_night_again(session: Session, now: datetime) -> None:
    """The text, the desk and the new visit keep to one list: a door that stayed shut is no night's hurry."""
    shop, night = Shop(session), kst(operating_day(now), 25, 11)
    shop.technician(hours=(5, 29))
    ticket = shop.ticket(received_at=night - timedelta(hours=1))
    ticket.status = "ABSENT"
    session.flush()
    told = revisits.options_for(session, ticket=ticket, now=night)
    assert [option.start.astimezone(KST).hour for option in told] == [8, 10]
    visit = plan(session, ticket, night)
    assert visit.planned_start is not None and visit.planned_start.astimezone(KST).hour >= 7
    offered = {slot.start for slot in slots.rank_slots(session, ticket_id=ticket.id or 0, now=night)}
    assert {option.start for option in told} <= offered


def test_what_is_left_of_today_is_offered_before_and_after_the_new_plan(
    session: Session, now: datetime
) -> None:
    shop, evening = Shop(session), kst(operating_day(now), 20, 5)
    shop.technician(hours=(5, 29))
    ticket = shop.ticket(received_at=evening - timedelta(hours=1))
    ticket.status = "ABSENT"
    session.flush()
    told = revisits.options_for(session, ticket=ticket, now=evening)
    plan(session, ticket, evening)
    offered = {slot.start for slot in slots.rank_slots(session, ticket_id=ticket.id or 0, now=evening)}
    assert told and {option.start for option in told} <= offered


def test_without_a_free_time_the_text_says_that_somebody_rings(
    at_the_door: CaseWorld, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, arrived = at_the_door, now + timedelta(hours=2)
    monkeypatch.setattr(revisits.slots, "rank_slots", lambda *_args, **_facts: [])
    ring(case, now=arrived + 6 * MINUTE)
    ring(case, now=arrived + 8 * MINUTE)
    visits.mark_absent(case.session, ticket_id=case.ticket_id, by=case.him, now=arrived + 10 * MINUTE)
    words = case.text("ABSENT", "resident")
    assert "저희가 전화드려 다시 찾아갈 시간을 정하겠습니다" in words and "1. " not in words


def test_before_the_agreed_time_the_family_is_asked_pardon(case: CaseWorld, now: datetime) -> None:
    visits.depart(case.session, ticket_id=case.ticket_id, by=case.him, now=now + 5 * MINUTE)
    visits.arrive(case.session, ticket_id=case.ticket_id, by=case.him, now=now + 20 * MINUTE)
    for minutes in (22, 24):
        ring(case, now=now + minutes * MINUTE)
    marked = now + 31 * MINUTE
    visits.mark_absent(case.session, ticket_id=case.ticket_id, by=case.him, now=marked, early_confirmed=True)
    for recipient in ("resident", "requester"):
        words = case.text("ABSENT", recipient)
        assert "약속한 시간보다 먼저 찾아가" in words and "죄송합니다" in words
        assert "약속한 시간: 12월 1일(화) 낮 12시~오후 2시" in words and "저희가 곧 전화드려" in words
        assert "기사가 찾아갔으나" not in words
    (call,) = case.tasks(tasks.REVISIT_CALL)
    assert "사과하고" in call.detail and call.due_at == marked + timedelta(hours=1)

    def said() -> list[str]:
        company_id, number = case.company.id or 0, case.ticket.number
        detail = queries.ticket_detail(case.session, company_id=company_id, number=number, now=marked)
        (item,) = make_items(case.session, [case.ticket], now=marked)
        return [queries.answer_where_is_it(detail, marked), answer_for_item(item, marked)]

    for _ in range(2):
        assert all("저희가 먼저 찾아가" in words and "아무도" not in words for words in said())
        plan_anew(case, now=marked + MINUTE)


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
    world.deliver_texts(case.session)
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


def test_a_held_ticket_is_not_assigned_by_hand_and_the_state_is_named(
    at_the_door: CaseWorld, now: datetime
) -> None:
    case, later = at_the_door, now + timedelta(hours=3)
    visits.hold(case.session, ticket_id=case.ticket_id, reason="parts_wait", due=None, by=case.him, now=later)
    with pytest.raises(WrongStateError, match="지금 상태는 ON_HOLD입니다"):
        assign_by_hand(
            case.session,
            ticket_id=case.ticket_id,
            technician_id=case.visits()[0].technician_id or 0,
            start=None,
            reason="오늘 가기로",
            pin=(),
            by=world.AGENT,
            now=later + MINUTE,
        )
    assert len(case.visits()) == 1
