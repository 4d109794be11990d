"""A person has one number: what one case learns of it holds in his other cases, each in a step of its own.

Elsewhere nobody is asked for the right number: the case in which it was found wrong asks, and what it learns
comes here, too.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from core import events
from core.actor import SYSTEM
from dispatch.cases import lock_case, parties_of
from dispatch.events import NumberNews, NumberNewsElsewhere
from dispatch.models import Ticket, TicketParty
from dispatch.notice_choices import still_told
from dispatch.wrong_numbers import Number, mark_wrong, take_number


def spread_number(*, session: Session, event: NumberNews, now: datetime) -> None:
    """Handler of NumberNews: one step for each other case in which he might still be told."""
    query = (
        select(Ticket.id)
        .join(TicketParty, col(TicketParty.ticket_id) == col(Ticket.id))
        .where(
            col(TicketParty.contact_id) == event.contact_id,
            col(Ticket.id) != event.ticket_id,
            *still_told(session, company_id=event.company_id, now=now),
        )
        .distinct()
        .order_by(col(Ticket.id))
    )
    for ticket_id in session.exec(query):
        elsewhere = NumberNewsElsewhere(
            event.company_id, event.at, event.ticket_id, event.contact_id, event.role, ticket_id or 0
        )
        events.publish(session, elsewhere)


def follow_number(*, session: Session, event: NumberNewsElsewhere, now: datetime) -> None:
    """Handler of NumberNewsElsewhere: this case takes over what the other one knows now."""
    known = parties_of(session, ticket_id=event.ticket_id).get(event.role)
    ticket = lock_case(session, ticket_id=event.elsewhere_id).ticket
    people = parties_of(session, ticket_id=event.elsewhere_id).values()
    his = [party for party in people if party.contact_id == event.contact_id]
    if known is None or not his:
        return
    if known.phone_wrong_since is not None:
        if his[0].phone == known.phone:
            mark_wrong(session, ticket=ticket, phone=known.phone, by=SYSTEM, now=now)
        return
    if any(party.phone != known.phone or party.phone_wrong_since is not None for party in his):
        number = Number(known.contact_id, known.phone, known.phone_raw, known.can_text)
        take_number(session, ticket=ticket, his=his, number=number, by=SYSTEM, now=now)
