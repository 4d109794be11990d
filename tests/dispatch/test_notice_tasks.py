"""Whom no text reached is rung by a named person."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from dispatch import notices
from dispatch.closing import close_ticket
from dispatch.notice_tasks import NOTICE_FAILED, ask_to_call
from notifications.events import NoticeFailed
from notifications.models import Notice
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case


def window(nth: int) -> dict[str, datetime]:
    start = world.NOW + timedelta(hours=4 + 2 * nth)
    return {"window_start": start, "window_end": start + timedelta(hours=2)}


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


def test_nobody_rings_about_an_appointment_after_the_newer_one_was_told(session: Session) -> None:
    """Three days without a report on it; the desk hears of that before the time moves, or after."""
    case = make_case(session, status="APPOINTED", state="agreed", **window(0))
    notices.tell_window(session, visit_id=case.visit.id or 0, before=None, reason=None, now=world.NOW)
    rows = list(session.exec(select(Notice).where(col(Notice.ticket_id) == case.ticket_id)))
    for row in rows:
        row.state, row.accepted_at = "unknown", row.created_at
    fail(case, notice_id=rows[0].id)
    assert [task.state for task in case.tasks(NOTICE_FAILED)] == ["open"]
    for name, value in window(1).items():
        setattr(case.visit, name, value)
    notices.tell_window(session, visit_id=case.visit.id or 0, before=None, reason=None, now=world.NOW)
    fail(case, notice_id=rows[1].id)
    case.refresh()
    assert [task.state for task in case.tasks(NOTICE_FAILED)] == ["void"]


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
