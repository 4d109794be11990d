"""Live updates: ids only, sent by NOTIFY in the transaction that made the change."""

from __future__ import annotations

import json

from sqlalchemy import text
from sqlmodel import Session

CHANNEL = "ondol_live"


def announce(session: Session, *, company_id: int, topic: str, **ids: int | str | None) -> None:
    """Tell open pages, when this transaction commits, that something changed.

    Args:
        topic: `ticket`, `plan`, `notice`, `task`, `happy_call`.
        ids: what it is about, e.g. `ticket_id`, `service_point_id`, `number`. No names or phone numbers.
    """
    payload = json.dumps({"company": company_id, "topic": topic, **ids}, separators=(",", ":"))
    session.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": payload})
