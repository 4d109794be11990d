"""What a load run counted, and what the house must answer for afterwards. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

BACKLOG_MUST_S = 60.0
"""An event that waits longer than this is late."""


@dataclass
class Tally:
    """Answers by kind of request, in milliseconds, and whatever was no good answer."""

    took: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    filed: list[str] = field(default_factory=list)
    """Numbers of the tickets that were answered with 201."""
    news: int = 0
    """Messages that the open streams received."""
    client_cpu_s: float = 0.0

    def answered(self, kind: str, milliseconds: float) -> None:
        """A request of this kind got the answer that its page expects."""
        self.took.setdefault(kind, []).append(milliseconds)

    def failed(self, kind: str, why: str) -> None:
        """A request of this kind got another answer, or none."""
        self.errors[f"{kind}: {why}"] += 1

    def as_json(self) -> dict[str, Any]:
        """For the process that started this one."""
        return {
            "took": self.took,
            "errors": dict(self.errors),
            "filed": self.filed,
            "news": self.news,
            "client_cpu_s": self.client_cpu_s,
        }

    @staticmethod
    def read(given: Mapping[str, Any]) -> Tally:
        """What `as_json` wrote."""
        return Tally(
            took={kind: list(values) for kind, values in given["took"].items()},
            errors=Counter(given["errors"]),
            filed=list(given["filed"]),
            news=given["news"],
            client_cpu_s=given["client_cpu_s"],
        )


@dataclass(frozen=True)
class Kept:
    """What became of one ticket, as the database tells it."""

    number: str
    planned_after_s: float | None
    """From its filing to its place in a route; None: not planned."""
    asks_a_person: bool = False
    """It has an open task, or waits for a point's answer or a person's explanation: nobody forgets it."""


@dataclass(frozen=True)
class Verdict:
    """`lost`: answered with 201 and not there. `silent`: there, not planned, and nobody is asked."""

    lost: tuple[str, ...]
    twice: tuple[str, ...]
    silent: tuple[str, ...]
    planned_s: tuple[float, ...]
    asked: int

    @property
    def is_good(self) -> bool:
        """Nothing lost, doubled or forgotten."""
        return not (self.lost or self.twice or self.silent)


def judge(filed: Collection[str], kept: Iterable[Kept]) -> Verdict:
    """Hold what the callers were told against what the house has.

    Args:
        filed: numbers that callers were given with a 201, each as often as it was given.
        kept: what the database has of them.
    """
    found = {each.number: each for each in kept}
    mine = [found[number] for number in dict.fromkeys(filed) if number in found]
    return Verdict(
        lost=tuple(number for number in dict.fromkeys(filed) if number not in found),
        twice=tuple(number for number, times in Counter(filed).items() if times > 1),
        silent=tuple(k.number for k in mine if k.planned_after_s is None and not k.asks_a_person),
        planned_s=tuple(k.planned_after_s for k in mine if k.planned_after_s is not None),
        asked=sum(k.planned_after_s is None and k.asks_a_person for k in mine),
    )


def points(values: Collection[float]) -> tuple[float, float, float]:
    """p50, p95 and p99 by nearest rank: always a value that was measured. Empty: zeros."""
    ordered = sorted(values)
    if not ordered:
        return 0.0, 0.0, 0.0
    ranks = (max(1, -(-len(ordered) * share // 100)) for share in (50, 95, 99))
    p50, p95, p99 = (ordered[rank - 1] for rank in ranks)
    return p50, p95, p99
