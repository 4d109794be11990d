"""What one more job lacks on a route: the fewest seconds of window or overtime, exact, over all places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from scheduling.board import WorkingRoute
from scheduling.labels import start_of_work
from scheduling.problem import StopNumbers
from scheduling.tails import NEVER, find_chains, find_tails, latest_arrival, spans_of


class Missing(NamedTuple):
    """So many seconds, and then the place `position` (from 0) is feasible."""

    seconds: int
    position: int


@dataclass
class Shortfall:
    """What is missing for a job on a route; `fits` where nothing is, None where no seconds would do."""

    fits: bool = False
    later: Missing | None = None
    """Seconds by which its windows must close later."""
    earlier: Missing | None = None
    """Seconds by which they must open earlier."""
    overtime: Missing | None = None
    """Seconds beyond the longest overtime, windows kept."""


class _Arrival(NamedTuple):
    """At the new job: when, with how many breaks behind, and by when its work must begin at the latest."""

    position: int
    time: int
    taken: int
    latest_start: int


class RouteProbe:
    """One route, read once for any number of jobs."""

    def __init__(self, route: WorkingRoute) -> None:
        self.route = route
        self._rows = route.problem.rows
        self._chains = find_chains(route.pauses)
        self._tails = find_tails(route.problem, route.technician, route.jobs)
        limit = route.shift[2]
        self._latest = [[latest_arrival(tails, limit) for tails in row] for row in self._tails]

    def fits(self, location: int, stop: StopNumbers) -> bool:
        """Whether there is any feasible place (time alone)."""
        closes = stop[1]
        return any(
            at.time <= at.latest_start and start_of_work(stop, at.time) <= min(closes, at.latest_start)
            for at in self._arrivals(location, stop[2], by=closes)
        )

    def measure(self, location: int, stop: StopNumbers) -> Shortfall:
        """The fewest seconds of each kind, the earliest place among equals."""
        found = Shortfall()
        closes = stop[1]
        spans = spans_of(stop)
        for at in self._arrivals(location, stop[2]):
            start = start_of_work(stop, at.time)
            if start <= closes:
                if start <= at.latest_start:
                    return Shortfall(fits=True)
                found.overtime = _fewest(found.overtime, self._overtime(at, location, start + stop[2]), at)
            if at.time > at.latest_start:
                continue
            past = [end for begin, end in spans if begin <= at.time]
            if past and past[-1] < at.time:
                found.later = _fewest(found.later, at.time - past[-1], at)
            ahead = next((begin for begin, _ in spans if begin > at.latest_start), None)
            if ahead is not None:
                found.earlier = _fewest(found.earlier, ahead - at.latest_start, at)
        return found

    def _arrivals(self, location: int, duration: int, *, by: int | None = None) -> Iterator[_Arrival]:
        route, rows = self.route, self._rows
        for k in range(route.locked, len(route.jobs) + 1):
            to = rows[route.places[k]][location]
            if by is not None and route.ready[k] + to > by:
                continue
            away = rows[location][route.places[k + 1]]
            latest: dict[int, int] = {}
            for ready, _, before in route.states[k]:
                for more, chain in enumerate(self._chains[before]):
                    if ready > chain.until:
                        break
                    taken = before + more
                    if taken not in latest:
                        latest[taken] = self._latest_departure(k, taken, away) - duration
                    yield _Arrival(k, max(ready + to + chain.adds, chain.least), taken, latest[taken])

    def _latest_departure(self, position: int, taken: int, away: int) -> int:
        """By when the new job is done at the latest, so that the rest is in time and ends by the limit."""
        best = NEVER
        for chain, latest in zip(self._chains[taken], self._latest[position][taken:], strict=False):
            if chain.least <= latest:
                best = max(best, min(chain.until, latest - away - chain.adds))
        return best

    def _overtime(self, at: _Arrival, location: int, ready: int) -> int | None:
        """Seconds beyond the limit at which the route ends; None when the rest keeps no window anyhow."""
        away = self._rows[location][self.route.places[at.position + 1]]
        ends = [
            max(arrival + tail.adds, tail.least)
            for more, chain in enumerate(self._chains[at.taken])
            if ready <= chain.until
            for arrival in (max(ready + away + chain.adds, chain.least),)
            for tail in self._tails[at.position][at.taken + more]
            if arrival <= tail.until
        ]
        return min(ends) - self.route.shift[2] if ends else None


def _fewest(known: Missing | None, seconds: int | None, at: _Arrival) -> Missing | None:
    if seconds is None or (known is not None and known.seconds <= seconds):
        return known
    return Missing(seconds, at.position)
