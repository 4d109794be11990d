"""Tables of what the desk reads out: self-fix cards and error codes. Private to this package."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from core.models import big_id


class SelfFixCard(SQLModel, table=True):
    """Steps a family can try before a visit. Never for safety symptoms. A new version is a new row."""

    __tablename__ = "self_fix_card"
    __table_args__ = (Index("ux_self_fix_card", "company_id", "code", "version", unique=True),)

    id: int | None = big_id()
    company_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="company.id")
    """None: for every company."""
    code: str
    version: int
    symptoms: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    title: str
    steps: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    """`[{say, why}]`: a sentence to read out and what it is for."""
    stop_when: str = Field(sa_type=Text)
    """When to stop trying and send somebody."""
    valid_from: datetime


class ErrorCode(SQLModel, table=True):
    """What a display code means, by maker's model family. Sources conflict: unverified ones are flagged."""

    __tablename__ = "error_code"
    __table_args__ = (Index("ux_error_code", "company_id", "family", "code", unique=True),)

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    family: str
    code: str
    meaning: str
    safety: bool = False
    """True if any source calls it gas, CO or exhaust, until the maker's table says not."""
    source: str
    verified: bool = False
