"""What happened to a person's place at a company, written into the timeline in one way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core import audit
from core.actor import Actor


def note_person(
    session: Session,
    person_id: int,
    company_id: int,
    what: str,
    *,
    by: Actor,
    now: datetime,
    reason: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """One line about a person in a company's timeline; an empty reason is none. Else as `audit.record`."""
    audit.record(
        session,
        by=by,
        at=now,
        what=what,
        subject=("person", person_id),
        company_id=company_id,
        reason=reason or None,
        data=data,
    )
