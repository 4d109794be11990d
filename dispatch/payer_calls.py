"""Whoever pays and gets no text is rung up by the desk: money is never asked of nobody, nor owed unsaid.

A no to texts, his own or the resident's for him, is no no to a bill, and a company that leaves him out of a
text leaves him the call. The resident himself stands beside the technician, who asks and says it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session

from billing import queries as billing_queries
from dispatch.landline_calls import open_call
from dispatch.notice_facts import FAMILY_ROLES, TicketFacts, facts_of_ticket, family_of
from notifications import messages, service
from notifications.catalogue import Event, Role
from notifications.messages import Context
from notifications.queries import list_notices
from notifications.recipients import CallTask, Party

Asked = Literal["TEXT", "DESK", "DOOR", "NOBODY"]
"""How whoever pays is asked: by text, by a call, at the door by the technician alone, or there is no way."""


def payer_role(facts: TicketFacts) -> Role:
    """Whoever pays for a case."""
    return FAMILY_ROLES[facts.ticket.payer_role]


def how_payer_is_asked(session: Session, *, ticket_id: int, now: datetime) -> Asked:
    """Which way leads to whoever pays for a case when dear work is to be agreed to."""
    facts = facts_of_ticket(session, ticket_id=ticket_id)
    payer = _payer(session, facts)
    plan = _plan(session, facts, payer, Event.APPROVAL_ASKED, now)
    if plan.deliveries:
        return "TEXT"
    if plan.calls:
        return "DESK"
    if payer is None or payer.role is Role.RESIDENT:
        return "DOOR"
    return "DESK" if payer.phone else "NOBODY"


def ring_payer(
    session: Session, *, facts: TicketFacts, context: Context, generation: int, now: datetime
) -> None:
    """Have the desk ring whoever pays when the telling does not reach him; the same one twice is one call."""
    payer = _payer(session, facts)
    if payer is None or payer.role is Role.RESIDENT or not payer.phone:
        return
    plan = _plan(session, facts, payer, messages.event_of(context), now)
    if plan.deliveries or plan.calls:
        return
    call = CallTask(payer.role, payer.phone, (payer.role,), language=payer.language, by_voice=False)
    open_call(session, facts=facts, context=context, call=call, generation=generation, now=now)


def is_owed(session: Session, *, facts: TicketFacts, role: str, data: Mapping[str, Any]) -> bool:
    """Whether a call to a party is of money that he pays: it is made whatever is said about texts."""
    if role != facts.ticket.payer_role or payer_role(facts) is Role.RESIDENT:
        return False
    if data.get("event") == Event.VISIT_RESULT.value:
        bills = billing_queries.charges_of_ticket(session, ticket_id=facts.id)
        return any(bill.total for bill in bills)
    return data.get("event") == Event.APPROVAL_ASKED.value


def lost_to_payer(session: Session, *, facts: TicketFacts, why: str) -> set[Event]:
    """The news of money whose texts to whoever pays were withdrawn for this reason."""
    return {
        Event(notice.event)
        for notice in list_notices(session, ticket_id=facts.id)
        if (notice.state, notice.withdrawn_reason) == ("withdrawn", why)
        and notice.recipient == payer_role(facts).value
        and is_owed(session, facts=facts, role=notice.recipient, data={"event": notice.event})
    }


def _payer(session: Session, facts: TicketFacts) -> Party | None:
    return next((it for it in family_of(session, facts) if it.role is payer_role(facts)), None)


def _plan(
    session: Session, facts: TicketFacts, payer: Party | None, event: Event, now: datetime
) -> service.RecipientPlan:
    people = [payer] if payer is not None else []
    return service.plan_for(session, event=event, company_id=facts.company.id, people=people, now=now)
