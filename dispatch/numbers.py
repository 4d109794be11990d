"""Ticket numbers: the company's prefix, the date in Korea, a running number of the company's own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, text
from sqlmodel import Session, col, select

from core.clock import today_kst
from dispatch.models import Ticket

TAIL = 5
"""So many last digits of a number find it."""
_LAST_LETTER = "\U0010ffff"
_RESERVE = text("SELECT nextval(pg_get_serial_sequence('ticket', 'id')), nextval(:counter)")
_RESERVE_MANY = text(
    "SELECT nextval(pg_get_serial_sequence('ticket', 'id')), nextval(:counter) "
    "FROM generate_series(1, :count)"
)
_COUNT_ON = text("SELECT setval(:counter, greatest(nextval(:counter), :beyond))")


def reserve_number(session: Session, *, company_id: int, prefix: str, now: datetime) -> tuple[int, str]:
    """The id and the number of a ticket about to be stored, e.g. `(97, "ON261201-00042")`.

    Each company counts by itself: a shared counter would show one maker how much another one's families call.
    Sequences, so that two intakes never wait for each other; a gap (a rolled-back intake) means nothing. The
    database makes a company's counter with the company.
    """
    reserved, running = session.execute(_RESERVE, {"counter": f"ticket_number_{company_id:d}"}).one()
    return int(reserved), number_of(prefix, serial=int(running), now=now)


def reserve_numbers(
    session: Session, *, company_id: int, prefix: str, count: int, now: datetime
) -> list[tuple[int, str]]:
    """`count` ids and numbers at once, as `reserve_number` gives them."""
    told = {"counter": f"ticket_number_{company_id:d}", "count": count}
    rows = session.execute(_RESERVE_MANY, told).all()
    return [(int(key), number_of(prefix, serial=int(serial), now=now)) for key, serial in rows]


def count_on(session: Session, *, company_id: int, beyond: int) -> None:
    """Let a company's counter go on after numbers that it brought along. For the tables' owner alone."""
    session.execute(_COUNT_ON, {"counter": f"ticket_number_{company_id:d}", "beyond": beyond})


def number_of(prefix: str, *, serial: int, now: datetime) -> str:
    """The number of the ticket with this running part."""
    return f"{prefix}{today_kst(now):%y%m%d}-{serial:05d}"


def ticket_numbers(session: Session, *, company_id: int, ticket_ids: Iterable[int]) -> dict[int, str]:
    """Numbers of a company's tickets by id; another company's are left out."""
    query = select(Ticket.id, Ticket.number).where(
        col(Ticket.company_id) == company_id, col(Ticket.id).in_(set(ticket_ids))
    )
    return {ticket_id: number for ticket_id, number in session.exec(query) if ticket_id is not None}


def numbered(query: str) -> ColumnElement[bool] | None:
    """The condition on tickets whose number may be meant: it begins so, or ends in these five digits or more.

    Each by an index, also behind the wall: `LIKE` alone is not sworn to leak nothing, so none would be asked.
    None for what has no digit.
    """
    written = query.strip().upper()
    if not any(character.isdecimal() for character in written):
        return None
    number = col(Ticket.number)
    begins = and_(number >= written, number < written + _LAST_LETTER)
    if not is_tail(written):
        return begins
    return or_(
        begins, and_(col(Ticket.number_tail) == written[-TAIL:], number.endswith(written, autoescape=True))
    )


def is_tail(query: str) -> bool:
    """Whether it may be the last digits of a number."""
    return len(query) >= TAIL and query.isascii() and query.isdigit()
