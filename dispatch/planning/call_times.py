"""When the published plan has a technician stand still to telephone: for his phone, and whether it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select as columns
from sqlmodel import Session, col

from core.clock import operating_day
from core.dated import read_rules
from dispatch.models import Visit
from dispatch.planning.drafts import DayDraft
from dispatch.planning.plan_models import Plan, PointDay


def call_times(
    session: Session, *, technician_id: int, visits: Sequence[Visit], now: datetime
) -> dict[int, datetime]:
    """By visit id, from when on he can call these families: by today's plan, and not over yet."""
    if not visits:
        return {}
    query = (
        columns(col(Plan.routes))
        .join(PointDay, col(PointDay.plan_id) == col(Plan.id))
        .where(
            col(PointDay.service_point_id).in_({visit.service_point_id for visit in visits}),
            col(PointDay.day) == operating_day(now),
        )
    )
    found = _told(
        route
        for routes in session.scalars(query)
        for route in routes
        if route["technician_id"] == technician_id
    )
    rules = read_rules(session, company_id=visits[0].company_id, at=now)
    asked, over = {visit.id for visit in visits}, timedelta(seconds=rules.call_gap_s)
    return {key: at for key, at in found.items() if key in asked and at + over > now}


def calls_have_moved(draft: DayDraft, routes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the published routes name other times to call than the draft: one that they lack, one that is
    another by more than its own length, or one still ahead for which no time is left.
    """
    length = timedelta(seconds=draft.board.rules.call_gap_s)
    told, calls = _told(routes), {call.visit_id: call.at for call in draft.calls}
    owed = {call.visit_id for call in draft.board.calls}
    ahead = {key for key, at in told.items() if key in owed and at + length > draft.board.now}
    return bool(ahead - calls.keys()) or any(
        key not in told or abs(at - told[key]) > length for key, at in calls.items()
    )


def _told(routes: Iterable[Mapping[str, Any]]) -> dict[int, datetime]:
    """The times to call of a plan's rows, by visit id."""
    return {
        call["visit_id"]: datetime.fromisoformat(call["at"])
        for route in routes
        for call in route.get("calls", ())  # older plans tell of none
    }
