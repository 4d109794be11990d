"""The dispatcher's timeline: the lanes of some points over today and the planned days, as one stretch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from core.clock import operating_day, operating_day_bounds
from dispatch.console.lanes import Lane, LaneJob, day_lanes
from dispatch.planning.plan_models import Plan, PointDay
from dispatch.states import OPEN_VISIT_STATES, UNDER_WAY_STATES
from workforce.absences import AbsenceInfo, list_absences

DAYS = 3
"""Today, tomorrow and the day after: what is planned."""


@dataclass(frozen=True)
class LongLane:
    """One technician over all days; `lunches` one a day at most, jobs by start."""

    technician_id: int
    technician_name: str
    service_point_id: int
    shifts: tuple[tuple[datetime, datetime], ...]
    lunches: tuple[tuple[datetime, datetime], ...]
    absences: tuple[AbsenceInfo, ...]
    jobs: tuple[LaneJob, ...]


def shown_days(now: datetime) -> tuple[date, ...]:
    """The operating days of the timeline."""
    return tuple(operating_day(now) + timedelta(days=k) for k in range(DAYS))


def shown_span(now: datetime) -> tuple[datetime, datetime]:
    """From the first 05:00 to the last."""
    days = shown_days(now)
    return operating_day_bounds(days[0])[0], operating_day_bounds(days[-1])[1]


def long_lanes(
    session: Session, *, company_id: int, point_ids: Collection[int], now: datetime
) -> list[LongLane]:
    """A lane for everybody who works or has a visit on the shown days: by point, who is at work now first."""
    found: dict[int, LongLane] = {}
    for day in shown_days(now):
        for lane in day_lanes(session, company_id=company_id, point_ids=point_ids, day=day, now=now):
            found[lane.technician_id] = _longer(found.get(lane.technician_id), lane)
    start, end = shown_span(now)
    away: dict[int, list[AbsenceInfo]] = {}
    for absence in list_absences(session, technician_ids=found, start=start, end=end):
        away.setdefault(absence.technician_id, []).append(absence)
    lanes = [replace(lane, absences=tuple(away.get(who, ()))) for who, lane in found.items()]
    return sorted(
        lanes,
        key=lambda lane: (
            lane.service_point_id,
            _at_work_first(lane, now),
            lane.technician_name,
            lane.technician_id,
        ),
    )


def _at_work_first(lane: LongLane, now: datetime) -> int:
    """0: on shift now or under way; 1: has a visit to come; 2: neither."""
    away = any(absence.start_at <= now < absence.end_at for absence in lane.absences)
    on_shift = any(start <= now < end for start, end in lane.shifts) and not away
    if on_shift or any(job.state in UNDER_WAY_STATES for job in lane.jobs):
        return 0
    return 1 if any(job.state in OPEN_VISIT_STATES for job in lane.jobs) else 2


def day_version(session: Session, *, point_id: int, at: datetime) -> int:
    """The version of the plan that a moment belongs to; 0 while nothing is planned."""
    query = select(PointDay.version).where(
        col(PointDay.service_point_id) == point_id, col(PointDay.day) == operating_day(at)
    )
    return session.exec(query).first() or 0


def travel_sources(session: Session, *, point_ids: Collection[int], day: date) -> dict[int, str]:
    """Where the travel times of the points' plans of a day come from, by point id; absent: nobody drives."""
    query = (
        select(PointDay.service_point_id, Plan.travel_source)
        .join(Plan, col(Plan.id) == col(PointDay.plan_id))
        .where(
            col(PointDay.service_point_id).in_(point_ids),
            col(PointDay.day) == day,
            col(Plan.travel_source).is_not(None),
        )
    )
    return {point_id: str(source) for point_id, source in session.exec(query)}


def _longer(lane: LongLane | None, day: Lane) -> LongLane:
    lunches = (day.lunch,) if day.lunch is not None else ()
    if lane is None:
        return LongLane(
            technician_id=day.technician_id,
            technician_name=day.technician_name,
            service_point_id=day.service_point_id,
            shifts=tuple(dict.fromkeys(day.shifts)),
            lunches=lunches,
            absences=(),
            jobs=day.jobs,
        )
    known = {job.visit_id for job in lane.jobs}
    return replace(
        lane,
        shifts=tuple(dict.fromkeys((*lane.shifts, *day.shifts))),
        lunches=(*lane.lunches, *lunches),
        jobs=(*lane.jobs, *(job for job in day.jobs if job.visit_id not in known)),
    )
