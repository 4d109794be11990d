"""Asking the road engine, before transactions and never in one: what came back is kept for everybody.

A session of its own reads what is missing and ends; then the network is asked; then a second session writes.
Nothing is locked meanwhile, and what is not answered within the budget is the model's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.db import Database
from core.facts import count_facts, note_fact
from geo import road_cache
from geo.road_cache import Pair, RoadMemory
from geo.road_engine import Answer, GuardedEngine
from geo.travel_times import NO_WAY, Cell, Known

REQUESTS, FAILURES = "road_requests", "road_failures"
FALL_BACKS, HITS, FETCHED = "road_fall_backs", "road_cache_hits", "road_fetched"
"""Pairs of places: left to the model, known already, told by the engine."""
COUNTS = (REQUESTS, FAILURES, FALL_BACKS, HITS, FETCHED)
ANSWERED, FAILED, BACK_SINCE = "road_answered", "road_failed", "road_back_since"
"""When it last answered (value: seconds that took), last failed, and since when it answers again."""
_REMEMBERED_FAILURES = 10


def state_of_engine(*, answered: datetime | None, failed: datetime | None) -> str:
    """`unasked`, `answers` or `away`, by when it last answered and last failed."""
    if failed is not None and (answered is None or failed >= answered):
        return "away"
    return "unasked" if answered is None else "answers"


Table = tuple[Sequence[Cell], Sequence[Cell]]
"""Origins and targets of which every pair is wanted."""


@dataclass(frozen=True)
class Fetched:
    """Pairs that were known, that the engine has told, and that are left to the model."""

    known: int = 0
    told: int = 0
    left: int = 0
    requests: int = 0
    failures: int = 0


class RoadFetcher:
    """Brings road times into the cache. One a worker process; thread-safe."""

    def __init__(self, engine: GuardedEngine, memory: RoadMemory) -> None:
        self._engine = engine
        self._memory = memory
        self._lock = threading.Lock()
        self._answers: bool | None = None
        self._unanswered: tuple[Pair, ...] = ()

    def fetch(
        self, database: Database, tables: Iterable[Table], *, budget_s: float, clock: Callable[[], datetime]
    ) -> Fetched:
        """Ask the engine for what is missing of these tables, and keep what it tells.

        Args:
            database: outside the wall; no transaction of the caller's may be open.
            budget_s: seconds of waiting for the engine, at most.
        """
        wanted = list(tables)
        with database.reading() as session:
            missing, known = self._missing(session, wanted)
        answer = self._engine.ask(missing, budget_s=budget_s) if missing else Answer()
        told = sum(1 for a, b in missing if answer.times.get(a, {}).get(b, NO_WAY) != NO_WAY)
        found = Fetched(known, told, len(missing) - told, answer.requests, answer.failures)
        if answer.requests or found.left:
            with database.transaction() as session:
                road_cache.store(session, known=answer.times, source=self._engine.name, now=clock())
                self._write_down(session, answer, found, now=clock())
            self._memory.keep(answer.times)
        self._remember(answer, missing)
        return found

    def try_again(self, database: Database, *, budget_s: float, clock: Callable[[], datetime]) -> bool:
        """Ask a failing engine once more for what it did not answer; whether it answers now."""
        with self._lock:
            pairs = self._unanswered if self._answers is False else ()
        if not pairs:
            return False
        tables = [((origin,), (target,)) for origin, target in pairs]
        found = self.fetch(database, tables, budget_s=budget_s, clock=clock)
        return found.requests > 0 and found.failures == 0

    def close(self) -> None:
        """Let go of the engine's connections."""
        self._engine.close()

    def _missing(self, session: Session, tables: Sequence[Table]) -> tuple[list[Pair], int]:
        """Pairs to ask for, and how many are known."""
        missing: dict[Pair, None] = {}
        wanted = 0
        for origins, targets in tables:
            known: Known = road_cache.read_known(
                session, memory=self._memory, origins=origins, targets=targets
            )
            unique = tuple(dict.fromkeys(targets))
            starts = tuple(dict.fromkeys(origins))
            wanted += len(road_cache.missing_pairs({}, starts, unique))
            missing.update(dict.fromkeys(road_cache.missing_pairs(known, starts, unique)))
        return list(missing), max(0, wanted - len(missing))

    def _write_down(self, session: Session, answer: Answer, found: Fetched, *, now: datetime) -> None:
        """For /metrics and /admin: what the processes that show it cannot know."""
        counts = {
            REQUESTS: found.requests,
            FAILURES: found.failures,
            FALL_BACKS: found.left,
            HITS: found.known,
            FETCHED: found.told,
        }
        count_facts(session, counts=counts, now=now)
        if answer.times:
            note_fact(session, name=ANSWERED, value=round(answer.seconds, 3), now=now)
        if answer.failures:
            note_fact(session, name=FAILED, value=answer.failures, now=now)
        with self._lock:
            is_back = bool(answer.times) and not answer.failures and self._answers is not True
        if is_back:
            note_fact(session, name=BACK_SINCE, value=1, now=now)

    def _remember(self, answer: Answer, missing: Sequence[Pair]) -> None:
        with self._lock:
            if answer.failures:
                self._answers = False
                left = (p for p in missing if p[1] not in answer.times.get(p[0], ()))
                self._unanswered = tuple(left)[:_REMEMBERED_FAILURES]
            elif answer.times:
                self._answers, self._unanswered = True, ()
