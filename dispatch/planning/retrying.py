"""Second chances: what lost a race is done again on fresh data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlmodel import Session

from dispatch.planning.publishing import StalePlanError, TechnicianTakenError

TRIES = 4

T = TypeVar("T")


def on_fresh_data(session: Session, step: Callable[[], T]) -> T:
    """Run a step that reads boards and publishes; when another plan came first, read and do it again.

    Raises:
        StalePlanError, TechnicianTakenError: others were faster every time.
    """
    for left in range(TRIES - 1, -1, -1):
        try:
            with session.begin_nested():
                return step()
        except (StalePlanError, TechnicianTakenError):
            if not left:
                raise
    raise AssertionError("the last try returns or raises")
