"""The bills of a ticket, each visit's by itself, with what it was before."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from billing.queries import histories_of_ticket
from billing.schemas import ChargeInfo, PricedLine, PricedVisit
from core.i18n import N_, _
from dispatch.detail_shapes import TicketDetail

PAY_METHODS = {"card": N_("카드"), "transfer": N_("계좌 이체"), "cash": N_("현금"), "unpaid": N_("못 받음")}


def bill_rows(bill: ChargeInfo | PricedVisit | None) -> list[dict[str, Any]]:
    """The lines as `ticket.prices` takes them."""
    return [_row(line) for line in bill.lines] if bill is not None else []


def bills_of(session: Session, detail: TicketDetail) -> list[dict[str, Any]]:
    """One a visit that has a bill, oldest first: {visit_id, point_id, title, at, rows, total, before}."""
    histories = histories_of_ticket(session, ticket_id=detail.id)
    bills = []
    for n, visit in enumerate(detail.visits, start=1):
        if visit.id not in histories:
            continue
        *old, charge = histories[visit.id]
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
