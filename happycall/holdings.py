"""What a person said on happy calls, for the person who asks what is kept."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlmodel import Session, col, select

from core.clock import rfc3339_kst
from happycall.models import HappyCall, HappyCallAttempt


def calls_held(session: Session, *, ticket_id: int, roles: Collection[str]) -> list[dict[str, Any]]:
    """The tries of a case's happy calls with these roles: when, what came of it, what was answered."""
    query = (
        select(HappyCallAttempt)
        .join(HappyCall, col(HappyCall.id) == col(HappyCallAttempt.happy_call_id))
        .where(col(HappyCall.ticket_id) == ticket_id, col(HappyCallAttempt.with_role).in_(list(roles)))
        .order_by(col(HappyCallAttempt.id))
    )
    return [
        {"at": rfc3339_kst(row.at), "outcome": row.outcome, "answers": row.answers, "note": row.note}
        for row in session.exec(query)
    ]
