"""Sweeps over rows whose time has come: one that fails must not keep the others waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col

from core.db import Database

log = structlog.get_logger(__name__)

T = TypeVar("T")


def is_due(at: datetime, *, now: datetime, longest_wait: timedelta) -> bool:
    """Whether a moment has come; also when it lies farther ahead than anything is ever put off.

    Then the clock has gone back since it was set, and would otherwise hold things up by as much.
    """
    return at <= now or at > now + longest_wait


def due_rows(column: Any, *, now: datetime, longest_wait: timedelta) -> ColumnElement[bool]:
    """The same as a condition on rows."""
    return or_(col(column) <= now, col(column) > now + longest_wait)


def take_each(session: Session, found: Iterable[T], step: Callable[[T], int], *, sweep: str) -> int:
    """Do a step for each found thing, each in a savepoint of its own; returns the sum of what they moved.

    A step that fails is logged, leaves nothing behind, and is met again by the next round. A connection that
    is gone ends the sweep, because no savepoint can be set on it any more.
    """
    moved = 0
    for thing in found:
        try:
            with session.begin_nested():
                moved += step(thing)
        except Exception:  # whatever is wrong with one row, the others' hour runs on
            log.exception("sweep_step_failed", sweep=sweep, found=thing)
            if not session.is_active or session.connection().invalidated:
                raise
    return moved


@dataclass(frozen=True)
class EachAlone:
    """A sweep whose steps each have a transaction of their own: none holds what the next one waits for.

    Attributes:
        find: `find(session, *, now)` -> keys of the rows whose time has come; takes no locks.
        step: `step(session, key, *, now)` -> how many rows it moved; looks again under its own lock.
    """

    name: str
    find: Callable[..., Sequence[Any]]
    step: Callable[..., int]

    def take(self, database: Database, found: Iterable[Any], *, now: datetime) -> int:
        """Do the step for each found key. One that fails is logged, and met again by the next round."""
        moved = 0
        for key in found:
            try:
                with database.transaction() as session:
                    moved += self.step(session, key, now=now)
            except Exception:  # one row that cannot be moved must not hold up the others
                log.exception("sweep_step_failed", sweep=self.name, found=key)
        return moved
