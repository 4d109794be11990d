"""Shapes of companies, points and people that cross the border of this package."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from core.actor import Role


@dataclass(frozen=True)
class CompanyInfo:
    """A maker with its brand. Phones are E.164."""

    id: int
    code: str
    name: str
    brand_name: str
    colour: str
    kind: str
    main_phone: str
    sender_number: str
    number_prefix: str
    greeting: str


@dataclass(frozen=True)
class PointInfo:
    """A service point. `accepts_by_itself`: direct points take what they are given."""

    id: int
    company_id: int
    code: str
    name: str
    kind: str
    area_code: str
    address: str
    lat: float
    lon: float
    desk_phone: str
    daily_limit: int | None
    open_from: date
    open_until: date | None

    @property
    def accepts_by_itself(self) -> bool:
        """Direct points accept at once; designated ones are asked."""
        return self.kind == "direct"


@dataclass(frozen=True)
class PersonInfo:
    """A member of staff."""

    id: int
    name: str
    phone: str


@dataclass(frozen=True)
class TechnicianInfo:
    """A technician as one point's member; the id is the same at every maker."""

    id: int
    person_id: int
    name: str
    phone: str
    badge_number: str
    service_point_id: int | None
    home_lat: float
    home_lon: float


@dataclass(frozen=True)
class ShiftInfo:
    """Working time of a technician for a point, absences already cut out."""

    technician_id: int
    service_point_id: int
    kind: str
    start_at: datetime
    end_at: datetime
    lunch_earliest: datetime | None
    lunch_latest: datetime | None
    lunch_s: int
    left_early: bool = False
    """An absence begins at its end: there is no staying on."""
    came_late: bool = False
    """An absence ends at its start: he does not come earlier."""


@dataclass(frozen=True)
class DutyInfo:
    """Who answers at a moment."""

    technician_id: int | None
    desk: PersonInfo
    escalation: PersonInfo
    substitute_point_id: int | None
    from_rota: bool
    """False: no rota covers the moment and a standing member stands in."""


@dataclass(frozen=True)
class MembershipInfo:
    """What a person is where, dated."""

    id: int
    person_id: int
    person_name: str
    login: str | None
    company_id: int
    service_point_id: int | None
    role: Role
    badge_number: str
    valid_from: datetime
    valid_to: datetime | None
