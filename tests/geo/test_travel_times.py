"""Road times where they are known, scaled to the hour; the model's, marked, where they are not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from geo.schemas import AreaClass, Point, TravelSource
from geo.travel import TravelModel, travel_seconds
from geo.travel_times import NO_WAY, KnownTimes, cell_of, degrees_of
from tests.roads import crossing

NOON = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
RUSH = NOON.replace(hour=9)
NIGHT = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
MODEL = TravelModel()
A, B, C = crossing(1, 1), crossing(4, 7), crossing(8, 2)
ROAD, ESTIMATE = TravelSource.ROAD, TravelSource.MODEL


def known(*ways: tuple[Point, Point, int]) -> KnownTimes:
    times: dict[int, dict[int, int]] = {}
    for origin, target, seconds in ways:
        times.setdefault(cell_of(origin), {})[cell_of(target)] = seconds
    return KnownTimes(MODEL, times)


def test_a_cell_is_a_place_rounded_to_four_decimals() -> None:
    for point in (A, Point(37.50321, 126.99999), Point(-33.86785, -179.99999), Point(89.9, 179.9)):
        lat, lon = degrees_of(cell_of(point))
        assert (lat, lon) == pytest.approx((point.lat, point.lon), abs=0.000_051)
    assert cell_of(Point(37.50001, 127.00002)) == cell_of(Point(37.5, 127.0))
    assert cell_of(Point(37.5, 127.0001)) != cell_of(Point(37.5, 127.0))


def test_without_an_engine_everything_is_the_model_and_says_so() -> None:
    legs = KnownTimes(MODEL).matrix([A, B, C], NOON)
    assert legs.seconds[0, 1] == travel_seconds(A, B, NOON, model=MODEL)
    assert not legs.on_road.any()
    assert KnownTimes(MODEL).between(A, B, NOON).source is ESTIMATE


def test_what_is_known_counts_and_the_rest_is_marked() -> None:
    times = known((A, B, 900), (B, A, 1100), (A, C, NO_WAY))
    legs = times.matrix([A, B, C], NIGHT)
    assert legs.on_road.tolist() == [[True, True, False], [True, True, False], [False, False, True]]
    assert (legs.seconds[0, 1], legs.seconds[1, 0]) == (900 + MODEL.stop_s, 1100 + MODEL.stop_s)
    assert legs.seconds[0, 2] == travel_seconds(A, C, NIGHT, model=MODEL), "no way there: the estimate"
    assert legs.seconds.diagonal().tolist() == [0, 0, 0]


def test_the_hours_traffic_scales_what_empty_roads_take() -> None:
    """OSRM knows no traffic: the model's ratio of the hour to its fastest hour makes it that hour's."""
    times = known((A, B, 1000))
    night, noon, rush = (times.between(A, B, at).seconds - MODEL.stop_s for at in (NIGHT, NOON, RUSH))
    assert night == 1000
    assert night < noon < rush
    by_model = [travel_seconds(A, B, at, model=MODEL) - MODEL.stop_s for at in (NIGHT, RUSH)]
    assert rush / night == pytest.approx(by_model[1] / by_model[0], rel=0.01)
    in_a_metropolis = times.between(
        Point(A.lat, A.lon, AreaClass.METRO), Point(B.lat, B.lon, AreaClass.METRO), RUSH
    )
    assert in_a_metropolis.seconds - MODEL.stop_s > rush, "each end's kind of traffic counts"


def test_two_jobs_in_one_building_need_no_drive_and_neighbours_need_their_parking() -> None:
    times = known((A, B, 900))
    assert times.between(A, A, NOON) == (0, ROAD)
    next_door = Point(A.lat + 0.00003, A.lon)
    assert cell_of(next_door) == cell_of(A)
    assert times.between(A, next_door, NOON) == (MODEL.stop_s, ROAD)


def test_the_nearest_by_road_comes_first() -> None:
    assert KnownTimes(MODEL).rank(A, [B, C], NOON)[0].position == 0
    ranked = known((A, B, 5000), (A, C, 200)).rank(A, [B, C], NOON)
    assert [(each.position, each.source) for each in ranked] == [(1, ROAD), (0, ROAD)]
    assert known((A, B, 5000)).rank(A, [], NOON) == []


def test_legs_together_are_road_estimates_or_both() -> None:
    assert TravelSource.of([True, True]) is ROAD
    assert TravelSource.of([True, False]) is TravelSource.MIXED
    assert TravelSource.of([False]) is TravelSource.of([]) is ESTIMATE
