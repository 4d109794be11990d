"""Tables of happy calls. Private to this package."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from core.models import big_id, in_values


class HappyCall(SQLModel, table=True):
    """A call owed after a completed ticket."""

    __tablename__ = "happy_call"
    __table_args__ = (
        Index("ux_happy_call", "ticket_id", "generation", unique=True),
        Index("ix_happy_call_due", "company_id", "state", "due_at"),
        in_values("state", "scheduled", "done", "no_answer", "refused", "merged", "withdrawn"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id")
    visit_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="visit.id")
    generation: int = 1
    state: str
    due_at: datetime
    until_at: datetime
    """After this the call is no longer made; the reason is kept."""
    reason: str = Field(default="", sa_type=Text)
    """Why there is no (more) call: merged with another, refused, tried out."""
    merged_into_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="happy_call.id")
    created_at: datetime
    closed_at: datetime | None = None
    reopened_ticket: bool = False


class HappyCallAttempt(SQLModel, table=True):
    """One try of a happy call, with the answers when it went through."""

    __tablename__ = "happy_call_attempt"
    __table_args__ = (
        in_values("outcome", "CONNECTED", "NO_ANSWER", "BUSY", "WRONG_NUMBER", "CALL_BACK", "REFUSED"),
        Index("ix_happy_call_answered", "at", postgresql_where=text("outcome = 'CONNECTED'")),
    )

    id: int | None = big_id()
    happy_call_id: int = Field(sa_type=BigInteger, foreign_key="happy_call.id", index=True)
    at: datetime
    outcome: str
    with_role: str | None = None
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    call_back_at: datetime | None = None
    account_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")
    note: str = Field(default="", sa_type=Text)
