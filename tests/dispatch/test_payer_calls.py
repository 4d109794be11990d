"""Whoever pays and is sent no texts: the desk rings him, the resident is asked at the door."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select, update

from billing.models import Charge
from billing.schemas import LineRequest
from core.dated import set_rule
from customers.consents import Choice, Door
from customers.models import Contact
from dispatch import tasks
from dispatch.approvals import answer_approval, ask_approval, last_approval
from dispatch.bill_correction import correct_bill
from dispatch.landline_calls import SPEAKS_ENGLISH
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
    rule(at_the_door, now, "approval_limit", 200_000)
    return at_the_door


def rule(case: CaseWorld, now: datetime, key: str, value: Any) -> None:
    set_rule(
        case.session,
        company_id=case.company.id or 0,
        key=key,
        value=value,
        valid_from=now - timedelta(days=1),
        source="시험",
        by=world.AGENT,
        now=now,
    )


def of_payer(case: CaseWorld, **changes: Any) -> TicketParty:
    """The daughter's line of the case, who pays."""
    query = select(TicketParty).where(
        TicketParty.ticket_id == case.ticket_id, TicketParty.role == "requester"
    )
    party = case.session.exec(query).one()
    for name, value in changes.items():
        setattr(party, name, value)
    case.session.add(party)
    case.session.flush()
    return party


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
    assert how_payer_is_asked(case.session, ticket_id=case.ticket_id, now=now) == "DESK"
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
    assert how_payer_is_asked(case.session, ticket_id=case.ticket_id, now=now) == "DOOR"
    ask(case, now + LATER)
    assert calls(case) == []


def test_who_takes_texts_is_texted(case: CaseWorld, now: datetime) -> None:
    refuse(case, "resident", now)
    assert how_payer_is_asked(case.session, ticket_id=case.ticket_id, now=now) == "TEXT"
    ask(case, now + LATER)
    complete(case, replace(DEAR, agreed_by_phone=True), now=now + LATER)
    assert calls(case) == []
    assert ("APPROVAL_ASKED", 1, "requester") in case.told()


def test_a_payer_on_a_landline_is_rung_once_and_hears_what_was_put_right(
    case: CaseWorld, now: datetime
) -> None:
    of_payer(case, can_text=False)
    assert how_payer_is_asked(case.session, ticket_id=case.ticket_id, now=now) == "DESK"
    complete(case, replace(DEAR, agreed_by_phone=True), now=now + LATER)
    refuse(case, "requester", now + LATER)
    assert calls(case) == [("VISIT_RESULT", "requester", "open")], "he owes it, whatever he wants to hear"
    (call,) = case.tasks(tasks.CALL_LANDLINE)
    whose = {"session": case.session, "ticket_id": case.ticket_id, "by": world.AGENT, "now": now + LATER}
    tasks.close_task(task_id=call.id or 0, outcome="말씀드림", **whose)
    correct_bill(
        visit_id=case.visit.id or 0,
        lines=(LineRequest("PART_FAN", 2),),
        misuse=False,
        reason="잘못 적음",
        **whose,
    )
    assert "먼저 알려 드린 비용을 바로잡아" in case.tasks(tasks.CALL_LANDLINE)[-1].detail


def test_a_payer_without_a_right_number_is_asked_on_no_way(case: CaseWorld, now: datetime) -> None:
    of_payer(case, phone_wrong_since=now)
    assert how_payer_is_asked(case.session, ticket_id=case.ticket_id, now=now) == "NOBODY"


def test_a_company_that_leaves_him_out_of_a_text_leaves_him_the_call(case: CaseWorld, now: datetime) -> None:
    matrix = {event: {"roles": ["resident"], "urgent": True} for event in ("APPROVAL_ASKED", "VISIT_RESULT")}
    rule(case, now, "notice_matrix", matrix)
    assert how_payer_is_asked(case.session, ticket_id=case.ticket_id, now=now) == "DESK"
    ask(case, now + LATER)
    complete(case, replace(DEAR, agreed_by_phone=True), now=now + LATER)
    assert [call[:2] for call in calls(case)] == [
        ("APPROVAL_ASKED", "requester"),
        ("VISIT_RESULT", "requester"),
    ]


def test_who_is_to_be_told_in_english_is_read_to_in_both(case: CaseWorld, now: datetime) -> None:
    contact = case.session.get_one(Contact, of_payer(case).contact_id)
    contact.language = "en"
    ask(case, now + LATER)
    refuse(case, "requester", now + LATER)
    (call,) = case.tasks(tasks.CALL_LANDLINE)
    assert call.detail.startswith(SPEAKS_ENGLISH) and "송풍기 3개" in call.detail and "won" in call.detail


def test_nobody_rings_about_nothing(case: CaseWorld, now: datetime) -> None:
    of_payer(case, can_text=False)
    complete(case, replace(DONE, lines=()), now=now + LATER)
    case.session.exec(update(Charge).values(total=0))
    refuse(case, "requester", now + LATER)
    assert calls(case) == [("VISIT_RESULT", "requester", "void")]
