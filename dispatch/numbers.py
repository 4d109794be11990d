"""Ticket numbers: the company's prefix, the date in Korea, a running number of the company's own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from core.clock import today_kst
from dispatch.models import Ticket

_RESERVE = text("SELECT nextval(pg_get_serial_sequence('ticket', 'id')), nextval(to_regclass(:counter))")
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext(:counter))")


def reserve_number(session: Session, *, company_id: int, prefix: str, now: datetime) -> tuple[int, str]:
    """The id and the number of a ticket about to be stored, e.g. `(97, "ON261201-00042")`.

    Each company counts by itself: a shared counter would show one maker how much another one's families call.
    Sequences, so that two intakes never wait for each other; a gap (a rolled-back intake) means nothing.
    """
    counter = f"ticket_number_{company_id:d}"
    reserved, running = session.execute(_RESERVE, {"counter": counter}).one()
    if running is None:
        running = _begin_counting(session, company_id=company_id, counter=counter)
    return int(reserved), number_of(prefix, serial=int(running), now=now)


def _begin_counting(session: Session, *, company_id: int, counter: str) -> int:
    """A company's first ticket here makes its counter, beyond the numbers it brought along."""
    session.execute(_ALONE, {"counter": counter})
    brought = session.exec(select(func.max(Ticket.id)).where(col(Ticket.company_id) == company_id)).one()
    session.execute(text(f"CREATE SEQUENCE IF NOT EXISTS {counter} START {(brought or 0) + 1}"))
    return int(
        session.execute(text("SELECT nextval(to_regclass(:counter))"), {"counter": counter}).scalar_one()
    )


def number_of(prefix: str, *, serial: int, now: datetime) -> str:
    """The number of the ticket with this running part."""
    return f"{prefix}{today_kst(now):%y%m%d}-{serial:05d}"
