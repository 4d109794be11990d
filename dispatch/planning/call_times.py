"""When the published plan has a technician stand still to telephone, for his phone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select as columns
from sqlmodel import Session, col

from core.clock import operating_day
from core.dated import read_rules
from dispatch.models import Visit
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
    found = {
        call["visit_id"]: datetime.fromisoformat(call["at"])
        for routes in session.scalars(query)
        for route in routes
        if route["technician_id"] == technician_id
        for call in route.get("calls", ())  # older plans tell of none
    }
    rules = read_rules(session, company_id=visits[0].company_id, at=now)
    asked, over = {visit.id for visit in visits}, timedelta(seconds=rules.call_gap_s)
    return {key: at for key, at in found.items() if key in asked and at + over > now}
