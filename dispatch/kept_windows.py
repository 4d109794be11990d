"""A visit time that was agreed and kept on paper: a fact of the visit, by which nothing is planned."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from dispatch.models import Visit
from dispatch.visit_schemas import AgreedWindow


def keep_window(session: Session, *, visit: Visit, window: AgreedWindow, agreed_at: datetime) -> None:
    """Write down what the family was promised; who came and when follows in the same transaction."""
    visit.window_start, visit.window_end = window.start, window.end
    visit.window_agreed_at, visit.state = agreed_at, "agreed"
    session.add(visit)
    session.flush()
