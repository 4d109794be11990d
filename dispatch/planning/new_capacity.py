"""Somebody works at other times than before, or a point is another: its days are planned anew."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session

from dispatch.planning.board import planned_days
from dispatch.planning.solve_requests import request_solve
from workforce.events import CapacityChanged


def plan_anew(*, session: Session, event: CapacityChanged, now: datetime) -> None:
    """Handler: ask for a solve of every planned day that the change touches.

    The solve gives away the visits of whoever does not come to work for them. Where the family has spoken
    with him it waits as a proposal for a named person.
    """
    first, last = date.fromisoformat(event.first_day), date.fromisoformat(event.last_day)
    for day in planned_days(session, point_id=event.service_point_id, now=now):
        if first <= day <= last:
            request_solve(session, point_id=event.service_point_id, day=day, now=now, urgent=True)
