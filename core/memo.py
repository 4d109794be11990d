"""What a transaction has read once it need not read again: company rules, the calendar, the company's row.

Kept beside the session, so it ends with it. A row of the same table that is written in the session, or a
rollback, makes it forget. Only for what nobody changes in the middle of a case: other people's changes, and
statements that go past the session's rows, are not seen before the next transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session, SQLModel

_KEPT = "kept"

T = TypeVar("T")


def once(session: Session, of: type[SQLModel], key: Hashable, read: Callable[[], T]) -> T:
    """What `read()` gave the first time in this session; nobody's to change, unless its reader fills it.

    Args:
        of: the table that it is read from.
        key: which of it, unique among the callers for that table.
    """
    kept: dict[Hashable, Any] = session.info.setdefault(_KEPT, {})
    found = kept.get((of, key))
    if found is None:
        found = kept[of, key] = read()
    return found


@event.listens_for(AnySession, "after_flush")
def _forget_what_was_written(session: AnySession, _flush: Any) -> None:
    if kept := session.info.get(_KEPT):
        written = {type(row) for rows in (session.new, session.dirty, session.deleted) for row in rows}
        for key in [key for key in kept if key[0] in written]:
            del kept[key]


@event.listens_for(AnySession, "after_soft_rollback")
def _forget_everything(session: AnySession, _previous: Any) -> None:
    session.info.pop(_KEPT, None)
