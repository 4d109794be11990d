"""Every ended ticket has a call or a reason why not, whatever happens to it meanwhile."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import Session, col, select

from core.clock import kst
from dispatch.events import TicketReopened
from happycall import queries, service
from happycall.models import HappyCall
from tests import world
from tests.dispatch.case_world import make_case
from tests.happycall.call_world import (
    DONE,
    GOOD,
    FollowUp,
    complete,
    completed,
    ended,
    second_ticket,
)


def calls(session: Session) -> list[HappyCall]:
    return list(session.exec(select(HappyCall).order_by(col(HappyCall.id))))


def reopened(follow_up: FollowUp) -> None:
    case = follow_up.case
    event = TicketReopened(company_id=case.company.id or 0, at=DONE, ticket_id=case.ticket_id)
    service.withdraw_call(session=case.session, event=event, now=DONE)


def test_a_finished_visit_is_owed_a_call_once(session: Session) -> None:
    follow_up = completed(session)
    complete(follow_up.case, at=DONE)
    (call,) = calls(session)
    assert (call.state, call.generation, call.visit_id) == ("scheduled", 1, follow_up.case.visit.id)
    assert call.due_at == kst(date(2026, 12, 2), 10)
    assert call.until_at == kst(date(2026, 12, 4), 17, 30)
    assert len(follow_up.case.timeline("HappyCallScheduled")) == 1


@pytest.mark.parametrize(("how", "status"), [("solved_by_phone", "CLOSED"), ("SELF_FIXED", "SELF_FIXED")])
def test_what_was_solved_without_a_visit_is_asked_after_too(session: Session, how: str, status: str) -> None:
    case = make_case(session, status=status, state="cancelled")
    for _ in range(2):
        ended(case, how)
    (call,) = calls(session)
    assert (call.state, call.visit_id) == ("scheduled", None)


def test_cancelled_before_anybody_came_is_not_asked_after_but_kept_with_the_reason(session: Session) -> None:
    case = make_case(
        session, status="CANCELLED", state="cancelled", ticket_fields={"end_reason": "직접 고침"}
    )
    ended(case, "cancelled")
    (call,) = calls(session)
    assert (call.state, call.reason) == ("withdrawn", "방문 전에 취소되었습니다: 직접 고침")
    assert len(case.timeline("HappyCallWithdrawn")) == 1


def test_cancelled_after_somebody_came_is_asked_after(session: Session) -> None:
    case = make_case(session, status="CANCELLED", state="cancelled", arrived_at=DONE)
    ended(case, "cancelled")
    assert calls(session)[0].state == "scheduled"


def test_a_ticket_that_ended_twice_is_owed_two_calls(session: Session) -> None:
    case = make_case(session, status="CLOSED", state="cancelled")
    ended(case, "solved_by_phone")
    ended(case, "solved_by_phone", at=DONE + timedelta(days=1))
    assert [(call.generation, call.state) for call in calls(session)] == [(1, "merged"), (2, "scheduled")]


def test_one_call_a_home_and_the_other_ticket_is_closed_with_it(session: Session) -> None:
    first = completed(session)
    second = second_ticket(first.case)
    complete(second, at=DONE + timedelta(hours=3))
    assert first.call.state == "merged"
    assert first.call.merged_into_id == FollowUp(second).call.id
    third = second_ticket(first.case)
    complete(third, at=DONE + timedelta(days=1))
    kept = FollowUp(third).call
    assert {call.merged_into_id for call in calls(session)} == {None, kept.id}
    info = queries.get_call(session, company_id=kept.company_id, happy_call_id=kept.id or 0)
    assert set(info.also) == {first.case.ticket.number, second.ticket.number}
    FollowUp(third).attempt("CONNECTED", answers=GOOD)
    for case in (first.case, second, third):
        session.refresh(case.ticket)
        assert case.ticket.status == "CLOSED"


def test_after_two_weeks_a_home_is_rung_again(session: Session) -> None:
    first = completed(session)
    complete(second_ticket(first.case), at=DONE + timedelta(days=14, seconds=1))
    assert first.call.state == "scheduled"


def test_safety_cases_are_always_rung(session: Session) -> None:
    first = completed(session, safety=True)
    complete(second_ticket(first.case), at=DONE + timedelta(hours=3))
    assert [call.state for call in calls(session)] == ["scheduled", "scheduled"]


def test_another_home_is_no_reason_to_merge(session: Session) -> None:
    first = completed(session)
    other = second_ticket(first.case)
    other.ticket.household_id = world.make_household(session, company=first.case.company).id or 0
    complete(other)
    assert {call.state for call in calls(session)} == {"scheduled"}


def test_a_reopened_ticket_is_asked_after_its_next_visit(session: Session) -> None:
    follow_up = completed(session)
    for _ in range(2):
        reopened(follow_up)
    assert (follow_up.call.state, follow_up.call.reason) == (
        "withdrawn",
        "다시 접수되어 다음 방문 뒤에 여쭙니다.",
    )
    assert len(follow_up.case.timeline("HappyCallWithdrawn")) == 1


def test_reopened_before_the_call_was_even_scheduled(session: Session) -> None:
    case = make_case(session, status="REOPENED", state="completed", arrived_at=DONE, ended_at=DONE)
    complete(case)
    assert calls(session)[0].state == "withdrawn"


def test_what_nobody_managed_to_ask_is_closed_with_the_reason(session: Session) -> None:
    follow_up = completed(session)
    follow_up.attempt("NO_ANSWER")
    until = follow_up.call.until_at
    assert service.close_expired_calls(session, now=until) == 0
    assert service.close_expired_calls(session, now=until + timedelta(seconds=1)) == 1
    session.refresh(follow_up.case.ticket)
    assert (follow_up.call.state, follow_up.case.ticket.status) == ("no_answer", "CLOSED")
    assert "전화 1번" in follow_up.call.reason
    assert service.close_expired_calls(session, now=until + timedelta(days=1)) == 0
