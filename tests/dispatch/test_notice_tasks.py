"""Whom no text reached is rung by a named person."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlmodel import Session

from dispatch.closing import close_ticket
from dispatch.notice_tasks import NOTICE_FAILED, ask_to_call
from notifications.events import NoticeFailed
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case


def fail(case: CaseWorld, *, told: str = "VISIT_SCHEDULED", notice_id: int | None = 7) -> None:
    event = NoticeFailed(
        company_id=case.company.id or 0,
        at=world.NOW,
        ticket_id=case.ticket_id,
        told=told,
        generation=1,
        recipient="requester",
        why="permanent",
        notice_id=notice_id,
    )
    ask_to_call(session=case.session, event=event, now=world.NOW)


def test_the_desk_on_duty_is_asked_once_a_notice(session: Session) -> None:
    case = make_case(session)
    for notice_id in (7, 7, 8, None, None):
        fail(case, notice_id=notice_id)
    asked = case.tasks(NOTICE_FAILED)
    assert [(task.recipient, task.generation, task.data["notice_id"]) for task in asked] == [
        ("requester", 1, 7),
        ("requester", 2, 8),
        ("requester", 3, None),
    ]
    assert "방문 안내" in asked[0].detail
    assert asked[0].owner_person_id


@pytest.mark.parametrize(("told", "asked"), [("VISIT_RESULT", 1), ("EN_ROUTE", 0)])
def test_after_the_end_only_the_bill_is_still_news(session: Session, told: str, asked: int) -> None:
    case = make_case(session, status="COMPLETED", state="completed")
    fail(case, told=told)
    assert len(case.tasks(NOTICE_FAILED)) == asked


@pytest.mark.parametrize(("status", "closes"), [("COMPLETED", True), ("CANCELLED", False), ("CLOSED", False)])
def test_closing_is_for_completed_work_alone(
    session: Session, status: str, closes: bool, now: datetime
) -> None:
    case = make_case(session, status=status, state="completed")
    changed = [
        close_ticket(session, ticket_id=case.ticket_id, reason="확인", by=world.AGENT, now=now)
        for _ in range(2)
    ]
    assert changed == [closes, False]
    assert case.ticket.status == ("CLOSED" if closes else status)
    assert len(case.timeline("TicketClosed")) == closes
