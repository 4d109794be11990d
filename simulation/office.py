"""What every seeded ticket is written with: the moment, the companies' rules, who sits where. Read-only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from core.clock import operating_day_bounds
from core.dated import Calendar, CompanyRules
from dispatch.travel import travel_model
from geo.schemas import Point
from geo.travel_times import KnownTimes
from happycall.rules import CallingHours, call_window
from simulation.bills import Till
from simulation.crews import call_desk_on_duty, desk_on_duty
from simulation.shapes import StaffMember, World


@dataclass
class Office:
    """The world seen at `now`."""

    world: World
    now: datetime
    rules: dict[int, CompanyRules]
    """By company."""
    calendars: dict[int, Calendar]
    links_at: str = ""
    """Where the links in texts lead; empty: they have none."""
    _tills: dict[int, Till] = field(default_factory=dict)
    _times: dict[int, KnownTimes] = field(default_factory=dict)
    _calls: dict[tuple[int, date, bool], tuple[datetime, datetime]] = field(default_factory=dict)
    known_phones: dict[int, set[str]] = field(default_factory=dict)
    """By company: numbers that were written to before."""

    def __post_init__(self) -> None:
        self.zero = operating_day_bounds(self.world.base_day)[0]
        """05:00 of the seeded day."""
        for company_id, maker in self.world.makers.items():
            rules, days_off = self.rules[company_id], self.calendars[company_id]
            self._tills[company_id] = Till(maker, company_rules=rules, days_off=days_off)
            self._times[company_id] = KnownTimes(travel_model(rules))
            self.known_phones.setdefault(company_id, set())

    @property
    def seconds(self) -> int:
        """Now, in seconds from 05:00 of the seeded day."""
        return int((self.now - self.zero).total_seconds())

    def at(self, seconds: int) -> datetime:
        """A story's moment on the clock."""
        return self.zero + timedelta(seconds=seconds)

    def till(self, company_id: int) -> Till:
        """Prices visits of a company."""
        return self._tills[company_id]

    def desk(self, point_id: int, *, seconds: int) -> StaffMember:
        """Who sits at a point's desk."""
        return desk_on_duty(self.world.desks[point_id], seconds=seconds)

    def agent(self, company_id: int, *, seconds: int) -> StaffMember:
        """Who sits at the call desk."""
        return call_desk_on_duty(self.world.call_desks[company_id], seconds=seconds)

    def drive_s(self, company_id: int, point: Point, home: Point, at: datetime) -> int:
        """Seconds by car, estimated: the demo's past was driven without a road engine."""
        return self._times[company_id].between(point, home, at).seconds

    def happy_window(self, company_id: int, *, done_at: datetime, elderly: bool) -> tuple[datetime, datetime]:
        """When the happy call of a case that ended then is due, and until when it is tried."""
        key = (company_id, (done_at + timedelta(hours=9)).date(), elderly)
        if key not in self._calls:
            hours = self.happy_hours(company_id, elderly=elderly)
            self._calls[key] = call_window(done_at, rules=self.rules[company_id], hours=hours)
        return self._calls[key]

    def happy_hours(self, company_id: int, *, elderly: bool) -> CallingHours:
        """When a company's families are rung afterwards."""
        return CallingHours.of(self.rules[company_id], self.calendars[company_id], elderly=elderly)
