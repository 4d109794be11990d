"""Travel times as a company has set them: its dated numbers laid over geo's model and over road times.

Road times are read here and never asked for: no request and no transaction waits for the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session

from core.clock import kst
from core.dated import CompanyRules
from geo.gazetteer import find_area
from geo.road_cache import ROADS, RoadMemory, read_known
from geo.schemas import AreaClass, Point
from geo.travel import DEFAULT_MODEL, TravelModel
from geo.travel_times import KnownTimes, Leg, cell_of
from workforce.schemas import PointInfo, TechnicianInfo

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


def read_times(
    session: Session, *, rules: CompanyRules, origins: Iterable[Point], targets: Iterable[Point]
) -> KnownTimes:
    """Travel times by a company's rules, with what is known of the roads between these places."""
    model = travel_model(rules)
    memory: RoadMemory | None = session.info.get(ROADS)
    if memory is None:  # no road engine
        return KnownTimes(model)
    starts, ends = map(cell_of, origins), map(cell_of, targets)
    return KnownTimes(model, read_known(session, memory=memory, origins=starts, targets=ends))


def read_drives(
    session: Session, drives: Sequence[tuple[Point, Point]], *, day: date, rules: CompanyRules
) -> list[Leg]:
    """Drives as a day's plan reckons them: what a family is told is what the list says."""
    froms, tos = [a for a, _ in drives], [b for _, b in drives]
    times = read_times(session, rules=rules, origins=froms, targets=tos)
    return [times.between(a, b, planning_moment(day)) for a, b in drives]


def place_at(lat: float, lon: float, area_code: str) -> Point:
    """A point with the kind of traffic of its 시군구; an unknown one counts as an ordinary city."""
    area = find_area(area_code[:5]) if area_code else None
    return Point(lat, lon, AreaClass.CITY if area is None else area.area_class)


def technician_home(technician: TechnicianInfo, point: PointInfo) -> Point:
    """Where a technician's day begins: his home, with the kind of traffic of his service point."""
    return place_at(technician.home_lat, technician.home_lon, point.area_code)


def _speed(rules: CompanyRules, hour: int) -> float:
    if hour in PEAK_HOURS:
        return rules.travel_speed_kmh["peak"]
    return rules.travel_speed_kmh["night" if hour in NIGHT_HOURS else "day"]
