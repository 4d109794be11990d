"""Whoever pays and is sent no texts: the desk rings him, the resident is asked at the door."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from billing.schemas import LineRequest
from core.dated import set_rule
from customers.consents import Choice, Door
from dispatch import tasks
from dispatch.approvals import answer_approval, ask_approval, last_approval
from dispatch.bill_correction import correct_bill
from dispatch.models import Task, TicketParty
from dispatch.notice_choices import Word, take_word
from dispatch.payer_calls import how_payer_is_asked
from dispatch.pricing import preview_bill
from tests import world
from tests.dispatch.case_world import CaseWorld
from tests.dispatch.visit_world import DONE, complete

DEAR = replace(DONE, lines=(LineRequest("PART_FAN", 3),))
LATER = timedelta(hours=3)


@pytest.fixture
def case(at_the_door: CaseWorld, now: datetime) -> CaseWorld:
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


def refuse(case: CaseWorld, who: str, now: datetime, *, choice: Choice = Choice.REFUSED) -> None:
    """The resident does not want `who` to be told."""
    query = select(TicketParty).where(TicketParty.ticket_id == case.ticket_id)
    party = {row.role: row.contact_id for row in case.session.exec(query)}
    take_word(
        case.session,
        company_id=case.company.id or 0,
        household_id=case.ticket.household_id,
        word=Word(party[who], party["resident"], choice, Door.CALL, "걱정하게 하고 싶지 않음"),
        by=world.AGENT,
        now=now,
    )


def ask(case: CaseWorld, now: datetime) -> int:
    bill = preview_bill(case.session, ticket_id=case.ticket_id, lines=DEAR.lines, misuse=False, now=now)
    return ask_approval(case.session, visit_id=case.visit.id or 0, lines=bill.lines, by=case.him, now=now).id


def calls(case: CaseWorld) -> list[tuple[str, str, str]]:
    query = select(Task).where(Task.ticket_id == case.ticket_id).order_by(col(Task.id))
    case.session.expire_all()
    return [
        (task.data["event"], task.recipient, task.state)
        for task in case.session.exec(query)
        if task.kind == tasks.CALL_LANDLINE
    ]


def test_a_child_whom_the_resident_refused_is_rung_before_dear_work(case: CaseWorld, now: datetime) -> None:
    refuse(case, "requester", now)
    assert how_payer_is_asked(case.session, ticket_id=case.ticket_id) == "DESK"
    asked = ask(case, now + LATER)
    ask(case, now + LATER)  # the same asking twice is one call
    assert calls(case) == [("APPROVAL_ASKED", "requester", "open")]
    assert "APPROVAL_ASKED" not in {event for event, _, _ in case.told()}
    (task,) = case.tasks(tasks.CALL_LANDLINE)
    assert "송풍기 3개: 210,000원" in task.detail and "http" not in task.detail
    answer_approval(
        case.session, approval_id=asked, agrees=True, by=world.AGENT, now=now + LATER, how="PHONE"
    )
    assert calls(case) == [("APPROVAL_ASKED", "requester", "void")], "nobody rings about what was answered"
    complete(case, DEAR, now=now + LATER)
    assert calls(case)[1:] == [("VISIT_RESULT", "requester", "open")], "he owes it and hears of it"
    correct_bill(
        case.session,
        ticket_id=case.ticket_id,
        visit_id=case.visit.id or 0,
        lines=(LineRequest("PART_FAN", 2),),
        misuse=False,
        reason="잘못 적음",
        by=world.AGENT,
        now=now + LATER,
    )
    assert calls(case)[1:] == [("VISIT_RESULT", "requester", "void"), ("VISIT_RESULT", "requester", "open")]


def test_a_no_while_he_is_being_asked_turns_the_text_into_a_call(case: CaseWorld, now: datetime) -> None:
    ask(case, now + LATER)
    assert calls(case) == []
    refuse(case, "requester", now + LATER)
    refuse(case, "requester", now + LATER, choice=Choice.AGREED)
    refuse(case, "requester", now + LATER)
    assert calls(case) == [("APPROVAL_ASKED", "requester", "open")]
    (task,) = case.tasks(tasks.CALL_LANDLINE)
    assert "228,000원" in task.detail and "http" not in task.detail
    asked = last_approval(case.session, visit_id=case.visit.id or 0)
    assert asked is not None and asked.state == "asked"


def test_a_resident_who_pays_is_asked_at_the_door(case: CaseWorld, now: datetime) -> None:
    case.ticket.payer_role = "resident"
    refuse(case, "resident", now)
    assert how_payer_is_asked(case.session, ticket_id=case.ticket_id) == "DOOR"
    ask(case, now + LATER)
    assert calls(case) == []


def test_who_takes_texts_is_texted(case: CaseWorld, now: datetime) -> None:
    refuse(case, "resident", now)
    assert how_payer_is_asked(case.session, ticket_id=case.ticket_id) == "TEXT"
    ask(case, now + LATER)
    complete(case, replace(DEAR, agreed_by_phone=True), now=now + LATER)
    assert calls(case) == []
    assert ("APPROVAL_ASKED", 1, "requester") in case.told()
