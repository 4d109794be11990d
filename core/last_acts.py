"""What a transaction does last, after everything that may have to wait for others.

Rows that many transactions write (a wish for a solve, the one waiting wake-up) are written in one order by
all of them, and nobody asks for another lock while holding them: so nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session

_WAITING = "last_acts"

Act = Callable[[Session], None]


def at_the_end(session: Session, key: tuple[Any, ...], act: Act) -> None:
    """Do this once just before the transaction commits; the last act asked for under a key counts.

    Acts are done in the order of their keys. What a savepoint took back is done all the same.
    """
    session.info.setdefault(_WAITING, {})[key] = act


def run_last_acts(session: Session) -> None:
    """Do what waits for the end. `Database.transaction` calls it; nobody else has to."""
    while acts := session.info.pop(_WAITING, None):  # what an act asks for in turn comes after it
        for key in sorted(acts):
            acts[key](session)


@event.listens_for(AnySession, "after_rollback")
def _forget(session: AnySession) -> None:
    if session.in_nested_transaction():  # a savepoint alone is taken back
        return
    session.info.pop(_WAITING, None)
