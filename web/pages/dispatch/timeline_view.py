"""The timeline as the console shows it: blocks of lanes by point, bars in seconds since the first 05:00."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.actor import Principal
from core.clock import operating_day, operating_day_bounds
from core.i18n import _
from dispatch.console.day_lanes import DAYS, LongLane, long_lanes, shown_days, shown_span, travel_sources
from dispatch.console.lanes import LaneJob
from dispatch.console.queue import TROUBLE, glance_at_tickets, trouble_by_point
from dispatch.words import short_symptom, symptom_words
from web.display import date_text, day_text, time_text
from web.pages.dispatch.reach import Reach
from web.pages.dispatch.words import VISIT_STATES
from workforce.crews import crew_sizes
from workforce.schemas import PointInfo

FIRST_BLOCKS = 2
"""Points whose lanes come with the page; the others are fetched as they scroll into view."""
LEAST_GAP_S = 60


def timeline_values(
    session: Session, *, principal: Principal, reach: Reach, now: datetime, day: str = ""
) -> dict[str, Any]:
    """The frame with a block for each point, those in trouble first; only the first carry their lanes."""
    ids = [point.id for point in reach.points]
    glances = glance_at_tickets(
        session, company_id=principal.company_id, now=now, point_ids=ids if reach.own_only else None
    )
    trouble = trouble_by_point(glances)
    start, end = shown_span(now)
    sizes = crew_sizes(session, point_ids=ids, start=start, end=end)
    order = sorted(reach.points, key=lambda point: _trouble_first(point, trouble.get(point.id, Counter())))
    shown = {point.id for point in reach.shown}
    first = [point for point in order if point.id in shown][:FIRST_BLOCKS]
    lanes = _lanes_by_point(session, principal, first, now)
    blocks = [
        _block(point, trouble.get(point.id, Counter()), sizes[point.id], lanes.get(point.id), reach, now)
        for point in order
        if point.id in shown
    ]
    _mark_sources(session, blocks, now)
    return {
        "start": start,
        "hours": 24 * DAYS,
        "days": _days(now, day, reach),
        "blocks": blocks,
        "choices": [_choice(point, trouble.get(point.id, Counter()), reach) for point in order],
    }


def block_values(
    session: Session, *, principal: Principal, reach: Reach, point: PointInfo, now: datetime
) -> dict[str, Any]:
    """One point's block with its lanes."""
    glances = glance_at_tickets(session, company_id=principal.company_id, now=now, point_ids=[point.id])
    lanes = _lanes_by_point(session, principal, [point], now)[point.id]
    counts = trouble_by_point(glances).get(point.id, Counter())
    block = _block(point, counts, len(lanes), lanes, reach, now)
    _mark_sources(session, [block], now)
    return block


def _lanes_by_point(
    session: Session, principal: Principal, points: Sequence[PointInfo], now: datetime
) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {point.id: [] for point in points}
    if not points:
        return found
    start, _end = shown_span(now)
    for lane in long_lanes(session, company_id=principal.company_id, point_ids=list(found), now=now):
        found.setdefault(lane.service_point_id, []).append(_lane(lane, start, now))
    return found


def _mark_sources(session: Session, blocks: Sequence[dict[str, Any]], now: datetime) -> None:
    """Where the travel times of today's plans come from."""
    ids = [block["point"].id for block in blocks]
    found = travel_sources(session, point_ids=ids, day=operating_day(now))
    for block in blocks:
        block["travel_source"] = found.get(block["point"].id)


def _block(
    point: PointInfo,
    counts: Counter[str],
    size: int,
    lanes: list[dict[str, Any]] | None,
    reach: Reach,
    now: datetime,
) -> dict[str, Any]:
    late = sum(1 for lane in lanes or () for job in lane["jobs"] if job["late"])
    return {
        "point": point,
        "size": len(lanes) if lanes is not None else size,
        "lanes": lanes,
        "src": reach.address(f"/dispatch/lanes/{point.code}"),
        "only": reach.choosing([point]),
        "unplanned": counts["unplanned"],
        "overdue": counts["overdue"],
        "safety": counts["safety"],
        "late": late,
        "today": operating_day(now).isoformat(),
    }


def _lane(lane: LongLane, start: datetime, now: datetime) -> dict[str, Any]:
    def seconds(at: datetime) -> int:
        return max(0, min(int((at - start).total_seconds()), DAYS * 86_400))

    jobs = [_job(job, seconds(job.start), seconds(job.end), now) for job in lane.jobs]
    today = [job for job in lane.jobs if operating_day(job.start) == operating_day(now)]
    done = sum(1 for job in today if job.state == "completed")
    return {
        "technician": lane.technician_id,
        "name": lane.technician_name,
        "sub": f"{day_text(operating_day(now), now)} {done}/{len(today)}",
        "shifts": [(seconds(a), seconds(b)) for a, b in lane.shifts],
        "lunches": [(seconds(a), seconds(b)) for a, b in lane.lunches],
        "absences": [(seconds(a.start_at), seconds(a.end_at), a.reason) for a in lane.absences],
        "windows": [
            (seconds(job.window[0]), seconds(job.window[1]))
            for job in lane.jobs
            if job.window is not None and job.state in ("planned", "agreed", "en_route")
        ],
        "jobs": jobs,
    }


def _job(job: LaneJob, from_s: int, to_s: int, now: datetime) -> dict[str, Any]:
    window = f"{time_text(job.window[0])}~{time_text(job.window[1])}" if job.window else ""
    state = _(VISIT_STATES.get(job.state, job.state))
    late_s = _late_s(job, now)
    facts = [
        job.number,
        symptom_words(job.symptom),
        f"{time_text(job.start)}~{time_text(job.end)}",
        state,
        _("약속 {window}").format(window=window) if window else "",
        _("{n}분 늦음").format(n=late_s // 60) if late_s else "",
        _("고정됨") if job.pinned else "",
    ]
    return {
        "visit": job.visit_id,
        "number": job.number,
        "state": job.state,
        "from_s": from_s,
        "to_s": max(to_s, from_s + 300),
        "label": short_symptom(job.symptom),
        "title": " · ".join(fact for fact in facts if fact),
        "priority": job.priority,
        "safety": job.safety and job.state != "completed",
        "late": bool(late_s),
        "pinned": job.pinned,
        "uncontacted": not job.contacted and job.state == "planned",
    }


def _late_s(job: LaneJob, now: datetime) -> int:
    """By how much the agreed window is missed, as far as it is known now."""
    if not job.late or job.window is None or job.state in ("completed", "absent"):
        return 0
    begun = job.state in ("arrived", "in_progress")
    expected = job.start if begun else max(job.start, now)
    late = int((expected - job.window[1]).total_seconds())
    return late if late >= LEAST_GAP_S else 0


def _trouble_first(point: PointInfo, counts: Counter[str]) -> tuple[int, int, int, str]:
    return (-counts["safety"], -counts["unplanned"], -counts["overdue"], point.code)


def _days(now: datetime, day: str, reach: Reach) -> list[dict[str, Any]]:
    days = shown_days(now)
    wanted = next((k for k, each in enumerate(days) if each.isoformat() == day), 0)
    return [
        {
            "name": day_text(each, now),
            "date": date_text(operating_day_bounds(each)[0]),
            "from_s": k * 86_400,
            "active": k == wanted,
            "href": reach.address("/dispatch", day=each.isoformat()),
        }
        for k, each in enumerate(days)
    ]


def _choice(point: PointInfo, counts: Counter[str], reach: Reach) -> dict[str, Any]:
    chosen = point in reach.chosen
    rest = [p for p in reach.chosen if p.id != point.id]
    return {
        "point": point,
        "chosen": chosen,
        "only": reach.choosing([point]),
        "toggle": reach.choosing(rest if chosen else [*reach.chosen, point]),
        "trouble": sum(counts[section] for section in TROUBLE),
    }
