"""The technicians' day as bars on lanes: seconds from the day's start, words, marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from core.clock import operating_day, operating_day_bounds
from core.i18n import _
from dispatch.console.day_lanes import travel_sources
from dispatch.console.lanes import Lane, LaneJob, day_lanes
from dispatch.words import short_symptom, symptom_words
from web.display import day_text, time_text
from web.pages.point.reach import Desk, crew_of
from web.pages.point.words import DAYS, VISIT_STATES
from workforce.absences import list_absences

OPENS_AT_HOUR = 7
"""A day's lanes begin here unless somebody works earlier: the night before is rarely looked at."""
OPEN = ("planned", "agreed", "en_route", "arrived", "in_progress")


@dataclass(frozen=True)
class Bar:
    """A visit on a lane; `start` and `end` in seconds from the timeline's start."""

    number: str
    state: str
    start: int
    end: int
    label: str
    title: str
    priority: int
    safety: bool
    late: bool
    pinned: bool


@dataclass(frozen=True)
class DayLane:
    """One technician's lane: stretches as (from, to) in seconds."""

    technician_id: int
    name: str
    sub: str
    shifts: tuple[tuple[int, int], ...]
    lunch: tuple[int, int] | None
    away: tuple[tuple[int, int, str], ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class DayBoard:
    """A point's operating day. `days`: (index, name, chosen) of what can be looked at."""

    index: int
    day: date
    start: datetime
    hours: int
    lanes: tuple[DayLane, ...]
    days: tuple[tuple[int, str, bool], ...]
    late: int
    travel_source: str | None
    """Where the plan's travel times come from; None: nobody drives."""


def day_board(session: Session, desk: Desk, *, index: int, now: datetime) -> DayBoard:
    """Today (0), tomorrow (1) or the day after (2) of a desk's technicians."""
    index = index if 0 <= index < DAYS else 0
    day = operating_day(now) + timedelta(days=index)
    point = desk.point
    lanes = day_lanes(session, company_id=point.company_id, point_ids=[point.id], day=day, now=now)
    begins, ends = operating_day_bounds(day)
    start = _first_hour(lanes, begins)
    crew = {info.id for info in crew_of(session, desk, now=now)} | {lane.technician_id for lane in lanes}
    away: dict[int, list[tuple[int, int, str]]] = {}
    for absence in list_absences(session, technician_ids=crew, start=start, end=ends):
        stretch = (_seconds(max(absence.start_at, start), start), _seconds(min(absence.end_at, ends), start))
        away.setdefault(absence.technician_id, []).append((*stretch, absence.reason))
    shown = tuple(_lane(lane, start, tuple(away.get(lane.technician_id, ()))) for lane in lanes)
    return DayBoard(
        index=index,
        day=day,
        start=start,
        hours=max(1, int((ends - start).total_seconds() // 3600)),
        lanes=shown,
        days=tuple(
            (n, day_text(operating_day(now) + timedelta(days=n), now), n == index) for n in range(DAYS)
        ),
        travel_source=travel_sources(session, point_ids=[point.id], day=day).get(point.id),
        late=sum(bar.late and bar.state in OPEN for lane in shown for bar in lane.bars),
    )


def _first_hour(lanes: list[Lane], begins: datetime) -> datetime:
    """Seven in the morning, or the hour in which somebody begins earlier."""
    usual = begins + timedelta(hours=OPENS_AT_HOUR - 5)
    moments = [start for lane in lanes for start, _end in lane.shifts if start >= begins]
    moments += [job.start for lane in lanes for job in lane.jobs if job.start >= begins]
    earliest = min([usual, *moments])
    return earliest.replace(minute=0, second=0, microsecond=0)


def _lane(lane: Lane, start: datetime, away: tuple[tuple[int, int, str], ...]) -> DayLane:
    left = sum(job.state in OPEN for job in lane.jobs)
    done = sum(job.state == "completed" for job in lane.jobs)
    sub = _("남은 {left} · 마침 {done}").format(left=left, done=done) if lane.jobs else _("일 없음")
    return DayLane(
        technician_id=lane.technician_id,
        name=lane.technician_name,
        sub=sub,
        shifts=tuple((_seconds(a, start), _seconds(b, start)) for a, b in lane.shifts),
        lunch=(_seconds(lane.lunch[0], start), _seconds(lane.lunch[1], start)) if lane.lunch else None,
        away=away,
        bars=tuple(_bar(job, start) for job in lane.jobs),
    )


def _bar(job: LaneJob, start: datetime) -> Bar:
    state = _(VISIT_STATES[job.state]) if job.state in VISIT_STATES else job.state
    parts = [job.number, symptom_words(job.symptom), f"{state} {time_text(job.start)}~{time_text(job.end)}"]
    if job.window is not None:
        parts.append(_("약속 {a}~{b}").format(a=time_text(job.window[0]), b=time_text(job.window[1])))
    if job.late and job.state in OPEN:
        parts.append(_("약속에 늦음"))
    return Bar(
        number=job.number,
        state=job.state,
        start=_seconds(job.start, start),
        end=_seconds(job.end, start),
        label=short_symptom(job.symptom),
        title=" · ".join(parts),
        priority=job.priority,
        safety=job.safety,
        late=job.late,
        pinned=job.pinned,
    )


def _seconds(at: datetime, start: datetime) -> int:
    return max(0, int((at - start).total_seconds()))
