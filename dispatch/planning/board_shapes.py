"""A point's operating day as planning sees it: frozen facts, no session behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from core.clock import operating_day, operating_day_bounds
from core.dated import CompanyRules
from dispatch.intake_rules import CHECKUP
from dispatch.states import UNDER_WAY_STATES
from dispatch.travel import travel_model
from geo.schemas import Point
from geo.travel_times import KnownTimes, TravelTimes

Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class BoardVisit:
    """One open visit: what it needs, what was agreed, and where it stands in the published plan."""

    visit_id: int
    ticket_id: int
    number: str
    status: str
    state: str
    symptom: str
    priority: int
    safety: bool
    received_at: datetime
    place: Point
    duration_s: int
    skills: frozenset[str]
    technician_id: int | None = None
    planned_start: datetime | None = None
    planned_end: datetime | None = None
    window: Window | None = None
    """Agreed with the family: bounds the start of work, hard."""
    wished: tuple[Window, ...] = ()
    pinned_technician: bool = False
    pinned_time: bool = False
    excluded_technician_id: int | None = None
    preferred_technician_id: int | None = None
    """Whom the family would like to come."""
    told_technician_id: int | None = None
    en_route_at: datetime | None = None
    arrived_at: datetime | None = None
    started_at: datetime | None = None
    contact_due_at: datetime | None = None
    """By when the technician has to have talked with the family; None: he has, or the desk calls instead."""
    accepted: bool = True
    """False: the designated point has not answered yet, the plan is tentative and nobody is told."""
    only_technician_id: int | None = None
    """Asked for in this one planning: nobody else may go."""
    only_window: Window | None = None
    """Asked for in this one planning: work begins in here."""

    @property
    def job_id(self) -> str:
        """Its id in a planning problem."""
        return str(self.visit_id)

    @property
    def yields(self) -> bool:
        """A check-up that nobody has set out for: it gives way to every fault."""
        return self.symptom == CHECKUP and not self.under_way

    @property
    def under_way(self) -> bool:
        """A technician is on the way or there."""
        return self.state in UNDER_WAY_STATES

    @property
    def planned(self) -> bool:
        """It has a technician and a time in the published plan."""
        return self.technician_id is not None and self.planned_start is not None

    @property
    def contacted(self) -> bool:
        """The family has spoken with somebody: only a person gives the visit to another technician."""
        return self.window is not None or self.status in ("CONTACTED", "APPOINTED")


@dataclass(frozen=True)
class Lunch:
    """Begun between `earliest` and `latest`."""

    earliest: datetime
    latest: datetime
    seconds: int


@dataclass(frozen=True)
class Stretch:
    """Time in which one technician can be sent, between other duties; he may have several in a day.

    A stretch that ends where another maker has booked him (`hard_end`) ends at that place, on time; one that
    ends because an absence begins (`left_early`) ends on time too.
    """

    key: str
    technician_id: int
    name: str
    start_at: datetime
    end_at: datetime
    start_place: Point
    end_place: Point
    skills: frozenset[str]
    lunch: Lunch | None = None
    overtime_s: int = 0
    hard_end: bool = False
    standby: bool = False
    """On the duty rota (당직) outside his shifts: for safety cases, and for what a person decides."""
    left_early: bool = False
    came_late: bool = False
    """An absence ends where this begins; what was planned before it is expected of somebody else."""


@dataclass(frozen=True)
class Busy:
    """A technician's time that is booked elsewhere: another point, or a job of the day before."""

    technician_id: int
    start_at: datetime
    end_at: datetime
    place: Point


@dataclass(frozen=True)
class OwedCall:
    """A family that a technician has to telephone before `by`, when the desk takes the call over.

    `later`: its visit is on the next day's board.
    """

    visit_id: int
    technician_id: int
    by: datetime
    later: bool


@dataclass(frozen=True)
class DayBoard:
    """Everything that the plan of one point and operating day rests on, as of `version` and `now`."""

    company_id: int
    point_id: int
    point_name: str
    day: date
    version: int
    plan_id: int | None
    now: datetime
    rules: CompanyRules
    stretches: tuple[Stretch, ...]
    visits: tuple[BoardVisit, ...]
    """Planned for this day, or agreed for it."""
    waiting: tuple[BoardVisit, ...] = ()
    """The point's open visits without a plan."""
    settled: frozenset[int] = frozenset()
    """Technicians whose route was changed so recently that no automatic plan may change it again."""
    calls: tuple[OwedCall, ...] = ()
    """Of the running day, the earliest first."""
    fair: Mapping[int, int] = field(default_factory=dict)
    """What a visit costs more with whoever was busier than his colleagues of late, by technician."""
    daily_limit: int | None = None
    names: dict[int, str] = field(default_factory=dict)
    """Technicians' names by id, for sentences."""
    known_times: TravelTimes | None = field(default=None, compare=False)
    """Travel times with what is known of the roads; None: by the model alone."""

    @cached_property
    def times(self) -> TravelTimes:
        """How long its plan reckons from place to place."""
        return self.known_times or KnownTimes(travel_model(self.rules))

    @cached_property
    def bounds(self) -> Window:
        """05:00 to 05:00."""
        return operating_day_bounds(self.day)

    @property
    def is_today(self) -> bool:
        """Facts of the running day count."""
        return self.day == operating_day(self.now)

    def seconds(self, at: datetime) -> int:
        """A moment in the problem's clock: whole seconds since the operating day began."""
        return int((at - self.bounds[0]).total_seconds())

    def moment(self, seconds: int) -> datetime:
        """The problem's clock as a moment."""
        return self.bounds[0] + timedelta(seconds=seconds)

    @cached_property
    def last_moment(self) -> int:
        """When the last shift of the day ends, in the problem's clock."""
        ends = (self.seconds(stretch.end_at) for stretch in self.stretches if not stretch.standby)
        return max(ends, default=86_400)

    def find(self, visit_id: int) -> BoardVisit | None:
        """A visit of this board, planned or waiting."""
        return next((v for v in (*self.visits, *self.waiting) if v.visit_id == visit_id), None)

    def expects(self, visit: BoardVisit) -> bool:
        """Whether the technician of a planned visit is at work for it: no absence, no shift taken back."""
        own = [s for s in self.stretches if s.technician_id == visit.technician_id]
        start = visit.planned_start
        if visit.under_way or start is None or not own:
            return bool(own)
        there = next((s for s in reversed(own) if s.start_at <= start), own[0])
        if there.standby:
            return there.start_at <= start < there.end_at
        gone = there.left_early and (visit.planned_end or start) > there.end_at
        not_yet = there.came_late and start < there.start_at
        return not (gone or not_yet)

    def can_go(self, visit: BoardVisit) -> bool:
        """Whether the technician of a planned visit is at work for it and holds the licences it asks for."""
        own = (s for s in self.stretches if s.technician_id == visit.technician_id)
        return self.expects(visit) and any(visit.skills <= stretch.skills for stretch in own)

    def is_at_work(self, technician_id: int) -> bool:
        """Whether a technician surely works at this moment; False also where this plan does not tell."""
        busy = any(v.under_way and v.technician_id == technician_id for v in self.visits)
        own = (s for s in self.stretches if s.technician_id == technician_id and not s.standby)
        return busy or any(s.start_at <= self.now < s.end_at for s in own)

    @property
    def is_manned(self) -> bool:
        """Whether anybody has a shift (left) on this day."""
        return any(not stretch.standby for stretch in self.stretches)

    def has_room_for(self, visit: BoardVisit) -> bool:
        """Whether the point takes one more visit on this day, by its own limit."""
        return self.daily_limit is None or self.room_for(visit) > 0

    def room_for(self, visit: BoardVisit) -> int:
        """How many more like this one its limit allows: check-ups take no room from a fault."""
        taken = sum(visit.yields or not other.yields for other in self.visits)
        return max(0, (self.daily_limit or 0) - taken)
