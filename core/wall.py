"""The wall between companies: PostgreSQL itself hides every other company's rows from the web.

Queries name their company, too. The wall is for the one that forgets: row-level security, as the role
`ondol_web`, which owns nothing. Whose transaction it is stands in settings of that transaction alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

_ENTER = (
    "SELECT set_config('role', 'ondol_web', true), "
    "set_config('ondol.company', %s, true), set_config('ondol.person', %s, true)"
)

_AS = "SELECT set_config('role', %s, true)"
_WALLED = "walled"
_NOBODY = ("0", "0")
"""No id is zero; nothing set at all is how the owner works, outside the wall."""


@dataclass(frozen=True)
class Caller:
    """For whom a request works."""

    company_id: int
    person_id: int


_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


def work_for(caller: Caller | None) -> None:
    """From now on, in this request alone, walled transactions are this person's. None: nobody's."""
    _caller.set(caller)


def go_behind_it(session: Session) -> None:
    """Let a transaction that has just begun see the caller's company alone; nothing without a caller."""
    caller = _caller.get()
    mine = (str(caller.company_id), str(caller.person_id)) if caller else _NOBODY
    session.connection().exec_driver_sql(_ENTER, mine)
    session.info[_WALLED] = True


@contextmanager
def outside_the_wall(session: Session) -> Iterator[None]:
    """For what concerns one person whichever maker asked: when and where who works for two is booked.

    Nothing else. In a transaction without the wall it changes nothing.
    """
    if not session.info.get(_WALLED):
        yield
        return
    connection = session.connection()
    connection.exec_driver_sql(_AS, ("none",))
    try:
        yield
    finally:
        with suppress(DBAPIError):  # a transaction that failed ends, and its role with it
            connection.exec_driver_sql(_AS, ("ondol_web",))
