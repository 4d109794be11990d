"""The door of geo: where an address lies, and how long it takes to get there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from geo.address import AddressError, ParsedAddress, locate, parse_address
from geo.gazetteer import Area, base_map, find_area, sgg_list, sgg_weights
from geo.schemas import AreaClass, Location, Point, Precision, TravelSource
from geo.travel import DEFAULT_MODEL, TravelModel, distance_m
from geo.travel_times import KnownTimes, TravelTimes

__all__ = [
    "DEFAULT_MODEL",
    "GAZETTEER",
    "AddressError",
    "Area",
    "AreaClass",
    "Geocoder",
    "GeocoderAwayError",
    "KnownTimes",
    "Location",
    "ParsedAddress",
    "PlacedAddress",
    "Point",
    "Precision",
    "TravelModel",
    "TravelSource",
    "TravelTimes",
    "base_map",
    "distance_m",
    "find_area",
    "locate",
    "parse_address",
    "place_address",
    "sgg_list",
    "sgg_weights",
]

GAZETTEER = "gazetteer"
SLACK_M = 3_000
"""How far outside its area's circle a provider's point may lie before it is taken for another place."""


class GeocoderAwayError(Exception):
    """A provider did not answer, refused the key or is over its quota; the text says which."""


class Geocoder(Protocol):
    """An outside provider of coordinates. It is called outside transactions, with time-outs of its own."""

    name: str

    def geocode(self, query: str) -> Location | None:
        """Coordinates of street and number, None when unknown; raises GeocoderAwayError."""
        ...


@dataclass(frozen=True, slots=True)
class PlacedAddress:
    """An address with its place, who said so, and why finer sources did not (`provider: reason`)."""

    address: ParsedAddress
    location: Location
    source: str
    failures: tuple[str, ...] = ()


def place_address(*, raw: str, providers: Sequence[Geocoder] = ()) -> PlacedAddress:
    """Read an address and place it: providers in their order first, the embedded gazetteer last.

    Only street and number leave the house (`public_text`), and only when there is a number to be found.
    Raises AddressError when the text is no Korean address at all.
    """
    address = parse_address(raw)
    rough = locate(address)
    failures: list[str] = []
    has_number = bool(address.jibun or address.building) and rough.precision is not Precision.NONE
    for provider in providers if has_number else ():
        try:
            found = provider.geocode(address.public_text)
        except GeocoderAwayError as error:
            failures.append(f"{provider.name}: {error}")
            continue
        if found is None:
            failures.append(f"{provider.name}: unknown")
        elif distance_m(found.point, rough.point) > rough.radius_m + SLACK_M:
            failures.append(f"{provider.name}: outside the area")
        else:
            code = found.area_code or rough.area_code
            return PlacedAddress(
                address, replace(found, area_code=code, area=rough.area), provider.name, tuple(failures)
            )
    return PlacedAddress(address, rough, GAZETTEER, tuple(failures))
