"""What a transaction has read once it need not read again: company rules, the calendar, the company's row.

Kept beside the session, so it ends with it. A row of the same table that is written in the session, or a
rollback, makes it forget. Only for what nobody changes in the middle of a case: other people's changes, and
statements that go past the session's rows, are not seen before the next transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session, SQLModel

_KEPT = "kept"

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


Of = type[SQLModel] | tuple[type[SQLModel], ...]
"""The table that something is read from, or all of them."""


def once(session: Session, of: Of, key: Hashable, read: Callable[[], T]) -> T:
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


def keep(session: Session, of: Of, found: Mapping[Any, Any]) -> None:
    """What a reader came to know beside what it was asked for, by the keys under which others ask for it."""
    kept: dict[Hashable, Any] = session.info.setdefault(_KEPT, {})
    kept |= {(of, key): value for key, value in found.items()}


def each_once(
    session: Session, of: Of, keys: Iterable[K], read: Callable[[list[K]], Mapping[K, T]]
) -> dict[K, T]:
    """The same for many keys: `read` is asked for those alone that nobody has read yet.

    Those for which it finds nothing are left out, and asked for again the next time.
    """
    kept: dict[Hashable, Any] = session.info.setdefault(_KEPT, {})
    wanted = list(dict.fromkeys(keys))
    if missing := [key for key in wanted if (of, key) not in kept]:
        kept |= {(of, key): value for key, value in read(missing).items()}
    return {key: kept[of, key] for key in wanted if (of, key) in kept}


@event.listens_for(AnySession, "after_flush")
def _forget_what_was_written(session: AnySession, _flush: Any) -> None:
    if kept := session.info.get(_KEPT):
        written = {type(row) for rows in (session.new, session.dirty, session.deleted) for row in rows}
        for key in [key for key in kept if not written.isdisjoint(_tables(key[0]))]:
            del kept[key]


def _tables(of: Of) -> tuple[type[SQLModel], ...]:
    return of if isinstance(of, tuple) else (of,)


@event.listens_for(AnySession, "after_soft_rollback")
def _forget_everything(session: AnySession, _previous: Any) -> None:
    session.info.pop(_KEPT, None)
