"""Askings and payments as the API tells them."""

from __future__ import annotations

from typing import Any

from billing.payment_schemas import Balance, PaymentInfo
from core.clock import rfc3339_kst
from dispatch.approvals import ApprovalFacts
from web.presenters.masks import MASKED


def approval_json(asked: ApprovalFacts) -> dict[str, Any]:
    """One asking and what came of it; who answered is nobody's business but the timeline's."""
    return {
        "id": asked.id,
        "visit_id": asked.visit_id,
        "state": asked.state,
        "asked_at": rfc3339_kst(asked.asked_at),
        "answered_at": rfc3339_kst(asked.answered_at) if asked.answered_at else None,
        "how": asked.how,
        "lines": [
            {
                "code": line.code,
                "label": line.label,
                "quantity": line.quantity,
                "amount": line.amount,
                "warranty": line.warranty,
            }
            for line in asked.lines
        ],
        "total": asked.total,
    }


def balance_json(visit_id: int, balance: Balance) -> dict[str, Any]:
    """A visit's bill and the rows of what moved for it."""
    return {
        "visit_id": visit_id,
        "billed": balance.billed,
        "paid": balance.paid,
        "owed": balance.owed,
        "payments": [_payment(row) for row in balance.payments],
    }


def _payment(row: PaymentInfo) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "method": row.method,
        "amount": row.amount,
        "receipt_number": row.receipt_number,
        "reason": MASKED.text(row.reason),
        "corrects": row.corrects_id,
        "technician_id": row.technician_id,
        "taken_at": rfc3339_kst(row.taken_at),
    }
