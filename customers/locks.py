"""Homes and people are found or made under a lock of their own."""

from __future__ import annotations

from sqlalchemy import event, text
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session

_HELD = "customer_locks"
_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(CAST(:keys AS text[])) AS key"
)


def lock_keys(session: Session, *keys: str) -> None:
    """Two calls about one home at one moment wait for each other, instead of making it twice.

    Held until the transaction ends; asked for in the order given, in one statement. Whoever takes several
    takes them in one order everywhere: people by number, then the home, then its boiler.
    """
    held: set[str] = session.info.setdefault(_HELD, set())
    wanted = [key for key in dict.fromkeys(keys) if key not in held]
    if wanted:
        session.execute(_LOCK, {"keys": wanted})
        held.update(wanted)


@event.listens_for(AnySession, "after_commit")
@event.listens_for(AnySession, "after_soft_rollback")
def _hold_nothing(session: AnySession, *_previous: object) -> None:
    """A savepoint that is taken back, too, lets go of what was locked inside it."""
    session.info.pop(_HELD, None)
