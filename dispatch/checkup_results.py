"""What came of check-ups: done or not, and whether something was found that had to be repaired."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from billing.schemas import FEES

_RESULTS = text(
    """
    SELECT t.id, t.status IN ('COMPLETED', 'CLOSED') AS done, t.status = 'CANCELLED' AS cancelled,
        EXISTS (
            SELECT FROM charge AS c JOIN charge_line AS l ON l.charge_id = c.id
            WHERE c.ticket_id = t.id AND l.code <> ALL(:fees)
                AND NOT EXISTS (SELECT FROM charge AS later WHERE later.replaces_id = c.id)
        )
        OR EXISTS (SELECT FROM correction_notice AS n WHERE n.ticket_id = t.id)
        OR EXISTS (SELECT FROM visit AS v WHERE v.ticket_id = t.id AND v.hold_reason = 'parts_wait') AS fault
    FROM ticket AS t WHERE t.company_id = :company_id AND t.id = ANY(:ids)
    """
)


@dataclass(frozen=True)
class CheckupResult:
    """`fault`: work or a part was charged, a part is awaited, or something must be put right (시정 권고)."""

    done: bool
    cancelled: bool
    fault: bool


def checkup_results(
    session: Session, *, company_id: int, ticket_ids: Collection[int]
) -> dict[int, CheckupResult]:
    """By ticket id."""
    asked = {"company_id": company_id, "ids": list(ticket_ids), "fees": list(FEES)}
    return {
        row.id: CheckupResult(row.done, row.cancelled, row.fault) for row in session.execute(_RESULTS, asked)
    }
