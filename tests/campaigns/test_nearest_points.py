"""Which point serves a home as the crow flies, of all homes at once."""

from __future__ import annotations

import math
from datetime import date
from functools import partial
from random import Random

import pytest

from campaigns import rules
from customers.at_risk import BoilerHome
from workforce.schemas import PointInfo


def point(number: int, lat: float, lon: float) -> PointInfo:
    opened = date(2020, 1, 1)
    return PointInfo(number, 1, f"p{number}", "점", "direct", "", "", lat, lon, "", None, opened, None)


def home(number: int, lat: float | None, lon: float | None) -> BoilerHome:
    return BoilerHome(number, number, None, lat, lon, "")


def test_the_nearest_of_all_is_found_for_each_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "HOMES_AT_ONCE", 7)
    random = Random(3)
    points = [point(n, random.uniform(33, 38.5), random.uniform(126, 129.5)) for n in (5, 2, 9, 4)]
    homes = [home(n, random.uniform(33, 38.5), random.uniform(126, 129.5)) for n in range(1, 51)]

    def apart(a: BoilerHome, b: PointInfo) -> float:
        assert a.lat is not None and a.lon is not None
        return math.hypot(b.lat - a.lat, (b.lon - a.lon) * math.cos(math.radians(a.lat)))

    found = rules.nearest_points(homes, points)
    assert found == {it.household_id: min(points, key=partial(apart, it)) for it in homes}


def test_of_two_as_near_the_older_serves_and_a_home_off_the_map_has_none() -> None:
    twins = [point(7, 37.5, 127.0), point(3, 37.5, 127.0)]
    assert rules.nearest_points([home(1, 37.6, 127.1), home(2, None, None)], twins) == {1: twins[1]}
    assert rules.nearest_points([home(1, 37.6, 127.1)], []) == {}
