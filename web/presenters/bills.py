"""The bills of a ticket, each visit's by itself, with what it was before."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from billing.queries import charge_of_visit, history_of_visit
from billing.schemas import ChargeInfo, PricedLine, PricedVisit
from core.i18n import _
from dispatch.detail_shapes import TicketDetail


def bill_rows(bill: ChargeInfo | PricedVisit | None) -> list[dict[str, Any]]:
    """The lines as `ticket.prices` takes them."""
    return [_row(line) for line in bill.lines] if bill is not None else []


def bills_of(session: Session, detail: TicketDetail) -> list[dict[str, Any]]:
    """One a visit that has a bill, oldest first: {visit_id, point_id, title, at, rows, total, before}."""
    bills = []
    for n, visit in enumerate(detail.visits, start=1):
        charge = charge_of_visit(session, visit_id=visit.id)
        if charge is None:
            continue
        old = [each for each in history_of_visit(session, visit_id=visit.id) if each.id != charge.id]
        bills.append(
            {
                "visit_id": visit.id,
                "point_id": visit.service_point_id,
                "title": _("{n}번째 방문").format(n=n) if len(detail.visits) > 1 else _("방문"),
                "at": visit.ended_at or charge.made_at,
                "rows": bill_rows(charge),
                "total": charge.total,
                "before": [{"at": each.made_at, "total": each.total} for each in old],
            }
        )
    return bills


def _row(line: PricedLine) -> dict[str, Any]:
    return {"name": line.label, "quantity": line.quantity, "amount": line.amount, "warranty": line.warranty}
