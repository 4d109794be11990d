"""Tables of prices, warranty rules and charges. Private to this package."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, Text, false, text
from sqlmodel import Field, SQLModel

from core.models import big_id, in_values


class PriceItem(SQLModel, table=True):
    """A line of a company's price list, from a day on. The newest row with `valid_from <= day` counts."""

    __tablename__ = "price_item"
    __table_args__ = (
        Index("ix_price_item", "company_id", "code", "tier", "valid_from"),
        in_values("kind", "visit_fee", "labour", "parts"),
        in_values("tier", "any", "day", "night_holiday"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    code: str
    label: str
    kind: str
    tier: str = "any"
    """Visit fees differ by `day` and `night_holiday`; the rest is `any`."""
    amount: int
    valid_from: date
    withdrawn: bool = False
    """True: from this day the item is no longer sold."""
    source: str = ""
    entered_at: datetime
    entered_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")


class WarrantyRule(SQLModel, table=True):
    """How long work on a boiler is free, from a day on."""

    __tablename__ = "warranty_rule"
    __table_args__ = (
        Index("ix_warranty_rule", "company_id", "boiler_kind", "valid_from"),
        in_values("start_rule", "installed", "bought"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    boiler_kind: str
    """`condensing`, `standard`, `commercial` or `any`."""
    model_code: str | None = None
    """For one model alone; None: for every model of the kind."""
    start_rule: str = Field(default="installed", sa_column_kwargs={"server_default": "installed"})
    """From when it runs: the day of installation, or the day on which it was bought."""
    made_plus_months: int | None = None
    """Neither known: from this many months after it was made; None: then nothing is free."""
    months: int
    """Free visits, labour and parts for a defect; misuse and frost are never covered."""
    repeat_free_days: int
    """Same fault again within this many days of a repair is free."""
    valid_from: date
    source: str = ""
    entered_at: datetime
    entered_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")


class Charge(SQLModel, table=True):
    """The bill of one visit. A correction is a new charge that replaces this one, never an update."""

    __tablename__ = "charge"
    __table_args__ = (
        Index("ix_charge_ticket", "ticket_id"),
        Index("ix_charge_visit", "visit_id"),
        Index("ix_charge_replaces_id", "replaces_id", postgresql_where=text("replaces_id IS NOT NULL")),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id")
    visit_id: int = Field(sa_type=BigInteger, foreign_key="visit.id")
    total: int
    fee_tier: str
    """The visit fee's tier that was taken: the lower of agreed start and actual arrival."""
    warranty: bool
    warranty_reason: str = Field(sa_type=Text)
    paid_because: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Why a defect within its warranty is paid all the same, as the technician wrote it."""
    vat: int | None = None
    """The tax within `total`; None: written by a version that did not know it."""
    tracks_payment: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether what is paid for it is written down; of older bills nobody knows."""
    made_at: datetime
    replaces_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="charge.id")


class ChargeLine(SQLModel, table=True):
    """A line of a bill, as it was priced that day."""

    __tablename__ = "charge_line"

    id: int | None = big_id()
    charge_id: int = Field(sa_type=BigInteger, foreign_key="charge.id", index=True)
    price_item_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="price_item.id")
    code: str
    label: str
    quantity: int
    unit_amount: int
    amount: int
    """Zero when covered."""
    warranty: bool
