"""How a stretch of days went, counted from the rows of a company's tickets, clocks and visits.

A call belongs to the day on which the family asked, a clock to the day on which it began, a visit to the day
on which it ended. What was brought over from another system is not counted: its clocks ran there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import TextClause, text
from sqlmodel import Session

from core.clock import KST, today_kst
from core.dated import read_rules

# Received in the stretch, in this system.
_ASKED = """
    t.company_id = :company_id AND t.received_at >= :start AND t.received_at < :end
    AND NOT EXISTS (SELECT FROM imported_ticket AS i WHERE i.ticket_id = t.id)
"""
_CALLS = text(
    f"""
    SELECT t.service_point_id AS point, count(*) AS received,
        count(*) FILTER (WHERE t.solved_by_phone_at IS NOT NULL OR t.status = 'SELF_FIXED') AS by_phone,
        count(*) FILTER (WHERE t.safety) AS dangers,
        count(*) FILTER (WHERE t.reopened_at IS NOT NULL OR t.reopened_from_id IS NOT NULL) AS taken_up_again
    FROM ticket AS t WHERE {_ASKED} GROUP BY 1
    """  # noqa: S608 - our own words
)
_CLOCKS = text(
    """
    SELECT t.service_point_id AS point,
        count(*) FILTER (WHERE c.state = 'met') AS contact_kept,
        count(*) FILTER (WHERE c.state = 'breached' OR (c.stopped_at IS NULL AND c.due_at < :now))
            AS contact_late
    FROM ticket_clock AS c JOIN ticket AS t ON t.id = c.ticket_id
    WHERE t.company_id = :company_id AND c.kind = 'contact' AND c.state <> 'void'
        AND c.started_at >= :start AND c.started_at < :end
    GROUP BY 1
    """
)
_VISITS = text(
    """
    SELECT v.service_point_id AS point,
        count(*) FILTER (WHERE v.arrived_at <= v.window_end) AS arrived_in_time,
        count(*) FILTER (WHERE v.arrived_at > v.window_end) AS arrived_late,
        count(*) FILTER (WHERE done.is_so) AS done,
        count(*) FILTER (WHERE done.is_so AND done.day = (t.received_at AT TIME ZONE :zone)::date)
            AS done_the_same_day,
        count(*) FILTER (WHERE done.is_so AND v.ended_at <= t.received_at + :limit) AS quick_from_call,
        count(*) FILTER (WHERE done.is_so AND v.ended_at <= v.arrived_at + :limit) AS quick_from_arrival
    FROM visit AS v JOIN ticket AS t ON t.id = v.ticket_id
        CROSS JOIN LATERAL (
            SELECT v.state = 'completed' AND v.hold_reason IS NULL AS is_so,
                (v.ended_at AT TIME ZONE :zone)::date AS day
        ) AS done
    WHERE v.company_id = :company_id AND v.ended_at >= :start AND v.ended_at < :end
        AND NOT EXISTS (SELECT FROM imported_ticket AS i WHERE i.ticket_id = t.id)
    GROUP BY 1
    """
)
_HOURS = text(
    f"""
    SELECT date_trunc('hour', t.received_at AT TIME ZONE :zone) AS hour, count(*) AS received,
        count(*) FILTER (WHERE EXISTS (
            SELECT FROM ticket_clock AS c WHERE c.ticket_id = t.id AND c.kind = 'contact'
                AND (c.state = 'breached' OR (c.stopped_at IS NULL AND c.due_at < :now AND c.state <> 'void'))
        )) AS late
    FROM ticket AS t WHERE {_ASKED} GROUP BY 1
    """  # noqa: S608 - our own words
)
_SYMPTOMS = text(
    f"""
    SELECT t.symptom, count(*) AS received,
        count(*) FILTER (WHERE t.solved_by_phone_at IS NOT NULL OR t.status = 'SELF_FIXED') AS by_phone
    FROM ticket AS t WHERE {_ASKED} GROUP BY 1 ORDER BY 2 DESC, 1
    """  # noqa: S608 - our own words
)
_LATE = text(
    """
    SELECT t.number, t.symptom, t.service_point_id AS point, c.started_at, c.due_at, c.stopped_at
    FROM ticket_clock AS c JOIN ticket AS t ON t.id = c.ticket_id
    WHERE t.company_id = :company_id AND c.kind = 'contact' AND c.state <> 'void'
        AND c.started_at >= :start AND c.started_at < :end
        AND (c.state = 'breached' OR (c.stopped_at IS NULL AND c.due_at < :now))
    ORDER BY c.stopped_at IS NOT NULL, coalesce(c.stopped_at, :now) - c.due_at DESC, t.id
    LIMIT :most
    """
)


@dataclass(frozen=True)
class Figures:
    """Counts of one service point, or of all. `contact_*`: of clocks that have come to an end or are over."""

    received: int = 0
    by_phone: int = 0
    """Solved without a visit."""
    dangers: int = 0
    taken_up_again: int = 0
    """Opened anew after they were done."""
    contact_kept: int = 0
    contact_late: int = 0
    arrived_in_time: int = 0
    """At the home by the end of the agreed window."""
    arrived_late: int = 0
    done: int = 0
    """Visits with which the work was done."""
    done_the_same_day: int = 0
    quick_from_call: int = 0
    """Done within the handled limit (100 minutes) of the call; and, `quick_from_arrival`, of the arrival."""
    quick_from_arrival: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class Hour:
    """Calls of one hour of one day (KST), and how many of them were not answered for in time."""

    day: date
    hour: int
    received: int
    late: int


@dataclass(frozen=True)
class SymptomCount:
    """What families called about."""

    symptom: str
    received: int
    by_phone: int


@dataclass(frozen=True)
class LateContact:
    """A family nobody talked with in time. `stopped_at` None: nobody yet; `late_s`: beyond the limit."""

    number: str
    symptom: str
    service_point_id: int | None
    started_at: datetime
    stopped_at: datetime | None
    late_s: int


def figures_by_point(
    session: Session, *, company_id: int, start: datetime, end: datetime, now: datetime
) -> dict[int | None, Figures]:
    """What was counted in [start, end), by service point; None: what no point has."""
    limit = timedelta(seconds=read_rules(session, company_id=company_id, at=now).handled_limit_s)
    asked = {"company_id": company_id, "start": start, "end": end}
    found: dict[int | None, dict[str, int]] = defaultdict(dict)
    statements: tuple[tuple[TextClause, dict[str, object]], ...] = (
        (_CALLS, {}),
        (_CLOCKS, {"now": now}),
        (_VISITS, {"zone": KST.key, "limit": limit}),
    )
    for statement, more in statements:
        for row in session.execute(statement, {**asked, **more}).mappings():
            found[row["point"]].update({name: n for name, n in row.items() if name != "point"})
    return {point: Figures(**counts) for point, counts in found.items()}


def total_of(by_point: Mapping[int | None, Figures]) -> Figures:
    """All points together, and what has none."""
    return sum(by_point.values(), Figures())


def calls_by_hour(
    session: Session, *, company_id: int, start: datetime, end: datetime, now: datetime
) -> list[Hour]:
    """The hours of [start, end) in which somebody called, in order."""
    asked = {"company_id": company_id, "start": start, "end": end, "now": now, "zone": KST.key}
    rows = session.execute(_HOURS, asked)
    return sorted(
        (Hour(row.hour.date(), row.hour.hour, row.received, row.late) for row in rows),
        key=lambda each: (each.day, each.hour),
    )


def calls_by_day(hours: Iterable[Hour], *, start: datetime, end: datetime) -> list[tuple[date, int, int]]:
    """Every day of [start, end) with its calls and how many were late, also the days without a call."""
    sums: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for each in hours:
        sums[each.day][0] += each.received
        sums[each.day][1] += each.late
    first, last = today_kst(start), today_kst(end - timedelta(microseconds=1))
    days = (first + timedelta(days=k) for k in range((last - first).days + 1))
    return [(day, sums[day][0], sums[day][1]) for day in days]


def calls_by_symptom(
    session: Session, *, company_id: int, start: datetime, end: datetime
) -> list[SymptomCount]:
    """What the calls of [start, end) were about, the most first."""
    rows = session.execute(_SYMPTOMS, {"company_id": company_id, "start": start, "end": end})
    return [SymptomCount(row.symptom, row.received, row.by_phone) for row in rows]


def late_contacts(
    session: Session, *, company_id: int, start: datetime, end: datetime, now: datetime, most: int
) -> list[LateContact]:
    """Whose first talk came too late or is still to come, those who still wait first, then the latest."""
    asked: dict[str, Any] = {"company_id": company_id, "start": start, "end": end, "now": now, "most": most}
    return [
        LateContact(
            row.number,
            row.symptom,
            row.point,
            row.started_at,
            row.stopped_at,
            int(((row.stopped_at or now) - row.due_at).total_seconds()),
        )
        for row in session.execute(_LATE, asked)
    ]
