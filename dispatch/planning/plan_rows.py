"""Rows of plans: what a version, or a proposal, keeps for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from dispatch.planning.authorship import Authorship
from dispatch.planning.drafts import DayDraft
from dispatch.planning.plan_changes import Change
from dispatch.planning.plan_models import Plan, PointDay


def plan_row(
    draft: DayDraft, changes: Sequence[Change], author: Authorship, now: datetime, *, state: str, version: int
) -> Plan:
    """A plan's row in this state and version, not yet added."""
    board = draft.board
    return Plan(
        service_point_id=board.point_id,
        company_id=board.company_id,
        day=board.day,
        version=version,
        base_version=board.version,
        origin=author.origin,
        state=state,
        made_at=now,
        made_by=author.by.name,
        cost=draft.cost,
        baseline_cost=draft.baseline_cost,
        travel_source=draft.travel_source,
        routes=draft.routes(),
        unplanned=[
            {
                "ticket_id": left.visit.ticket_id,
                "visit_id": left.visit.visit_id,
                "reasons": list(left.reasons),
                "repairs": list(left.repairs),
            }
            for left in draft.unplanned
        ],
        changes=[
            {**change.as_json(board.names), "why": author.reason_for(change.before.visit_id)}
            for change in changes
        ],
    )


def outdate_proposals(session: Session, point_id: int, day: date, now: datetime) -> bool:
    """Open proposals of a day end when the day gets a new version, or a newer proposal; whether any did."""
    ended = session.execute(
        update(Plan)
        .where(col(Plan.service_point_id) == point_id, col(Plan.day) == day, col(Plan.state) == "proposed")
        .values(state="outdated", decided_at=now)
        .returning(col(Plan.id))
    )
    return ended.first() is not None


def changes_of(draft: DayDraft, changes: Sequence[Change]) -> list[Change]:
    """The changes that concern this day: it is left or entered there."""
    stops = draft.by_visit
    seen = {visit.visit_id for visit in draft.board.visits}
    return [c for c in changes if c.before.visit_id in stops or c.before.visit_id in seen]


def still_unplanned(session: Session, row: PointDay, draft: DayDraft) -> list[dict[str, Any]]:
    """Reasons that the version before gave for visits which still wait and were not looked at again."""
    waiting = {visit.visit_id for visit in draft.board.waiting} - set(draft.by_visit)
    waiting -= {left.visit.visit_id for left in draft.unplanned}
    before = session.get(Plan, row.plan_id) if waiting and row.plan_id is not None else None
    return [left for left in (before.unplanned if before else []) if left["visit_id"] in waiting]
