"""Shapes of homes, people and boilers that cross the border of this package. Raw: the reader masks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from core.phones import Phone


@dataclass(frozen=True)
class NewAddress:
    """An address as a caller gave it, already read and located; lat and lon are None when unknown."""

    raw: str
    normalised: str
    unit: str = ""
    postcode: str = ""
    area_code: str = ""
    lat: float | None = None
    lon: float | None = None
    precision: str = "none"
    located_by: str = "gazetteer"
    tokens: tuple[str, ...] = ()
    """Words it is found by, beside those of the writings themselves."""


@dataclass(frozen=True)
class NewContact:
    """A person as a caller named them."""

    name: str
    phone: Phone


@dataclass(frozen=True)
class NewBoiler:
    """What the caller read off the appliance; everything may be unknown."""

    model: str | None = None
    serial: str | None = None
    installed_on: date | None = None
    installer: str | None = None
    warranty_start: date | None = None


@dataclass(frozen=True)
class BoilerFactsSeen:
    """What somebody at the home read off the appliance or was told; empty or None is not known."""

    model: str = ""
    serial: str = ""
    installer: str = ""
    installed_on: date | None = None
    warranty_start: date | None = None
    bought_on: date | None = None
    made_on: date | None = None


@dataclass(frozen=True)
class BoilerModelInfo:
    """A product that can be chosen. `kind`: `condensing`, `standard` or `commercial`."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True)
class AddressInfo:
    """A place; `unit` (동·호) is personal data. `precision` is one of `customers.models.PRECISIONS`."""

    id: int
    company_id: int
    raw: str
    normalised: str
    unit: str
    postcode: str
    area_code: str
    lat: float | None
    lon: float | None
    precision: str
    located_by: str


@dataclass(frozen=True)
class ContactInfo:
    """A person on the customer's side; `phone` is E.164, `phone_digits` as dialled inside Korea."""

    id: int
    company_id: int
    name: str
    phone: str
    phone_digits: str
    phone_kind: str
    can_text: bool
    notices_refused_at: datetime | None
    language: str = "ko"
    """In which language they are written to."""


@dataclass(frozen=True)
class MemberInfo:
    """How a person belongs to a home: `resident`, `child`, `landlord`, …"""

    contact: ContactInfo
    relationship: str
    since: datetime


@dataclass(frozen=True)
class HouseholdInfo:
    """A home. `priority_care` is yes or no, never a diagnosis."""

    id: int
    company_id: int
    address: AddressInfo
    priority_care: bool
    age_band: str | None
    access_note: str
    is_new: bool = False
    """Made a moment ago by the caller: nothing else can be known of it yet."""
    is_changed: bool = False
    """The caller's telling added something: the home, its resident, or what is kept of them."""


@dataclass(frozen=True)
class BoilerInfo:
    """One appliance. `model_code` is None for a model we do not know; `model_text` is what was read out."""

    id: int
    company_id: int
    address_id: int
    model_code: str | None
    model_name: str | None
    kind: str | None
    family: str | None
    model_text: str
    serial: str | None
    installer: str | None
    installed_on: date | None
    warranty_start: date | None
    bought_on: date | None = None
    made_on: date | None = None
    """As its plate says."""


@dataclass(frozen=True)
class HouseholdDetail:
    """A home with its people (in the order they came) and the boilers that still stand there."""

    household: HouseholdInfo
    members: tuple[MemberInfo, ...]
    boilers: tuple[BoilerInfo, ...]


@dataclass(frozen=True)
class HouseholdHit:
    """A home that a search found; `matched_by` is `phone`, `name` or `address`, or `number` of a ticket."""

    detail: HouseholdDetail
    matched_by: str
