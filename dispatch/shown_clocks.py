"""Clocks as they show at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from core.dated import read_calendar, read_rules
from core.db import any_of
from dispatch import clock_rules
from dispatch.detail_shapes import ClockFacts
from dispatch.models import Ticket, TicketClock
from dispatch.tickets import ticket_key

# Put together once: every list and every ticket asks it.
_CLOCKS = select(TicketClock).where(any_of(TicketClock.ticket_id, "ids")).order_by(col(TicketClock.id))


def list_clocks(session: Session, *, tickets: Sequence[Ticket], now: datetime) -> dict[int, list[ClockFacts]]:
    """The clocks of tickets of one company as they show now, by ticket id, oldest generation first."""
    ids = [ticket_key(ticket) for ticket in tickets]
    return show_clocks(session, session.scalars(_CLOCKS, {"ids": ids}), tickets=tickets, now=now)


def show_clocks(
    session: Session, rows: Iterable[TicketClock], *, tickets: Sequence[Ticket], now: datetime
) -> dict[int, list[ClockFacts]]:
    """The same of the rows of these tickets' clocks, in the order in which they were started."""
    found: dict[int, list[ClockFacts]] = {ticket_key(ticket): [] for ticket in tickets}
    if not tickets:
        return found
    company_id = tickets[0].company_id
    rules = read_rules(session, company_id=company_id, at=now)
    days_off = read_calendar(session, company_id=company_id)
    safe = {ticket_key(ticket): ticket.safety for ticket in tickets}
    for row in sorted(rows, key=lambda row: row.generation):
        shown = clock_rules.state_shown(
            kind=row.kind,
            state=row.state,
            due_at=row.due_at,
            safety=safe[row.ticket_id],
            now=now,
            rules=rules,
            days_off=days_off,
        )
        found[row.ticket_id].append(
            ClockFacts(
                kind=row.kind,
                generation=row.generation,
                started_at=row.started_at,
                due_at=row.due_at,
                stopped_at=row.stopped_at,
                state=shown,
                stage=row.stage,
                evidence=row.evidence,
                breached_at=row.breached_at,
            )
        )
    return found
