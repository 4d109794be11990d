from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from dispatch import escalation, tasks
from dispatch.cancellation import NoReasonError
from dispatch.models import Ticket
from tests import world
from tests.dispatch.case_world import make_case


def test_the_escalation_person_on_duty_owns_it(session: Session, now: datetime) -> None:
    case = make_case(session)
    owner = escalation.escalate_ticket(
        session, ticket_id=case.ticket_id, reason="세 번째 고장", by=world.AGENT, now=now
    )
    assert owner.name == "윤소장"
    ticket = session.get_one(Ticket, case.ticket_id)
    assert (ticket.status, ticket.escalated_at, ticket.escalation_owner_id) == ("ASSIGNED", now, owner.id)
    (task,) = case.tasks(tasks.ESCALATION)
    assert (task.state, task.owner_person_id) == ("open", owner.id)
    assert "세 번째 고장" in task.detail


def test_a_second_reason_keeps_the_owner_and_the_task(session: Session, now: datetime) -> None:
    case = make_case(session, status="COMPLETED", state="completed")
    for minute, reason in enumerate(("불친절", "연락 없음")):
        escalation.escalate_ticket(
            session,
            ticket_id=case.ticket_id,
            reason=reason,
            by=world.AGENT,
            now=now + timedelta(minutes=minute),
        )
    assert len(case.tasks(tasks.ESCALATION)) == 1
    assert [entry.reason for entry in case.timeline("TicketEscalated")] == ["불친절", "연락 없음"]


def test_why_is_needed(session: Session, now: datetime) -> None:
    with pytest.raises(NoReasonError):
        escalation.escalate_ticket(
            session, ticket_id=make_case(session).ticket_id, reason="", by=world.AGENT, now=now
        )
