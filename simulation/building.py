"""The whole world from one seed: the same companies, people, homes and stories every time."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from core.dated import CompanyRules
from simulation.bulk import Batch
from simulation.crews import list_crew_shifts
from simulation.demand import Demand, spread_demand
from simulation.earlier import add_earlier
from simulation.homes import Builder, add_homes
from simulation.makers import add_makers
from simulation.names import Numbers
from simulation.points import add_points
from simulation.shapes import SEED, World
from simulation.shops import open_shops
from simulation.staff import Hiring, add_staff
from simulation.stories import Stories, write_stories


@dataclass(frozen=True)
class Built:
    """A world with its stories; its standing rows are in the batch it was built into."""

    world: World
    demand: Demand
    stories: Stories


def build(
    batch: Batch, *, base_day: date, founded: date, now: datetime, rules: CompanyRules, password_hash: str
) -> Built:
    """Build the world into a batch.

    Args:
        base_day: the operating day its stories play on.
        founded: the day it was first made: licences and boilers count from there.
        rules: the national rules.
    """
    rng, numbers = random.Random(SEED), Numbers(mobile_from=0)
    makers = add_makers(batch, base_day=founded, now=now)
    points = add_points(batch, makers=makers, numbers=numbers, rng=rng, base_day=founded)
    hiring = Hiring(batch, numbers=numbers, rng=rng, password_hash=password_hash, now=now)
    staff = add_staff(hiring, makers=makers, points=points, base_day=founded)
    shifts = list_crew_shifts(staff.technicians.values())
    demand = spread_demand(shifts, points, rng)
    world = World(
        base_day=base_day,
        makers={maker.id: maker for maker in makers.values()},
        points=points,
        desks=staff.desks,
        call_desks={company_id: office["agent"] for company_id, office in staff.head_office.items()},
        chiefs={company_id: office["manager"][0] for company_id, office in staff.head_office.items()},
        qa={company_id: office["qa"] for company_id, office in staff.head_office.items()},
        technicians=staff.technicians,
        shifts=shifts,
    )
    builder = Builder(batch, numbers, rng, founded, now - timedelta(days=400))
    vague = Counter(point_id for kind, point_id in demand.extras if kind == "map_pick")
    homes = add_homes(builder, points=points, makers=world.makers, counts=demand.homes, vague=vague)
    world = replace(world, homes=homes)
    stories = write_stories(world, demand=demand, rules=rules)
    stories = add_earlier(stories, world=world, rules=rules)
    return Built(open_shops(batch, world=world, stories=stories), demand, stories)
