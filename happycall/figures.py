"""What families said when they were asked, over a stretch of days."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

SCALE = (1, 7)
ENOUGH = 20
"""Of fewer answers no mean is shown as a figure to steer by (domain.md section 7)."""
_CONFIDENCE = 1.96
"""Standard deviations on each side of 95 in 100."""

_ANSWERS = text(
    """
    SELECT count(*) FILTER (WHERE a.answers ? 'fixed') AS answered,
        count(*) FILTER (WHERE a.answers ->> 'fixed' = 'false') AS not_fixed,
        count(*) FILTER (WHERE a.answers ->> 'cost_matches' = 'false') AS cost_differs,
        count(*) FILTER (WHERE a.answers ->> 'came_on_time' = 'false') AS came_late,
        count((a.answers ->> 'overall')::int) AS rated,
        avg((a.answers ->> 'overall')::int)::float AS mean,
        stddev_samp((a.answers ->> 'overall')::int)::float AS spread
    FROM happy_call_attempt AS a JOIN happy_call AS h ON h.id = a.happy_call_id
    WHERE h.company_id = :company_id AND a.outcome = 'CONNECTED' AND a.at >= :start AND a.at < :end
    """
)


@dataclass(frozen=True)
class Said:
    """Counts of families; `score` is their satisfaction, 0 to 100, None when nobody gave one.

    `within`: the score of all families lies within so many points of it in 95 of 100 such samples.
    """

    answered: int
    not_fixed: int
    cost_differs: int
    came_late: int
    rated: int
    score: float | None
    within: float | None

    @property
    def is_enough(self) -> bool:
        """Whether the score is one to steer by."""
        return self.rated >= ENOUGH


def what_families_said(session: Session, *, company_id: int, start: datetime, end: datetime) -> Said:
    """Of the happy calls that went through in [start, end). Seven points become 0 to 100 as KS-SQI does."""
    asked = {"company_id": company_id, "start": start, "end": end}
    row = session.execute(_ANSWERS, asked).one()
    low, high = SCALE
    step = 100 / (high - low)
    within = None if row.spread is None else _CONFIDENCE * row.spread / math.sqrt(row.rated) * step
    score = None if row.mean is None else (row.mean - low) * step
    return Said(row.answered, row.not_fixed, row.cost_differs, row.came_late, row.rated, score, within)
