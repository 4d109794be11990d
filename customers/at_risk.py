"""Homes with their boilers' age and their people, all of a company's at once: what a campaign picks from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlmodel import Session

_HOMES = text(
    """
    SELECT h.id, a.lat, a.lon, a.area_code, b.id AS boiler_id,
        coalesce(b.installed_on, b.bought_on, b.made_on) AS since
    FROM household AS h
    JOIN address AS a ON a.id = h.address_id
    JOIN LATERAL (
        SELECT x.* FROM boiler AS x WHERE x.address_id = a.id AND x.removed_at IS NULL
        ORDER BY coalesce(x.installed_on, x.bought_on, x.made_on) NULLS LAST, x.id LIMIT 1
    ) AS b ON true
    WHERE h.company_id = :company_id AND h.destroyed_at IS NULL
        AND (coalesce(b.installed_on, b.bought_on, b.made_on) <= :built_before OR h.id = ANY(:also))
    ORDER BY h.id
    """
)
_PEOPLE = text(
    """
    SELECT m.household_id, c.id, c.can_text, c.language,
        min(CASE m.relationship WHEN 'resident' THEN 0 ELSE 1 END) AS place,
        (array_agg(m.relationship ORDER BY m.relationship <> 'resident', m.id))[1] AS relationship
    FROM household_member AS m JOIN contact AS c ON c.id = m.contact_id
    WHERE c.company_id = :company_id AND m.household_id = ANY(:homes)
        AND m.relationship NOT IN ('neighbour', 'caretaker', 'landlord', 'other')
    GROUP BY m.household_id, c.id, c.can_text, c.language
    ORDER BY m.household_id, place, c.id
    """
)


@dataclass(frozen=True)
class PersonOfHome:
    """Somebody who may be asked about a home. `relationship`: `resident`, `child`, …"""

    contact_id: int
    relationship: str
    can_text: bool
    language: str = "ko"
    """In which he is written to."""


@dataclass(frozen=True)
class BoilerHome:
    """A home with its oldest boiler. `since`: installed, bought or made, whichever is known first."""

    household_id: int
    boiler_id: int
    since: date | None
    lat: float | None
    lon: float | None
    area_code: str
    people: tuple[PersonOfHome, ...] = ()


def boiler_homes(
    session: Session, *, company_id: int, built_before: date, also: Collection[int] = ()
) -> list[BoilerHome]:
    """Homes whose oldest boiler is from `built_before` or earlier, and those of `also`.

    Residents come first among the people. Neighbours and caretakers are not asked, nor is a landlord or
    anybody whose tie to the home nobody wrote down: whoever lives elsewhere and pays hears of money alone.
    """
    asked = {"company_id": company_id, "built_before": built_before, "also": list(also)}
    rows = session.execute(_HOMES, asked).all()
    people: dict[int, list[PersonOfHome]] = {}
    found = session.execute(_PEOPLE, {"company_id": company_id, "homes": [row.id for row in rows]})
    for home, contact_id, can_text, language, _place, relationship in found:
        people.setdefault(home, []).append(PersonOfHome(contact_id, relationship, can_text, language))
    return [
        BoilerHome(
            row.id, row.boiler_id, row.since, row.lat, row.lon, row.area_code, tuple(people.get(row.id, ()))
        )
        for row in rows
    ]
