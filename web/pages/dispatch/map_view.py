"""What the console's map shows: points, open tickets by state, the routes of the chosen points."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.actor import Principal
from core.clock import operating_day
from core.i18n import _
from dispatch.console.lanes import Lane, day_lanes
from dispatch.console.map_views import MapTicket, map_points, map_tickets
from web.pages.dispatch.reach import Reach
from web.pages.dispatch.words import STATUS_TONES, STATUSES

MOST_ROUTED_POINTS = 4
"""Routes of more points than this are a tangle that nobody reads."""


def map_values(session: Session, *, principal: Principal, reach: Reach, now: datetime) -> dict[str, Any]:
    """The JSON of docs/frontend.md; technicians' homes never leave the house."""
    day = operating_day(now)
    own = {point.id for point in reach.shown}
    points = [p for p in map_points(session, company_id=principal.company_id, day=day) if p.id in own]
    tickets = map_tickets(session, company_id=principal.company_id, point_ids=reach.narrowed_ids)
    routed = [point.id for point in reach.shown] if reach.chosen or reach.own_only else []
    lanes: list[Lane] = []
    if 0 < len(routed) <= MOST_ROUTED_POINTS:
        lanes = day_lanes(session, company_id=principal.company_id, point_ids=routed, day=day, now=now)
    by_id = {point.id: point for point in reach.points}
    return {
        "points": [
            {
                "code": point.code,
                "name": point.name,
                "lat": point.lat,
                "lon": point.lon,
                "detail": _("열린 접수 {open}건 · 미배정 {left}건").format(
                    open=point.open_tickets, left=point.unplanned_tickets
                ),
                "href": reach.choosing([by_id[point.id]]),
            }
            for point in points
        ],
        "tickets": [_ticket(ticket) for ticket in tickets],
        "routes": [route for lane in lanes if (route := _route(lane)) is not None],
    }


def _ticket(ticket: MapTicket) -> dict[str, Any]:
    state = _(STATUSES.get(ticket.status, ticket.status))
    return {
        "number": ticket.number,
        "lat": round(ticket.lat, 5),
        "lon": round(ticket.lon, 5),
        "priority": ticket.priority,
        "safety": ticket.safety,
        "state": ticket.status,
        "tone": "bad" if ticket.safety else STATUS_TONES.get(ticket.status, "mute"),
        "detail": _("{level}순위 · {state}").format(level=ticket.priority, state=state),
    }


def _route(lane: Lane) -> dict[str, Any] | None:
    """From visit to visit; where the technician lives is nobody's business here."""
    jobs = [job for job in lane.jobs if job.lat is not None and job.state not in ("absent", "cancelled")]
    if len(jobs) < 2:
        return None
    return {
        "technician": lane.technician_id,
        "name": lane.technician_name,
        "path": [[round(job.lat, 5), round(job.lon, 5)] for job in jobs if job.lat and job.lon],
    }
