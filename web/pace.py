"""How often a program or a link may ask: a bucket each, kept in the process (docs/decisions/0012)."""

from __future__ import annotations

import math
from collections.abc import Hashable
from datetime import datetime
from threading import Lock

MINUTE_S = 60
MOST_KEPT = 10_000


class Pace:
    """Buckets of this process. Each holds a minute's share, and fills again evenly."""

    def __init__(self) -> None:
        self._left: dict[Hashable, tuple[float, datetime]] = {}
        self._lock = Lock()

    def take(self, key: Hashable, a_minute: int, *, processes: int, now: datetime) -> int:
        """Take one request out of a bucket. Returns 0, or the whole seconds to wait when it is empty.

        Args:
            a_minute: the limit of all processes together; each has an equal share of it.
        """
        share = max(1, math.ceil(a_minute / max(1, processes)))
        with self._lock:
            left, at = self._left.get(key, (float(share), now))
            left = min(float(share), left + max(0.0, (now - at).total_seconds()) * share / MINUTE_S)
            wait = 0 if left >= 1 else max(1, math.ceil((1 - left) * MINUTE_S / share))
            self._left[key] = (left if wait else left - 1, now)
            if len(self._left) > MOST_KEPT:
                self._forget_full(now)
        return wait

    def _forget_full(self, now: datetime) -> None:
        """A bucket that nobody used for a minute is full: nothing is lost with it."""
        self._left = {
            key: kept for key, kept in self._left.items() if (now - kept[1]).total_seconds() < MINUTE_S
        }
