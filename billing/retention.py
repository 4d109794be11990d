"""Bills and payments stay for the books; what people wrote beside them goes with the case's people."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import Session, col

from billing.models import Charge
from billing.payment_models import Payment
from core.retention import Ids


def destroy_words(session: Session, *, ticket_ids: Ids) -> None:
    """Empty the free words of these cases' bills and payments; amounts, ways and receipt numbers stay."""
    session.execute(update(Charge).where(col(Charge.ticket_id).in_(ticket_ids)).values(paid_because=""))
    session.execute(update(Payment).where(col(Payment.ticket_id).in_(ticket_ids)).values(reason=""))
