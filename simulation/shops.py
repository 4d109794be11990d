"""Six callers keep a shop with a commercial boiler, at points where nobody has the licence for one.

Put in after everything is drawn: nothing else of the seeded day changes with it.
"""

from __future__ import annotations

from dataclasses import replace

from customers.models import Address, Boiler
from customers.tokens import address_tokens
from dispatch.places import read_address
from simulation.bulk import Batch, Row
from simulation.shapes import HomeSpec, World
from simulation.stories import Stories
from workforce.models import Qualification

LICENCE = "COMMERCIAL"


def open_shops(batch: Batch, *, world: World, stories: Stories) -> World:
    """The world in which every `unplanned` story wants a commercial boiler that nobody there may install."""
    waiting = [story for story in stories.all if story.kind == "unplanned"]
    points = {story.point_id for story in waiting}
    crew = {shift.technician_id for shift in world.shifts if shift.point_id in points}
    batch.rows[Qualification] = [
        row for row in batch.rows[Qualification] if row["code"] != LICENCE or row["technician_id"] not in crew
    ]
    technicians = {
        who: replace(spec, skills=spec.skills - {LICENCE}) if who in crew else spec
        for who, spec in world.technicians.items()
    }
    shops = {story.home_id: _shop(batch, world, world.homes[story.home_id]) for story in waiting}
    return replace(world, technicians=technicians, homes={**world.homes, **shops})


def needs_of(home: HomeSpec, skills: frozenset[str]) -> list[str]:
    """What a visit asks for: by its symptom, and by the kind of boiler that stands there."""
    return sorted(skills | {LICENCE} if home.boiler_kind == "commercial" else skills)


def _shop(batch: Batch, world: World, home: HomeSpec) -> HomeSpec:
    """The same people and place, on the ground floor, with the maker's commercial boiler."""
    model = next(m for m in world.makers[home.company_id].models if m.kind == "commercial")
    boiler = _row(batch.rows[Boiler], home.boiler_id)
    serial = f"{model.code.replace('-', '')}{boiler['id']:09d}"
    boiler.update(model_id=model.id, model_text="", serial=serial)
    raw = f"{home.address.split(',')[0]}, 1층"
    read = read_address(raw)
    tokens = address_tokens(raw, read.normalised, *read.tokens)
    _row(batch.rows[Address], boiler["address_id"]).update(
        raw=raw, normalised=read.normalised, unit=read.unit, tokens=tokens
    )
    return replace(home, boiler_kind=model.kind, boiler_family=model.family, address=raw)


def _row(rows: list[Row], row_id: int) -> Row:
    return next(row for row in rows if row["id"] == row_id)
