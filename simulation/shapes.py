"""The invented world as frozen facts; every id is the row's own id in the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from geo.schemas import Point

HOUR = 3600
DAY = 86_400
SEED = 20_261_101
WORLD_VERSION = 1
"""Counts changes of the generator that make an older world's rows unlike what it would make now."""
DAYS_BEFORE = 10
"""Shifts and rotas go back so far: who was asked by a happy call this week was visited last week."""
DAYS_AHEAD = 16
"""The fourteen days that every rota page looks ahead, also while a demo runs on for two days."""


@dataclass(frozen=True)
class PriceRow:
    """A line of a price list."""

    id: int
    code: str
    label: str
    kind: str
    tier: str
    amount: int


@dataclass(frozen=True)
class ModelRow:
    """A boiler model."""

    id: int
    code: str
    name: str
    kind: str
    family: str


@dataclass(frozen=True)
class Maker:
    """A company with everything of its own."""

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
    prices: tuple[PriceRow, ...]
    models: tuple[ModelRow, ...]
    warranty_months: dict[str, int]
    repeat_free_days: int
    window_starts: tuple[int, ...]
    """Hours at which offered windows begin."""
    window_s: int
    settings: dict[str, Any]
    """What differs from the national numbers."""
    error_codes: tuple[tuple[str, str, str, bool], ...]
    """family, code, meaning, safety."""


@dataclass(frozen=True)
class StaffMember:
    """A person of the staff with an account."""

    id: int
    account_id: int
    name: str
    phone: str
    login: str


@dataclass(frozen=True)
class PointSpec:
    """A service point."""

    id: int
    company_id: int
    code: str
    name: str
    kind: str
    area_code: str
    address: str
    place: Point
    desk_phone: str
    daily_limit: int | None
    size: int
    """Technicians."""
    dongs: tuple[str, ...] = ()
    """Area codes around it in which its households live."""


@dataclass(frozen=True)
class TechnicianSpec:
    """A technician of one point, or of two makers' points."""

    id: int
    person: StaffMember
    point_id: int
    company_id: int
    badge: str
    home: Point
    skills: frozenset[str]
    """Valid today."""
    pattern: str
    """`early`, `day`, `late` or `night`."""
    turn: int
    """Which days are free."""
    other_point_id: int | None = None
    other_company_id: int | None = None
    other_badge: str = ""


@dataclass(frozen=True)
class CrewShift:
    """Working time, in seconds from 05:00 of the day the world is seeded for. `day` 0 is that day."""

    technician_id: int
    point_id: int
    company_id: int
    day: int
    kind: str
    start: int
    end: int
    lunch: tuple[int, int, int] | None = None
    absent: bool = False


@dataclass(frozen=True)
class ContactSpec:
    """Somebody on the customer's side."""

    id: int
    name: str
    phone: str
    can_text: bool
    relationship: str


@dataclass(frozen=True)
class HomeSpec:
    """A household with its address and boiler."""

    id: int
    company_id: int
    point_id: int
    place: Point
    resident: ContactSpec
    requester: ContactSpec | None
    landlord: ContactSpec | None
    boiler_id: int
    boiler_kind: str | None
    boiler_family: str | None
    warranty_start: date | None
    priority_care: bool
    age_band: str
    address: str
    """As it was said."""
    plannable: bool = True


@dataclass(frozen=True)
class World:
    """Everything that does not depend on the time of day."""

    base_day: date
    makers: dict[int, Maker]
    points: dict[int, PointSpec]
    desks: dict[int, tuple[StaffMember, StaffMember]]
    call_desks: dict[int, tuple[StaffMember, ...]]
    """By company: three shifts of agents."""
    chiefs: dict[int, StaffMember]
    """By company: escalation."""
    qa: dict[int, tuple[StaffMember, ...]]
    technicians: dict[int, TechnicianSpec]
    shifts: tuple[CrewShift, ...]
    homes: dict[int, HomeSpec] = field(default_factory=dict)
