"""What the caller's screen asks: how much there is to do, whether it is calling time, and what comes next."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from core.clock import kst
from happycall.desk import desk_counts, hours_now, next_call_id, verdict_of
from happycall.queries import get_call, list_calls
from happycall.schemas import CallInfo
from tests.happycall.call_world import GOOD, FollowUp, complete, completed, second_ticket

TUESDAY = date(2026, 12, 1)


def info(call: FollowUp) -> CallInfo:
    case = call.case
    return get_call(case.session, company_id=case.company.id or 0, happy_call_id=call.call.id or 0)


@pytest.mark.parametrize(
    ("hour", "minute", "until", "opens"),
    [
        (9, 59, None, (TUESDAY, 10, 0)),
        (10, 0, (12, 0), (TUESDAY, 13, 30)),
        (11, 59, (12, 0), (TUESDAY, 13, 30)),
        (12, 0, None, (TUESDAY, 13, 30)),
        (17, 30, None, (date(2026, 12, 2), 10, 0)),
    ],
)
def test_calling_hours_begin_and_end_to_the_minute(
    session: Session, hour: int, minute: int, until: tuple[int, int] | None, opens: tuple[date, int, int]
) -> None:
    company_id = completed(session).case.company.id or 0
    found = hours_now(session, company_id=company_id, now=kst(TUESDAY, hour, minute))
    assert found.until == (kst(TUESDAY, *until) if until else None)
    assert found.opens_at == kst(*opens) == found.coming[0]


def test_nobody_is_rung_on_a_saturday(session: Session) -> None:
    company_id = completed(session).case.company.id or 0
    found = hours_now(session, company_id=company_id, now=kst(date(2026, 12, 5), 11))
    assert not found.is_open and found.opens_at == kst(date(2026, 12, 7), 10)


def test_counts_tell_what_is_due(session: Session) -> None:
    call = completed(session)
    company_id, due = call.case.company.id or 0, call.call.due_at
    before = desk_counts(session, company_id=company_id, now=due - timedelta(minutes=1))
    assert (before.due_now, before.later_today) == (0, 1)
    at = desk_counts(session, company_id=company_id, now=due)
    assert (at.due_now, at.later_today, at.by_state) == (1, 0, {"scheduled": 1})


def test_the_next_call_goes_round_and_leaves_out_what_is_not_due(session: Session) -> None:
    first = completed(session, safety=True)  # safety cases are never merged into another call of the home
    other = second_ticket(first.case)
    complete(other)
    company_id, now = first.case.company.id or 0, first.call.due_at
    one, two = list_calls(session, company_id=company_id).items
    assert next_call_id(session, company_id=company_id, now=now, after=one) == two.id
    assert next_call_id(session, company_id=company_id, now=now, after=two) == one.id
    early = now - timedelta(minutes=1)
    assert next_call_id(session, company_id=company_id, now=early, after=one) is None


def test_a_finished_call_says_what_its_answers_led_to(session: Session) -> None:
    call = completed(session)
    assert verdict_of(session, call=info(call)) is None
    call.attempt("CONNECTED", answers={**GOOD, "cost_matches": False})
    verdict = verdict_of(session, call=info(call))
    assert verdict is not None and verdict.escalate and not verdict.reopen
