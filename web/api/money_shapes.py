"""What the API answers about askings and payments; see `web/api/shapes.py`."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from billing.payment_schemas import Method, PaymentKind
from dispatch.approvals import ApprovalState, How


class AskedLineShape(BaseModel):
    """A line that is asked about; `amount` is what would be paid, 0 under `warranty`."""

    code: str
    label: str
    quantity: int
    amount: int
    warranty: bool


class ApprovalShape(BaseModel):
    """Whoever pays was asked whether the work may be done. `how`: he said so on his page, or by phone."""

    id: int
    visit_id: int
    state: ApprovalState
    asked_at: datetime
    answered_at: datetime | None
    how: How | None
    lines: list[AskedLineShape]
    total: int


class ApprovalListShape(BaseModel):
    """Every asking of a ticket, the oldest first."""

    items: list[ApprovalShape]
    next_cursor: None


class PaymentShape(BaseModel):
    """A row of money: below 0 for what went back. `corrects`: the row that it gives or takes back."""

    id: int
    kind: PaymentKind
    method: Method
    amount: int
    receipt_number: str
    reason: str
    corrects: int | None
    technician_id: int | None
    taken_at: datetime


class BalanceShape(BaseModel):
    """What a visit was billed, what came in for it, and what is still owed (below 0: to give back)."""

    visit_id: int
    billed: int
    paid: int
    owed: int
    payments: list[PaymentShape]


class BalanceListShape(BaseModel):
    """The billed visits of a ticket, the oldest first."""

    items: list[BalanceShape]
    next_cursor: None
