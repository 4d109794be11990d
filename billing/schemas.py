"""Frozen shapes that cross billing's border. Money is whole won and includes VAT."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

VISIT_FEE = "VISIT_FEE"
CHECKUP_FEE = "CHECKUP_FEE"
"""What a check-up costs instead; a company that does not sell it checks for nothing."""
FEES = (VISIT_FEE, CHECKUP_FEE)
"""Nobody picks these: the visit itself decides."""
"""The code of the visit fee; it is on every bill and never has to be asked for."""
LINE_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,39}")
"""How the code of a price list's line is written."""
MAX_QUANTITY = 99

PriceKind = Literal["visit_fee", "labour", "parts"]
StartRule = Literal["installed", "bought"]


class FeeTier(StrEnum):
    """When a visit begins: what the visit fee depends on."""

    DAY = "day"
    NIGHT_HOLIDAY = "night_holiday"


class WarrantyReason(StrEnum):
    """Why a visit is free, or why it is not; `rules.warranty_words` says it in a sentence."""

    IN_WARRANTY = "IN_WARRANTY"
    REPEAT_FAULT = "REPEAT_FAULT"
    EXPIRED = "EXPIRED"
    MISUSE = "MISUSE"
    FROST = "FROST"
    START_UNKNOWN = "START_UNKNOWN"
    START_IN_FUTURE = "START_IN_FUTURE"
    NO_RULE = "NO_RULE"


@dataclass(frozen=True)
class BoilerFacts:
    """What a warranty depends on. `kind`: `condensing`, `standard`, `commercial`, or None when unknown."""

    kind: str | None = None
    warranty_start: date | None = None
    installed_on: date | None = None
    bought_on: date | None = None
    made_on: date | None = None
    model_code: str | None = None


@dataclass(frozen=True)
class WarrantyTerms:
    """The warranty rule that counts for a boiler on a day.

    `start_rule`: from when it runs. `made_plus_months`: where neither day is known, from so many months after
    the boiler was made; None: then nothing is free.
    """

    months: int
    repeat_free_days: int
    start_rule: StartRule = "installed"
    made_plus_months: int | None = None


@dataclass(frozen=True)
class WarrantyAnswer:
    """Whether a visit is free, why, and until when the warranty runs (or ran), if that is known."""

    covered: bool
    reason: WarrantyReason
    until: date | None = None


@dataclass(frozen=True)
class LineRequest:
    """A line as the technician asks for it. `quantity` 1..99."""

    code: str
    quantity: int = 1


@dataclass(frozen=True)
class Price:
    """A line of the price list as it counts on a day."""

    item_id: int
    code: str
    label: str
    kind: str
    tier: str
    amount: int
    valid_from: date


@dataclass(frozen=True)
class VisitWork:
    """What was done at one visit, as far as its price depends on it.

    `agreed_start` is the start of the agreed window, None when none was agreed. `last_repair_on` is the
    Korean date on which the same fault of the same home was last repaired, None when it never was.
    """

    company_id: int
    ticket_id: int
    visit_id: int
    symptom: str
    arrived_at: datetime
    agreed_start: datetime | None = None
    misuse: bool = False
    boiler: BoilerFacts = BoilerFacts()
    last_repair_on: date | None = None
    lines: tuple[LineRequest, ...] = ()
    paid_because: str = ""
    """Why a defect within its warranty is paid all the same, in the technician's words."""


@dataclass(frozen=True)
class PricedLine:
    """One line of a bill. `amount` is what the customer pays: 0 when covered."""

    item_id: int | None
    code: str
    label: str
    quantity: int
    unit_amount: int
    amount: int
    warranty: bool


@dataclass(frozen=True)
class PricedVisit:
    """A visit's bill before it is written down."""

    lines: tuple[PricedLine, ...]
    total: int
    fee_tier: FeeTier
    warranty: WarrantyAnswer
    vat: int = 0
    """The tax within `total`."""


@dataclass(frozen=True)
class ChargeInfo:
    """A written bill. The lines add up to `total`; a correction names the bill it replaces."""

    id: int
    ticket_id: int
    visit_id: int
    lines: tuple[PricedLine, ...]
    total: int
    fee_tier: str
    warranty: bool
    warranty_reason: WarrantyReason
    made_at: datetime
    replaces_id: int | None
    vat: int | None = None
    """The tax within `total`; None: not known of old bills."""
    paid_because: str = ""
    tracks_payment: bool = False
    """Whether payments are written down for it; of older bills they are not known."""


@dataclass(frozen=True)
class Estimate:
    """What a visit may cost, told before it is agreed.

    `visit_fee` is None when the price list has none, or when its tier is open and the tiers differ (then
    `visit_fee_low` and `visit_fee_high` bound it). `total_low` is a visit that repairs nothing, `total_high`
    one with the dearest labour and the dearest part of the list.
    """

    visit_fee: int | None
    visit_fee_low: int
    visit_fee_high: int
    total_low: int
    total_high: int
    fee_tier: FeeTier | None
    warranty: WarrantyAnswer


@dataclass(frozen=True)
class WarrantyRuleInfo:
    """A row of the warranty table, for the settings page."""

    id: int
    boiler_kind: str
    months: int
    repeat_free_days: int
    valid_from: date
    source: str
    model_code: str | None = None
    start_rule: StartRule = "installed"
    made_plus_months: int | None = None
