"""One published plan for each point and planned day, from the visits as they stand, even without any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from core.clock import operating_day, operating_day_bounds, rfc3339_kst
from dispatch.models import Plan, PointDay
from dispatch.planning.reason_words import planners_reason
from geo.schemas import TravelSource
from scheduling.plan import Reason, Repair
from simulation.bulk import Batch, Row, first_free_ids, load

MADE_BY = "온돌"
PLANNED_DAYS = 3
"""Today and two days."""

_VISITS = text("""
    SELECT v.id, v.ticket_id, v.service_point_id, v.technician_id,
           v.planned_start, v.planned_end, v.window_end
    FROM visit v JOIN ticket t ON t.id = v.ticket_id
    WHERE v.technician_id IS NOT NULL AND v.state <> 'cancelled'
      AND v.planned_start >= :start AND v.planned_start < :end AND t.status <> 'CANCELLED'
    ORDER BY v.technician_id, v.planned_start
""")
_WAITING = text("""
    SELECT v.id, v.ticket_id, v.service_point_id, v.skills FROM visit v JOIN ticket t ON t.id = v.ticket_id
    WHERE v.technician_id IS NULL AND v.state IN ('planned', 'agreed') AND t.status = 'UNASSIGNED'
    ORDER BY v.id
""")
_RENEW = text("""
    UPDATE point_day SET version = :version, plan_id = :plan_id, last_solved_at = :last_solved_at
    WHERE id = :id
""")
_OUTDATE = text("""
    UPDATE plan SET state = 'outdated', decided_at = :now FROM point_day d
    WHERE plan.state = 'proposed' AND d.service_point_id = plan.service_point_id AND d.day = plan.day
      AND d.version > plan.base_version
""")
_POINT_DAYS = text("SELECT service_point_id, day, id, version FROM point_day WHERE day >= :first")


def publish_plans(
    session: Session,
    *,
    points: Sequence[tuple[int, int]],
    first: date,
    lunches: dict[tuple[int, date], datetime],
    now: datetime,
    only: set[tuple[int, date]] | None = None,
) -> int:
    """Write the plans of three days from `first`; each becomes its day's newest version.

    Args:
        points: (point id, company id).
        lunches: when a technician's lunch of a day begins.
        only: (point id, day) of the plans to write; None: all.
    """
    days = [first + timedelta(days=k) for k in range(PLANNED_DAYS)]
    routes = _routes(session, days=days, lunches=lunches)
    waiting = _waiting(session)
    versions = {
        (point_id, day): (row_id, version)
        for point_id, day, row_id, version in session.execute(_POINT_DAYS, {"first": first})
    }
    batch = Batch(first_free_ids(session))
    renewed: list[Row] = []
    wanted = [
        ((point_id, day), company_id)
        for point_id, company_id in points
        for day in days
        if only is None or (point_id, day) in only
    ]
    for key, company_id in wanted:
        row_id, version = versions.get(key, (None, 0))
        left = waiting.get(key[0], []) if key[1] == first else []
        plan_id = _add_plan(
            batch, key, company_id, version=version, routes=routes.get(key, []), left=left, now=now
        )
        facts = {"version": version + 1, "plan_id": plan_id, "last_solved_at": now}
        if row_id is None:
            batch.add(PointDay, service_point_id=key[0], day=key[1], **facts)
        else:
            renewed.append({"id": row_id, **facts})
    load(session, batch)
    if renewed:
        session.execute(_RENEW, renewed)
        session.execute(_OUTDATE, {"now": now})
    return len(wanted)


def _routes(
    session: Session, *, days: Sequence[date], lunches: dict[tuple[int, date], datetime]
) -> dict[tuple[int, date], list[Row]]:
    found: dict[tuple[int, date], dict[int, Row]] = defaultdict(dict)
    span = {"start": operating_day_bounds(days[0])[0], "end": operating_day_bounds(days[-1])[1]}
    for visit_id, ticket_id, point_id, technician_id, start, end, latest in session.execute(_VISITS, span):
        day = operating_day(start)
        lunch = lunches.get((technician_id, day))
        route = found[point_id, day].setdefault(
            technician_id,
            {
                "technician_id": technician_id,
                "lunch_start": rfc3339_kst(lunch) if lunch else None,
                "stops": [],
            },
        )
        route["stops"].append(
            {
                "visit_id": visit_id,
                "ticket_id": ticket_id,
                "arrive": rfc3339_kst(start),
                "start": rfc3339_kst(start),
                "end": rfc3339_kst(end),
                "late": latest is not None and start > latest,
            }
        )
    return {key: list(by_technician.values()) for key, by_technician in found.items()}


def _waiting(session: Session) -> dict[int, list[Row]]:
    """Visits that nobody is planned for, with the reason: nobody there has the licences."""
    found: dict[int, list[Row]] = defaultdict(list)
    for visit_id, ticket_id, point_id, skills in session.execute(_WAITING):
        lacking = {"skills": ", ".join(skills)}
        if skills:
            why = Reason(
                "NO_QUALIFIED_TECHNICIAN", "proof", params=lacking, repair=Repair("ADD_SKILL", lacking)
            )
        else:
            why = Reason("NO_TIME_LEFT", "best_guess")
        reason = {**planners_reason(why), "technician_id": None, "technician": None}
        found[point_id].append({"visit_id": visit_id, "ticket_id": ticket_id, "reasons": [reason]})
    return found


def _add_plan(
    batch: Batch,
    key: tuple[int, date],
    company_id: int,
    *,
    version: int,
    routes: list[Row],
    left: list[Row],
    now: datetime,
) -> int:
    return batch.add(
        Plan,
        service_point_id=key[0],
        company_id=company_id,
        day=key[1],
        version=version + 1,
        base_version=version,
        origin="seed",
        state="published",
        made_at=now,
        made_by=MADE_BY,
        travel_source=TravelSource.MODEL if routes else None,
        routes=routes,
        unplanned=left,
    )
