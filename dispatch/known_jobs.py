"""What a technician knows of his jobs: the last that he said he has seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from core.db import any_of
from dispatch.detail_shapes import WindowFacts
from dispatch.models import JobSeen
from dispatch.technician_shapes import KnownTime
from notifications.newest import Truth
from notifications.queries import truths_told

JOB_LINE = "job"


def known_times(session: Session, *, technician_id: int, visits: Mapping[int, int]) -> dict[int, KnownTime]:
    """By visit id what he last said he has seen; left out where that was no text of this job being his.

    Args:
        visits: ticket id by visit id.
    """
    if not visits:
        return {}
    query = select(JobSeen.visit_id, JobSeen.event, JobSeen.generation).where(
        any_of(JobSeen.visit_id, "visit_ids"), col(JobSeen.technician_id) == technician_id
    )
    rows = session.execute(query, {"visit_ids": list(visits)})
    seen = {(visits[visit_id], event, generation): visit_id for visit_id, event, generation in rows}
    if not seen:
        return {}
    last: dict[int, Truth] = {}
    for key, truth in truths_told(session, ticket_ids=set(visits.values()), line=JOB_LINE):
        if key in seen:
            last[seen[key]] = truth
    return {key: _known(told) for key, told in last.items() if told.get("mine") and told.get("visit") == key}


def _known(told: Truth) -> KnownTime:
    window, start = told.get("window"), told.get("start")
    return KnownTime(
        start=datetime.fromisoformat(start) if start else None,
        window=WindowFacts(*(datetime.fromisoformat(each) for each in window)) if window else None,
        truth=told,
    )
