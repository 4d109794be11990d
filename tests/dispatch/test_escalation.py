from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from core.i18n import set_language
from dispatch import escalation, places, tasks
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


def test_a_task_is_kept_in_korean_and_read_in_ones_own_language(session: Session, now: datetime) -> None:
    case = make_case(session)
    ticket = session.get_one(Ticket, case.ticket_id)
    set_language("en")
    try:
        places.ask_map_pick(session, ticket=ticket, by=world.AGENT, now=now)
        (read,) = tasks.list_tasks(
            session, company_id=ticket.company_id, ticket_id=case.ticket_id, kinds=[tasks.MAP_PICK]
        )
    finally:
        set_language("ko")
    (stored,) = case.tasks(tasks.MAP_PICK)
    assert stored.detail.startswith("주소만으로는")
    assert read.detail.isascii()
