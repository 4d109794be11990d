"""Dated numbers that are mappings: some entries change, the others and what is planned for later stay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, func, or_, select

from core.actor import Actor
from core.dated import set_rule
from core.models import DatedSetting


def set_entries(
    session: Session,
    *,
    company_id: int,
    key: str,
    entries: Mapping[str, Any],
    valid_from: datetime,
    source: str,
    by: Actor,
    now: datetime,
) -> None:
    """Let entries of a number that is a mapping change from a day on, and leave its others (None: it goes).

    What is planned for later days takes them over, unless it changes the same entry itself. Whoever changes
    another entry at this moment waits, so that neither undoes the other.

    Raises as `set_rule`.
    """
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"{company_id}/{key}", 14))
    session.exec(select(lock)).one()
    query = select(DatedSetting).where(
        col(DatedSetting.key) == key,
        or_(col(DatedSetting.company_id) == company_id, col(DatedSetting.company_id).is_(None)),
    )
    ordered = (col(DatedSetting.company_id).nulls_first(), col(DatedSetting.valid_from), col(DatedSetting.id))
    rows = session.exec(query.order_by(*ordered)).all()
    held: dict[str, Any] = next((row.value for row in reversed(rows) if row.valid_from <= valid_from), {})
    own = [row for row in rows if row.company_id is not None]
    coming = {row.valid_from: row.value for row in own if row.valid_from > valid_from}
    left = dict(entries)
    for since, value in {valid_from: held, **coming}.items():
        left = {name: entry for name, entry in left.items() if value.get(name) == held.get(name)}
        if left:
            kept = {name: entry for name, entry in {**value, **left}.items() if entry is not None}
            set_rule(
                session,
                company_id=company_id,
                key=key,
                value=kept,
                valid_from=since,
                source=source,
                by=by,
                now=now,
            )
        held = value
