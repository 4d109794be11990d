"""Bills and payments of many visits at once: who owes what, and what a month's work was charged for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from billing.models import Charge, ChargeLine, PriceItem
from billing.payment_models import Payment
from billing.queries import COUNTS
from core.db import any_of


@dataclass(frozen=True)
class OpenBill:
    """A bill and payments that differ. `owed` below 0: too much came in. `said`: why it stayed unpaid."""

    visit_id: int
    ticket_id: int
    billed: int
    paid: int
    since: datetime
    said: str

    @property
    def owed(self) -> int:
        """Won still to come; below 0 too much came in."""
        return self.billed - self.paid


@dataclass(frozen=True)
class OpenBills:
    """Bills that were not paid to the won, those with money to give back first, then the oldest.

    `owed` (won) is still to come, `over` came in beyond what was billed: one never makes up for the other.
    """

    bills: tuple[OpenBill, ...]
    count: int
    owed: int
    over: int


@dataclass(frozen=True)
class BilledLine:
    """A line of a bill that counts. `kind`: `visit_fee`, `labour`, `parts`, or `other` off the list."""

    code: str
    label: str
    kind: str
    quantity: int
    unit_amount: int
    amount: int


@dataclass(frozen=True)
class BilledWork:
    """The bill that counts of one visit, with what came in for it."""

    visit_id: int
    total: int
    vat: int
    paid: int
    reason: str
    """Why it was free or not (`WarrantyReason`)."""
    is_tracked: bool
    """Whether anybody knows what came in for it."""
    lines: tuple[BilledLine, ...]

    @property
    def owed(self) -> int:
        """Won still to come; what nobody knows of is nobody's debt."""
        return max(0, self.total - self.paid) if self.is_tracked else 0

    @property
    def over(self) -> int:
        """Won that came in beyond the bill, to be given back."""
        return max(0, self.paid - self.total) if self.is_tracked else 0

    @property
    def unknown(self) -> int:
        """Won of a bill of which nobody knows whether it was paid."""
        return 0 if self.is_tracked else self.total - self.paid


_PAID = (
    columns(func.coalesce(func.sum(col(Payment.amount)), 0))
    .where(col(Payment.visit_id) == col(Charge.visit_id), col(Payment.method) != "unpaid")
    .correlate(Charge)
    .scalar_subquery()
)
"""Of the visits asked for alone: everybody's payments are not added up for one month's."""
_first = aliased(Charge)
_SINCE = (
    columns(func.min(col(_first.made_at)))
    .where(col(_first.visit_id) == col(Charge.visit_id))
    .correlate(Charge)
    .scalar_subquery()
)


def open_bills(
    session: Session, *, company_id: int, limit: int, visits: Select[Any] | None = None
) -> OpenBills:
    """The bills that were not paid to the won; too much paid counts, too.

    Of bills older than the record of payments nobody knows whether they were paid: they are left out.

    Args:
        limit: how many at most; the sums are of all.
        visits: the ids of the visits that are meant; None: the company's.
    """
    wanted = [col(Charge.company_id) == company_id, COUNTS, col(Charge.tracks_payment)]
    if visits is not None:
        wanted.append(col(Charge.visit_id).in_(visits))
    bills = (
        columns(
            col(Charge.visit_id),
            col(Charge.ticket_id),
            col(Charge.total),
            _PAID.label("paid"),
            _SINCE.label("since"),
        )
        .where(*wanted)
        .subquery()
    )
    lacks = bills.c.total - bills.c.paid
    query = (
        columns(
            *bills.c,
            func.count().over(),
            func.sum(func.greatest(lacks, 0)).over(),
            func.sum(func.greatest(-lacks, 0)).over(),
        )
        .where(lacks != 0)
        .order_by(lacks > 0, bills.c.since, bills.c.visit_id)
        .limit(limit)
    )
    rows = session.execute(query).all()
    said = _why_unpaid(session, [row.visit_id for row in rows])
    found = tuple(
        OpenBill(row.visit_id, row.ticket_id, row.total, int(row.paid), row.since, said.get(row.visit_id, ""))
        for row in rows
    )
    count, owed, over = (int(each) for each in rows[0][-3:]) if rows else (0, 0, 0)
    return OpenBills(found, count, owed, over)


def billed_work(session: Session, *, visit_ids: Iterable[int]) -> dict[int, BilledWork]:
    """The bills that count of these visits, by visit, in two statements however many they are."""
    ids = {"visit_ids": list(visit_ids)}
    lines: dict[int, list[BilledLine]] = defaultdict(list)
    asked = (
        columns(
            col(ChargeLine.charge_id),
            col(ChargeLine.code),
            col(ChargeLine.label),
            func.coalesce(col(PriceItem.kind), "other"),
            col(ChargeLine.quantity),
            col(ChargeLine.unit_amount),
            col(ChargeLine.amount),
        )
        .join(Charge, col(Charge.id) == col(ChargeLine.charge_id))
        .outerjoin(PriceItem, col(PriceItem.id) == col(ChargeLine.price_item_id))
        .where(any_of(Charge.visit_id, "visit_ids"), COUNTS)
        .order_by(col(ChargeLine.id))
    )
    for charge_id, *facts in session.execute(asked, ids):
        lines[charge_id].append(BilledLine(*facts))
    bills = columns(
        col(Charge.id),
        col(Charge.visit_id),
        col(Charge.total),
        func.coalesce(col(Charge.vat), 0),
        _PAID,
        col(Charge.warranty_reason),
        col(Charge.tracks_payment),
    ).where(any_of(Charge.visit_id, "visit_ids"), COUNTS)
    return {
        visit_id: BilledWork(visit_id, total, vat, int(paid), reason, tracked, tuple(lines[charge_id]))
        for charge_id, visit_id, total, vat, paid, reason, tracked in session.execute(bills, ids)
    }


def _why_unpaid(session: Session, visit_ids: list[int]) -> dict[int, str]:
    """What was last said of a visit that was left unpaid, unless it was taken back."""
    undone = aliased(Payment)
    query = (
        columns(col(Payment.visit_id), col(Payment.reason))
        .where(
            any_of(Payment.visit_id, "visit_ids"),
            col(Payment.method) == "unpaid",
            col(Payment.kind) == "paid",
            ~columns(col(undone.id)).where(col(undone.corrects_id) == col(Payment.id)).exists(),
        )
        .order_by(col(Payment.id))
    )
    return {row[0]: row[1] for row in session.execute(query, {"visit_ids": visit_ids})}
