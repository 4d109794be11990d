"""What a person sends once more is true when it goes out, and goes with what it says when that ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from dispatch import bill_notices, first_contact, money_notices, notices, revisits
from dispatch.approvals import ApprovalLine
from dispatch.notice_tasks import NOTICE_FAILED, ask_to_call
from dispatch.resending import NotToResendError, resend_notice
from dispatch.visit_schemas import AttemptRequest, Outcome
from notifications import service as outbox
from notifications.events import NoticeFailed
from notifications.models import Notice
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case
from tests.dispatch.test_bill_notices import charge, correct

MINUTE = timedelta(minutes=1)


def rows(case: CaseWorld, event: str, *, since: int = 0) -> list[Notice]:
    """The texts of an event, all that wait having gone out and arrived."""
    query = select(Notice).where(col(Notice.ticket_id) == case.ticket_id, col(Notice.id) > since)
    found = list(case.session.exec(query.order_by(col(Notice.id))))
    for row in found:
        if row.state == "queued":
            row.state, row.accepted_at = "delivered", row.created_at
    case.session.flush()
    return [row for row in found if row.event == event]


def again(case: CaseWorld, notice: Notice, *, now: datetime) -> Notice:
    new_id = resend_notice(
        case.session,
        notice_id=notice.id or 0,
        ticket_id=case.ticket_id,
        reason="못 받으셨다고 하심",
        by=world.AGENT,
        now=now,
    )
    copy: Notice = case.session.get_one(Notice, new_id)
    return copy


def refuses(case: CaseWorld, notices_of_it: list[Notice], *, now: datetime) -> None:
    assert notices_of_it
    for notice in notices_of_it:
        with pytest.raises(NotToResendError):
            again(case, notice, now=now)


def test_an_appointment_may_be_repeated_for_as_long_as_it_stands(session: Session, now: datetime) -> None:
    case = make_case(session, status="APPOINTED", state="agreed", window_generation=1, **window(now, 2))
    tell(case, now=now)
    first = rows(case, "VISIT_SCHEDULED")
    assert again(case, first[0], now=now).state == "queued"
    revisits.hold(
        session, ticket_id=case.ticket_id, reason="customer_request", due=None, by=world.AGENT, now=now
    )
    held = rows(case, "ON_HOLD")
    refuses(case, rows(case, "VISIT_SCHEDULED"), now=now + MINUTE)
    case.refresh()
    case.visit = world.make_visit(
        session,
        ticket=case.ticket,
        point=case.point,
        technician=case.technician,
        sequence=2,
        state="agreed",
        start=now + timedelta(hours=6),
        **window(now, 6),
    )
    case.ticket.status = "APPOINTED"
    tell(case, now=now + 2 * MINUTE)
    refuses(case, held, now=now + 3 * MINUTE)
    (child, parent) = rows(case, "VISIT_SCHEDULED", since=held[-1].id or 0)
    copy = again(case, child, now=now + 4 * MINUTE)
    assert (copy.line, copy.truth, copy.variant) == (child.line, child.truth, child.variant)
    case.visit.window_start, case.visit.window_end = window(now, 8).values()
    tell(case, now=now + 5 * MINUTE)
    session.refresh(copy)
    assert copy.state == "withdrawn"
    changed = rows(case, "WINDOW_CHANGED", since=copy.id or 0)
    assert {row.recipient for row in changed} == {child.recipient, parent.recipient}, "both hear what changed"
    refuses(case, [child, parent], now=now + 6 * MINUTE)


def test_what_was_answered_or_corrected_is_not_said_again(session: Session, now: datetime) -> None:
    case = make_case(session, status="ASSIGNED", state="planned")
    tries = AttemptRequest(Outcome.NO_ANSWER)
    for nth in range(3):
        attempt = replace(tries, at=now + nth * MINUTE)
        first_contact.record_attempt(
            session, ticket_id=case.ticket_id, attempt=attempt, by=world.AGENT, now=now + nth * MINUTE
        )
    unreached = rows(case, "CONTACT_FAILED")
    spoke = replace(tries, at=now + 4 * MINUTE, outcome=Outcome.CONNECTED, with_role="requester")
    first_contact.record_attempt(
        session, ticket_id=case.ticket_id, attempt=spoke, by=world.AGENT, now=now + 4 * MINUTE
    )
    refuses(case, unreached, now=now + 5 * MINUTE)
    line = ApprovalLine("PART_FAN", 1, "팬", 300_000, warranty=False)
    money_notices.tell_approval(
        session, visit=case.visit, lines=[line], total=300_000, generation=1, now=now + 5 * MINUTE
    )
    asked = rows(case, "APPROVAL_ASKED")
    money_notices.silence_approval(session, ticket_id=case.ticket_id, why="답하심", now=now + 6 * MINUTE)
    refuses(case, asked, now=now + 7 * MINUTE)
    bill_notices.tell_visit_result(
        session, visit_id=case.visit.id or 0, charge=charge(case.visit, 18_000, now), work=None, now=now
    )
    told = rows(case, "VISIT_RESULT")
    outbox.withdraw_from(  # no more texts for a while: that makes no bill untrue
        session, ticket_id=case.ticket_id, to_phone=told[0].to_phone, reason="받지 않음", now=now
    )
    copy = again(case, again_and_lost(case, told[0], now=now), now=now)
    correct(case, case.visit, 10_000, now=now)
    session.refresh(copy)
    assert copy.state == "withdrawn"
    assert [task.state for task in case.tasks(NOTICE_FAILED)] == ["void"]


def again_and_lost(case: CaseWorld, notice: Notice, *, now: datetime) -> Notice:
    """Sent once more; it did not arrive either, and a person is to ring."""
    copy = again(case, notice, now=now)
    copy.state = "failed"
    event = NoticeFailed(
        company_id=copy.company_id,
        at=now,
        ticket_id=case.ticket_id,
        told=copy.event,
        generation=copy.generation,
        recipient=copy.recipient,
        why="permanent",
        notice_id=copy.id,
    )
    ask_to_call(session=case.session, event=event, now=now)
    return copy


def window(now: datetime, hours: int) -> dict[str, datetime]:
    start = now + timedelta(hours=hours)
    return {"window_start": start, "window_end": start + timedelta(hours=2)}


def tell(case: CaseWorld, *, now: datetime) -> None:
    case.session.flush()
    notices.tell_window(case.session, visit_id=case.visit.id or 0, before=None, reason=None, now=now)
