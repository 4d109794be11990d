"""How hard a company's work presses now: faults without a technician, unrung families, calls in a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

USUAL_DAYS, LEAST_DAYS = 28, 14

_PRESSURE = text(
    """
    SELECT
        (SELECT count(*) FROM ticket AS t WHERE t.company_id = :company_id AND t.symptom <> 'CHECKUP'
            AND t.status IN ('UNASSIGNED', 'REOPENED')) AS waiting,
        (SELECT count(*) FROM ticket_clock AS c JOIN ticket AS t ON t.id = c.ticket_id
            WHERE t.company_id = :company_id AND c.kind = 'contact' AND c.stopped_at IS NULL
            AND c.state IN ('running', 'breached') AND c.due_at < :now
            AND t.status NOT IN ('SELF_FIXED', 'COMPLETED', 'CLOSED', 'CANCELLED')) AS overdue,
        (SELECT count(*) FROM ticket WHERE company_id = :company_id AND symptom <> 'CHECKUP'
            AND received_at > :day_ago AND received_at <= :now) AS calls,
        (SELECT count(*) FROM ticket WHERE company_id = :company_id AND symptom <> 'CHECKUP'
            AND received_at > :month_ago AND received_at <= :day_ago) AS calls_before,
        (SELECT min(received_at) FROM ticket WHERE company_id = :company_id AND symptom <> 'CHECKUP'
            AND received_at > :month_ago) AS known_since
    """
)


@dataclass(frozen=True)
class Pressure:
    """Faults that wait for a technician, families past the limit of the first call, and calls a day.

    `usual`: calls on an average day of the four weeks before; None while less than two of them are known.
    """

    waiting: int
    overdue: int
    calls: int
    usual: float | None

    @property
    def surge_percent(self) -> int | None:
        """Calls of the last 24 hours in per cent of the usual day."""
        return None if not self.usual else round(100 * self.calls / self.usual)


def read_pressure(session: Session, *, company_id: int, now: datetime) -> Pressure:
    """A company's pressure at a moment. Check-ups press on nobody and are not counted."""
    day_ago = now - timedelta(days=1)
    asked = {"company_id": company_id, "now": now, "day_ago": day_ago}
    asked["month_ago"] = day_ago - timedelta(days=USUAL_DAYS)
    row = session.execute(_PRESSURE, asked).one()
    days = (day_ago - row.known_since) / timedelta(days=1) if row.known_since else 0
    usual = row.calls_before / min(days, USUAL_DAYS) if days >= LEAST_DAYS else None
    return Pressure(row.waiting, row.overdue, row.calls, usual)
