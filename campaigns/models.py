"""Tables of campaigns: what a manager planned, whom it invited, on which opinion it rests. Private."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Index, Text, text
from sqlmodel import Field, SQLModel

from campaigns.states import CAMPAIGN_STATES, INVITATION_STATES
from core.models import big_id, in_values, json_column


class LegalOpinion(SQLModel, table=True):
    """What a lawyer wrote about invitations being no advertisement. Never changed: a later is another row."""

    __tablename__ = "legal_opinion"
    __table_args__ = (Index("ix_legal_opinion_company", "company_id", "valid_until"),)

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    author: str
    """Who gave it."""
    reference: str
    """Under which number or date it is kept."""
    covers: str = Field(sa_type=Text)
    valid_from: datetime
    valid_until: datetime
    """Exclusive."""
    reason: str = Field(sa_type=Text)
    """Why it was recorded, in the words of whoever did."""
    recorded_by: str
    recorded_by_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")
    recorded_at: datetime


class Campaign(SQLModel, table=True):
    """One campaign of a company and what it picks by. Who changed its state, and why, is in the timeline."""

    __tablename__ = "campaign"
    __table_args__ = (
        Index("ix_campaign_company", "company_id", "state"),
        in_values("state", *CAMPAIGN_STATES),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    name: str
    starts_on: date
    ends_on: date
    """Korean dates, both of them invited on; in one season."""
    point_ids: list[int] = Field(sa_column=json_column())
    """Empty: every point."""
    age_years: int
    repairs: int
    """0: repairs make nobody a candidate."""
    repairs_months: int
    risky: bool
    """Whether earlier gas, fumes or frost pick a home."""
    opinion_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="legal_opinion.id")
    """Sent as information while this holds; without one, an advertisement."""
    state: str = "draft"
    state_reason: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    state_by: str = ""
    state_at: datetime
    looked_at: datetime | None = None
    """When its last wave was reckoned; the next comes an hour later."""
    checked_at: datetime | None = None
    """When it was last looked at whether it may go on."""
    created_by: str
    created_at: datetime


class Invitation(SQLModel, table=True):
    """One home that was invited, through one of its people, and what it answered."""

    __tablename__ = "campaign_invitation"
    __table_args__ = (
        Index("ux_campaign_invitation_home", "company_id", "season", "household_id", unique=True),
        Index("ux_campaign_invitation_token", "token_hash", unique=True),
        Index("ix_campaign_invitation_campaign", "campaign_id", "service_point_id", "state"),
        Index("ix_campaign_invitation_ticket", "ticket_id", postgresql_where=text("ticket_id IS NOT NULL")),
        in_values("state", *INVITATION_STATES),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    campaign_id: int = Field(sa_type=BigInteger, foreign_key="campaign.id")
    season: int
    """The year; a home is invited once in it, whichever campaign does it."""
    household_id: int = Field(sa_type=BigInteger, foreign_key="household.id", index=True)
    contact_id: int | None = Field(default=None, sa_type=BigInteger)
    """Whom the text went to; None once retention has destroyed the person."""
    boiler_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="boiler.id")
    service_point_id: int = Field(sa_type=BigInteger, foreign_key="service_point.id")
    because: list[str] = Field(sa_column=json_column())
    """Why it was picked: `age`, `repairs`, `risky`."""
    state: str = "invited"
    generation: int = 1
    as_advert: bool
    token_hash: str
    """Of the newest text's link; only its hash is kept."""
    invited_at: datetime
    answered_at: datetime | None = None
    ticket_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="ticket.id")
