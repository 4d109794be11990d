"""What a visit may cost, and what dear work would cost, told to whoever pays before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from billing.schemas import Estimate
from core.actor import SYSTEM
from core.dated import read_rules
from dispatch import notice_facts, notices, tasks, visit_news
from dispatch.approval_models import ApprovalLine
from dispatch.models import Visit
from dispatch.notice_facts import TicketFacts, facts_of_ticket
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.payer_calls import payer_role, ring_payer
from dispatch.pricing import estimate_visit
from notifications import service
from notifications.catalogue import Event, Role
from notifications.messages import ApprovalAsked, Context, CostEstimate, Window
from notifications.newest import News, Truth, withdraw_line

ESTIMATE = "estimate"
"""The line of what a visit may cost."""


def tell_estimate(session: Session, *, visit_id: int, now: datetime) -> None:
    """Tell of the range whoever would be surprised by the bill; after a change what is so now, once.

    A third person who pays hears of it whenever anything may be due, because nothing else reaches him before
    the bill. The family hears the visit fee with the window; the range only when it passes the limit above
    which we ask.
    """
    visit = session.get_one(Visit, visit_id)
    window = notice_facts.window_of(visit)
    if window is None:
        return
    estimate = estimate_visit(session, ticket_id=visit.ticket_id, start=window.start, now=now)
    facts = facts_of_ticket(session, ticket_id=visit.ticket_id)
    limit = read_rules(session, company_id=facts.company.id, at=now).approval_limit
    told = _concerned(facts, high=estimate.total_high, limit=limit)
    withdraw_line(session, ticket_id=facts.id, line=ESTIMATE, now=now, of=frozenset(Role) - told)
    if told:
        news = _estimate_news(session, facts, visit, window, estimate, limit)
        visit_news.tell_family_newest(session, facts=facts, news=news, now=now, only=told)


def _concerned(facts: TicketFacts, *, high: int, limit: int) -> frozenset[Role]:
    payer = {Role.PAYER} if facts.ticket.payer_role == "payer" and high > 0 else set()
    return frozenset(payer) | (_deciders(facts) if high > max(0, limit) else frozenset())


def _estimate_news(
    session: Session, facts: TicketFacts, visit: Visit, window: Window, estimate: Estimate, limit: int
) -> News:
    worker = notice_facts.worker_of(session, visit=visit)
    fee, low, high = estimate.visit_fee, estimate.total_low, estimate.total_high
    truth: Truth = {
        "visit": visit.id,
        "window": visit_news.written(window),
        "fee": fee,
        "range": [low, high],
        "limit": limit,
    }

    def word(heard: Truth | None) -> Context:
        changed = (heard or {}).get("visit") == visit.id
        return CostEstimate(facts.case, worker, window, fee, low, high, limit, corrected=changed)

    return News(line=ESTIMATE, truth=truth, word=word, events=(Event.ESTIMATE,))


def tell_approval(
    session: Session,
    *,
    visit: Visit,
    lines: Sequence[ApprovalLine],
    total: int,
    generation: int,
    now: datetime,
) -> None:
    """Ask whoever pays, line by line, equal to the asking's row; who filed the case hears of it, too.

    Whoever pays and is sent no texts is rung up (`payer_calls`).
    """
    facts = facts_of_ticket(session, ticket_id=visit.ticket_id)
    context = ApprovalAsked(
        case=facts.case,
        worker=notice_facts.worker_of(session, visit=visit),
        lines=notice_facts.cost_lines(lines),
        total=total,
    )
    notices.tell_family(
        session, facts=facts, context=context, generation=generation, only=_deciders(facts), now=now
    )
    ring_payer(session, facts=facts, context=context, generation=generation, now=now)


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
    return frozenset({payer_role(facts), Role.REQUESTER})
