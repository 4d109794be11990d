"""Work shared out fairly: whoever was busier than his colleagues of late costs a little more to be sent.

Busy is the share of his rostered hours at the point that a technician was on the way or at a home, so half a
roster is no advantage and a part-timer no idler. A danger knows no fairness, nor does a visit under way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from core.dated import CompanyRules
from workforce.duty import list_shifts

LEAST_ROSTERED_S = 8 * 3600
"""Of fewer hours nobody can say that they were busy ones."""
STEP = 0.1
"""The setting's cost is that of so much more of one's time than the point's mean."""

_BUSY = text(
    """
    SELECT technician_id, sum(extract(epoch FROM
        ended_at - coalesce(en_route_at, arrived_at, started_at, ended_at)))::int AS busy
    FROM visit
    WHERE service_point_id = :point_id AND planned_start >= :since AND ended_at <= :now
        AND technician_id IS NOT NULL
    GROUP BY 1
    """
)


def read_fairness(session: Session, *, point_id: int, rules: CompanyRules, now: datetime) -> dict[int, int]:
    """What a visit costs more with each technician, by id; nothing for whoever is at the mean or below it.

    Reckoned from the last `fairness_days`; a company whose `fairness_cost` is 0 asks nothing of the database.
    """
    if not rules.fairness_cost:
        return {}
    since = now - timedelta(days=rules.fairness_days)
    rostered = Counter[int]()
    for shift in list_shifts(session, point_id=point_id, start=since, end=now):
        begun, over = max(shift.start_at, since), min(shift.end_at, now)
        rostered[shift.technician_id] += int((over - begun).total_seconds())
    rows = session.execute(_BUSY, {"point_id": point_id, "since": since, "now": now})
    busy = {row.technician_id: row.busy for row in rows}
    return costs_of(busy, rostered, cost=rules.fairness_cost)


def costs_of(busy: Mapping[int, int], rostered: Mapping[int, int], *, cost: int) -> dict[int, int]:
    """By technician `cost` for each tenth of his time (seconds of both) above the mean of all. Pure."""
    known = {who: seconds for who, seconds in rostered.items() if seconds >= LEAST_ROSTERED_S}
    if len(known) < 2:
        return {}
    mean = sum(busy.get(who, 0) for who in known) / sum(known.values())
    more = {who: busy.get(who, 0) / seconds - mean for who, seconds in known.items()}
    costs = {who: round(cost * above / STEP) for who, above in more.items()}
    return {who: each for who, each in costs.items() if each > 0}
