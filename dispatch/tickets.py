"""What every step does with the ticket's row: lock it, write the timeline, tell the open pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from core import audit, live
from core.actor import Actor
from core.errors import NotFoundError
from core.i18n import _
from core.memo import keep, once
from core.wall import across_the_company
from dispatch.models import Ticket
from dispatch.states import ENDED_STATUSES

_NUMBER = select(Ticket.number).where(col(Ticket.id) == bindparam("id"))
_BY_NUMBER = (
    select(Ticket)
    .where(col(Ticket.number) == bindparam("number"), col(Ticket.company_id) == bindparam("company_id"))
    .execution_options(populate_existing=True)
)


class UnknownTicketError(NotFoundError):
    """No such ticket, or another company's."""

    code = "unknown-ticket"


def lock_ticket(session: Session, *, ticket_id: int) -> Ticket:
    """The ticket's row, fresh and held until the transaction ends. Raises UnknownTicketError.

    Steps of one ticket happen one after the other. Whoever goes on to change a plan takes `cases.lock_case`
    instead, which locks the point's day first.
    """
    query = (
        select(Ticket)
        .where(col(Ticket.id) == ticket_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = session.exec(query).one_or_none()
    if row is None:
        raise UnknownTicketError(_("그런 접수가 없습니다. 접수 번호를 확인해 주세요."))
    return row


def find_ticket(session: Session, *, company_id: int, number: str) -> Ticket:
    """The fresh row behind a number. Raises UnknownTicketError, also for another company's."""
    found = session.exec(_BY_NUMBER, params={"number": number, "company_id": company_id}).first()
    if found is None:
        raise UnknownTicketError(_("그런 접수가 없습니다. 접수 번호를 확인해 주세요."))
    keep(session, Ticket, {("row", found.id): found})  # who asks for it by its id has it at hand
    return found


def number_of(session: Session, ticket_id: int | None) -> str | None:
    """The number of whichever ticket of the company has this id, and nothing else of it; None for none."""
    if ticket_id is None:
        return None
    return once(session, Ticket, ("number", ticket_id), lambda: _read_number(session, ticket_id))


def _read_number(session: Session, ticket_id: int) -> str:
    with across_the_company(session):
        return session.exec(_NUMBER, params={"id": ticket_id}).one()


def ticket_key(ticket: Ticket) -> int:
    """The id of a stored ticket."""
    if ticket.id is None:
        raise ValueError("the ticket is not stored yet")
    return ticket.id


def has_ended(ticket: Ticket) -> bool:
    """Nobody has to go (any more)."""
    return ticket.status in ENDED_STATUSES


def note_change(
    session: Session,
    *,
    ticket: Ticket,
    what: str,
    by: Actor,
    now: datetime,
    reason: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write the ticket's timeline and announce it to the open pages, in the caller's transaction."""
    session.add(ticket)
    audit.record(
        session,
        by=by,
        at=now,
        what=what,
        subject=("ticket", ticket_key(ticket)),
        company_id=ticket.company_id,
        reason=reason,
        data=data,
    )
    announce_ticket(session, ticket=ticket)


def announce_ticket(session: Session, *, ticket: Ticket) -> None:
    """Let the open pages look at a ticket again, once this transaction is committed."""
    live.announce(
        session,
        company_id=ticket.company_id,
        topic="ticket",
        ticket_id=ticket.id,
        number=ticket.number,
        service_point_id=ticket.service_point_id,
        status=ticket.status,
        safety=ticket.safety,
    )
