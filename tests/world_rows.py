"""What every maker of rows needs: a moment, a place, numbers that never come twice."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlmodel import Session

GANGNAM = (37.4999, 127.0374)
NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
"""The same moment as the `now` fixture: Tuesday 2026-12-01 10:00 in Korea."""

serial = count(1)


def add(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def id_of(row: Any) -> int:
    assert row.id is not None
    return int(row.id)


def mobile() -> str:
    return f"+82107{next(serial):07d}"
