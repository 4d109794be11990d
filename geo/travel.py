"""Travel times without a road server: great-circle distance, a detour factor, and speed by hour and area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from core.clock import KST
from geo.schemas import Point

EARTH_RADIUS_M = 6_371_008.8

Floats = npt.NDArray[np.float64]
Seconds = npt.NDArray[np.int32]

# km/h for the hours 0-23 (KST): night, morning rush 7-9, day, evening rush 17-19, evening.
_METRO = (34, 36, 36, 36, 34, 32, 26, 20, 18, 20, 22, 22, 22, 22, 21, 21, 20, 17, 16, 19, 23, 26, 29, 32)
_CITY = (42, 44, 44, 44, 42, 38, 33, 27, 26, 29, 31, 31, 31, 31, 30, 30, 28, 25, 25, 28, 32, 35, 38, 40)
_RURAL = (48, 48, 48, 48, 48, 48, 46, 43, 42, 44, 45, 45, 45, 45, 45, 45, 44, 42, 42, 44, 46, 47, 48, 48)


@dataclass(frozen=True)
class TravelModel:
    """A dated setting: the figures behind every travel time, so a plan can be explained later.

    `speeds_kmh[area class][hour]` holds for the first `local_m` metres of road; what lies beyond runs at
    `trunk_kmh` (motorways), but never below the local speed. `stop_s` is parking and walking, once per leg
    between two different places. The defaults are planning assumptions, not measurements.
    """

    detour: float = 1.35
    speeds_kmh: tuple[tuple[float, ...], ...] = (_METRO, _CITY, _RURAL)
    local_m: float = 12_000.0
    trunk_kmh: float = 65.0
    stop_s: int = 120

    def __post_init__(self) -> None:
        if len(self.speeds_kmh) != 3 or any(len(hours) != 24 for hours in self.speeds_kmh):
            raise ValueError("speeds_kmh needs 24 hours for each of the three area classes")
        if min(map(min, self.speeds_kmh)) <= 0 or self.trunk_kmh <= 0 or self.detour < 1 or self.stop_s < 0:
            raise ValueError("speeds must be positive, the detour at least 1, the stop not negative")


DEFAULT_MODEL = TravelModel()


def travel_seconds(a: Point, b: Point, at: datetime, *, model: TravelModel = DEFAULT_MODEL) -> int:
    """Seconds from a to b when leaving at `at` (aware)."""
    return int(_legs([a], [b], at, model)[0, 0])


def matrix(points: Sequence[Point], at: datetime, *, model: TravelModel = DEFAULT_MODEL) -> Seconds:
    """Seconds between all points, shape (n, n), int32, diagonal 0; one traffic hour for the whole matrix."""
    return _legs(points, points, at, model)


def rank_by_travel(
    origin: Point, points: Sequence[Point], at: datetime, *, model: TravelModel = DEFAULT_MODEL
) -> list[tuple[int, int]]:
    """(index, seconds) of every point, nearest by travel time first; equal times keep the given order."""
    if not points:
        return []
    seconds = _legs([origin], points, at, model)[0]
    order = np.argsort(seconds, kind="stable")
    return [(int(i), int(seconds[i])) for i in order]


def distance_m(a: Point, b: Point) -> float:
    """Great-circle metres."""
    return float(_haversine(_degrees([a]), _degrees([b]))[0, 0])


def _legs(origins: Sequence[Point], targets: Sequence[Point], at: datetime, model: TravelModel) -> Seconds:
    if at.tzinfo is None:
        raise ValueError("`at` must be timezone-aware")
    if not origins or not targets:
        return np.zeros((len(origins), len(targets)), dtype=np.int32)
    straight = _haversine(_degrees(origins), _degrees(targets))
    road = straight * model.detour
    hour = at.astimezone(KST).hour
    pace = np.array([3.6 / hours[hour] for hours in model.speeds_kmh])  # seconds a metre
    # Half the way lies in the traffic of each end.
    local_pace = (pace[_areas(origins)][:, None] + pace[_areas(targets)][None, :]) / 2
    trunk_pace = np.minimum(local_pace, 3.6 / model.trunk_kmh)
    near = np.minimum(road, model.local_m)
    seconds = near * local_pace + (road - near) * trunk_pace
    # 1 m decides "the same place": two jobs in one building need no new parking.
    seconds = np.where(straight < 1.0, 0.0, seconds + model.stop_s)
    rounded: Seconds = np.ceil(seconds - 1e-6).astype(np.int32)
    return rounded


def _degrees(points: Sequence[Point]) -> Floats:
    return np.radians(np.array([(p.lat, p.lon) for p in points], dtype=np.float64))


def _areas(points: Sequence[Point]) -> npt.NDArray[np.int64]:
    return np.array([p.area for p in points], dtype=np.int64)


def _haversine(a: Floats, b: Floats) -> Floats:
    dlat = b[None, :, 0] - a[:, None, 0]
    dlon = b[None, :, 1] - a[:, None, 1]
    h = np.sin(dlat / 2) ** 2 + np.cos(a[:, None, 0]) * np.cos(b[None, :, 0]) * np.sin(dlon / 2) ** 2
    metres: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(h, 0.0, 1.0)))
    return metres
