"""What a payer was asked to agree to before the work. Private to this package."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from core.models import big_id, in_values, json_column


@dataclass(frozen=True)
class ApprovalLine:
    """A line that is asked about. `amount` (won) is what would be paid, 0 under `warranty`."""

    code: str
    quantity: int
    label: str
    amount: int
    warranty: bool


class CostApproval(SQLModel, table=True):
    """What the work would cost, asked of whoever pays. Answered once; other work is asked anew."""

    __tablename__ = "cost_approval"
    __table_args__ = (
        in_values("state", "asked", "agreed", "refused", "withdrawn"),
        in_values("how", "FAMILY", "PHONE"),
        Index("ix_cost_approval_ticket", "ticket_id"),
        Index("ix_cost_approval_visit", "visit_id", "id"),
        Index("ux_cost_approval_open", "visit_id", unique=True, postgresql_where=text("state = 'asked'")),
    )

    id: int | None = big_id()
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id")
    visit_id: int = Field(sa_type=BigInteger, foreign_key="visit.id")
    lines: list[dict[str, Any]] = Field(sa_column=json_column())
    """In the bill's order: `code`, `quantity`, `label`, `amount`, `warranty`."""
    total: int
    state: str
    asked_at: datetime
    asked_by: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")
    answered_at: datetime | None = None
    answered_by: str = ""
    how: str | None = None
    """`FAMILY` (on their page) or `PHONE` (said to the technician or the desk)."""
