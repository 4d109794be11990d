"""Live updates: ids only, told to open pages once the change is committed."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlmodel import Session

from core.news import News, tell_after_commit

CHANNEL = "ondol_live"
RESYNC = "resync"

LOOK_AGAIN: News = [(CHANNEL, json.dumps({"topic": RESYNC}))]
"""What a process tells when it starts: the one before may have died between a change and its announcement."""


def announce(
    session: Session, *, company_id: int, topic: str, **ids: int | str | Sequence[int] | None
) -> None:
    """Tell open pages, when this transaction is committed, that something changed.

    Args:
        topic: `ticket`, `plan`, `proposal`, `shift`, `notice`, `task`, `happy_call`.
        ids: what it is about, e.g. `ticket_id`, `service_point_id`, `number`, a ticket's `status` and
            `safety`, and `technician_ids` whose day it changes. No names or phone numbers.
    """
    payload = json.dumps({"company": company_id, "topic": topic, **ids}, separators=(",", ":"))
    tell_after_commit(session, CHANNEL, payload)
