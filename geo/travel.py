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
SAME_PLACE_M = 1.0
"""Nearer than this is the same place: two jobs in one building need no new parking."""

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
    return int(legs([a], [b], at, model=model)[0, 0])


def matrix(points: Sequence[Point], at: datetime, *, model: TravelModel = DEFAULT_MODEL) -> Seconds:
    """Seconds between all points, shape (n, n), int32, diagonal 0; one traffic hour for the whole matrix."""
    return legs(points, points, at, model=model)


def rank_by_travel(
    origin: Point, points: Sequence[Point], at: datetime, *, model: TravelModel = DEFAULT_MODEL
) -> list[tuple[int, int]]:
    """(index, seconds) of every point, nearest by travel time first; equal times keep the given order."""
    if not points:
        return []
    seconds = legs([origin], points, at, model=model)[0]
    order = np.argsort(seconds, kind="stable")
    return [(int(i), int(seconds[i])) for i in order]


def distance_m(a: Point, b: Point) -> float:
    """Great-circle metres."""
    return float(_haversine(_degrees([a]), _degrees([b]))[0, 0])


def traffic_factor(
    origins: Sequence[Point], targets: Sequence[Point], at: datetime, *, model: TravelModel = DEFAULT_MODEL
) -> Floats:
    """How much longer a drive takes at this hour than on empty roads, shape (origins, targets), at least 1.

    For sources that know the roads and not the traffic: by the model's speeds of the hour, against those of
    its fastest hour, over the same way.
    """
    straight = _haversine(_degrees(origins), _degrees(targets))
    empty = _driven(straight, origins, targets, _pace([max(hours) for hours in model.speeds_kmh]), model)
    now = _driven(straight, origins, targets, _pace_at(at, model), model)
    factor: Floats = np.divide(now, empty, out=np.ones_like(now), where=empty > 0)
    return factor


def same_place(origins: Sequence[Point], targets: Sequence[Point]) -> npt.NDArray[np.bool_]:
    """Which pairs need no drive and no parking: two jobs in one building, shape (origins, targets)."""
    same: npt.NDArray[np.bool_] = _haversine(_degrees(origins), _degrees(targets)) < SAME_PLACE_M
    return same


def legs(
    origins: Sequence[Point], targets: Sequence[Point], at: datetime, *, model: TravelModel = DEFAULT_MODEL
) -> Seconds:
    """Seconds from each origin to each target, shape (origins, targets), int32. `at` is aware."""
    if not origins or not targets:
        return np.zeros((len(origins), len(targets)), dtype=np.int32)
    straight = _haversine(_degrees(origins), _degrees(targets))
    seconds = _driven(straight, origins, targets, _pace_at(at, model), model)
    return whole_seconds(seconds, straight < SAME_PLACE_M, model)


def whole_seconds(driven: Floats, same: npt.NDArray[np.bool_], model: TravelModel) -> Seconds:
    """Driving times as legs: parking once between two different places, never rounded down."""
    rounded: Seconds = np.ceil(np.where(same, 0.0, driven + model.stop_s) - 1e-6).astype(np.int32)
    return rounded


def _driven(
    straight: Floats, origins: Sequence[Point], targets: Sequence[Point], pace: Floats, model: TravelModel
) -> Floats:
    """Seconds at the wheel, by seconds a metre of each area class."""
    road = straight * model.detour
    # Half the way lies in the traffic of each end.
    local_pace = (pace[_areas(origins)][:, None] + pace[_areas(targets)][None, :]) / 2
    trunk_pace = np.minimum(local_pace, 3.6 / model.trunk_kmh)
    near = np.minimum(road, model.local_m)
    driven: Floats = near * local_pace + (road - near) * trunk_pace
    return driven


def _pace_at(at: datetime, model: TravelModel) -> Floats:
    if at.tzinfo is None:
        raise ValueError("`at` must be timezone-aware")
    hour = at.astimezone(KST).hour
    return _pace([hours[hour] for hours in model.speeds_kmh])


def _pace(speeds_kmh: Sequence[float]) -> Floats:
    """Seconds a metre."""
    return np.array([3.6 / speed for speed in speeds_kmh])


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
