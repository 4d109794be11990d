import dataclasses
from datetime import UTC, datetime

import numpy as np
import pytest

from core.clock import kst
from geo.schemas import AreaClass, Point
from geo.travel import DEFAULT_MODEL, TravelModel, distance_m, matrix, rank_by_travel, travel_seconds

GANGNAM = Point(37.4979, 127.0276, AreaClass.METRO)
CITY_HALL = Point(37.5663, 126.9779, AreaClass.METRO)
BUSAN = Point(35.1151, 129.0415, AreaClass.METRO)
DAY = datetime(2026, 12, 1, tzinfo=UTC).date()
NOON = kst(DAY, 12)


def test_distance_of_a_known_pair() -> None:
    assert distance_m(CITY_HALL, BUSAN) == pytest.approx(328_000, rel=0.02)


def test_a_leg_is_distance_over_speed_plus_the_stop() -> None:
    flat = TravelModel(detour=1.5, speeds_kmh=((36.0,) * 24,) * 3, local_m=1e9, stop_s=100)
    expected = distance_m(GANGNAM, CITY_HALL) * 1.5 / 10 + 100
    assert travel_seconds(GANGNAM, CITY_HALL, NOON, model=flat) == pytest.approx(expected, abs=1)


def test_across_seoul_takes_a_believable_time() -> None:
    assert 25 * 60 < travel_seconds(GANGNAM, CITY_HALL, NOON) < 60 * 60
    assert 4 * 3600 < travel_seconds(GANGNAM, BUSAN, NOON) < 8 * 3600


def test_rush_hour_is_slower_than_night_in_korean_time() -> None:
    rush, night = kst(DAY, 18), kst(DAY, 2)
    assert rush.hour == 9  # the hour of the model is Korea's, not UTC's
    assert travel_seconds(GANGNAM, CITY_HALL, rush) > 1.5 * travel_seconds(GANGNAM, CITY_HALL, night)


def test_area_class_changes_the_pace() -> None:
    country = [p._replace(area=AreaClass.RURAL) for p in (GANGNAM, CITY_HALL)]
    mixed = travel_seconds(GANGNAM, country[1], NOON)
    assert travel_seconds(*country, NOON) < mixed < travel_seconds(GANGNAM, CITY_HALL, NOON)


def test_matrix_agrees_with_single_legs_and_keeps_its_shape() -> None:
    points = [GANGNAM, CITY_HALL, BUSAN, GANGNAM]
    seconds = matrix(points, NOON)
    assert seconds.dtype == np.int32 and seconds.shape == (4, 4)
    assert (np.diag(seconds) == 0).all() and seconds[0, 3] == 0
    assert (seconds == seconds.T).all()
    assert seconds[0, 2] == travel_seconds(GANGNAM, BUSAN, NOON)
    assert matrix([], NOON).shape == (0, 0)


def test_ranking_is_nearest_first_and_stable() -> None:
    ranked = rank_by_travel(GANGNAM, [BUSAN, CITY_HALL, GANGNAM, CITY_HALL], NOON)
    assert [i for i, _ in ranked] == [2, 1, 3, 0]
    assert ranked[0][1] == 0 and ranked[1][1] == travel_seconds(GANGNAM, CITY_HALL, NOON)
    assert rank_by_travel(GANGNAM, [], NOON) == []


def test_nonsense_models_and_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="24 hours"):
        TravelModel(speeds_kmh=((30.0,) * 23,) * 3)
    with pytest.raises(ValueError, match="positive"):
        TravelModel(speeds_kmh=((0.0,) * 24,) * 3)
    with pytest.raises(ValueError, match="aware"):
        travel_seconds(GANGNAM, BUSAN, NOON.replace(tzinfo=None))
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEFAULT_MODEL.detour = 1.0  # type: ignore[misc]
