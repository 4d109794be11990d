"""What the messages screen shows of the cases that notices are about: numbers, and people by role."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from dispatch.list_queries import matching
from dispatch.models import Ticket, TicketParty
from dispatch.scopes import Scope, visible

MOST_FOUND = 200
MOST_OF_A_POINT = 5000


@dataclass(frozen=True)
class CaseOfNotice:
    """A ticket as a line of a list names it; `names` by role, raw: whoever shows them masks them."""

    number: str
    names: dict[str, str]


def cases_of_notices(
    session: Session, *, company_id: int, ticket_ids: Collection[int]
) -> dict[int, CaseOfNotice]:
    """These tickets of a company by id; one whose people retention has destroyed has no names."""
    query = (
        select(Ticket.id, Ticket.number, TicketParty.role, TicketParty.name)
        .outerjoin(TicketParty, col(TicketParty.ticket_id) == col(Ticket.id))
        .where(col(Ticket.company_id) == company_id, col(Ticket.id).in_(set(ticket_ids)))
    )
    found: dict[int, CaseOfNotice] = {}
    for ticket_id, number, role, name in session.exec(query):
        case = found.setdefault(ticket_id or 0, CaseOfNotice(number, {}))
        if role is not None:
            case.names[role] = name
    return found


def tickets_found(session: Session, *, company_id: int, q: str) -> list[int]:
    """The newest tickets that one search box finds: by number, name, phone or address."""
    query = (
        select(Ticket.id)
        .where(visible(Scope(company_id)), matching(session, company_id=company_id, q=q))
        .order_by(col(Ticket.id).desc())
        .limit(MOST_FOUND)
    )
    return [ticket_id for ticket_id in session.exec(query) if ticket_id is not None]


def tickets_of_point(session: Session, *, scope: Scope, since: datetime) -> Sequence[int]:
    """What came to a point since a moment: whose notices its desk reads."""
    query = (
        select(Ticket.id)
        .where(visible(scope), col(Ticket.received_at) >= since)
        .order_by(col(Ticket.id).desc())
        .limit(MOST_OF_A_POINT)
    )
    return [ticket_id for ticket_id in session.exec(query) if ticket_id is not None]
