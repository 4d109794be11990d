"""What nobody may find after its hour: uploaded lists, half log-ins, homes in old road times. Swept hourly.

No company says how long these are kept, so they are no kind of `privacy.kinds`: their end is part of what
they are.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from core.db import Database
from exchange.records import drop_old_uploads
from geo.road_cache import forget_old
from notifications.trial_texts import drop_old_trials
from workforce.retention import drop_half_log_ins

log = structlog.get_logger(__name__)

TASK_SHORT_LIVED = "short_lived"
DROPS: tuple[Callable[..., int], ...] = (drop_old_uploads, drop_half_log_ins, forget_old, drop_old_trials)


def drop_short_lived(database: Database, *, now: datetime) -> int:
    """Destroy what is over, each kind in a transaction of its own. Returns how many rows went."""
    gone = 0
    for drop in DROPS:
        try:
            with database.transaction() as session:
                gone += drop(session, now=now)
        except Exception:  # one that fails is met again in an hour, and must not keep the others
            log.exception("short_lived_failed", kind=drop.__name__)
    return gone
