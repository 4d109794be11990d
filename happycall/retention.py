"""What families said on a happy call: destroyed with the people of its case; the scores stay."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update
from sqlmodel import Session, col, select

from happycall.models import HappyCall, HappyCallAttempt

SAID = ("verbatim",)
"""Answers in free words; the rest are scores and ticks."""


def destroy_words(session: Session, *, ticket_ids: Sequence[int]) -> None:
    """Empty what was said and noted; who called when, the outcome and the scores stay."""
    calls = list(session.exec(select(HappyCall.id).where(col(HappyCall.ticket_id).in_(ticket_ids))))
    session.execute(update(HappyCall).where(col(HappyCall.id).in_(calls)).values(reason=""))
    attempts = session.exec(select(HappyCallAttempt).where(col(HappyCallAttempt.happy_call_id).in_(calls)))
    for attempt in attempts:
        attempt.note = ""
        attempt.answers = {key: value for key, value in attempt.answers.items() if key not in SAID}
        session.add(attempt)
    session.flush()
