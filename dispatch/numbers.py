"""Ticket numbers: the company's prefix, the date in Korea, a running number."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from core.clock import today_kst


def reserve_number(session: Session, *, prefix: str, now: datetime) -> tuple[int, str]:
    """The id and the number of a ticket about to be stored, e.g. `(42, "ON261201-00042")`.

    The running part comes from the table's own sequence: two intakes never wait for each other and never
    get the same number; a gap (a rolled-back intake) means nothing.
    """
    reserved = session.execute(text("SELECT nextval(pg_get_serial_sequence('ticket', 'id'))")).scalar_one()
    return int(reserved), f"{prefix}{today_kst(now):%y%m%d}-{int(reserved):05d}"
