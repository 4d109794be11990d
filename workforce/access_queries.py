"""The access log read back: lines of a company by reader, by whose data, by time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, tuple_
from sqlmodel import Session, col, select

from workforce.models import AccessLog, Account, Membership, Person

MOST_LINES = 10_000
"""A download stops here, and its last line says so; narrower dates give the rest."""


@dataclass(frozen=True)
class AccessFilter:
    """Which lines are wanted; None means any.

    Attributes:
        subjects: kind and id of whose data it was; an empty collection finds nothing.
        start, end: from `start` on, before `end`.
        before: only lines older than this id, for the next page.
    """

    company_id: int
    account_id: int | None = None
    subjects: Collection[tuple[str, int]] | None = None
    start: datetime | None = None
    end: datetime | None = None
    before: int | None = None
    from_address: str | None = None
    session_id: int | None = None


@dataclass(frozen=True)
class AccessLine:
    """One line: who saw whose data, when, from where and why."""

    id: int
    at: datetime
    account_id: int
    who: str
    login: str
    from_address: str
    session_id: int | None
    act: str
    subject: tuple[str, int]
    fields: tuple[str, ...]
    reason: str


def list_access(session: Session, *, wanted: AccessFilter, limit: int | None) -> list[AccessLine]:
    """Lines of the log, newest first; all of them without a limit, for commands alone."""
    query = (
        select(AccessLog, Person.name, Account.login)
        .join(Account, col(Account.id) == col(AccessLog.account_id))
        .join(Person, col(Person.id) == col(Account.person_id))
        .where(*_conditions(wanted))
        .order_by(col(AccessLog.id).desc())
        .limit(limit)
    )
    return [_line(row, name, login) for row, name, login in session.exec(query)]


def count_access(session: Session, *, wanted: AccessFilter) -> int:
    """How many lines there are."""
    return session.exec(select(func.count()).select_from(AccessLog).where(*_conditions(wanted))).one()


def account_of(session: Session, *, company_id: int, login: str) -> int | None:
    """The account of a log-in that has, or had, a membership in a company."""
    query = (
        select(Account.id)
        .join(Membership, col(Membership.person_id) == col(Account.person_id))
        .where(col(Account.login) == login, col(Membership.company_id) == company_id)
    )
    return session.exec(query).first()


def list_readers(session: Session, *, company_id: int) -> list[tuple[int, str]]:
    """Everybody who stands in the log: account and `name (log-in)`, by name."""
    query = (
        select(Account.id, Person.name, Account.login)
        .join(Person, col(Person.id) == col(Account.person_id))
        .where(
            col(Account.id).in_(
                select(AccessLog.account_id).where(col(AccessLog.company_id) == company_id).distinct()
            )
        )
        .order_by(col(Person.name), col(Account.login))
    )
    return [(account_id or 0, f"{name} ({login})") for account_id, name, login in session.exec(query)]


def _conditions(wanted: AccessFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(AccessLog.company_id) == wanted.company_id]
    exact: dict[Any, object] = {
        AccessLog.account_id: wanted.account_id,
        AccessLog.from_address: wanted.from_address,
        AccessLog.session_id: wanted.session_id,
    }
    found += [col(column) == value for column, value in exact.items() if value is not None]
    if wanted.subjects is not None:
        key = tuple_(col(AccessLog.subject_kind), col(AccessLog.subject_id))
        found.append(key.in_(list(wanted.subjects)))
    if wanted.start is not None:
        found.append(col(AccessLog.at) >= wanted.start)
    if wanted.end is not None:
        found.append(col(AccessLog.at) < wanted.end)
    if wanted.before is not None:
        found.append(col(AccessLog.id) < wanted.before)
    return found


def _line(row: AccessLog, name: str, login: str) -> AccessLine:
    return AccessLine(
        id=row.id or 0,
        at=row.at,
        account_id=row.account_id,
        who=name,
        login=login,
        from_address=row.from_address,
        session_id=row.session_id,
        act=row.act,
        subject=(row.subject_kind, row.subject_id),
        fields=tuple(row.fields),
        reason=row.reason,
    )
