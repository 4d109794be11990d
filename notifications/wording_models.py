"""Tables of companies' own wordings and of texts sent to try them. Private to this package."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from core.models import big_id, in_values

READERS = ("resident", "requester", "shared", "payer", "technician", "point", "subject")


class MessageText(SQLModel, table=True):
    """One version of how a company words an event for one reader. Rows are only added; the newest holds."""

    __tablename__ = "message_text"
    __table_args__ = (
        Index("ux_message_text", "company_id", "event", "variant", "version", unique=True),
        in_values("variant", *READERS, *(f"{reader}.en" for reader in READERS)),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    event: str
    variant: str
    version: int
    """1, 2, … of this company, event and reader."""
    text: str | None = Field(default=None, sa_type=Text)
    """With `{names}`. None: from here on the package's wording again."""
    reason: str = Field(sa_type=Text)
    written_at: datetime
    written_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")
    writer_name: str


class TrialText(SQLModel, table=True):
    """A wording sent to one's own phone to see it there: no notice of a ticket. Destroyed after some days."""

    __tablename__ = "trial_text"
    __table_args__ = (
        Index("ix_trial_text_company", "company_id", "id"),
        in_values("state", "queued", "sending", "accepted", "delivered", "failed", "unknown"),
        in_values("channel", "SMS", "LMS"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    event: str
    variant: str
    channel: str
    to_phone: str
    """E.164."""
    from_phone: str
    subject: str = ""
    text: str = Field(sa_type=Text)
    bytes: int
    state: str = "queued"
    provider: str = ""
    provider_message_id: str | None = None
    problem: str | None = Field(default=None, sa_type=Text)
    """The provider's code and words when it did not take it."""
    asked_at: datetime
    asked_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")
    asker_name: str
    settled_at: datetime | None = None
