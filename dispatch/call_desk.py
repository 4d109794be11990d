"""What the call desk reads: who waits for a talk, and the cases of a home."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, exists, or_, select

from dispatch.list_queries import TicketItem, make_items
from dispatch.models import Ticket, TicketParty, TriageStep
from dispatch.numbers import numbered
from dispatch.states import ENDED_STATUSES

HISTORY = 50


def list_triage(session: Session, *, company_id: int, now: datetime, limit: int = 100) -> list[TicketItem]:
    """Tickets that wait for somebody to go through the self-help card, the most urgent and oldest first."""
    talked = exists().where(col(TriageStep.ticket_id) == col(Ticket.id))
    query = (
        select(Ticket)
        .where(col(Ticket.company_id) == company_id, col(Ticket.status) == "RECEIVED", ~talked)
        .order_by(col(Ticket.priority), col(Ticket.received_at))
        .limit(limit)
    )
    return make_items(session, list(session.exec(query)), now=now)


def open_safety_ids(session: Session, *, company_id: int, limit: int = 100) -> list[int]:
    """Every open safety ticket, whoever has it, the newest first: by the index made for it."""
    query = (
        select(Ticket.id)
        .where(
            col(Ticket.company_id) == company_id,
            col(Ticket.safety),
            col(Ticket.status).not_in(ENDED_STATUSES),
        )
        .order_by(col(Ticket.received_at).desc())
        .limit(limit)
    )
    return [ticket_id for ticket_id in session.exec(query) if ticket_id is not None]


def cases_of_household(
    session: Session, *, company_id: int, household_id: int, now: datetime, limit: int = HISTORY
) -> list[TicketItem]:
    """A home's tickets, newest first."""
    query = (
        select(Ticket)
        .where(col(Ticket.company_id) == company_id, col(Ticket.household_id) == household_id)
        .order_by(col(Ticket.id).desc())
        .limit(limit)
    )
    return make_items(session, list(session.exec(query)), now=now)


def recent_cases(
    session: Session, *, company_id: int, household_ids: Iterable[int], since: datetime, now: datetime
) -> dict[int, list[TicketItem]]:
    """By home: its open tickets, then those received since a moment; newest first in each group."""
    if not (homes := set(household_ids)):
        return {}
    query = (
        select(Ticket)
        .where(
            col(Ticket.company_id) == company_id,
            col(Ticket.household_id).in_(homes),
            or_(col(Ticket.status).not_in(ENDED_STATUSES), col(Ticket.received_at) >= since),
        )
        .order_by(col(Ticket.status).in_(ENDED_STATUSES), col(Ticket.id).desc())
        .limit(HISTORY * 4)
    )
    return _by_home(session, list(session.exec(query)), now=now)


def cases_by_number(
    session: Session, *, company_id: int, query: str, now: datetime, limit: int
) -> dict[int, list[TicketItem]]:
    """By home: the newest tickets whose number begins so, or ends in these five digits or more."""
    wanted = numbered(query)
    if wanted is None:
        return {}
    found = (
        select(Ticket)
        .where(col(Ticket.company_id) == company_id, wanted)
        .order_by(col(Ticket.id).desc())
        .limit(limit)
    )
    return _by_home(session, list(session.exec(found)), now=now)


def _by_home(session: Session, tickets: list[Ticket], *, now: datetime) -> dict[int, list[TicketItem]]:
    homes = [ticket.household_id for ticket in tickets]
    found: dict[int, list[TicketItem]] = {}
    for household_id, item in zip(homes, make_items(session, tickets, now=now), strict=True):
        found.setdefault(household_id, []).append(item)
    return found


def party_names(session: Session, *, ticket_ids: Iterable[int]) -> dict[int, list[str]]:
    """The names of a ticket's people, by ticket id: whoever shows a text about them may have to hide them."""
    query = select(TicketParty.ticket_id, TicketParty.name).where(
        col(TicketParty.ticket_id).in_(set(ticket_ids))
    )
    found: dict[int, list[str]] = {}
    for ticket_id, name in session.exec(query):
        found.setdefault(ticket_id, []).append(name)
    return found
