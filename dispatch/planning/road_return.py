"""A road engine that answers again: plans that rest on estimates are asked for anew."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from core.clock import operating_day
from core.facts import read_facts
from dispatch.planning.plan_models import Plan, PointDay, SolveRequest
from dispatch.planning.solve_requests import CANDIDATES, request_solve
from geo.road_fetching import BACK_SINCE
from geo.schemas import TravelSource


def ask_where_estimated(session: Session, *, now: datetime) -> int:
    """Sweep: ask for a solve of each day whose plan was made with estimates before the engine came back.

    Each day once: a solve since then has asked the engine, and what it still estimates has no road.
    """
    found = read_facts(session, names=[BACK_SINCE]).get(BACK_SINCE)
    if found is None:
        return 0
    _one, back = found
    asked = select(SolveRequest.id).where(
        col(SolveRequest.service_point_id) == col(PointDay.service_point_id),
        col(SolveRequest.day) == col(PointDay.day),
    )
    query = (
        columns(col(PointDay.service_point_id), col(PointDay.day))
        .join(Plan, col(Plan.id) == col(PointDay.plan_id))
        .where(
            col(PointDay.day) >= operating_day(now),
            col(Plan.travel_source).in_((TravelSource.MODEL, TravelSource.MIXED)),
            col(Plan.made_at) < back,
            or_(col(PointDay.last_solved_at).is_(None), col(PointDay.last_solved_at) < back),
            ~asked.exists(),
        )
        .order_by(col(PointDay.day), col(PointDay.service_point_id))
        .limit(CANDIDATES)
    )
    days = session.execute(query).all()
    for point_id, day in days:
        request_solve(session, point_id=point_id, day=day, now=now)
    return len(days)
