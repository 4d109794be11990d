"""A window that can be promised, and how one is made around a moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.clock import KST
from core.i18n import _
from dispatch.planning.board_shapes import BoardVisit, DayBoard, Window
from dispatch.planning.visiting_hours import visiting_hours
from geo.schemas import TravelSource

ROUND_TO_S = 600


@dataclass(frozen=True)
class Slot:
    """A window that can be promised. `score` falls from 1 (free) to 0; `added_travel_s` is seconds.

    `overtime`: the technician stays on for it. Offered only when there is no other window at all.
    """

    start: datetime
    end: datetime
    technician_id: int
    technician_name: str
    service_point_id: int
    added_travel_s: int
    score: float
    travel_source: TravelSource = TravelSource.MODEL
    """Where the travel times come from by which it fits."""
    reachable: bool = True
    overtime: bool = False
    own: bool = False
    """The visit's present technician would come."""
    as_planned: bool = False
    """His plan already has him there."""
    touched: int = 0
    """How many other visits would begin at another time, each within what is agreed."""
    most_later_s: int = 0
    """By how much the one that waits longest for it would begin later."""
    standby_at: datetime | None = None
    """Its technician is on standby, and this is when he would be there; None: it lies in a shift."""
    soonest_at: datetime | None = None
    """Nobody at work would be there sooner, and the plan sends another; None: it is as good as any."""
    neighbour: str = ""
    """The neighbouring point from which the technician would come; empty: the ticket's own."""

    @property
    def arrives_at(self) -> datetime | None:
        """When he would be there whom a person has to name: no plan, page or program sends him by itself."""
        return self.standby_at or self.soonest_at

    @property
    def note(self) -> str:
        """What whoever offers it should know; empty when there is nothing to say."""
        words = []
        if self.neighbour:
            words.append(_("이웃 지점 {name}에서").format(name=self.neighbour))
        if self.standby_at is not None:
            clock = f"{self.standby_at.astimezone(KST):%H:%M}"
            words.append(_("당직 기사, {clock}쯤 도착").format(clock=clock))
        if self.soonest_at is not None:
            clock = f"{self.soonest_at.astimezone(KST):%H:%M}"
            words.append(_("가장 빠른 기사, {clock}쯤 도착").format(clock=clock))
        if self.overtime:
            words.append(_("근무 시간이 끝난 뒤까지 일해야 하는 시간입니다."))
        return " · ".join(words)


def own_window(board: DayBoard, visit: BoardVisit, at: datetime) -> Window:
    """From the round time before `at`; what would run past the visiting hours begins sooner instead."""
    start = at - timedelta(seconds=at.timestamp() % ROUND_TO_S)
    length = timedelta(seconds=board.rules.window_length_s)
    hours = visiting_hours(replace(visit, planned_start=None), board.rules)
    last = start + length if hours is None else min(start + length, board.moment(hours[1]))
    return min(start, max(last - length, rounded_up(board.now))), last


def rounded_up(at: datetime) -> datetime:
    """The next full ten minutes."""
    return at + timedelta(seconds=-at.timestamp() % ROUND_TO_S)
