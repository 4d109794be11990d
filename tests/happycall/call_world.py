"""Cases whose work is done, and the calls that are owed for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from core.actor import Role
from dispatch.events import TicketEnded, VisitCompleted
from happycall import service
from happycall.models import HappyCall
from happycall.schemas import AttemptRequest, AttemptResult
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case

DONE = world.NOW
QA = world.Actor(kind="person", name="최품질", source="test", role=Role.QA)
GOOD = {"fixed": True, "overall": 6, "nps": 9, "cost_matches": True, "verbatim": "고맙습니다"}


@dataclass
class FollowUp:
    """One case and its call."""

    case: CaseWorld

    @property
    def call(self) -> HappyCall:
        query = select(HappyCall).where(HappyCall.ticket_id == self.case.ticket_id)
        found = self.case.session.exec(query.order_by(col(HappyCall.generation).desc())).first()
        assert found is not None
        return found

    def attempt(self, outcome: str, *, now: datetime | None = None, **fields: Any) -> AttemptResult:
        now = now or self.call.due_at
        result = service.record_attempt(
            self.case.session,
            happy_call_id=self.call.id or 0,
            company_id=self.case.company.id or 0,
            attempt=AttemptRequest.model_validate({"outcome": outcome, **fields}),
            by=QA,
            now=now,
        )
        self.case.session.refresh(self.case.ticket)
        return result


def completed(session: Session, **ticket_fields: Any) -> FollowUp:
    """A completed ticket with its call scheduled."""
    case = make_case(
        session,
        status="COMPLETED",
        state="completed",
        arrived_at=DONE - timedelta(hours=1),
        ended_at=DONE,
        ticket_fields={"completed_at": DONE, **ticket_fields},
    )
    complete(case)
    return FollowUp(case)


def complete(case: CaseWorld, *, at: datetime = DONE) -> None:
    """The event of the case's visit reaches the follow-up desk."""
    event = VisitCompleted(
        company_id=case.company.id or 0, at=at, ticket_id=case.ticket_id, visit_id=case.visit.id or 0
    )
    service.schedule_call(session=case.session, event=event, now=at)


def ended(case: CaseWorld, how: str, *, at: datetime = DONE) -> None:
    """The event of a ticket that ended without a finished visit."""
    event = TicketEnded(company_id=case.company.id or 0, at=at, ticket_id=case.ticket_id, how=how)
    service.schedule_call(session=case.session, event=event, now=at)


def second_ticket(first: CaseWorld, **fields: Any) -> CaseWorld:
    """Another completed ticket of the same home."""
    home = first.ticket.household_id
    session = first.session
    ticket = world.make_ticket(
        session, company=first.company, point=first.point, status="COMPLETED", completed_at=DONE, **fields
    )
    ticket.household_id = home
    session.add(ticket)
    visit = world.make_visit(
        session,
        ticket=ticket,
        point=first.point,
        technician=first.technician,
        state="completed",
        arrived_at=DONE - timedelta(hours=1),
        ended_at=DONE,
    )
    return CaseWorld(session, first.company, first.point, first.technician, ticket, visit)
