"""How the rest of a route fits behind an arrival, told once for all arrivals: what is missing is read off.

Behind any stop the arrival at the end is a minimum over choices (which breaks on which leg, which of several
windows), each of them `max(arrival + adds, least)` for arrivals up to `until`. That form is closed under
windows, service, legs and breaks, so the whole rest of a route is a few such choices (`Tail`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scheduling.problem import BreakNumbers, PlanningProblem, StopNumbers, Window

NEVER = -(10**12)
"""Before every time of a problem: what must be done by then cannot be done."""
ALWAYS = 10**12


class Tail(NamedTuple):
    """Whoever comes by `until` is at the route's end at `max(arrival + adds, least)`."""

    until: int
    adds: int
    least: int


class Chain(NamedTuple):
    """Some breaks on one leg: begun in time by whoever is free by `until`; the leg then takes `adds` seconds
    longer, and ends at `least` at the earliest."""

    until: int
    adds: int
    least: int


Tails = list[tuple[Tail, ...]]
"""The choices at one position, by how many breaks are behind."""


def find_tails(problem: PlanningProblem, technician: int, jobs: Sequence[int]) -> list[Tails]:
    """The choices behind an arrival at each stop, and last at the route's end, whatever the shift's limit."""
    pauses = problem.pauses[technician]
    chains = find_chains(pauses)
    behind: Tails = [(Tail(until, 0, NEVER),) if until > NEVER else () for until in _latest_ends(pauses)]
    found = [behind]
    place = problem.technicians[technician].end
    for job in reversed(jobs):
        here = problem.jobs[job].location
        leg, stop = problem.rows[here][place], problem.stops[job]
        behind = [
            _before_stop(stop, [tail for more in _before_leg(behind[taken:], leg, row) for tail in more])
            for taken, row in enumerate(chains)
        ]
        found.append(behind)
        place = here
    found.reverse()
    return found


def find_chains(pauses: Sequence[BreakNumbers]) -> list[tuple[Chain, ...]]:
    """By how many breaks are behind: none, the next, the next two, ... of them on one leg."""
    found = []
    for taken in range(len(pauses) + 1):
        chain = Chain(ALWAYS, 0, NEVER)
        row = [chain]
        for earliest, latest, duration in pauses[taken:]:
            if chain.least > latest:
                break
            until = min(chain.until, latest - chain.adds)
            chain = Chain(until, chain.adds + duration, max(chain.least, earliest) + duration)
            row.append(chain)
        found.append(tuple(row))
    return found


def latest_arrival(tails: Sequence[Tail], limit: int) -> int:
    """The latest arrival with which the route ends by `limit`; NEVER: none does."""
    return max((min(t.until, limit - t.adds) for t in tails if t.least <= limit), default=NEVER)


def spans_of(stop: StopNumbers) -> list[Window]:
    """When work may begin at a stop, from its numbers."""
    opens, spans = stop[0], []
    for closes, reopens in stop[7]:
        spans.append((opens, closes))
        opens = reopens
    return [*spans, (opens, stop[1])]


def _latest_ends(pauses: Sequence[BreakNumbers]) -> list[int]:
    """By when the route ends at the latest if the breaks from each on follow it."""
    found = [ALWAYS]
    for earliest, latest, duration in reversed(pauses):
        until = min(latest, found[-1] - duration)
        found.append(until if earliest + duration <= found[-1] else NEVER)
    return found[::-1]


def _before_leg(behind: Tails, leg: int, chains: tuple[Chain, ...]) -> Iterator[list[Tail]]:
    """The choices of whoever is free to leave, by how many more breaks are taken on the leg."""
    for chain, tails in zip(chains, behind, strict=False):
        way = leg + chain.adds
        yield [
            Tail(
                min(chain.until, tail.until - way), way + tail.adds, max(chain.least + tail.adds, tail.least)
            )
            for tail in tails
            if chain.least <= tail.until
        ]


def _before_stop(stop: StopNumbers, behind: Sequence[Tail]) -> tuple[Tail, ...]:
    """The choices of whoever arrives at a stop: each of its windows, and what is open behind its work."""
    duration = stop[2]
    found = [
        Tail(min(closes, tail.until - duration), duration + tail.adds, max(begun + tail.adds, tail.least))
        for opens, closes in spans_of(stop)
        for tail in behind
        if (begun := opens + duration) <= tail.until
    ]
    found.sort(key=lambda tail: (-tail.until, tail.adds, tail.least))
    kept: list[Tail] = []
    for tail in found:
        if not any(other.adds <= tail.adds and other.least <= tail.least for other in kept):
            kept.append(tail)
    return tuple(kept)
