"""What a technician does at a home, for tests of visits."""

from datetime import datetime, timedelta

from billing.schemas import LineRequest
from core.events import Event
from dispatch import first_contact, visits
from dispatch.assignment import plan_ticket
from dispatch.events import TicketPlaced
from dispatch.visit_schemas import AttemptRequest, CompletionRequest, Outcome, StepResult
from tests.dispatch.case_world import CaseWorld

DONE = CompletionRequest(checklist={"usage_explained": True}, lines=(LineRequest("LABOUR_IGNITION"),))
MINUTE = timedelta(minutes=1)


def complete(case: CaseWorld, completion: CompletionRequest, *, now: datetime) -> StepResult:
    return visits.complete_visit(
        case.session, ticket_id=case.ticket_id, completion=completion, by=case.him, now=now
    )


def ring(case: CaseWorld, *, now: datetime) -> None:
    attempt = AttemptRequest(Outcome.NO_ANSWER, with_role="resident")
    first_contact.record_attempt(
        case.session, ticket_id=case.ticket_id, attempt=attempt, by=case.him, now=now
    )


def plan_anew(case: CaseWorld, *, now: datetime) -> None:
    """What the worker does with the newest TicketPlaced."""
    payload = case.events("TicketPlaced")[-1]
    event: Event = TicketPlaced(
        company_id=payload["company_id"],
        at=now,
        ticket_id=payload["ticket_id"],
        service_point_id=payload["service_point_id"],
    )
    plan_ticket(session=case.session, event=event, now=now)  # type: ignore[arg-type]
