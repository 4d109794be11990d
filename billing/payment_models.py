"""Tables of payments, changed parts and a technician's closed day. Rows are added, never changed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from core.models import big_id, in_values


class Payment(SQLModel, table=True):
    """Money for a visit's bill, or that it was left unpaid. `amount` is negative for what was given back."""

    __tablename__ = "payment"
    __table_args__ = (
        in_values("kind", "paid", "refund", "correction"),
        in_values("method", "card", "transfer", "cash", "unpaid"),
        CheckConstraint("kind = 'correction' OR (kind = 'refund') = (amount < 0)", name="refund_is_negative"),
        Index("ix_payment_ticket", "ticket_id"),
        Index("ix_payment_visit", "visit_id"),
        Index("ix_payment_technician", "technician_id", "taken_at"),
        Index("ix_payment_company", "company_id", "taken_at"),
        Index("ix_payment_corrects_id", "corrects_id", postgresql_where=text("corrects_id IS NOT NULL")),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id")
    visit_id: int = Field(sa_type=BigInteger, foreign_key="visit.id")
    kind: str
    method: str
    """`unpaid` moves no money: what was left open at the door, and why."""
    amount: int
    receipt_number: str = ""
    """Of the cash receipt (현금영수증 승인번호)."""
    reason: str = ""
    corrects_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="payment.id")
    """The row that a refund gives back, or a correction takes back."""
    technician_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="technician.id")
    """Who took it; None: it came to the company."""
    taken_at: datetime
    entered_at: datetime
    entered_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")


class PartChange(SQLModel, table=True):
    """A part that came out of a boiler and the one that went in."""

    __tablename__ = "part_change"
    __table_args__ = (
        Index("ix_part_change_visit", "visit_id"),
        Index("ix_part_change_serial", "company_id", "new_serial"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id")
    visit_id: int = Field(sa_type=BigInteger, foreign_key="visit.id")
    code: str
    label: str
    old_serial: str
    """Empty: not to be read any more."""
    new_serial: str
    noted_at: datetime


class DayClose(SQLModel, table=True):
    """What a technician handed in for a day. The newest row of a day counts; none is ever changed."""

    __tablename__ = "day_close"
    __table_args__ = (
        Index("ix_day_close", "company_id", "day"),
        Index("ix_day_close_technician", "technician_id", "day"),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    technician_id: int = Field(sa_type=BigInteger, foreign_key="technician.id")
    service_point_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="service_point.id")
    day: date
    cash_expected: int
    cash_counted: int
    card_expected: int
    card_counted: int
    transfer_expected: int
    transfer_counted: int
    reason: str = ""
    """Why what was counted differs from what was entered."""
    closed_at: datetime
    closed_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")
