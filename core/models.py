"""Tables of the house itself: the timeline, events, dated settings and replayed requests."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


def in_values(column: str, *values: str) -> CheckConstraint:
    """A CHECK that keeps a text column within its words. The name comes from the table's and column's."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def big_id() -> Any:
    """A bigint identity primary key."""
    return Field(default=None, sa_column=Column(BigInteger, primary_key=True, autoincrement=True))


def json_column(*, nullable: bool = False) -> Any:
    """A JSONB column."""
    return Column(JSONB, nullable=nullable)


class TimelineEntry(SQLModel, table=True):
    """One change: who, when, why, from where. Append-only: a trigger refuses updates and deletes."""

    __tablename__ = "timeline_entry"
    __table_args__ = (
        Index("ix_timeline_entry_subject", "subject_kind", "subject_id", "id"),
        Index("ix_timeline_entry_company_at", "company_id", "at"),
        Index("ix_timeline_entry_request", "request_id", postgresql_where=text("request_id IS NOT NULL")),
    )

    id: int | None = big_id()
    company_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="company.id")
    subject_kind: str
    """`ticket`, `boiler`, `technician`, `service_point`, `company`, … what the change is about."""
    subject_id: int = Field(sa_type=BigInteger)
    at: datetime
    what: str
    """The event's name in past tense, e.g. `TicketFiled`."""
    actor_kind: str
    actor_name: str
    account_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")
    on_behalf_of: str | None = None
    source: str
    request_id: str | None = None
    """The request that it goes back to (`core.origin`); None for timers and commands."""
    reason: str | None = Field(default=None, sa_type=Text)
    data: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())


class StoredEvent(SQLModel, table=True):
    """A past-tense fact stored in the transaction that made it true; `journey.py` says what follows."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_open", "next_try_at", postgresql_where=text("handled_at IS NULL")),
        Index("ix_event_parked", "parked_at", postgresql_where=text("parked_at IS NOT NULL")),
        Index("ix_event_request", "request_id", postgresql_where=text("request_id IS NOT NULL")),
    )

    id: int | None = big_id()
    name: str
    payload: dict[str, Any] = Field(sa_column=json_column())
    at: datetime
    next_try_at: datetime
    attempts: int = 0
    handled_at: datetime | None = None
    last_error: str | None = Field(default=None, sa_type=Text)
    request_id: str | None = None
    """The request whose change it tells of."""
    parked_at: datetime | None = None
    """Since when it is tried no more by itself: a person has to decide (`core.faults`)."""


class EventHandled(SQLModel, table=True):
    """A handler that has finished with an event, written in the handler's own transaction."""

    __tablename__ = "event_handled"

    event_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    handler: str = Field(primary_key=True)
    at: datetime


class DatedSetting(SQLModel, table=True):
    """A number or rule that a law, a maker or a season sets, with the day from which it holds.

    `company_id` None is the national default. The newest row with `valid_from <= at` counts.
    """

    __tablename__ = "dated_setting"
    __table_args__ = (Index("ix_dated_setting_key", "company_id", "key", "valid_from"),)

    id: int | None = big_id()
    company_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="company.id")
    key: str
    value: Any = Field(sa_column=json_column(nullable=True))
    valid_from: datetime
    source: str = ""
    """Law, contract or person that set it; `확인 필요` where nobody has confirmed it yet."""
    entered_at: datetime
    entered_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")


class Holiday(SQLModel, table=True):
    """A day the computed calendar gets wrong (late 임시공휴일) or a company's own day."""

    __tablename__ = "holiday"
    __table_args__ = (Index("ix_holiday_day", "day"),)

    id: int | None = big_id()
    company_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="company.id")
    day: date
    """A calendar date in Korea."""
    name: str
    is_holiday: bool = True
    entered_at: datetime
    entered_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")


class ReplayedRequest(SQLModel, table=True):
    """The first answer to a POST with an Idempotency-Key, given again to every replay."""

    __tablename__ = "replayed_request"
    __table_args__ = (Index("ux_replayed_request_key", "company_id", "account_id", "key", unique=True),)

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    account_id: int = Field(sa_type=BigInteger, foreign_key="account.id")
    key: str
    path: str
    body_hash: str
    status: int
    answer: dict[str, Any] = Field(sa_column=json_column())
    at: datetime


class OperatingFact(SQLModel, table=True):
    """The last of a figure that only the process that made it knows; see `core.facts`."""

    __tablename__ = "operating_fact"

    name: str = Field(primary_key=True)
    value: float
    at: datetime
