"""Tables of homes, people in them and their boilers. Private to this package."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from core.i18n import LANGUAGES
from core.models import big_id, in_values

PRECISIONS = ("address", "road", "dong", "ri", "sgg", "sido", "none")


class Address(SQLModel, table=True):
    """A place in any writing, with where it is and how surely we know that."""

    __tablename__ = "address"
    __table_args__ = (
        Index("ix_address_tokens", "tokens", postgresql_using="gin"),
        Index("ix_address_company", "company_id", "normalised"),
        in_values("precision", *PRECISIONS),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    raw: str
    """As it was said or typed; never lost."""
    normalised: str
    """Street and number in one writing, without the unit."""
    unit: str = ""
    """동·호: personal data, never leaves the house."""
    postcode: str = ""
    area_code: str = ""
    """Five digits of the 시군구, empty when unknown."""
    lat: float | None = None
    lon: float | None = None
    precision: str
    located_by: str
    """`gazetteer`, `map_pick`, or a provider's name."""
    tokens: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False))
    created_at: datetime


class Household(SQLModel, table=True):
    """A home served by a company: one address, its people and boilers."""

    __tablename__ = "household"

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id", index=True)
    address_id: int = Field(sa_type=BigInteger, foreign_key="address.id", index=True)
    priority_care: bool = False
    """Yes or no only, never a diagnosis."""
    age_band: str | None = None
    access_note: str = ""
    """Door and parking notes: personal data."""
    created_at: datetime
    destroyed_at: datetime | None = None
    """When its people and address were destroyed by retention."""


class Contact(SQLModel, table=True):
    """A person on the customer's side. Several may share one phone."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_phone", "company_id", "phone_digits"),
        Index("ix_contact_phone_tail", "company_id", "phone_tail"),
        Index(
            "ix_contact_name",
            "company_id",
            "name",
            postgresql_ops={"name": "text_pattern_ops"},
            postgresql_include=["id"],
        ),
        in_values("language", *LANGUAGES),
        in_values("phone_kind", "MOBILE", "FIXED_LINE", "VOIP", "PERSONAL", "UAN", "OTHER"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    name: str
    phone: str
    """E.164."""
    phone_digits: str
    """Domestic digits, as people dial and search them."""
    phone_tail: str
    """Last four digits."""
    phone_kind: str
    can_text: bool
    notices_refused_at: datetime | None = None
    language: str = Field(default="ko", sa_column_kwargs={"server_default": "ko"})
    """In which language they are written to. Who chose it, and when, stands in the timelines."""
    created_at: datetime


class HouseholdMember(SQLModel, table=True):
    """How a contact belongs to a household: lives there, is a child elsewhere, is the landlord."""

    __tablename__ = "household_member"
    __table_args__ = (
        Index("ux_household_member", "household_id", "contact_id", "relationship", unique=True),
        Index("ix_household_member_contact", "contact_id"),
    )

    id: int | None = big_id()
    household_id: int = Field(sa_type=BigInteger, foreign_key="household.id")
    contact_id: int = Field(sa_type=BigInteger, foreign_key="contact.id")
    relationship: str
    """`resident`, `child`, `spouse`, `landlord`, `neighbour`, `caretaker`, `other`."""
    since: datetime


class NoticeChoice(SQLModel, table=True):
    """That somebody agreed to be told, or refused it: never changed, a later choice is a later row."""

    __tablename__ = "notice_choice"
    __table_args__ = (
        in_values("purpose", "VISIT", "SURVEY", "ADVERT"),
        in_values("choice", "AGREED", "REFUSED"),
        in_values("door", "INTAKE", "CALL", "TEXT", "PAGE", "FREE_CALL"),
        Index("ix_notice_choice_contact", "contact_id", "id"),
        Index("ix_notice_choice_decided_by", "decided_by_id"),
        Index(
            "ix_notice_choice_advert_yes",
            "at",
            postgresql_where=text("purpose = 'ADVERT' AND choice = 'AGREED'"),
        ),
        Index(
            "ix_notice_choice_household", "household_id", postgresql_where=text("household_id IS NOT NULL")
        ),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    contact_id: int = Field(sa_type=BigInteger, foreign_key="contact.id")
    """Whose telephone it is about."""
    household_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="household.id")
    """About which home; None: about anything."""
    purpose: str
    """`VISIT` what becomes of a repair, `SURVEY` happy calls, `ADVERT` advertisements."""
    choice: str
    decided_by_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="contact.id")
    """Whose word it was: his own, or the resident's about a child's; None: not asked who."""
    door: str
    """Where it was said: `INTAKE`, `CALL`, `TEXT` (an answer to a text), `PAGE` (the family's page),
    `FREE_CALL` (the free number to refuse by)."""
    reason: str = Field(default="", sa_type=Text)
    at: datetime
    account_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")
    """Who wrote it down; None: the person himself, on the page or by text."""


class RefusedNumber(SQLModel, table=True):
    """A telephone that rang the free number and wants no advertisements, whoever's it is: never changed.

    It is kept for numbers of nobody we know, too: whoever gives such a number later is asked nothing of it.
    """

    __tablename__ = "refused_number"
    __table_args__ = (Index("ux_refused_number", "company_id", "phone", "at", unique=True),)

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    phone: str
    """E.164."""
    at: datetime
    """When it was rung, as the carrier says."""
    entered_at: datetime
    account_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")
    """Who brought it in; None: a command."""


class BoilerModel(SQLModel, table=True):
    """A product of a maker."""

    __tablename__ = "boiler_model"
    __table_args__ = (Index("ux_boiler_model", "company_id", "code", unique=True),)

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    code: str
    name: str
    kind: str
    """`condensing`, `standard`, `commercial`."""
    family: str
    """Error codes belong to a family."""


class Boiler(SQLModel, table=True):
    """One appliance at an address. Its history is its timeline and its tickets."""

    __tablename__ = "boiler"
    __table_args__ = (Index("ix_boiler_serial", "company_id", "serial"),)

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    address_id: int = Field(sa_type=BigInteger, foreign_key="address.id", index=True)
    model_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="boiler_model.id")
    model_text: str = ""
    """What the caller read off the plate when it is no model we know."""
    serial: str | None = None
    installer: str | None = None
    installed_on: date | None = None
    warranty_start: date | None = None
    bought_on: date | None = None
    made_on: date | None = None
    """When it was made, as its plate says."""
    created_at: datetime
    removed_at: datetime | None = None
