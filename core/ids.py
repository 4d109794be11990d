"""Ids of many new rows asked for at once: rows that know theirs are written together."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import event, text
from sqlmodel import Session

WORTH_IT = 5
_NEXT = text("SELECT nextval(pg_get_serial_sequence(:of, 'id')) FROM generate_series(1, :count)")


def ask_ids_ahead(session: Session) -> None:
    """For a session that stores rows by the hundred: new rows get their ids before each flush."""
    event.listen(session, "before_flush", _give_ids)


def _give_ids(session: Session, _context: Any, _instances: Any) -> None:
    waiting: dict[str, list[Any]] = defaultdict(list)
    for row in session.new:
        if row.__dict__.get("id", 0) is None:
            waiting[str(row.__tablename__)].append(row)
    for table, rows in waiting.items():
        if len(rows) < WORTH_IT:
            continue
        found = session.connection().execute(_NEXT, {"of": table, "count": len(rows)}).scalars()
        for row, given in zip(rows, found, strict=True):
            row.id = given
