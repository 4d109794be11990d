"""A try of a happy call, and what follows from what the family says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import Session

from core.clock import KST, kst
from core.errors import NotFoundError
from dispatch.tasks import RIGHT_NUMBER
from happycall import queries, service
from happycall.attempts import BadHappyCallError, HappyCallOverError
from happycall.schemas import AttemptRequest
from tests import world
from tests.happycall.call_world import DONE, GOOD, QA, FollowUp, completed


@pytest.fixture
def follow_up(session: Session) -> FollowUp:
    return completed(session)


def at(day: int, hour: int) -> Any:
    return kst(date(2026, 12, day), hour)


def test_a_content_family_closes_the_case(follow_up: FollowUp) -> None:
    result = follow_up.attempt("CONNECTED", answers=GOOD, **{"with": "resident"})
    assert (result.state, result.ticket_status, result.reopened) == ("done", "CLOSED", False)
    info = queries.get_call(
        follow_up.case.session,
        company_id=follow_up.call.company_id,
        happy_call_id=result.id,
    )
    assert info.answers is not None
    assert (info.answers.overall, info.answers.verbatim, info.attempts[0].with_role) == (
        6,
        "고맙습니다",
        "resident",
    )
    (line,) = follow_up.case.timeline("HappyCallDone")
    assert (line.actor_name, line.data["reopened"]) == ("최품질", False)
    assert "고맙습니다" not in str(follow_up.case.timeline("HappyCallAttempted")[0].data)


def test_a_call_before_it_is_due_is_a_fact_too(follow_up: FollowUp) -> None:
    assert follow_up.attempt("CONNECTED", now=DONE + timedelta(minutes=1), answers=GOOD).state == "done"


@pytest.mark.parametrize("answers", [{"fixed": False}, {**GOOD, "overall": 2}, {**GOOD, "nps": 3}])
def test_an_unhappy_family_gets_another_technician(follow_up: FollowUp, answers: dict[str, Any]) -> None:
    result = follow_up.attempt("CONNECTED", answers=answers)
    ticket = follow_up.case.ticket
    assert (result.state, result.reopened, result.ticket_status) == ("done", True, "REOPENED")
    assert ticket.excluded_technician_id == follow_up.case.technician.id
    assert len(follow_up.case.events("TicketReopened")) == 1
    assert result.unhappy
    assert result.unhappy[0] in (follow_up.case.timeline("TicketReopened")[0].reason or "")


def test_a_bill_that_differs_goes_to_a_person_and_not_to_a_technician(follow_up: FollowUp) -> None:
    result = follow_up.attempt("CONNECTED", answers={**GOOD, "cost_matches": False})
    assert (result.escalated, result.reopened, result.ticket_status) == (True, False, "CLOSED")
    assert len(follow_up.case.tasks("ESCALATION")) == 1


def test_somebody_else_had_reopened_it_a_moment_ago(follow_up: FollowUp) -> None:
    follow_up.case.ticket.status = "ASSIGNED"
    result = follow_up.attempt("CONNECTED", answers={"fixed": False})
    assert (result.state, result.reopened, result.ticket_status) == ("done", False, "ASSIGNED")


def test_nobody_answers_on_three_half_days(follow_up: FollowUp) -> None:
    states = []
    for _ in range(3):
        result = follow_up.attempt("NO_ANSWER", now=follow_up.call.due_at + timedelta(minutes=5))
        states.append((result.state, f"{result.due_at.astimezone(KST):%d %H:%M}"))
    assert states[:2] == [("scheduled", "02 13:30"), ("scheduled", "03 10:00")]
    assert states[2][0] == "no_answer"
    assert follow_up.call.reason == "서로 다른 때에 3번 전화했지만 받지 않으셨습니다."
    assert follow_up.case.ticket.status == "CLOSED"


def test_a_strangers_number_is_asked_about_and_right_again_when_they_pick_up(follow_up: FollowUp) -> None:
    with pytest.raises(BadHappyCallError):
        follow_up.attempt("WRONG_NUMBER")
    wrong = follow_up.attempt("WRONG_NUMBER", **{"with": "resident"})
    (task,) = follow_up.case.tasks(RIGHT_NUMBER)
    assert (wrong.state, task.state, task.recipient) == ("scheduled", "open", "resident")
    follow_up.attempt("CONNECTED", **{"with": "resident"}, answers=GOOD)
    assert task.state == "done"


def test_three_tries_in_one_morning_are_one(follow_up: FollowUp) -> None:
    for minute in range(5):
        result = follow_up.attempt("BUSY", now=at(2, 10) + timedelta(minutes=minute))
    assert (result.state, result.due_at) == ("scheduled", kst(date(2026, 12, 2), 13, 30))


def test_who_asks_to_be_called_back_is_called_then(follow_up: FollowUp) -> None:
    result = follow_up.attempt("CALL_BACK", now=at(2, 10), call_back_at=at(7, 15).isoformat())
    assert (result.state, result.due_at) == ("scheduled", at(7, 15))
    assert service.close_expired_calls(follow_up.case.session, now=at(7, 16)) == 0
    assert service.close_expired_calls(follow_up.case.session, now=at(8, 1)) == 1


def test_who_does_not_want_to_is_left_alone(follow_up: FollowUp) -> None:
    result = follow_up.attempt("REFUSED", note="바쁘심")
    assert (result.state, follow_up.call.reason, result.ticket_status) == ("refused", "바쁘심", "CLOSED")


def test_a_call_that_is_over_takes_nothing_more(follow_up: FollowUp) -> None:
    follow_up.attempt("REFUSED")
    with pytest.raises(HappyCallOverError):
        follow_up.attempt("CONNECTED", answers=GOOD)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"outcome": "CONNECTED"}, "answers"),
        ({"outcome": "NO_ANSWER", "answers": GOOD}, "answers"),
        ({"outcome": "CALL_BACK"}, "call_back_at"),
        ({"outcome": "CALL_BACK", "call_back_at": at(1, 9).isoformat()}, "call_back_at"),
        ({"outcome": "CALL_BACK", "call_back_at": "2027-12-01T10:00:00+09:00"}, "call_back_at"),
        ({"outcome": "CONNECTED", "answers": GOOD, "with": "payer"}, "with"),
        ({"outcome": "NO_ANSWER", "at": at(9, 9).isoformat()}, "at"),
        ({"outcome": "NO_ANSWER", "at": "2026-11-30T10:00:00+09:00"}, "at"),
    ],
)
def test_what_does_not_hang_together_is_named(
    follow_up: FollowUp, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadHappyCallError) as refused:
        follow_up.attempt(fields.pop("outcome"), **fields)
    assert [error.field for error in refused.value.errors] == [field]
    assert follow_up.call.state == "scheduled"


@pytest.mark.parametrize(
    "answers", [{}, {"fixed": True, "overall": 8}, {"fixed": True, "nps": 11}, {"fixed": True, "overall": 0}]
)
def test_scores_beyond_their_scale_are_refused(answers: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AttemptRequest.model_validate({"outcome": "CONNECTED", "answers": answers})


def test_another_companys_call_does_not_exist(follow_up: FollowUp) -> None:
    other = world.make_company(follow_up.case.session, code="haedam")
    with pytest.raises(NotFoundError):
        service.record_attempt(
            follow_up.case.session,
            happy_call_id=follow_up.call.id or 0,
            company_id=other.id or 0,
            attempt=AttemptRequest.model_validate({"outcome": "REFUSED"}),
            by=QA,
            now=DONE,
        )
