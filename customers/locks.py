"""Homes and people are found or made under a lock of their own."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

from core.held import hold, not_held

_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(CAST(:keys AS text[])) AS key"
)


def lock_keys(session: Session, *keys: str) -> None:
    """Two calls about one home at one moment wait for each other, instead of making it twice.

    Held until the transaction ends; asked for in the order given, in one statement. Whoever takes several
    takes them in one order everywhere: people by number, then the home, then its boiler.
    """
    if wanted := not_held(session, keys):
        session.execute(_LOCK, {"keys": wanted})
        hold(session, wanted)
