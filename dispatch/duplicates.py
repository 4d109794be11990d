"""Probable duplicates: flagged for a person, never merged by themselves and never refused."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from core.dated import CompanyRules
from dispatch.models import Ticket
from dispatch.states import ENDED_STATUSES


def find_suspected(
    session: Session,
    *,
    company_id: int,
    household_id: int,
    received_at: datetime,
    now: datetime,
    rules: CompanyRules,
) -> Ticket | None:
    """The ticket that a new one of this home may repeat: an open one first, else one of the same day.

    How long a day is, is a dated setting (`duplicate_window_s`). For one that is entered later, whatever came
    in since it was received counts too: the family may have called again meanwhile.
    """
    recent = and_(
        col(Ticket.received_at) > received_at - timedelta(seconds=rules.duplicate_window_s),
        col(Ticket.received_at) < max(received_at + timedelta(seconds=rules.duplicate_window_s), now),
        col(Ticket.status) != "CANCELLED",
    )
    query = (
        select(Ticket)
        .where(
            col(Ticket.company_id) == company_id,
            col(Ticket.household_id) == household_id,
            or_(col(Ticket.status).not_in(ENDED_STATUSES), recent),
        )
        .order_by(col(Ticket.status).in_(ENDED_STATUSES), col(Ticket.received_at).desc())
    )
    return session.exec(query).first()
