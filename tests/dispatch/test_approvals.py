"""Dear work: whoever pays is asked first and answers once; what was not agreed to is not billed."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from billing.schemas import LineRequest, PricedLine
from core.actor import Actor
from core.dated import set_rule
from dispatch import tasks
from dispatch.approvals import (
    ApprovalClosedError,
    ApprovalNeededError,
    agree_by_phone,
    answer_approval,
    ask_approval,
    last_approval,
    open_approval,
)
from dispatch.bill_correction import correct_bill
from dispatch.cancellation import cancel_ticket
from dispatch.notice_tasks import NOTICE_FAILED, ask_to_call
from dispatch.pricing import preview_bill
from dispatch.revisits import hold
from dispatch.visit_schemas import CompletionRequest
from notifications.events import NoticeFailed
from notifications.models import Notice
from tests import world
from tests.dispatch.case_world import CaseWorld
from tests.dispatch.visit_world import DONE, complete

LANDLORD = Actor(kind="person", name="집주인", source="family")
DEAR = replace(DONE, lines=(LineRequest("PART_FAN", 3),))
"""Three fans: 18,000 + 210,000 won, above the limit of these tests."""


@pytest.fixture
def dear_case(at_the_door: CaseWorld, now: datetime) -> CaseWorld:
    set_rule(
        at_the_door.session,
        company_id=at_the_door.company.id or 0,
        key="approval_limit",
        value=200_000,
        valid_from=now - timedelta(days=1),
        source="시험",
        by=world.AGENT,
        now=now,
    )
    return at_the_door


def lines_of(case: CaseWorld, completion: CompletionRequest, now: datetime) -> tuple[PricedLine, ...]:
    bill = preview_bill(case.session, ticket_id=case.ticket_id, lines=completion.lines, misuse=False, now=now)
    return bill.lines


def test_a_bill_above_the_limit_waits_for_the_payers_answer(dear_case: CaseWorld, now: datetime) -> None:
    case, later = dear_case, now + timedelta(hours=3)
    visit_id = case.visit.id or 0
    with pytest.raises(ApprovalNeededError) as refused:
        complete(case, DEAR, now=later)
    assert [error.field for error in refused.value.errors] == ["lines"]
    assert "200,000원" in refused.value.detail
    asked = ask_approval(
        case.session, visit_id=visit_id, lines=lines_of(case, DEAR, later), by=case.him, now=later
    )
    again = ask_approval(
        case.session, visit_id=visit_id, lines=lines_of(case, DEAR, later), by=case.him, now=later
    )
    assert again == asked and open_approval(case.session, visit_id=visit_id) == asked
    assert (asked.total, sum(line.amount for line in asked.lines)) == (228_000, 228_000)
    heard = [told for told in case.told() if told[0] == "APPROVAL_ASKED"]
    assert [recipient for _, _, recipient in heard] == ["requester"], "who pays, not the whole family"
    text = case.text("APPROVAL_ASKED", "requester")
    assert "송풍기 3개: 210,000원" in text and "22만 8천원(228,000원)" in text
    with pytest.raises(ApprovalNeededError, match="기다리고"):
        complete(case, DEAR, now=later)
    answer = answer_approval(
        case.session, approval_id=asked.id, agrees=True, by=LANDLORD, now=later, how="FAMILY"
    )
    repeated = answer_approval(
        case.session, approval_id=asked.id, agrees=True, by=case.him, now=later, how="PHONE"
    )
    assert (answer.state, answer.answered_by, answer.how) == ("agreed", "집주인", "FAMILY")
    assert repeated == answer
    with pytest.raises(ApprovalClosedError):
        answer_approval(
            case.session, approval_id=asked.id, agrees=False, by=LANDLORD, now=later, how="FAMILY"
        )
    result = complete(case, DEAR, now=later)
    assert result.charge is not None and result.charge.total == asked.total
    assert len(case.timeline("ApprovalAsked")) == len(case.timeline("ApprovalGiven")) == 1


def test_other_work_is_asked_anew_and_a_refusal_holds(dear_case: CaseWorld, now: datetime) -> None:
    case, later = dear_case, now + timedelta(hours=3)
    visit_id = case.visit.id or 0
    first = ask_approval(
        case.session, visit_id=visit_id, lines=lines_of(case, DEAR, later), by=case.him, now=later
    )
    more = replace(DEAR, lines=(*DEAR.lines, LineRequest("LABOUR_IGNITION")))
    second = ask_approval(
        case.session, visit_id=visit_id, lines=lines_of(case, more, later), by=case.him, now=later
    )
    assert second.id != first.id
    with pytest.raises(ApprovalClosedError):
        answer_approval(case.session, approval_id=first.id, agrees=True, by=LANDLORD, now=later, how="FAMILY")
    answer_approval(case.session, approval_id=second.id, agrees=False, by=LANDLORD, now=later, how="FAMILY")
    with pytest.raises(ApprovalNeededError, match="원하지"):
        complete(case, more, now=later)
    complete(case, DONE, now=later)  # what is below the limit needs nobody


@pytest.mark.parametrize("leave", ["hold", "cancel"])
def test_nobody_is_asked_of_a_visit_that_is_over(dear_case: CaseWorld, now: datetime, leave: str) -> None:
    case, later, visit_id = dear_case, now + timedelta(hours=3), dear_case.visit.id or 0
    ask_approval(case.session, visit_id=visit_id, lines=lines_of(case, DEAR, later), by=case.him, now=later)
    if leave == "hold":
        due = later + timedelta(days=1)
        hold(case.session, ticket_id=case.ticket_id, reason="parts_wait", due=due, by=case.him, now=later)
    else:
        cancel_ticket(case.session, ticket_id=case.ticket_id, reason="안 함", by=world.AGENT, now=later)
    asked = last_approval(case.session, visit_id=visit_id)
    assert asked is not None and asked.state == "withdrawn"
    query = select(Notice.state).where(col(Notice.event) == "APPROVAL_ASKED")
    assert set(case.session.exec(query)) == {"withdrawn"}


def test_agreed_on_the_phone_is_written_with_who_says_so(dear_case: CaseWorld, now: datetime) -> None:
    case, later = dear_case, now + timedelta(hours=3)
    complete(case, replace(DEAR, agreed_by_phone=True), now=later)
    last = last_approval(case.session, visit_id=case.visit.id or 0)
    assert last is not None and (last.state, last.how, last.total) == ("agreed", "PHONE", 228_000)
    assert case.timeline("ApprovalGiven")[0].actor_name == case.him.name
    assert "APPROVAL_ASKED" not in {event for event, _, _ in case.told()}


def test_only_what_was_agreed_to_is_billed_or_less_of_it(dear_case: CaseWorld, now: datetime) -> None:
    case, later, visit_id = dear_case, now + timedelta(hours=3), dear_case.visit.id or 0
    four = replace(DEAR, lines=(LineRequest("PART_FAN", 4),))
    agree_by_phone(case.session, visit_id=visit_id, lines=lines_of(case, four, later), by=case.him, now=later)
    other = replace(DEAR, lines=(LineRequest("LABOUR_IGNITION", 7),))
    assert sum(line.amount for line in lines_of(case, other, later)) < 298_000, "no dearer, and other work"
    with pytest.raises(ApprovalNeededError, match="먼저 받아"):
        complete(case, other, now=later)
    complete(case, DEAR, now=later)


def test_a_no_on_the_page_is_not_overridden_by_a_tick_unseen(dear_case: CaseWorld, now: datetime) -> None:
    case, later, visit_id = dear_case, now + timedelta(hours=3), dear_case.visit.id or 0
    asked = ask_approval(
        case.session, visit_id=visit_id, lines=lines_of(case, DEAR, later), by=case.him, now=later
    )
    answer_approval(case.session, approval_id=asked.id, agrees=False, by=LANDLORD, now=later, how="FAMILY")
    complete(case, replace(DEAR, agreed_by_phone=True), now=later)
    (task,) = case.tasks(tasks.CHECK_BILL)
    assert "원하지 않는다고" in task.detail


def test_a_correction_beyond_what_was_agreed_is_looked_at(dear_case: CaseWorld, now: datetime) -> None:
    case, later, visit_id = dear_case, now + timedelta(hours=3), dear_case.visit.id or 0
    complete(case, DONE, now=later)
    for fans, seen in ((2, 0), (20, 1)):
        correct_bill(
            case.session,
            ticket_id=case.ticket_id,
            visit_id=visit_id,
            lines=(LineRequest("PART_FAN", fans),),
            misuse=False,
            reason="빠뜨림",
            by=world.AGENT,
            now=later,
        )
        assert len(case.tasks(tasks.CHECK_BILL)) == seen


def test_what_was_done_on_paper_is_billed_and_looked_at(dear_case: CaseWorld, now: datetime) -> None:
    case = dear_case
    result = complete(case, replace(DEAR, on_paper=True), now=now + timedelta(hours=3))
    assert result.charge is not None and result.charge.total == 228_000
    (task,) = case.tasks(tasks.CHECK_BILL)
    assert "228,000원" in task.detail


def test_nobody_rings_about_a_cost_that_was_answered(dear_case: CaseWorld, now: datetime) -> None:
    case, later = dear_case, now + timedelta(hours=3)
    lines = lines_of(case, DEAR, later)
    asked = ask_approval(case.session, visit_id=case.visit.id or 0, lines=lines, by=case.him, now=later)
    answered = []
    for recipient in ("resident", "requester"):
        event = NoticeFailed(
            company_id=case.company.id or 0,
            at=later,
            ticket_id=case.ticket_id,
            told="APPROVAL_ASKED",
            generation=1,
            recipient=recipient,
            why="permanent",
            notice_id=None,
        )
        ask_to_call(session=case.session, event=event, now=later)
        if not answered:
            answered.append(
                answer_approval(
                    case.session, approval_id=asked.id, agrees=True, by=LANDLORD, now=later, how="FAMILY"
                )
            )
    assert [(task.recipient, task.state) for task in case.tasks(NOTICE_FAILED)] == [("resident", "void")]
