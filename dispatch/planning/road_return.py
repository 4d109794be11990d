"""A road engine that answers again: plans that rest on estimates are asked for anew."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from core.clock import operating_day
from core.facts import read_facts
from dispatch.planning.plan_models import Plan, PointDay, SolveRequest
from dispatch.planning.solve_requests import request_solve
from geo.road_fetching import BACK_SINCE
from geo.schemas import TravelSource

WAITING_AT_MOST = 5
"""While so many wishes wait it asks for nothing: every point at once would keep new tickets' waiting."""


def ask_where_estimated(session: Session, *, now: datetime) -> int:
    """Sweep: ask for a solve of each day whose plan was made with estimates before the engine came back.

    A few at a time, the soonest days first, and each once: a solve since then has asked the engine, and what
    it still estimates has no road.
    """
    found = read_facts(session, names=[BACK_SINCE]).get(BACK_SINCE)
    if found is None:
        return 0
    _one, back = found
    waiting = session.exec(select(func.count()).select_from(SolveRequest)).one()
    room = WAITING_AT_MOST - waiting
    if room <= 0:
        return 0
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
        .limit(room)
    )
    days = session.execute(query).all()
    for point_id, day in days:
        request_solve(session, point_id=point_id, day=day, now=now)
    return len(days)
