"""The one door to travel times: from the road engine where it is known, from the model where it is not.

Whoever plans asks a `TravelTimes` that was read before (no network, no database behind it) and is told of
each leg which of the two it is. How road times get here: docs/decisions/0018.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from geo.schemas import Point, TravelSource
from geo.travel import Seconds, TravelModel, legs, same_place, traffic_factor, whole_seconds

Mask = npt.NDArray[np.bool_]
Cell = int
"""A place rounded to four decimals of a degree (about ten metres), as one number; see `cell_of`."""
Known = Mapping[Cell, Mapping[Cell, int]]
"""Seconds on empty roads by origin and target; NO_WAY where the engine knows none."""

CELLS_A_DEGREE = 10_000
NO_WAY = -1
"""The engine was asked, and cannot tell: no road leads there, or the nearest one is too far away."""
_UNKNOWN = -2
_WIDTH = 360 * CELLS_A_DEGREE + 1


class Legs(NamedTuple):
    """`seconds` (n, m) int32, parking included; `on_road` (n, m): True where the road engine gave it."""

    seconds: Seconds
    on_road: Mask


class Leg(NamedTuple):
    """One drive: seconds, and where they come from."""

    seconds: int
    source: TravelSource


class Ranked(NamedTuple):
    """One of several targets: its place in what was given, seconds to it, and where they come from."""

    position: int
    seconds: int
    source: TravelSource


class TravelTimes(Protocol):
    """How long it takes from here to there when leaving at a moment (aware). Pure: what it knows is read."""

    def matrix(self, points: Sequence[Point], at: datetime) -> Legs:
        """Between all points, diagonal 0; one traffic hour for the whole matrix."""
        ...

    def between(self, a: Point, b: Point, at: datetime) -> Leg:
        """From a to b."""
        ...

    def rank(self, origin: Point, points: Sequence[Point], at: datetime) -> list[Ranked]:
        """Every point, nearest by travel time first; equal times keep the given order."""
        ...


@dataclass(frozen=True)
class KnownTimes:
    """Road times as far as they are known, scaled to the hour's traffic; the model's for the rest.

    An engine without traffic tells how long empty roads take. The model's ratio of the hour to its fastest
    hour makes them that hour's, so rush hours and a company's dated speeds count with both sources.
    """

    model: TravelModel
    known: Known = field(default_factory=dict)

    def matrix(self, points: Sequence[Point], at: datetime) -> Legs:
        """See TravelTimes."""
        return self._legs(points, points, at)

    def between(self, a: Point, b: Point, at: datetime) -> Leg:
        """See TravelTimes."""
        found = self._legs([a], [b], at)
        return Leg(int(found.seconds[0, 0]), TravelSource.of([bool(found.on_road[0, 0])]))

    def rank(self, origin: Point, points: Sequence[Point], at: datetime) -> list[Ranked]:
        """See TravelTimes."""
        if not points:
            return []
        found = self._legs([origin], points, at)
        order = np.argsort(found.seconds[0], kind="stable")
        return [
            Ranked(int(i), int(found.seconds[0, i]), TravelSource.of([bool(found.on_road[0, i])]))
            for i in order
        ]

    def _legs(self, origins: Sequence[Point], targets: Sequence[Point], at: datetime) -> Legs:
        seconds = legs(origins, targets, at, model=self.model)
        nowhere = np.zeros(seconds.shape, dtype=np.bool_)
        if not self.known or not seconds.size:
            return Legs(seconds, nowhere)
        empty = self._empty_roads(origins, targets)
        on_road: Mask = empty >= 0
        if not on_road.any():
            return Legs(seconds, nowhere)
        driven = empty * traffic_factor(origins, targets, at, model=self.model)
        by_road = whole_seconds(driven, same_place(origins, targets), self.model)
        return Legs(np.where(on_road, by_road, seconds).astype(np.int32), on_road)

    def _empty_roads(self, origins: Sequence[Point], targets: Sequence[Point]) -> npt.NDArray[np.float64]:
        columns = [cell_of(point) for point in targets]
        nothing: Mapping[Cell, int] = {}
        rows = []
        for origin in (cell_of(point) for point in origins):
            row = self.known.get(origin, nothing)
            rows.append([0 if cell == origin else row.get(cell, _UNKNOWN) for cell in columns])
        return np.array(rows, dtype=np.float64)


def cell_of(point: Point) -> Cell:
    """The number of a place, rounded: north and east of the south-west corner of the map."""
    north, east = round((point.lat + 90) * CELLS_A_DEGREE), round((point.lon + 180) * CELLS_A_DEGREE)
    return north * _WIDTH + east


def degrees_of(cell: Cell) -> tuple[float, float]:
    """Latitude and longitude of a cell's middle, four decimals."""
    north, east = divmod(cell, _WIDTH)
    return round(north / CELLS_A_DEGREE - 90, 4), round(east / CELLS_A_DEGREE - 180, 4)
