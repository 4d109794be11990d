"""Tables of the duties about personal data. Private to this package; no name stands in them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from core.models import big_id


class AccessReview(SQLModel, table=True):
    """A month of the access log that somebody has checked, as 안전성 확보조치 기준 asks every month."""

    __tablename__ = "access_review"
    __table_args__ = (Index("ux_access_review", "company_id", "month", unique=True),)

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    month: date
    """Its first day."""
    checked_at: datetime
    checked_by: int = Field(sa_type=BigInteger, foreign_key="account.id")
    entries: int
    """Lines of that month at the time of the check."""
    note: str = Field(sa_type=Text)


class RetentionRun(SQLModel, table=True):
    """What one night's run destroyed of one kind: how many and until which date, never whose."""

    __tablename__ = "retention_run"
    __table_args__ = (
        Index(
            "ux_retention_run", "company_id", "kind", "day", unique=True, postgresql_nulls_not_distinct=True
        ),
    )

    id: int | None = big_id()
    company_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="company.id")
    """None: of the installation (failed log-ins, events, jobs)."""
    kind: str
    day: date
    """The night's calendar date in Korea."""
    until_at: datetime
    """Everything older than this was due."""
    destroyed: int
    started_at: datetime
    finished_at: datetime | None = None
    """None: it was cut short; the next run goes on."""
