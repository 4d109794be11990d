"""Bills and payments of many visits at once: who owes what, and what a month's work was charged for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from billing.models import Charge, ChargeLine, PriceItem
from billing.payment_models import Payment
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
        """Won still to come."""
        return self.billed - self.paid


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
    lines: tuple[BilledLine, ...]


_later = aliased(Charge)
_COUNTS = ~columns(col(_later.id)).where(col(_later.replaces_id) == col(Charge.id)).exists()
_PAID = (
    columns(col(Payment.visit_id), func.sum(col(Payment.amount)).label("paid"))
    .where(col(Payment.method) != "unpaid")
    .group_by(col(Payment.visit_id))
    .subquery()
)
_PAID_OF_ONE = (
    columns(func.coalesce(func.sum(col(Payment.amount)), 0))
    .where(col(Payment.visit_id) == col(Charge.visit_id), col(Payment.method) != "unpaid")
    .correlate(Charge)
    .scalar_subquery()
)
"""Of the visits asked for alone: everybody's payments are not added up for one month's."""
_FIRST = (
    columns(col(Charge.visit_id), func.min(col(Charge.made_at)).label("since"))
    .group_by(col(Charge.visit_id))
    .subquery()
)


def open_bills(session: Session, *, company_id: int) -> list[OpenBill]:
    """Every bill that was not paid to the won, the oldest first; too much paid counts, too.

    Of bills older than the record of payments nobody knows whether they were paid: they are left out.
    """
    paid = func.coalesce(_PAID.c.paid, 0)
    query = (
        columns(col(Charge.visit_id), col(Charge.ticket_id), col(Charge.total), paid, _FIRST.c.since)
        .join(_FIRST, _FIRST.c.visit_id == col(Charge.visit_id))
        .outerjoin(_PAID, _PAID.c.visit_id == col(Charge.visit_id))
        .where(
            col(Charge.company_id) == company_id,
            _COUNTS,
            col(Charge.tracks_payment),
            col(Charge.total) != paid,
        )
        .order_by(_FIRST.c.since, col(Charge.visit_id))
    )
    rows = session.execute(query).all()
    said = _why_unpaid(session, [row[0] for row in rows])
    return [
        OpenBill(visit_id, ticket_id, total, int(came), since, said.get(visit_id, ""))
        for visit_id, ticket_id, total, came, since in rows
    ]


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
        .where(any_of(Charge.visit_id, "visit_ids"), _COUNTS)
        .order_by(col(ChargeLine.id))
    )
    for charge_id, *facts in session.execute(asked, ids):
        lines[charge_id].append(BilledLine(*facts))
    bills = columns(
        col(Charge.id),
        col(Charge.visit_id),
        col(Charge.total),
        func.coalesce(col(Charge.vat), 0),
        _PAID_OF_ONE,
        col(Charge.warranty_reason),
    ).where(any_of(Charge.visit_id, "visit_ids"), _COUNTS)
    return {
        visit_id: BilledWork(visit_id, total, vat, int(paid), reason, tuple(lines[charge_id]))
        for charge_id, visit_id, total, vat, paid, reason in session.execute(bills, ids)
    }


def _why_unpaid(session: Session, visit_ids: list[int]) -> dict[int, str]:
    """What was last said of a visit that was left unpaid."""
    query = (
        columns(col(Payment.visit_id), col(Payment.reason))
        .where(
            any_of(Payment.visit_id, "visit_ids"),
            col(Payment.method) == "unpaid",
            col(Payment.kind) == "paid",
        )
        .order_by(col(Payment.id))
    )
    return {row[0]: row[1] for row in session.execute(query, {"visit_ids": visit_ids})}
