"""Which running limits of a ticket a new time would pass: told before it is saved, never forbidden. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dispatch.detail_shapes import ClockFacts


@dataclass(frozen=True)
class PassedLimit:
    """A clock that still runs (`contact`, `promise`, `handled`), and by how many seconds it is passed."""

    kind: str
    due_at: datetime
    over_s: int


def limits_passed(
    clocks: Iterable[ClockFacts], *, start: datetime, end: datetime, now: datetime
) -> tuple[PassedLimit, ...]:
    """Work ends the `handled` clock; the others want a call before, so they are passed by its beginning.

    What has stopped or is passed already says nothing more.
    """
    found = []
    for clock in clocks:
        if clock.stopped_at is not None or clock.state == "void" or clock.due_at <= now:
            continue
        over = int(((end if clock.kind == "handled" else start) - clock.due_at).total_seconds())
        if over > 0:
            found.append(PassedLimit(clock.kind, clock.due_at, over))
    return tuple(found)
