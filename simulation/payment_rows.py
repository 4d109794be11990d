"""What was paid at the door of a seeded visit: mostly by card, some in cash, a few not at all."""

from __future__ import annotations

from billing.payment_models import Payment
from billing.schemas import PricedVisit
from simulation.bulk import Row
from simulation.casefile import CaseFile
from simulation.shapes import TechnicianSpec

METHODS = ("card", "card", "cash", "card", "transfer", "card", "cash", "card", "unpaid", "card")
LATER = "집주인이 이번 주 안에 계좌로 보내기로 함"


def add_payment(
    case: CaseFile, visit: Row, technician: TechnicianSpec, bill: PricedVisit, *, ended: int
) -> None:
    """One row for a bill that costs something."""
    if not bill.total:
        return
    method = METHODS[case.ticket_id % len(METHODS)]
    needs_receipt = method == "cash" and bill.total >= case.office.till(case.maker.id).cash_receipt_from
    case.batch.add(
        Payment,
        company_id=case.maker.id,
        ticket_id=case.ticket_id,
        visit_id=visit["id"],
        kind="paid",
        method=method,
        amount=bill.total,
        receipt_number=f"{100_000_000 + case.ticket_id:09d}" if needs_receipt else "",
        reason=LATER if method == "unpaid" else "",
        technician_id=technician.id,
        taken_at=case.at(ended),
        entered_at=case.at(ended),
    )
