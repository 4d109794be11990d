"""Somebody works at other times than before, or a point is another: its days are planned anew."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session

from core import live
from dispatch.planning.board import load_horizon, planned_days
from dispatch.planning.solve_requests import request_solve
from dispatch.safety import give_again
from workforce.events import CapacityChanged


def plan_anew(*, session: Session, event: CapacityChanged, now: datetime) -> None:
    """Handler: ask for a solve of every planned day that the change touches.

    The solve gives away the visits of whoever does not come to work for them. Where the family has spoken
    with him it waits as a proposal for a named person. A safety case waits for neither: it goes at once to
    the nearest who is on duty, or a named person gets an alarm.
    """
    point_id = event.service_point_id
    for ticket_id in _deserted_safety_cases(session, point_id=point_id, now=now):
        give_again(session, ticket_id=ticket_id, now=now)
    live.announce(session, company_id=event.company_id, topic="shift", service_point_id=point_id)
    first, last = date.fromisoformat(event.first_day), date.fromisoformat(event.last_day)
    for day in planned_days(session, point_id=point_id, now=now):
        if first <= day <= last:
            request_solve(session, point_id=point_id, day=day, now=now, urgent=True)


def _deserted_safety_cases(session: Session, *, point_id: int, now: datetime) -> list[int]:
    return [
        visit.ticket_id
        for board in load_horizon(session, point_id=point_id, now=now)
        for visit in board.visits
        if visit.safety and visit.planned and not visit.under_way and not board.can_go(visit)
    ]
