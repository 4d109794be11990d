"""The wall: PostgreSQL itself hides other companies' rows from the web, and within one what is not one's.

Queries name their company and their scope, too. The wall is for the one that forgets: row-level security, as
a role that owns nothing: `ondol_web` for who works for the whole company, `ondol_point` for a point's desk,
`ondol_technician` for a technician's own visits. Whose transaction it is stands in settings of that
transaction alone. Who sees what of which table: docs/security.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

_ENTER = (
    "SELECT set_config('role', %s, true), "
    "set_config('ondol.company', %s, true), set_config('ondol.person', %s, true), "
    "set_config('ondol.point', %s, true), set_config('ondol.technician', %s, true)"
)

_AS = "SELECT set_config('role', %s, true)"
_ROLE = "role behind the wall"
_OWNER = "none"
_COMPANY, _POINT, _TECHNICIAN = "ondol_web", "ondol_point", "ondol_technician"
_NOBODY = (_COMPANY, "0", "0", "0", "0")
"""No id is zero; nothing set at all is how the owner works, outside the wall."""


@dataclass(frozen=True)
class Caller:
    """For whom a request works: the whole company's rows, or those of one point or of one's own visits alone.

    `service_point_id`: a point's desk; `technician_id`: a technician, which is narrower and goes first.
    """

    company_id: int
    person_id: int
    service_point_id: int | None = None
    technician_id: int | None = None

    @property
    def role(self) -> str:
        """The role of PostgreSQL whose policies hold for this person."""
        if self.technician_id is not None:
            return _TECHNICIAN
        return _COMPANY if self.service_point_id is None else _POINT


_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


def work_for(caller: Caller | None) -> None:
    """From now on, in this request alone, walled transactions are this person's. None: nobody's."""
    _caller.set(caller)


def go_behind_it(session: Session) -> None:
    """Let a transaction that has just begun see the caller's rows alone; nothing without a caller."""
    settings = _settings(_caller.get())
    session.connection().exec_driver_sql(_ENTER, settings)
    session.info[_ROLE] = settings[0]


@contextmanager
def outside_the_wall(session: Session) -> Iterator[None]:
    """For what concerns one person whichever maker asked: when and where who works for two is booked.

    Nothing else. In a transaction without the wall it changes nothing.
    """
    with _working_as(session, _OWNER):
        yield


@contextmanager
def across_the_company(session: Session) -> Iterator[None]:
    """For what a point's desk or a technician sets off, or is reckoned from, beyond what is theirs to see.

    Two things alone: a step that was asked for on what is theirs (it plans a whole point anew, asks the next
    one, tells others), and figures, times and ticket numbers worked out from everybody's rows. A family's
    row that is read in here is never shown. For who works for the whole company it changes nothing.
    """
    if session.info.get(_ROLE) not in (_POINT, _TECHNICIAN):
        yield
        return
    with _working_as(session, _COMPANY):
        yield
        session.flush()  # what was changed in here is written in here


@contextmanager
def _working_as(session: Session, role: str) -> Iterator[None]:
    before = session.info.get(_ROLE)
    if before in (None, role):
        yield
        return
    connection = session.connection()
    connection.exec_driver_sql(_AS, (role,))
    session.info[_ROLE] = role
    try:
        yield
    finally:
        session.info[_ROLE] = before
        with suppress(DBAPIError):  # a transaction that failed ends, and its role with it
            connection.exec_driver_sql(_AS, (before,))


def _settings(caller: Caller | None) -> tuple[str, ...]:
    if caller is None:
        return _NOBODY
    ids = (caller.company_id, caller.person_id, caller.service_point_id or 0, caller.technician_id or 0)
    return (caller.role, *map(str, ids))
