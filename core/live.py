"""Live updates: ids only, sent by NOTIFY in the transaction that made the change."""

from __future__ import annotations

import json

from sqlalchemy import text
from sqlmodel import Session

from core.last_acts import waiting_act

CHANNEL = "ondol_live"

_NOTIFY = text("SELECT pg_notify(:channel, payload) FROM unnest(CAST(:payloads AS text[])) AS payload")


class _Announcements:
    """All of a transaction's announcements, told in one statement; PostgreSQL holds them until the commit."""

    def __init__(self) -> None:
        self.payloads: dict[str, None] = {}

    def __call__(self, session: Session) -> None:
        session.execute(_NOTIFY, {"channel": CHANNEL, "payloads": list(self.payloads)})


def announce(session: Session, *, company_id: int, topic: str, **ids: int | str | None) -> None:
    """Tell open pages, when this transaction commits, that something changed.

    What a savepoint took back is announced all the same; a page then looks in vain.

    Args:
        topic: `ticket`, `plan`, `notice`, `task`, `happy_call`.
        ids: what it is about, e.g. `ticket_id`, `service_point_id`, `number`. No names or phone numbers.
    """
    payload = json.dumps({"company": company_id, "topic": topic, **ids}, separators=(",", ":"))
    waiting_act(session, ("announce",), _Announcements).payloads[payload] = None
