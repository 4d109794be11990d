"""What a visit may cost, and what dear work would cost, told to whoever pays before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlmodel import Session

from core.actor import SYSTEM
from core.dated import read_rules
from dispatch import notice_facts, notices, tasks
from dispatch.models import Visit
from dispatch.notice_facts import TicketFacts, facts_of_ticket
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.pricing import estimate_visit
from notifications import service
from notifications.catalogue import Event, Role
from notifications.messages import ApprovalAsked, CostEstimate, CostLine

_PAYERS = {"resident": Role.RESIDENT, "requester": Role.REQUESTER, "payer": Role.PAYER}


class AskedLine(Protocol):
    """A line of what is asked."""

    @property
    def label(self) -> str:
        """As the price list calls it."""
        ...

    @property
    def quantity(self) -> int:
        """How many."""
        ...

    @property
    def amount(self) -> int:
        """Won to be paid."""
        ...

    @property
    def warranty(self) -> bool:
        """Free for that reason."""
        ...


def tell_estimate(session: Session, *, visit_id: int, now: datetime) -> None:
    """Tell of the range, once a visit, whoever would be surprised by the bill.

    A third person who pays hears of it whenever anything may be due, because nothing else reaches him before
    the bill. The family hears the visit fee with the window; the range only when it passes the limit above
    which we ask.
    """
    visit = session.get_one(Visit, visit_id)
    window = notice_facts.window_of(visit)
    if window is None:
        return
    estimate = estimate_visit(session, ticket_id=visit.ticket_id, start=window.start, now=now)
    if estimate.total_high <= 0:
        return
    facts = facts_of_ticket(session, ticket_id=visit.ticket_id)
    limit = read_rules(session, company_id=facts.company.id, at=now).approval_limit
    told = {Role.PAYER} if facts.ticket.payer_role == "payer" else set()
    if estimate.total_high > limit:
        told |= _deciders(facts)
    if not told:
        return
    context = CostEstimate(
        case=facts.case,
        worker=notice_facts.worker_of(session, visit=visit),
        window=window,
        visit_fee=estimate.visit_fee,
        low=estimate.total_low,
        high=estimate.total_high,
        limit=limit,
    )
    notices.tell_family(
        session, facts=facts, context=context, generation=visit.sequence, only=frozenset(told), now=now
    )


def tell_approval(
    session: Session,
    *,
    visit: Visit,
    lines: Sequence[AskedLine],
    total: int,
    generation: int,
    now: datetime,
) -> None:
    """Ask whoever pays, line by line, equal to the asking's row; who filed the case hears of it, too."""
    facts = facts_of_ticket(session, ticket_id=visit.ticket_id)
    context = ApprovalAsked(
        case=facts.case,
        worker=notice_facts.worker_of(session, visit=visit),
        lines=tuple(
            CostLine(
                notice_facts.counted(notice_facts.sendable(line.label, "항목"), line.quantity),
                line.amount,
                line.warranty,
            )
            for line in lines
        ),
        total=total,
    )
    notices.tell_family(
        session, facts=facts, context=context, generation=generation, only=_deciders(facts), now=now
    )


def silence_approval(session: Session, *, ticket_id: int, why: str, now: datetime) -> None:
    """It was answered, or need not be: what was not sent or said yet is taken back."""
    service.withdraw(session, ticket_id=ticket_id, events=[Event.APPROVAL_ASKED], reason=why, now=now)
    tasks.close_tasks_of(
        session,
        ticket_id=ticket_id,
        kinds=[tasks.CALL_LANDLINE, NOTICE_FAILED],
        only=lambda data: data.get("event") == Event.APPROVAL_ASKED.value,
        outcome=why,
        state="void",
        by=SYSTEM,
        now=now,
    )


def _deciders(facts: TicketFacts) -> frozenset[Role]:
    """Whoever pays, and whoever filed the case for somebody else."""
    return frozenset({_PAYERS[facts.ticket.payer_role], Role.REQUESTER})
