"""Travel times as a company has set them: its dated numbers laid over geo's model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from core.clock import kst
from core.dated import CompanyRules
from geo.gazetteer import find_area
from geo.schemas import AreaClass, Point
from geo.travel import DEFAULT_MODEL, TravelModel, travel_seconds

PEAK_HOURS = frozenset({7, 8, 9, 17, 18, 19})
NIGHT_HOURS = frozenset({20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6})
PLANNING_HOUR = 13
"""A day is planned with the traffic of this hour, so that a plan's figures do not drift with the clock."""


def travel_model(rules: CompanyRules) -> TravelModel:
    """geo's model with the company's detour and speeds.

    The company's speeds hold for an ordinary city; metropolitan and rural places keep geo's ratio to it.
    """
    city = DEFAULT_MODEL.speeds_kmh[AreaClass.CITY]
    speeds = tuple(
        tuple(_speed(rules, hour) * area[hour] / city[hour] for hour in range(24))
        for area in DEFAULT_MODEL.speeds_kmh
    )
    return replace(DEFAULT_MODEL, detour=rules.travel_detour, speeds_kmh=speeds)


def planning_moment(day: date) -> datetime:
    """The moment whose traffic a day's plan assumes."""
    return kst(day, PLANNING_HOUR)


def drive_s(before: Point, here: Point, *, day: date, rules: CompanyRules) -> int:
    """Seconds of one drive as a day's plan reckons it: what a family is told is what the list says."""
    return travel_seconds(before, here, planning_moment(day), model=travel_model(rules))


def place_at(lat: float, lon: float, area_code: str) -> Point:
    """A point with the kind of traffic of its 시군구; an unknown one counts as an ordinary city."""
    area = find_area(area_code[:5]) if area_code else None
    return Point(lat, lon, AreaClass.CITY if area is None else area.area_class)


def _speed(rules: CompanyRules, hour: int) -> float:
    if hour in PEAK_HOURS:
        return rules.travel_speed_kmh["peak"]
    return rules.travel_speed_kmh["night" if hour in NIGHT_HOURS else "day"]
