"""Where homes are, for planning: coordinates only, no names, no unit numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from core.db import any_of
from core.memo import once
from customers.models import Address, Household

_PLACES = (
    select(col(Household.id), col(Address.lat), col(Address.lon), col(Address.area_code))
    .join(Address, col(Address.id) == col(Household.address_id))
    .where(any_of(Household.id, "ids"), col(Address.lat).is_not(None), col(Address.lon).is_not(None))
)


@dataclass(frozen=True)
class HomePlace:
    """A home on the map, WGS84 degrees. `area_code` has the five digits of its 시군구, or is empty."""

    lat: float
    lon: float
    area_code: str


def places_of_households(session: Session, *, household_ids: Iterable[int]) -> dict[int, HomePlace]:
    """Places by household id; a home without coordinates is not among them."""
    ids = set(household_ids)
    known: dict[int, HomePlace | None] = once(session, Address, "places", dict)
    if unknown := ids - known.keys():
        known.update(dict.fromkeys(unknown))
        for household_id, lat, lon, area_code in session.execute(_PLACES, {"ids": list(unknown)}):
            known[household_id] = HomePlace(lat, lon, area_code)
    return {household_id: home for household_id in ids if (home := known[household_id]) is not None}
