"""Where homes are, for planning: coordinates only, no names, no unit numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from customers.models import Address, Household


@dataclass(frozen=True)
class HomePlace:
    """A home on the map, WGS84 degrees. `area_code` has the five digits of its 시군구, or is empty."""

    lat: float
    lon: float
    area_code: str


def places_of_households(session: Session, *, household_ids: Iterable[int]) -> dict[int, HomePlace]:
    """Places by household id; a home without coordinates is not among them."""
    ids = set(household_ids)
    if not ids:
        return {}
    query = (
        select(Household.id, Address.lat, Address.lon, Address.area_code)
        .join(Address, col(Address.id) == col(Household.address_id))
        .where(col(Household.id).in_(ids), col(Address.lat).is_not(None), col(Address.lon).is_not(None))
    )
    return {
        household_id: HomePlace(lat, lon, area_code)
        for household_id, lat, lon, area_code in session.exec(query)
        if household_id is not None and lat is not None and lon is not None
    }
