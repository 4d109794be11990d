"""The bill of a visit as the family hears it: once when the work is done, and again when it was corrected.

All tellings of one visit's bill share `generation % CORRECTION`, so that one visit's bill never silences
another's, nor any other news.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from billing import queries as billing_queries
from billing.schemas import ChargeInfo
from core.actor import SYSTEM
from dispatch import notice_facts, notices, tasks
from dispatch.models import Visit
from dispatch.notice_facts import facts_of_ticket
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.payer_calls import payer_role, ring_payer
from notifications import service
from notifications.messages import Event, VisitResult
from notifications.queries import recipients_who_heard, with_copies

CORRECTION = 1000
"""Added to the generation of a bill's telling each time it is corrected; far above any number of visits."""
CALLS = (tasks.CALL_LANDLINE, NOTICE_FAILED)


def tell_visit_result(
    session: Session, *, visit_id: int, charge: ChargeInfo, work: str | None, now: datetime
) -> None:
    """Tell both parties (and a third payer) the bill, line by line, equal to its rows to the won."""
    visit = session.get_one(Visit, visit_id)
    context = _context(session, visit, charge, work=work, now=now)
    _tell(session, visit=visit, context=context, generation=visit.sequence, heard=frozenset(), now=now)


def tell_corrected_bill(
    session: Session, *, visit_id: int, charge: ChargeInfo, times: int, why: str, now: datetime
) -> None:
    """Tell them the bill again, for the `times`-th time; what was not said yet of the old one is not said.

    Whoever never heard the old one is told the new one as the only one: there is nothing to put right.
    """
    visit = session.get_one(Visit, visit_id)
    earlier = with_copies(
        session,
        ticket_id=visit.ticket_id,
        event=Event.VISIT_RESULT,
        generations=[visit.sequence + CORRECTION * n for n in range(times)],
    )
    service.withdraw(
        session,
        ticket_id=visit.ticket_id,
        events=[Event.VISIT_RESULT],
        generations=earlier,
        reason=why,
        now=now,
    )
    heard = _who_heard(session, visit=visit, generations=earlier)  # what is still queued now is on its way
    tasks.close_tasks_of(
        session,
        ticket_id=visit.ticket_id,
        kinds=CALLS,
        only=lambda data: _is_about(data, earlier),
        outcome=why,
        state="void",
        by=SYSTEM,
        now=now,
    )
    context = _context(session, visit, charge, work=None, now=now)
    generation = visit.sequence + CORRECTION * times
    _tell(session, visit=visit, context=context, generation=generation, heard=heard, now=now)


def ring_payer_again(session: Session, *, ticket_id: int, now: datetime) -> None:
    """Have whoever pays rung about the newest bill: its text is not sent to him any more."""
    bills = billing_queries.charges_of_ticket(session, ticket_id=ticket_id)
    if not bills:
        return
    visit = session.get_one(Visit, bills[-1].visit_id)
    times = len(billing_queries.history_of_visit(session, visit_id=bills[-1].visit_id)) - 1
    ring_payer(
        session,
        facts=facts_of_ticket(session, ticket_id=ticket_id),
        context=_context(session, visit, bills[-1], work=None, now=now),
        generation=visit.sequence + CORRECTION * times,
        now=now,
    )


def _tell(
    session: Session,
    *,
    visit: Visit,
    context: VisitResult,
    generation: int,
    heard: frozenset[str],
    now: datetime,
) -> None:
    facts = facts_of_ticket(session, ticket_id=visit.ticket_id)
    others = dict.fromkeys(heard, replace(context, corrected=True))
    notices.tell_family(session, facts=facts, context=context, generation=generation, others=others, now=now)
    if context.total or payer_role(facts).value in heard:
        own = others.get(payer_role(facts).value, context)
        ring_payer(session, facts=facts, context=own, generation=generation, now=now)


def _context(
    session: Session, visit: Visit, charge: ChargeInfo, *, work: str | None, now: datetime
) -> VisitResult:
    return VisitResult(
        case=facts_of_ticket(session, ticket_id=visit.ticket_id).case,
        worker=notice_facts.worker_of(session, visit=visit),
        finished_at=visit.ended_at or now,
        lines=notice_facts.cost_lines(charge.lines),
        total=charge.total,
        vat=charge.vat if charge.total else None,
        paid_because=notice_facts.sendable(charge.paid_because, "") or None,
        work=(notice_facts.sendable(work, "") or None) if work else None,
    )


def _who_heard(session: Session, *, visit: Visit, generations: list[int]) -> frozenset[str]:
    """To whom an earlier bill of this visit went out by text (or is going out now), or was said by phone."""
    by_text = recipients_who_heard(
        session, ticket_id=visit.ticket_id, event=Event.VISIT_RESULT, generations=generations
    )
    calls = tasks.list_tasks(
        session, company_id=visit.company_id, ticket_id=visit.ticket_id, kinds=CALLS, state="done"
    )
    return frozenset(by_text) | {call.recipient for call in calls if _is_about(call.data, generations)}


def _is_about(data: dict[str, Any], generations: list[int]) -> bool:
    return data.get("event") == Event.VISIT_RESULT.value and data.get("generation") in generations
