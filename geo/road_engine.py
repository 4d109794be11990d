"""A road engine that may be slow, away or back again: asked within a budget, left alone after failures."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from geo.osrm import Block, EngineAwayError, Times, UnusableTileError
from geo.road_cache import Pair
from geo.travel_times import Cell

log = structlog.get_logger(__name__)

FAILURES_IN_A_ROW = 3
"""After so many it is left alone for a pause."""


class RoadEngine(Protocol):
    """A server that knows roads. Asking it twice changes nothing."""

    name: str

    def tiles(self, origins: Sequence[Cell], targets: Sequence[Cell]) -> Iterable[Block]:
        """A table in blocks that it takes at once."""
        ...

    def ask(self, tile: Block, *, until: float) -> Times:
        """Seconds of one block; raises EngineAwayError or UnusableTileError."""
        ...

    def close(self) -> None:
        """Let go of its connections."""
        ...


class CircuitBreaker:
    """Who fails again and again is not asked for `pause_s`; then one try decides. Thread-safe."""

    def __init__(self, *, pause_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._pause_s = pause_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures = 0
        self._asked_again_at = 0.0

    def lets_through(self) -> bool:
        """Whether to ask now. While it rests, the first who comes after the pause tries, the others wait."""
        with self._lock:
            if self._failures < FAILURES_IN_A_ROW:
                return True
            now = self._monotonic()
            if now < self._asked_again_at:
                return False
            self._asked_again_at = now + self._pause_s
            return True

    def note_success(self) -> None:
        """It answered."""
        with self._lock:
            self._failures = 0

    def note_failure(self) -> None:
        """It did not."""
        with self._lock:
            self._failures += 1
            self._asked_again_at = self._monotonic() + self._pause_s


@dataclass
class Answer:
    """What became of a question: the times that came, requests, failures, and how long the last one took."""

    times: Times = field(default_factory=dict)
    requests: int = 0
    failures: int = 0
    seconds: float = 0.0


class GuardedEngine:
    """An engine behind a breaker: a question ends within its budget, whatever the engine does."""

    def __init__(
        self, engine: RoadEngine, *, pause_s: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = engine.name
        self._engine = engine
        self._monotonic = monotonic
        self._breaker = CircuitBreaker(pause_s=pause_s, monotonic=monotonic)

    def ask(self, pairs: Sequence[Pair], *, budget_s: float) -> Answer:
        """Times of these pairs, and of others that lie in the same tables; what is not answered is absent.

        Args:
            budget_s: seconds for everything together.
        """
        answer, until = Answer(), self._monotonic() + budget_s
        for origins, targets in cover(pairs):
            for tile in self._engine.tiles(origins, targets):
                if not self._ask_tile(tile, answer, until=until):
                    return answer
        return answer

    def close(self) -> None:
        """Let go of its connections."""
        self._engine.close()

    def _ask_tile(self, tile: Block, answer: Answer, *, until: float) -> bool:
        """Whether to go on."""
        began = self._monotonic()
        if began >= until or not self._breaker.lets_through():
            return False
        answer.requests += 1
        try:
            times = self._engine.ask(tile, until=until)
        except EngineAwayError as error:
            answer.failures += 1
            self._breaker.note_failure()
            log.warning("road_engine_away", engine=self.name, why=str(error))
            return False
        except UnusableTileError as error:
            log.warning("road_engine_cannot_tell", engine=self.name, why=str(error))
            times = {}
        self._breaker.note_success()
        answer.seconds = self._monotonic() - began
        for origin, row in times.items():
            answer.times.setdefault(origin, {}).update(row)
        return True


def cover(pairs: Sequence[Pair]) -> list[tuple[list[Cell], list[Cell]]]:
    """Tables (origins, targets) that hold every pair, and few others.

    Who is new on a map misses a row and a column, while the rest is known: so the place that misses most gets
    both, until nothing is missing.
    """
    new = _new_places(pairs)
    halves = [p for p in pairs if p[0] in new], [p for p in pairs if p[0] not in new]
    return [
        (list(dict.fromkeys(a for a, _ in half)), list(dict.fromkeys(b for _, b in half)))
        for half in halves
        if half
    ]


def _new_places(pairs: Iterable[Pair]) -> set[Cell]:
    """Few places of which each pair has at least one."""
    beside: dict[Cell, Counter[Cell]] = {}
    for a, b in pairs:
        beside.setdefault(a, Counter())[b] += 1
        beside.setdefault(b, Counter())[a] += 1
    new: set[Cell] = set()
    misses = Counter({place: others.total() for place, others in beside.items()})
    while misses:
        place, _count = misses.most_common(1)[0]
        new.add(place)
        for other, count in beside.pop(place).items():
            del beside[other][place]
            misses[other] -= count
        misses = Counter({each: count for each, count in misses.items() if count > 0 and each != place})
    return new
