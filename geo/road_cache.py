"""Road times that are known: in PostgreSQL for every process, and in this one's memory.

Reading never asks the network. Only `road_fetching` writes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, bindparam, func, text
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel import Session

from core.db import count_changed
from geo.models import RoadTime
from geo.travel_times import NO_WAY, Cell, Known

FREE = "free"
MOST_PAIRS_IN_MEMORY = 300_000
"""About 30 MB; the day of a hundred homes is 10,000."""
MOST_ROWS = 2_000_000
"""About 250 MB; a hundred points' days of a hundred places each are half of it."""
KEPT_FOR = timedelta(days=30)
"""Places of homes are kept no longer than this after the last time that the engine was asked."""
_BATCH = 20_000

Pair = tuple[Cell, Cell]

_ASKED = text(
    "SELECT origin, target, seconds FROM road_time"
    " JOIN unnest(:origins, :targets) AS asked (origin, target) USING (origin, target)"
    " WHERE hour_class = 'free'"
).bindparams(bindparam("origins", type_=ARRAY(BigInteger)), bindparam("targets", type_=ARRAY(BigInteger)))


class RoadMemory:
    """Pairs that this process has read, the origins used last longest. Thread-safe.

    A session carries it in `info[ROADS]` where the installation has a road engine.
    """

    def __init__(self, *, most_pairs: int = MOST_PAIRS_IN_MEMORY) -> None:
        self._most = most_pairs
        self._rows: OrderedDict[Cell, dict[Cell, int]] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    def find(self, origins: Iterable[Cell], targets: Sequence[Cell]) -> dict[Cell, dict[Cell, int]]:
        """What is remembered of these pairs."""
        found = {}
        with self._lock:
            for origin in origins:
                row = self._rows.get(origin)
                if row is not None:
                    self._rows.move_to_end(origin)
                    found[origin] = {t: row[t] for t in targets if t in row}
        return found

    def keep(self, known: Known) -> None:
        """Remember these; what was used longest ago gives way."""
        with self._lock:
            for origin, times in known.items():
                row = self._rows.setdefault(origin, {})
                self._rows.move_to_end(origin)
                self._count -= len(row)
                row.update(times)
                self._count += len(row)
            while self._count > self._most:
                _origin, gone = self._rows.popitem(last=False)
                self._count -= len(gone)


ROADS = "roads"
"""Under this name a session's `info` carries the RoadMemory."""


def read_known(
    session: Session, *, memory: RoadMemory, origins: Iterable[Cell], targets: Iterable[Cell]
) -> dict[Cell, dict[Cell, int]]:
    """What is known of the ways from these origins to these targets: from memory, else from the table."""
    wanted = tuple(dict.fromkeys(targets))
    starts = tuple(dict.fromkeys(origins))
    found = memory.find(starts, wanted)
    missing = missing_pairs(found, starts, wanted)
    if missing:
        read: dict[Cell, dict[Cell, int]] = {}
        asked = {"origins": [a for a, _ in missing], "targets": [b for _, b in missing]}
        for origin, target, seconds in session.execute(_ASKED, asked):
            read.setdefault(origin, {})[target] = NO_WAY if seconds is None else seconds
        memory.keep(read)
        for origin, times in read.items():
            found.setdefault(origin, {}).update(times)
    return found


def missing_pairs(known: Known, origins: Iterable[Cell], targets: Sequence[Cell]) -> list[Pair]:
    """Pairs that nobody has asked the engine for, in the given order."""
    nothing: dict[Cell, int] = {}
    return [
        (origin, target)
        for origin in origins
        for row in (known.get(origin, nothing),)
        for target in targets
        if target != origin and target not in row
    ]


def store(session: Session, *, known: Known, source: str, now: datetime) -> None:
    """Write down what the engine has told; of two workers who asked at once the later one stays."""
    rows = [
        {
            "origin": origin,
            "target": target,
            "hour_class": FREE,
            "source": source,
            "seconds": None if seconds == NO_WAY else seconds,
            "fetched_at": now,
        }
        # In one order, so that two who write the same pairs do not wait in a circle.
        for origin in sorted(known)
        for target, seconds in sorted(known[origin].items())
    ]
    if not rows:
        return
    new = insert(RoadTime)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["origin", "target", "hour_class"],
            set_={name: new.excluded[name] for name in ("source", "seconds", "fetched_at")},
        ),
        rows,
    )


def forget_old(session: Session, *, now: datetime, most_rows: int = MOST_ROWS) -> int:
    """Remove what is older than KEPT_FOR, and the oldest beyond `most_rows`; at most a batch each."""
    gone = count_changed(session, _FORGET_OLD, {"before": now - KEPT_FOR, "batch": _BATCH})
    rows = session.execute(columns(func.count()).select_from(RoadTime)).scalar_one()
    if rows > most_rows:
        gone += count_changed(session, _FORGET_OLDEST, {"batch": min(rows - most_rows, _BATCH)})
    return gone


_FORGET_OLD = text(
    "DELETE FROM road_time WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM road_time WHERE fetched_at < :before LIMIT :batch))"
)
_FORGET_OLDEST = text(
    "DELETE FROM road_time WHERE ctid = ANY (ARRAY("
    "SELECT ctid FROM road_time ORDER BY fetched_at LIMIT :batch))"
)
