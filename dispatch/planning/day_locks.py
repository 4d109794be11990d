"""Who plans a point's day holds it first: the rows that guard a day's plan.

Lock order, as everywhere in dispatch: the point's days, then tickets, then visits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from core.db import any_of
from core.held import hold, not_held
from dispatch.planning.plan_models import PointDay

_DAYS = (
    columns(col(PointDay.day))
    .where(col(PointDay.service_point_id) == bindparam("point_id"), any_of(PointDay.day, "days"))
    .order_by(col(PointDay.day))
    .with_for_update()
)
_DAY = (
    select(PointDay)
    .where(col(PointDay.service_point_id) == bindparam("point_id"), col(PointDay.day) == bindparam("day"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock_days(session: Session, *, point_id: int, days: Sequence[date]) -> None:
    """Hold a point's days before anything else: who plans by a ticket does not wait in a circle."""
    keys = not_held(session, [("point_day", point_id, day) for day in days])
    wanted = [day for _table, _point, day in keys]
    if not wanted:
        return
    asked = {"point_id": point_id, "days": wanted}
    if len(session.execute(_DAYS, asked).all()) < len(wanted):
        _make(session, point_id, wanted)
        session.execute(_DAYS, asked)
    hold(session, keys)


def lock_point_day(session: Session, *, point_id: int, day: date) -> PointDay:
    """The guard of a day's plan, fresh and held until the transaction ends; made when it is not there yet."""
    asked = {"point_id": point_id, "day": day}
    found: PointDay | None = session.execute(_DAY, asked).scalar_one_or_none()
    if found is None:
        _make(session, point_id, [day])
    return found or session.execute(_DAY, asked).scalar_one()


def _make(session: Session, point_id: int, days: Sequence[date]) -> None:
    rows = [{"service_point_id": point_id, "day": day, "version": 0} for day in sorted(days)]
    session.execute(insert(PointDay).on_conflict_do_nothing(), rows)
