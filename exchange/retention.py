"""What refused rows of imported lists say about people, destroyed once it helps nobody any more."""

from __future__ import annotations

from sqlalchemy import func, update
from sqlmodel import Session, col

from core.db import count_changed
from core.retention import Cut, Ids, some_ids
from exchange.models import DataImport


def due_refusals(session: Session, company_id: int | None, cut: Cut, limit: int) -> Ids:
    """Imports of a company whose reasons still quote what stood in the refused rows."""
    quotes = func.jsonb_array_length(col(DataImport.refusals)) > 0
    wanted = (col(DataImport.company_id) == company_id, col(DataImport.at) < cut.before, quotes)
    return some_ids(session, DataImport, limit, *wanted)


def destroy_refusals(session: Session, ids: Ids, _cut: Cut) -> int:
    """Empty the reasons; who brought in which list when, and how many rows were refused, stays."""
    return count_changed(session, update(DataImport).where(col(DataImport.id).in_(ids)).values(refusals=[]))
