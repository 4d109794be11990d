"""Shapes that geo hands to its neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple


class AreaClass(IntEnum):
    """How traffic moves around a place: a metropolitan district, another city, or a rural county."""

    METRO = 0
    CITY = 1
    RURAL = 2


class Precision(StrEnum):
    """How finely a place is known, best first; planning by itself needs DONG or better."""

    ADDRESS = "address"
    ROAD = "road"
    RI = "ri"
    DONG = "dong"
    SGG = "sgg"
    SIDO = "sido"
    NONE = "none"

    @property
    def plannable(self) -> bool:
        """Good enough to plan a visit without asking a person to point at the map."""
        return self in _PLANNABLE


_PLANNABLE = frozenset({Precision.ADDRESS, Precision.ROAD, Precision.DONG, Precision.RI})


class TravelSource(StrEnum):
    """Where a travel time comes from: the road engine, or the estimate by distance and speed.

    MIXED is of several at once: some of them are estimates.
    """

    ROAD = "road"
    MODEL = "model"
    MIXED = "mixed"

    @classmethod
    def of(cls, on_road: Iterable[bool]) -> TravelSource:
        """What many legs are together; none at all count as an estimate."""
        kinds = set(on_road)
        if kinds == {True}:
            return cls.ROAD
        return cls.MIXED if True in kinds else cls.MODEL


class Point(NamedTuple):
    """WGS84 degrees, and the kind of traffic around it."""

    lat: float
    lon: float
    area: AreaClass = AreaClass.CITY


@dataclass(frozen=True, slots=True)
class Location:
    """Where an address lies. `area_code` has 2 digits (시도), 5 (시군구) or 10 (읍면동, 리); `candidates` are
    the full names of the places meant when the name alone does not decide. Precision.NONE has 0, 0."""

    lat: float
    lon: float
    precision: Precision
    area_code: str = ""
    radius_m: int = 0
    area: AreaClass = AreaClass.CITY
    candidates: tuple[str, ...] = ()

    @property
    def point(self) -> Point:
        """For travel times."""
        return Point(self.lat, self.lon, self.area)
