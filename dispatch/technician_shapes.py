"""The shapes of a technician's day: one visit with all that his phone shows of it, and the route of a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing.schemas import WarrantyAnswer
from customers.schemas import BoilerInfo, HouseholdInfo
from dispatch.detail_shapes import ClockFacts, PartyFacts, WindowFacts
from dispatch.states import OPEN_VISIT_STATES
from geo.schemas import TravelSource
from workforce.schemas import ShiftInfo


@dataclass(frozen=True)
class KnownTime:
    """When a technician knew that he goes: what the family was promised, or else the plan.

    `truth`: as it was told to him.
    """

    start: datetime | None
    window: WindowFacts | None
    truth: Mapping[str, Any]


@dataclass(frozen=True)
class Job:
    """One visit of a day. `travel_s`: seconds from the stop before (or from home), None if unknown.

    `warranty` says whether it would be free as far as is known now; None once the visit has ended.
    """

    visit_id: int
    ticket_id: int
    number: str
    status: str
    state: str
    sequence: int
    symptom: str
    error_code: str | None
    priority: int
    safety: bool
    priority_care: bool
    age_band: str | None
    note: str
    received_at: datetime
    escalated: bool
    reopened: bool
    service_point_id: int
    window: WindowFacts | None
    planned_start: datetime | None
    planned_end: datetime | None
    travel_s: int | None
    travel_source: TravelSource | None
    pinned_time: bool
    hold_reason: str | None
    acknowledged_at: datetime | None
    en_route_at: datetime | None
    arrived_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    household: HouseholdInfo
    boiler: BoilerInfo | None
    parties: tuple[PartyFacts, ...]
    contact: ClockFacts | None
    attempts: int
    warranty: WarrantyAnswer | None
    call_at: datetime | None = None
    """When the plan has him stand still to telephone this family; None: he calls when he can."""
    known: KnownTime | None = None
    """Of news, what he last said he has seen of it; None: it is new to him."""

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do at this visit."""
        return self.state in OPEN_VISIT_STATES

    @property
    def is_done(self) -> bool:
        """The work was done: not called off, put on hold, or in vain because nobody opened."""
        return self.state == "completed" and self.hold_reason is None

    @property
    def is_news(self) -> bool:
        """New or changed since the technician last said that he has seen it."""
        return self.state in ("planned", "agreed") and self.acknowledged_at is None

    @property
    def waits_for_call(self) -> bool:
        """Nobody has agreed a time with the family yet."""
        return self.state == "planned" and self.window is None


@dataclass(frozen=True)
class TechnicianDay:
    """One operating day (05:00-05:00) of a technician: the route in order, what is done, the shifts.

    `calls`, of today alone: families of later days whose hour for the first call runs already.
    `begun`: the beginning of this later day stands under today.
    """

    day: date
    open_jobs: tuple[Job, ...]
    ended_jobs: tuple[Job, ...]
    shifts: tuple[ShiftInfo, ...]
    standby: tuple[ShiftInfo, ...] = ()
    """When he is called out at need; what is over is left out of today."""
    calls: tuple[Job, ...] = ()
    begun: bool = False
