"""What a person who decides about a proposal wants to know beside it: why it exists, what it promises.

Read as it is now, for many proposals at once: the absence that caused one may have been shortened meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from core.clock import operating_day, operating_day_bounds
from dispatch.models import Visit
from dispatch.planning.plan_models import Plan
from dispatch.planning.proposals import Proposal
from workforce.absences import AbsenceInfo, list_absences
from workforce.duty import list_shifts_of_points

JUST_NOW = timedelta(minutes=10)
"""For so long whoever had a proposal open is told who has decided about it."""
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Cause:
    """A technician who does not come to visits of the plan. `away` None: he has no shift on that day."""

    technician_id: int
    away: Span | None


@dataclass(frozen=True)
class Decision:
    """A proposal about which somebody has just decided."""

    plan_id: int
    service_point_id: int
    day: Any
    accepted: bool
    decided_at: datetime
    decided_by: str


def causes_of(session: Session, proposals: Sequence[Proposal]) -> dict[int, tuple[Cause, ...]]:
    """By proposal: who cannot go any more where the plan that stands sends him."""
    given = {one.id: _given_away(one) for one in proposals}
    starts = [start for found in given.values() for _who, start in found]
    if not starts:
        return {}
    span = {"start": min(starts), "end": max(starts) + timedelta(minutes=1)}
    absences = list_absences(session, technician_ids={w for f in given.values() for w, _s in f}, **span)
    points = {one.service_point_id for one in proposals}
    first, last = (
        operating_day_bounds(operating_day(min(starts))),
        operating_day_bounds(operating_day(max(starts))),
    )
    shifts = list_shifts_of_points(session, point_ids=sorted(points), start=first[0], end=last[1])
    at_work = {(shift.technician_id, operating_day(shift.start_at)) for shift in shifts}
    return {
        plan_id: tuple(dict.fromkeys(c for who, at in found if (c := _cause(who, at, absences, at_work))))
        for plan_id, found in given.items()
    }


def promised_windows(session: Session, proposals: Sequence[Proposal]) -> dict[int, Span]:
    """Windows agreed with the family, by visit, of what the proposals change."""
    ids = {change["visit_id"] for one in proposals for change in one.changes}
    query = select(Visit.id, Visit.window_start, Visit.window_end).where(
        col(Visit.id).in_(ids), col(Visit.window_start).is_not(None)
    )
    return {
        visit_id: (start, end) for visit_id, start, end in session.exec(query) if visit_id and start and end
    }


def just_decided(
    session: Session, *, company_id: int, point_ids: Iterable[int] | None, now: datetime
) -> list[Decision]:
    """What somebody has accepted or rejected in the last minutes, the newest first."""
    query = (
        select(Plan)
        .where(
            col(Plan.company_id) == company_id,
            col(Plan.state).in_(("accepted", "rejected")),
            col(Plan.decided_at) > now - JUST_NOW,
        )
        .order_by(col(Plan.decided_at).desc())
    )
    if point_ids is not None:
        query = query.where(col(Plan.service_point_id).in_(list(point_ids)))
    return [
        Decision(
            p.id or 0, p.service_point_id, p.day, p.state == "accepted", p.decided_at, p.decided_by or ""
        )
        for p in session.exec(query)
        if p.decided_at is not None
    ]


def _given_away(proposal: Proposal) -> list[tuple[int, datetime]]:
    """Who is planned to go when, of visits that go to another or to nobody."""
    return [
        (before["technician_id"], datetime.fromisoformat(before["start"]))
        for change in proposal.changes
        if (before := change["from"])
        and before["start"]
        and before["technician_id"] != (change["to"] or {}).get("technician_id")
    ]


def _cause(
    who: int, at: datetime, absences: Sequence[AbsenceInfo], at_work: set[tuple[int, date]]
) -> Cause | None:
    for absence in absences:
        if absence.technician_id == who and absence.start_at <= at < absence.end_at:
            return Cause(who, (absence.start_at, absence.end_at))
    if (who, operating_day(at)) in at_work:
        return None
    return Cause(who, None)
