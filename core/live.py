"""Live updates: ids only, sent by NOTIFY in the transaction that made the change."""

from __future__ import annotations

import json

from sqlalchemy import event, text
from sqlalchemy.orm import Session as AnySession
from sqlmodel import Session

CHANNEL = "ondol_live"

_WAITING = "announcements"
_NOTIFY = text("SELECT pg_notify(:channel, payload) FROM unnest(CAST(:payloads AS text[])) AS payload")


def announce(session: Session, *, company_id: int, topic: str, **ids: int | str | None) -> None:
    """Tell open pages, when this transaction commits, that something changed.

    What a savepoint took back is announced all the same; a page then looks in vain.

    Args:
        topic: `ticket`, `plan`, `notice`, `task`, `happy_call`.
        ids: what it is about, e.g. `ticket_id`, `service_point_id`, `number`. No names or phone numbers.
    """
    payload = json.dumps({"company": company_id, "topic": topic, **ids}, separators=(",", ":"))
    session.info.setdefault(_WAITING, {})[payload] = None


@event.listens_for(AnySession, "before_commit")
def _tell(session: AnySession) -> None:
    """All of a transaction's announcements in one statement; PostgreSQL holds them until the commit."""
    if session.in_nested_transaction() or not session.info.get(_WAITING):
        return
    payloads = list(session.info.pop(_WAITING))
    session.execute(_NOTIFY, {"channel": CHANNEL, "payloads": payloads})


@event.listens_for(AnySession, "after_rollback")
def _tell_nothing(session: AnySession) -> None:
    if session.in_nested_transaction():  # a savepoint alone is taken back
        return
    session.info.pop(_WAITING, None)
