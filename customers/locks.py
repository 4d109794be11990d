"""Homes are found or made under a lock of their own."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session


def lock_key(session: Session, key: str) -> None:
    """Two calls about one home at one moment wait for each other, instead of making it twice."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
