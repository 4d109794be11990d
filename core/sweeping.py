"""Sweeps over rows whose time has come: one that fails must not keep the others waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog
from sqlmodel import Session

log = structlog.get_logger(__name__)

T = TypeVar("T")


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
