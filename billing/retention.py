"""Bills and payments stay for the books; what people wrote beside them goes with the case's people."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import Session, col

from billing.models import Charge
from billing.payment_models import DayClose, Payment
from core.db import count_changed
from core.retention import Cut, Ids, some_ids


def destroy_words(session: Session, *, ticket_ids: Ids) -> None:
    """Empty the free words of these cases' bills and payments; amounts, ways and receipt numbers stay."""
    session.execute(update(Charge).where(col(Charge.ticket_id).in_(ticket_ids)).values(paid_because=""))
    session.execute(update(Payment).where(col(Payment.ticket_id).in_(ticket_ids)).values(reason=""))


def due_day_closes(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Closed days of long ago that still say why they differed: the words may name a home."""
    wanted = (col(DayClose.company_id) == company_id, col(DayClose.closed_at) < cut.before)
    return some_ids(session, DayClose, limit, *wanted, col(DayClose.reason) != "")


def destroy_day_closes(session: Session, ids: Ids, _cut: Cut) -> int:
    """Empty the words; what was counted stays."""
    return count_changed(session, update(DayClose).where(col(DayClose.id).in_(ids)).values(reason=""))
