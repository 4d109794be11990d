"""News of a visit for the family: when, who, on the way, nobody opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from notifications.catalogue import Event
from notifications.contexts.base import Case, Window, Worker


@dataclass(frozen=True)
class VisitScheduled:
    """A window is agreed. `visit_fee` in won for that window's tier; 0: none is due, None: not known yet."""

    case: Case
    worker: Worker
    window: Window
    visit_fee: int | None = None


@dataclass(frozen=True)
class WindowChanged:
    """An agreed window moved, and what it is now. `reason` is for the family's eyes.

    `wished`: the family asked for it and is confirmed; otherwise we had to and apologise.
    `visit_fee` as in `VisitScheduled`: another hour may have another fee.
    """

    case: Case
    worker: Worker
    before: Window
    after: Window
    reason: str | None = None
    visit_fee: int | None = None
    wished: bool = False


@dataclass(frozen=True)
class EnRoute:
    """The technician has set out; `arrives_at` is an estimate and is told rounded up to 5 minutes.

    `comes_before`: the agreed window, which begins after that: the family is asked whether it suits.
    """

    case: Case
    worker: Worker
    arrives_at: datetime | None = None
    comes_before: Window | None = None


@dataclass(frozen=True)
class Absent:
    """Nobody opened; `options` are up to two windows to offer for coming again.

    `came_before`: the window that was agreed and had not begun: we came too early and say sorry.
    """

    case: Case
    worker: Worker
    visited_at: datetime
    options: tuple[Window, ...] = ()
    came_before: Window | None = None


VisitNews = VisitScheduled | WindowChanged | EnRoute | Absent
VISIT_NEWS: Mapping[Event, type[VisitNews]] = {
    Event.VISIT_SCHEDULED: VisitScheduled,
    Event.WINDOW_CHANGED: WindowChanged,
    Event.EN_ROUTE: EnRoute,
    Event.ABSENT: Absent,
}
