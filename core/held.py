"""What the transaction holds already, so that it need not be asked for twice.

Forgotten when the transaction ends, and when a savepoint is taken back: it lets go of what was locked in it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session

_HELD = "held"
_EVERYTHING = "holds_everything"

T = TypeVar("T", bound=Hashable)


def not_held(session: Session, keys: Iterable[T]) -> list[T]:
    """Those that are still to be locked, each once, in the order given."""
    if _EVERYTHING in session.info:
        return []
    held: set[Hashable] = session.info.get(_HELD, set())
    return [key for key in dict.fromkeys(keys) if key not in held]


def hold(session: Session, keys: Iterable[Hashable]) -> None:
    """These are locked now."""
    session.info.setdefault(_HELD, set()).update(keys)


def hold_everything(session: Session) -> None:
    """For a session that is only tried and taken back: it keeps nothing that a lock would guard, and a whole
    list's locks would fill the server's table of them."""
    session.info[_EVERYTHING] = True


@event.listens_for(AnySession, "after_commit")
@event.listens_for(AnySession, "after_soft_rollback")
def _hold_nothing(session: AnySession, *_previous: object) -> None:
    session.info.pop(_HELD, None)
