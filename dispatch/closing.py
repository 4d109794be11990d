"""Closing a case: the work is done and the family has been asked, or could not be reached."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.actor import Actor
from dispatch.tickets import lock_ticket, note_change


def close_ticket(session: Session, *, ticket_id: int, reason: str, by: Actor, now: datetime) -> bool:
    """COMPLETED becomes CLOSED; every other status stays as it is. Returns whether anything changed.

    Raises:
        UnknownTicketError: no such ticket (404).
    """
    ticket = lock_ticket(session, ticket_id=ticket_id)
    if ticket.status != "COMPLETED":
        return False
    ticket.status, ticket.closed_at = "CLOSED", now
    note_change(session, ticket=ticket, what="TicketClosed", by=by, now=now, reason=reason)
    return True
