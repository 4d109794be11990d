"""What became of homes so far, as far as it says how urgently their boilers want a look."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session, col, select

from dispatch.intake_rules import CHECKUP, SAFETY_SYMPTOMS
from dispatch.models import Ticket
from dispatch.states import ENDED_STATUSES

RISKY = (*sorted(SAFETY_SYMPTOMS), "FREEZE")
"""Gas, fumes and frost: a boiler that had one of these wants to be looked at before the winter."""

_PAST = text(
    """
    SELECT t.household_id,
        count(DISTINCT t.id) FILTER (WHERE v.state = 'completed' AND v.hold_reason IS NULL
            AND v.ended_at >= :since AND t.symptom <> :checkup) AS repairs,
        bool_or(t.symptom = ANY(:risky) AND t.status <> 'CANCELLED') AS risky,
        bool_or(t.status <> ALL(:ended)) AS open,
        max(v.ended_at) FILTER (WHERE v.state = 'completed') AS visited_at
    FROM ticket AS t LEFT JOIN visit AS v ON v.ticket_id = t.id
    WHERE t.company_id = :company_id
        AND (CAST(:homes AS bigint[]) IS NULL OR t.household_id = ANY(CAST(:homes AS bigint[])))
    GROUP BY t.household_id
    """
)


@dataclass(frozen=True)
class PastWork:
    """`repairs` since the moment that was asked for; `risky`: gas, fumes or frost, ever."""

    repairs: int = 0
    risky: bool = False
    open: bool = False
    visited_at: datetime | None = None


NOTHING = PastWork()


def past_work(
    session: Session, *, company_id: int, since: datetime, household_ids: Collection[int] | None = None
) -> dict[int, PastWork]:
    """By household id; of all the company's homes without `household_ids`. Who never called is not in it."""
    asked = {
        "company_id": company_id,
        "since": since,
        "checkup": CHECKUP,
        "risky": list(RISKY),
        "ended": list(ENDED_STATUSES),
        "homes": None if household_ids is None else list(household_ids),
    }
    return {
        row.household_id: PastWork(row.repairs, bool(row.risky), bool(row.open), row.visited_at)
        for row in session.execute(_PAST, asked)
    }


def open_tickets(session: Session, *, company_id: int, household_ids: Collection[int]) -> dict[int, str]:
    """By home: the number of its newest ticket that has not ended."""
    query = (
        select(Ticket.household_id, Ticket.number)
        .where(
            col(Ticket.company_id) == company_id,
            col(Ticket.household_id).in_(household_ids),
            col(Ticket.status).not_in(ENDED_STATUSES),
        )
        .order_by(col(Ticket.id))
    )
    return dict(session.exec(query).all())
