"""Shapes of payments, changed parts and a technician's day. Money is whole won, VAT included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Method = Literal["card", "transfer", "cash", "unpaid"]
PaymentKind = Literal["paid", "refund", "correction"]


@dataclass(frozen=True)
class PartSerials:
    """A part of the bill that was changed. `old_serial` is empty where it cannot be read any more."""

    code: str
    label: str
    old_serial: str
    new_serial: str


@dataclass(frozen=True)
class Entry:
    """Money as somebody writes it down: won, from 1 on.

    `receipt_number` is the cash receipt's; `reason` says why it stays `unpaid`. `taken_at` None: just now.
    """

    method: Method
    amount: int
    receipt_number: str = ""
    reason: str = ""
    taken_at: datetime | None = None


@dataclass(frozen=True)
class PaymentInfo:
    """One row. `amount` is negative for what went back; `technician_id` None: it came to the company."""

    id: int
    ticket_id: int
    visit_id: int
    kind: PaymentKind
    method: Method
    amount: int
    receipt_number: str
    reason: str
    corrects_id: int | None
    technician_id: int | None
    taken_at: datetime

    @property
    def moved(self) -> int:
        """Won that came in, negative for won that went out."""
        return 0 if self.method == "unpaid" else self.amount


@dataclass(frozen=True)
class Balance:
    """What is billed for a visit, what came in for it, and what is still owed (below 0: to give back)."""

    billed: int
    paid: int
    payments: tuple[PaymentInfo, ...]

    @property
    def owed(self) -> int:
        """Won still to come; negative: too much came in."""
        return self.billed - self.paid


@dataclass(frozen=True)
class Takings:
    """Won by method."""

    cash: int = 0
    card: int = 0
    transfer: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.cash + self.card + self.transfer


@dataclass(frozen=True)
class CloseInfo:
    """A technician's closed day: what the rows said then, what he counted, and why they differ."""

    id: int
    technician_id: int
    service_point_id: int | None
    day: date
    expected: Takings
    counted: Takings
    reason: str
    closed_at: datetime
