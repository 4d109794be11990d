"""Tables of the family's page: links, what was pressed behind them, and correction notices. Private."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Column, Field, SQLModel

from core.models import big_id, in_values, json_column


class FamilyLink(SQLModel, table=True):
    """A way to the page of one case, for the people of one number; only a hash of its token is kept.

    Each text has a link of its own, so that an earlier text goes on working.
    """

    __tablename__ = "family_link"
    __table_args__ = (Index("ix_family_link_ticket", "ticket_id"),)

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id")
    visit_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="visit.id")
    """The visit that its text was about; None before there was one."""
    roles: list[str] = Field(sa_column=json_column())
    """The parties whom the text served: `resident`, `requester`, `payer`."""
    token_hash: str = Field(unique=True)
    created_at: datetime
    revoked_at: datetime | None = None
    adverts_until: datetime | None = None
    """Until then it answers for the word about advertisements, even after its case is over."""


class FamilyAct(SQLModel, table=True):
    """A form that was sent from a family's page; the same sending twice is taken once."""

    __tablename__ = "family_act"
    __table_args__ = (Index("ux_family_act", "link_id", "form_key", unique=True),)

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id", index=True)
    link_id: int = Field(sa_type=BigInteger, foreign_key="family_link.id")
    form_key: str
    kind: str
    body_hash: str
    at: datetime


class CorrectionNotice(SQLModel, table=True):
    """시정 권고문: what a technician found wrong about an installation, and whether the family took note."""

    __tablename__ = "correction_notice"
    __table_args__ = (
        Index("ix_correction_notice_ticket", "ticket_id"),
        in_values("acknowledged", "signed", "refused", "nobody"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id")
    visit_id: int = Field(sa_type=BigInteger, foreign_key="visit.id")
    technician_id: int = Field(sa_type=BigInteger, foreign_key="technician.id")
    items: list[str] = Field(sa_column=json_column())
    """Codes of `correction_rules.ITEMS`."""
    use_stop: bool
    """The boiler must not be used until it is put right."""
    put_right_by: date
    note: str = Field(default="", sa_column=Column(Text, nullable=False, default=""))
    acknowledged: str
    written_at: datetime
