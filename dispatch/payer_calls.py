"""Whoever pays and is sent no texts is rung up by the desk: money is never asked of nobody, nor owed unsaid.

A no to texts, his own or the resident's for him, is no no to a bill. The resident himself stands beside the
technician, who asks and says it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session

from dispatch.landline_calls import ToRead, open_call, open_reading
from dispatch.notice_facts import TicketFacts, facts_of_ticket, family_of
from notifications.catalogue import Event, Role
from notifications.messages import Context
from notifications.queries import list_notices
from notifications.recipients import CallTask, Party
from notifications.texts import spoken

OWED = frozenset({Event.APPROVAL_ASKED.value, Event.VISIT_RESULT.value})
"""What whoever pays must be asked or told."""
PAYERS = {"resident": Role.RESIDENT, "requester": Role.REQUESTER, "payer": Role.PAYER}

Asked = Literal["TEXT", "DESK", "DOOR"]
"""How whoever pays is asked: by a telling, by the desk's call, or at the door by the technician alone."""


def how_payer_is_asked(session: Session, *, ticket_id: int) -> Asked:
    """Which way leads to whoever pays for a case."""
    facts = facts_of_ticket(session, ticket_id=ticket_id)
    payer = _untold_payer(session, facts)
    if payer is None:
        return "TEXT"
    return "DOOR" if payer.role is Role.RESIDENT or not payer.phone else "DESK"


def ring_payer(
    session: Session, *, facts: TicketFacts, context: Context, generation: int, now: datetime
) -> None:
    """Have the desk ring whoever pays when nothing is sent to him; the same telling twice is one call."""
    payer = _untold_payer(session, facts)
    if payer is None or payer.role is Role.RESIDENT or not payer.phone:
        return
    call = CallTask(payer.role, payer.phone, (payer.role,), language=payer.language, by_voice=False)
    open_call(session, facts=facts, context=context, call=call, generation=generation, now=now)


def ring_instead(session: Session, *, facts: TicketFacts, withdrawn_because: str, now: datetime) -> None:
    """Have read out to whoever pays what waited for him when no texts were wanted for him any more."""
    payer = _untold_payer(session, facts)
    if payer is None or payer.role is Role.RESIDENT or not payer.phone:
        return
    for notice in list_notices(session, ticket_id=facts.id):
        lost = notice.state == "withdrawn" and notice.withdrawn_reason == withdrawn_because
        if lost and notice.recipient == payer.role.value and notice.event in OWED:
            to_read = ToRead(Event(notice.event), notice.generation, spoken(notice.text))
            open_reading(session, facts=facts, recipient=notice.recipient, to_read=to_read, now=now)


def may_be_dropped(facts: TicketFacts, role: str, data: Mapping[str, Any]) -> bool:
    """Whether a call to a party is not made once he wants no news: unless it is of money that he pays."""
    return not (role == facts.ticket.payer_role != "resident" and data.get("event") in OWED)


def _untold_payer(session: Session, facts: TicketFacts) -> Party | None:
    payer = PAYERS[facts.ticket.payer_role]
    family = family_of(session, facts)
    return next((it for it in family if it.role is payer and not it.takes_notices), None)
